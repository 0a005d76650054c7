"""Rows of data quality."""

from __future__ import annotations

from quanshu.supply.quality.models.checking import Problem, Rule, RuleResult, RuleVersion, Scan
from quanshu.supply.quality.models.improving import (
    MonthFigure,
    PreCheck,
    Profile,
    Report,
    RuleException,
    RuleSet,
    RuleSetVersion,
)

__all__ = [
    "MonthFigure",
    "PreCheck",
    "Problem",
    "Profile",
    "Report",
    "Rule",
    "RuleException",
    "RuleResult",
    "RuleSet",
    "RuleSetVersion",
    "RuleVersion",
    "Scan",
]
