"""Background work as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "jobs.job.view": _("See background work"),
    "jobs.job.retry": _("Queue failed work again"),
}
KINDS = {
    "jobs.job": _("Background work"),
}
JOBS = {
    "jobs.task": _("Work of the framework"),
}


class JobsConfig(AppConfig):
    name = "quanshu.shared.jobs"
    label = "jobs"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_kinds
        from quanshu.shared.holdings import register_holding, rows_holding
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.jobs.models import Job

        autodiscover_modules("tasks")
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)

        register_holding(
            rows_holding(
                "jobs.ended",
                name=_("Background work that has ended"),
                what=_("The note of the work goes, with its error; what the work did stays."),
                dated=_("when the work ended"),
                rows=lambda: Job.objects.filter(state__in=["done", "failed"]),
                date="finished_at",
                order=70,
            )
        )
