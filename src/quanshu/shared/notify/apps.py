"""Notices as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotifyConfig(AppConfig):
    name = "quanshu.shared.notify"
    label = "notify"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions

        register_actions({"notify.notice.read": _("Notices read")})
