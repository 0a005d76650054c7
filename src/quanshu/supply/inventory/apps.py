"""The inventory as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "inventory.asset.view": _("See the inventory of systems"),
    "inventory.asset.edit": _("Change the inventory of systems"),
    "inventory.gap.work": _("Work on gaps of the inventory"),
    "inventory.gap.accept": _("Accept gaps of the inventory"),
    "inventory.company.view": _("See public service companies"),
    "inventory.company.edit": _("Change public service companies"),
}
KINDS = {
    "inventory.workbook": _("Inventory workbook"),
    "inventory.asset": _("System in the inventory"),
    "inventory.company": _("Public service company"),
    "inventory.gap": _("Gap of the inventory"),
    "inventory.import": _("Inventory import"),
    "inventory.link": _("Link in the inventory"),
}
JOBS = {
    "inventory.gaps": _("Look for gaps of the inventory"),
    "inventory.import": _("Import an inventory workbook"),
}


class InventoryConfig(AppConfig):
    name = "quanshu.supply.inventory"
    label = "inventory"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions
        from quanshu.shared.files.api import in_column, register_use
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.supply.inventory.events import InventoryEvent as E
        from quanshu.supply.inventory.models import Import

        view, companies = "inventory.asset.view", "inventory.company.view"
        label, listed = _("Business, systems, data"), _("Public-service companies")
        register(
            NavItem("inventory", label, "inventory:assets", "sitemap", "supply", 5, view),
            NavItem("gaps_inventory", _("Gaps"), "inventory:gaps", "puzzle", "supply", 6, view),
            NavItem("suppliers", listed, "inventory:companies", "droplet", "supply", 7, companies),
        )
        register_labels(
            {
                "inventory.gap_plan": _("Plan how to close the gap"),
                "inventory.gap_close": _("Close the gap"),
                "inventory.next_step": _("Next step with a company"),
            }
        )
        register_use("inventory", in_column(Import.objects.all, "file_digest"))
        register_actions(
            {
                E.CREATED: _("Entered in the inventory"),
                E.CHANGED: _("Inventory changed"),
                E.RETIRED: _("Taken out of use"),
                E.RESTORED: _("Brought back into use"),
                E.LINKED: _("Linked"),
                E.UNLINKED: _("Link taken away"),
                E.IMPORTED: _("Workbook imported"),
                E.EXPORTED: _("Workbook exported"),
                E.GAP_FOUND: _("Gap found"),
                E.GAP_PLANNED: _("Gap planned"),
                E.GAP_BEGUN: _("Work on the gap begun"),
                E.GAP_CLOSED: _("Gap closed"),
                E.GAP_ACCEPTED: _("Gap accepted"),
                E.GAP_REOPENED: _("Gap opened again"),
                E.COMPANY_LISTED: _("Company listed"),
                E.COMPANY_CHANGED: _("Company changed"),
                E.COMPANY_DELISTED: _("Company taken off the list"),
                E.COMPANY_RELISTED: _("Company listed again"),
                E.COORDINATED: _("Coordination record filed"),
                E.CONTACTED: _("Company contacted"),
                E.AGREED: _("Agreed with the company"),
                E.CONNECTED: _("Company connected"),
            }
        )
        name_codes()


def name_codes() -> None:
    """The room's rights, objects and background work, as pages tell them."""
    from quanshu.shared.access.api import register_rights
    from quanshu.shared.audit.api import register_kinds
    from quanshu.shared.jobs.api import register_jobs

    register_rights(RIGHTS)
    register_kinds(KINDS)
    register_jobs(JOBS)
