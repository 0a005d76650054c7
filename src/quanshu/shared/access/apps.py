"""Access control as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "access.role.view": _("See roles and rights"),
    "access.role.edit": _("Change the rights of roles"),
}


class AccessConfig(AppConfig):
    name = "quanshu.shared.access"
    label = "access"

    def ready(self) -> None:
        from quanshu.shared.access.labels import register_rights
        from quanshu.shared.access.seeding import seed

        post_migrate.connect(seed, sender=self, dispatch_uid="access.seed")
        register_rights(RIGHTS)
