"""The catalogue standard as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class StandardsConfig(AppConfig):
    name = "quanshu.supply.standards"
    label = "standards"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions
        from quanshu.shared.web.api import NavItem, register
        from quanshu.supply.standards.events import StandardsEvent as E
        from quanshu.supply.standards.services import seed_first_version

        post_migrate.connect(seed_first_version, sender=self, dispatch_uid="standards.first")
        view = "standards.version.view"
        register(NavItem("standards", _("Catalogue standard"), "standards:versions", "ruler-2", "supply", 2, view))
        register_actions(
            {
                E.DRAFTED: _("Next version drafted"),
                E.CHANGED: _("Draft changed"),
                E.DECIDED: _("Decided to be put in force"),
                E.RECALLED: _("Decision taken back"),
                E.BEGAN: _("Come into force"),
                E.SUPERSEDED: _("Superseded by the next version"),
            }
        )
