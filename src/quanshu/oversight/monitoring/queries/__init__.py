"""Reads of monitoring."""

from __future__ import annotations

from quanshu.oversight.monitoring.queries.reading import (
    counts_of_alerts,
    get_alert,
    get_objective,
    get_rule,
    get_shift,
    get_silence,
    list_alerts,
    list_months,
    list_objectives,
    list_shifts,
    open_alerts,
)
from quanshu.oversight.monitoring.queries.stages import by_unit, hops, overview, series, stage_of
from quanshu.oversight.monitoring.queries.story import call_story

__all__ = [
    "by_unit",
    "call_story",
    "counts_of_alerts",
    "get_alert",
    "get_objective",
    "get_rule",
    "get_shift",
    "get_silence",
    "hops",
    "list_alerts",
    "list_months",
    "list_objectives",
    "list_shifts",
    "open_alerts",
    "overview",
    "series",
    "stage_of",
]
