"""Writes of data quality."""

from __future__ import annotations

from quanshu.supply.quality.services.exceptions import end_exception, except_rows, expire_exceptions
from quanshu.supply.quality.services.months import keep_month, tell_overdue, tidy_assignments
from quanshu.supply.quality.services.problems import (
    assign_problems,
    check_problem,
    excuse_problem,
    excuse_problems,
    reveal_problem,
)
from quanshu.supply.quality.services.profiles import profile_now, rule_data, start_profile
from quanshu.supply.quality.services.reports import answer_problem, report_problem
from quanshu.supply.quality.services.rules import adopt_suggestions, create_rule, revise_rule, switch_rule
from quanshu.supply.quality.services.scans import scan_now, start_scan
from quanshu.supply.quality.services.sets import check_load, keep_set, switch_set

__all__ = [
    "adopt_suggestions",
    "answer_problem",
    "assign_problems",
    "check_load",
    "check_problem",
    "create_rule",
    "end_exception",
    "except_rows",
    "excuse_problem",
    "excuse_problems",
    "expire_exceptions",
    "keep_month",
    "keep_set",
    "profile_now",
    "report_problem",
    "reveal_problem",
    "revise_rule",
    "rule_data",
    "scan_now",
    "start_profile",
    "start_scan",
    "switch_rule",
    "switch_set",
    "tell_overdue",
    "tidy_assignments",
]
