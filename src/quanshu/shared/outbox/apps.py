"""The outbox as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "quanshu.shared.outbox"
    label = "outbox"

    def ready(self) -> None:
        from quanshu.shared.holdings import register_holding, rows_holding
        from quanshu.shared.jobs.api import every_tick
        from quanshu.shared.outbox.models import OutboxEvent
        from quanshu.shared.outbox.services import dispatch

        autodiscover_modules("handlers")
        every_tick("outbox.dispatch", 0.2)(dispatch)
        register_holding(
            rows_holding(
                "outbox.delivered",
                name=_("Events that have been delivered"),
                what=_("The event goes; what its handlers did, and the audit trail, stay."),
                dated=_("when it happened"),
                rows=lambda: OutboxEvent.objects.filter(fanned_out=True).exclude(
                    deliveries__state__in=["waiting", "dead"]
                ),
                date="at",
                order=80,
            )
        )
