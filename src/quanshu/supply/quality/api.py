"""The door of data quality."""

from __future__ import annotations

from quanshu.supply.quality.events import QualityEvent
from quanshu.supply.quality.models import Problem, Rule, Scan
from quanshu.supply.quality.permissions import QualityPermission
from quanshu.supply.quality.queries import (
    findings,
    get_problem,
    get_rule,
    get_scan,
    latest_rates,
    list_problems,
    list_rules,
    list_scans,
    quality_figures,
)
from quanshu.supply.quality.services import (
    adopt_suggestions,
    check_problem,
    create_rule,
    excuse_problem,
    reveal_problem,
    revise_rule,
    scan_now,
    start_scan,
    switch_rule,
)
from quanshu.supply.quality.types import (
    Dimension,
    ProblemState,
    QualityFigures,
    RuleData,
    ScanState,
    Severity,
    TableFigures,
    UnitFigures,
)

__all__ = [
    "Dimension",
    "Problem",
    "ProblemState",
    "QualityEvent",
    "QualityFigures",
    "QualityPermission",
    "Rule",
    "RuleData",
    "Scan",
    "ScanState",
    "Severity",
    "TableFigures",
    "UnitFigures",
    "adopt_suggestions",
    "check_problem",
    "create_rule",
    "excuse_problem",
    "findings",
    "get_problem",
    "get_rule",
    "get_scan",
    "latest_rates",
    "list_problems",
    "list_rules",
    "list_scans",
    "quality_figures",
    "reveal_problem",
    "revise_rule",
    "scan_now",
    "start_scan",
    "switch_rule",
]
