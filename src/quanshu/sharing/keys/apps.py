"""Keys as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KeysConfig(AppConfig):
    name = "quanshu.sharing.keys"
    label = "keys"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions
        from quanshu.sharing.keys.events import KeyEvent

        register_actions({KeyEvent.EXPIRING: _("Warned of a key's end")})
