"""Writes of data quality."""

from __future__ import annotations

from quanshu.supply.quality.services.exceptions import end_exception, except_rows, expire_exceptions
from quanshu.supply.quality.services.overdue import tell_overdue, tidy_assignments
from quanshu.supply.quality.services.problems import (
    assign_problems,
    check_problem,
    excuse_problem,
    excuse_problems,
    report_problem_row,
    reveal_problem,
    uphold_problem,
)
from quanshu.supply.quality.services.rules import adopt_suggestions, create_rule, revise_rule, switch_rule
from quanshu.supply.quality.services.scans import scan_now, start_scan

__all__ = [
    "adopt_suggestions",
    "assign_problems",
    "check_problem",
    "create_rule",
    "end_exception",
    "except_rows",
    "excuse_problem",
    "excuse_problems",
    "expire_exceptions",
    "report_problem_row",
    "reveal_problem",
    "revise_rule",
    "scan_now",
    "start_scan",
    "switch_rule",
    "tell_overdue",
    "tidy_assignments",
    "uphold_problem",
]
