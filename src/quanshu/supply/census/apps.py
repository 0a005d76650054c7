"""Census as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "census.filing.view": _("See census filings"),
    "census.campaign.edit": _("Run census campaigns"),
    "census.filing.edit": _("Fill in census filings"),
    "census.filing.sign": _("Sign census filings"),
    "census.filing.review": _("Review census filings"),
}
KINDS = {
    "census.finding": _("Census finding"),
    "census.extension": _("Extension of time"),
    "census.entry": _("Entry of a filing"),
    "census.campaign": _("Census campaign"),
    "census.filing": _("Census filing"),
}
JOBS = {
    "census.remind": _("Remind of census filings"),
}


class CensusConfig(AppConfig):
    name = "quanshu.supply.census"
    label = "census"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.supply.census.events import CensusEvent as E

        view = "census.filing.view"
        register(NavItem("census", _("Data census"), "census:campaigns", "clipboard-list", "supply", 17, view))
        register_labels(
            {
                "census.fill": _("Census: fill in"),
                "census.sign": _("Census: sign off"),
                "census.review": _("Census: review the filing"),
                "census.extension": _("Census: more time is asked for"),
                "census.escalated": _("Census: overdue"),
            }
        )
        register_actions(
            {
                E.DRAFTED: _("Census drafted"),
                E.CHANGED: _("Census changed"),
                E.OPENED: _("Census opened"),
                E.CLOSED: _("Census closed"),
                E.CANCELLED: _("Census discarded"),
                E.STARTED: _("Filing started"),
                E.FILLED: _("Filing filled in"),
                E.SUBMITTED: _("Filing submitted"),
                E.SENT_BACK: _("Filing sent back"),
                E.SIGNED: _("Filing signed off"),
                E.REJECTED: _("Filing returned"),
                E.ACCEPTED: _("Filing accepted"),
                E.REMINDED: _("Unit reminded"),
                E.ESCALATED: _("Told to the chief"),
                E.EXTENSION_ASKED: _("More time asked for"),
                E.EXTENSION_DECIDED: _("More time decided"),
                E.FOLLOWED: _("Followed in the catalogue"),
                E.FOUND_DRAFTED: _("Draft entry made"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
