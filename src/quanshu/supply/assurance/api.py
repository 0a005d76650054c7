"""The door of quality assurance."""

from __future__ import annotations

from quanshu.supply.assurance.events import AssuranceEvent
from quanshu.supply.assurance.models import Profile, Report, RuleSet
from quanshu.supply.assurance.permissions import AssurancePermission
from quanshu.supply.assurance.queries import call_facts as find_call
from quanshu.supply.assurance.queries import latest_profile, months_back, register_calls, unit_month_figures
from quanshu.supply.assurance.services import (
    answer_problem,
    keep_month,
    keep_set,
    profile_now,
    report_problem,
    rule_data,
    start_profile,
)
from quanshu.supply.assurance.types import CallFacts, MonthRow, ReportData, SetData, Verdict

__all__ = [
    "AssuranceEvent",
    "AssurancePermission",
    "CallFacts",
    "MonthRow",
    "Profile",
    "Report",
    "ReportData",
    "RuleSet",
    "SetData",
    "Verdict",
    "answer_problem",
    "find_call",
    "keep_month",
    "keep_set",
    "latest_profile",
    "months_back",
    "profile_now",
    "register_calls",
    "report_problem",
    "rule_data",
    "start_profile",
    "unit_month_figures",
]
