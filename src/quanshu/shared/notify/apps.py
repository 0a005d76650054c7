"""Notices as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotifyConfig(AppConfig):
    name = "quanshu.shared.notify"
    label = "notify"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions
        from quanshu.shared.holdings import register_holding, rows_holding
        from quanshu.shared.notify.models import Notice

        register_actions({"notify.notice.read": _("Notices read")})
        register_holding(
            rows_holding(
                "notify.notices",
                name=_("Notices to people"),
                what=_("The notice goes; what it told of stays."),
                dated=_("when the notice was written"),
                rows=Notice.objects.all,
                date="created_at",
                order=60,
            )
        )
