"""Rows of data quality."""

from __future__ import annotations

from quanshu.supply.quality.models.checking import Problem, Rule, RuleResult, RuleVersion, Scan
from quanshu.supply.quality.models.improving import RuleException

__all__ = ["Problem", "Rule", "RuleException", "RuleResult", "RuleVersion", "Scan"]
