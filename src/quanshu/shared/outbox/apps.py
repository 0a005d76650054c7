"""The outbox as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class OutboxConfig(AppConfig):
    name = "quanshu.shared.outbox"
    label = "outbox"

    def ready(self) -> None:
        from quanshu.shared.jobs.api import every_tick
        from quanshu.shared.outbox.services import dispatch

        autodiscover_modules("handlers")
        every_tick("outbox.dispatch", 0.2)(dispatch)
