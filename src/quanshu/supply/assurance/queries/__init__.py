"""Reads of quality assurance."""

from __future__ import annotations

from quanshu.supply.assurance.queries.keeping import (
    call_facts,
    get_report,
    get_set,
    latest_profile,
    list_reports,
    list_sets,
    pre_checks,
    register_calls,
    reportable_entry,
)
from quanshu.supply.assurance.queries.months import (
    compute_month,
    day_line,
    first_of,
    month_rows,
    months_back,
    next_month,
    unit_month_figures,
    units_seen,
)

__all__ = [
    "call_facts",
    "compute_month",
    "day_line",
    "first_of",
    "get_report",
    "get_set",
    "latest_profile",
    "list_reports",
    "list_sets",
    "month_rows",
    "months_back",
    "next_month",
    "pre_checks",
    "register_calls",
    "reportable_entry",
    "unit_month_figures",
    "units_seen",
]
