"""Data quality as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "quality.scorecard.view": _("See quality scorecards"),
    "quality.rule.edit": _("Write quality rules"),
    "quality.scan.start": _("Start quality scans"),
    "quality.problem.view": _("See quality problems"),
    "quality.problem.handle": _("Handle quality problems"),
    "quality.problem.excuse": _("Excuse quality problems"),
    "quality.problem.assign": _("Assign quality problems"),
}
KINDS = {
    "quality.exception": _("Exception from a rule"),
    "quality.problem": _("Quality problem"),
    "quality.rule": _("Quality rule"),
    "quality.scan": _("Quality scan"),
}
JOBS = {
    "quality.scan": _("Scan a table for quality"),
}


class QualityConfig(AppConfig):
    name = "quanshu.supply.quality"
    label = "quality"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.supply.landing.api import register_stage
        from quanshu.supply.quality.events import QualityEvent as E
        from quanshu.supply.quality.pages.stages import ask_checked

        view = "quality.scorecard.view"
        register(NavItem("quality", _("Data quality"), "quality:scorecard", "shield-check", "supply", 30, view))
        register(
            NavItem(
                "problems",
                _("Problem data"),
                "quality:problems",
                "alert-triangle",
                "supply",
                40,
                "quality.problem.view",
            )
        )
        register_labels({"quality.problems": _("Records to correct"), "quality.assigned": _("Records assigned to you")})
        register_stage("checked", 60, ask_checked)
        register_holdings()
        register_actions(
            {
                E.RULE_CREATED: _("Rule made"),
                E.RULE_REVISED: _("Rule revised"),
                E.RULE_SWITCHED: _("Rule switched"),
                E.SCAN_QUEUED: _("Check queued"),
                E.SCAN_STARTED: _("Check started"),
                E.SCAN_FINISHED: _("Check finished"),
                E.SCAN_FAILED: _("Check failed"),
                E.PROBLEMS_OPENED: _("Problems found"),
                E.PROBLEMS_FIXED: _("Problems corrected"),
                E.PROBLEM_REOPENED: _("Problem opened again"),
                E.PROBLEM_EXCUSED: _("Problem excused"),
                E.PROBLEM_REVEALED: _("Whole record shown"),
                E.PROBLEM_ASSIGNED: _("Problem assigned"),
                E.PROBLEM_UPHELD: _("Answered: right as it is"),
                E.PROBLEMS_OVERDUE: _("Overdue problems told"),
                E.CORRECTED_FOR_RECEIVERS: _("Receivers told of the correction"),
                E.EXCEPTION_MADE: _("Exception made"),
                E.EXCEPTION_ENDED: _("Exception ended"),
                E.EXCEPTION_EXPIRED: _("Exception over"),
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


def register_holdings() -> None:
    """What a rule of retention may take away here."""
    from quanshu.shared.holdings import register_holding, rows_holding
    from quanshu.supply.quality.models import Problem

    register_holding(
        rows_holding(
            "quality.problems",
            name=_("Problem records that are closed"),
            what=_("The record's key and value go; counts and scorecards of past scans stay."),
            dated=_("when the problem was closed"),
            rows=lambda: Problem.objects.filter(closed_at__isnull=False).exclude(state="open"),
            date="closed_at",
            unit="unit__path",
            # A year's figures are counted from these records.
            least_days=365,
            order=30,
        )
    )
