"""Writes of quality assurance."""

from __future__ import annotations

from quanshu.supply.assurance.services.months import keep_month
from quanshu.supply.assurance.services.profiles import profile_now, rule_data, start_profile
from quanshu.supply.assurance.services.reports import answer_problem, close_reports, report_problem
from quanshu.supply.assurance.services.sets import check_load, keep_set, switch_set

__all__ = [
    "answer_problem",
    "check_load",
    "close_reports",
    "keep_month",
    "keep_set",
    "profile_now",
    "report_problem",
    "rule_data",
    "start_profile",
    "switch_set",
]
