"""Access control as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccessConfig(AppConfig):
    name = "quanshu.shared.access"
    label = "access"

    def ready(self) -> None:
        from quanshu.shared.access.seeding import seed

        post_migrate.connect(seed, sender=self, dispatch_uid="access.seed")
