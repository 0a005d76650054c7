"""Hosting as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "hosting.agreement.view": _("See hosting agreements"),
    "hosting.agreement.edit": _("Draft hosting agreements"),
    "hosting.agreement.accept": _("Accept hosting agreements"),
    "hosting.agreement.end": _("End hosting agreements"),
    "hosting.data.download": _("Take hosted data back"),
    "hosting.row.view": _("See hosted rows"),
    "hosting.row.edit": _("Change hosted rows"),
    "hosting.change.approve": _("Approve changes of hosted rows"),
}
KINDS = {
    "hosting.data": _("Hosted data"),
    "hosting.agreement": _("Hosting agreement"),
    "hosting.change": _("Change of hosted rows"),
}
JOBS = {
    "hosting.daily": _("Daily round of hosted data"),
}


class HostingConfig(AppConfig):
    name = "quanshu.supply.hosting"
    label = "hosting"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.files.api import in_column, register_use
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.supply.hosting.events import HostingEvent as E
        from quanshu.supply.hosting.models import Change

        view = "hosting.agreement.view"
        register(NavItem("hosting", _("Unified hosting"), "hosting:agreements", "table-share", "supply", 18, view))
        register_labels(
            {
                "hosting.accept": _("Hosting: answer of the platform"),
                "hosting.confirm": _("Hosting: confirm the return"),
                "hosting.term": _("Hosting: the term ends"),
                "hosting.approve": _("Hosting: a change to approve"),
            }
        )
        register_use("hosting", in_column(Change.objects.all, "file_digest"))
        register_actions(
            {
                E.DRAFTED: _("Agreement drafted"),
                E.PROPOSED: _("Agreement proposed"),
                E.RETURNED: _("Agreement returned"),
                E.ACCEPTED: _("Agreement in force"),
                E.WITHDRAWN: _("Agreement withdrawn"),
                E.RENEWED: _("Agreement prolonged"),
                E.ENDING: _("Agreement ended, data to be returned"),
                E.ENDED: _("Return confirmed"),
                E.TAKEN_BACK: _("Data taken back"),
                E.DELETED: _("The platform's copy deleted"),
                E.CHANGE_PROPOSED: _("Row change entered"),
                E.CHANGE_APPROVED: _("Row change approved"),
                E.CHANGE_APPLIED: _("Row change written"),
                E.CHANGE_REFUSED: _("Row change refused"),
                E.CHANGE_FAILED: _("Row change not written"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
