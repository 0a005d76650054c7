"""Writes of data quality."""

from __future__ import annotations

from quanshu.supply.quality.services.problems import check_problem, excuse_problem, reveal_problem
from quanshu.supply.quality.services.rules import adopt_suggestions, create_rule, revise_rule, switch_rule
from quanshu.supply.quality.services.scans import scan_now, start_scan

__all__ = [
    "adopt_suggestions",
    "check_problem",
    "create_rule",
    "excuse_problem",
    "reveal_problem",
    "revise_rule",
    "scan_now",
    "start_scan",
    "switch_rule",
]
