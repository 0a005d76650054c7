"""Bulk as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "bulk.grant.view": _("See bulk grants"),
    "bulk.grant.ask": _("Ask for bulk data"),
    "bulk.grant.create": _("Make bulk grants"),
    "bulk.grant.revoke": _("Revoke bulk grants"),
    "bulk.token.manage": _("Keep bulk tokens"),
}
KINDS = {
    "bulk.view": _("Bulk view"),
    "bulk.grant": _("Bulk grant"),
    "bulk.token": _("Bulk token"),
}
JOBS = {
    "bulk.refresh": _("Refresh a bulk view"),
    "bulk.tidy": _("Clear ended bulk views"),
}


class BulkConfig(AppConfig):
    name = "quanshu.sharing.bulk"
    label = "bulk"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.sharing.bulk.events import BulkEvent as E
        from quanshu.sharing.bulk.pages.buttons import entry_buttons
        from quanshu.sharing.bulk.permissions import BulkPermission
        from quanshu.sharing.bulk.queries import snapshot_part
        from quanshu.sharing.services.api import register_part
        from quanshu.supply.catalogue.api import Spot, register_buttons

        register_part("bulk", snapshot_part)
        register_labels({"bulk.decide": _("Bulk sharing: decide the request")})
        register_buttons(Spot.ENTRY, "bulk", entry_buttons)
        register(NavItem("bulk", _("Bulk sharing"), "bulk:grants", "database-export", "use", 35, BulkPermission.VIEW))
        register_actions(
            {
                E.REQUESTED: _("Bulk sharing asked for"),
                E.GRANTED: _("Bulk grant made"),
                E.APPROVED: _("Bulk grant approved"),
                E.REFUSED: _("Bulk grant refused"),
                E.REVOKED: _("Bulk grant revoked"),
                E.ENDED: _("Bulk grant ended"),
                E.REFRESH_ASKED: _("Refresh asked for"),
                E.REFRESHED: _("View refreshed"),
                E.REMOVED: _("View removed"),
                E.TOKEN_MADE: _("Token made"),
                E.TOKEN_REVOKED: _("Token revoked"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
