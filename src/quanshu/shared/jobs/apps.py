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
        from quanshu.shared.jobs.api import register_jobs

        autodiscover_modules("tasks")
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
