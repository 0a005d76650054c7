"""Quality assurance as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "assurance.report.file": _("Report wrong values"),
}
KINDS = {
    "assurance.load": _("Checked load"),
    "assurance.profile": _("Data profile"),
    "assurance.report": _("Report of wrong values"),
    "assurance.rule_set": _("Set of rules"),
}
JOBS = {
    "assurance.months": _("Make the quality reports of the month"),
    "assurance.profile": _("Make a data profile"),
}


class AssuranceConfig(AppConfig):
    name = "quanshu.supply.assurance"
    label = "assurance"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.supply.assurance.events import AssuranceEvent as E
        from quanshu.supply.assurance.pages.reports import panel
        from quanshu.supply.assurance.services import check_load, close_reports
        from quanshu.supply.intake.api import register_pre_landing_check
        from quanshu.supply.quality.api import register_follower, register_panel

        register_pre_landing_check(check_load)
        register_follower(close_reports)
        register_panel(panel)
        view = "quality.scorecard.view"
        register(NavItem("quality-trend", _("Quality over time"), "assurance:trend", "chart-line", "supply", 35, view))
        register_actions(
            {
                E.PROFILE_QUEUED: _("Profile queued"),
                E.PROFILE_MADE: _("Profile made"),
                E.PROFILE_FAILED: _("Profile failed"),
                E.SET_KEPT: _("Rule set kept"),
                E.SET_SWITCHED: _("Rule set switched"),
                E.LOAD_CHECKED: _("Load checked before landing"),
                E.REPORTED: _("Problem reported by a consumer"),
                E.ANSWERED: _("Report answered"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
