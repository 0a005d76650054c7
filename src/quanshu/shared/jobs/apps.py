"""Background work as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "quanshu.shared.jobs"
    label = "jobs"

    def ready(self) -> None:
        from quanshu.shared.holdings import register_holding, rows_holding
        from quanshu.shared.jobs.models import Job

        autodiscover_modules("tasks")
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
