"""Django's view of our accounts: it looks them up; `services.sign_in` decides."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from quanshu.organisation.models import Account


class AccountBackend(BaseBackend):
    """Loads the account of a session."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> Account | None:
        return None

    def get_user(self, user_id: int) -> Account | None:
        return Account.objects.select_related("person__unit__region").filter(pk=user_id, is_active=True).first()
