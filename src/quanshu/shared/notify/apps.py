"""Notices as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

KINDS = {
    "notify.notice": _("Notice"),
}
JOBS = {
    "notify.mail": _("Send a notice by mail"),
}


class NotifyConfig(AppConfig):
    name = "quanshu.shared.notify"
    label = "notify"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.holdings import register_holding, rows_holding
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.notify.models import Notice

        register_actions({"notify.notice.read": _("Notices read")})
        register_kinds(KINDS)
        register_jobs(JOBS)

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
