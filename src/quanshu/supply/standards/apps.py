"""The catalogue standard as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "standards.version.view": _("See data standards"),
    "standards.version.edit": _("Draft data standards"),
    "standards.version.decide": _("Decide data standards"),
}
KINDS = {
    "standards.version": _("Version of a standard"),
}
JOBS = {
    "standards.begin": _("Bring standards into force"),
}


class StandardsConfig(AppConfig):
    name = "quanshu.supply.standards"
    label = "standards"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
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
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
