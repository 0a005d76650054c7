"""Reads of fusion."""

from __future__ import annotations

from quanshu.lake.registry import LifeFound, RecordRow, Value
from quanshu.supply.fusion.queries.identities import (
    Identity,
    get_identity,
    life_of,
    records_told,
    search_identities,
    shown_key,
    shown_value,
    values_of,
    weigh_pair,
)
from quanshu.supply.fusion.queries.listing import (
    SchemeFigures,
    decisions_over,
    events_of,
    fusion_figures,
    get_decision,
    get_review,
    get_run,
    get_scheme,
    list_decisions,
    list_reviews,
    list_runs,
    list_schemes,
    may_act,
    with_backlog,
)
from quanshu.supply.fusion.queries.material import Material, find_entries, material_of, plan_of

__all__ = [
    "Identity",
    "LifeFound",
    "Material",
    "RecordRow",
    "SchemeFigures",
    "Value",
    "decisions_over",
    "events_of",
    "find_entries",
    "fusion_figures",
    "get_decision",
    "get_identity",
    "get_review",
    "get_run",
    "get_scheme",
    "life_of",
    "list_decisions",
    "list_reviews",
    "list_runs",
    "list_schemes",
    "material_of",
    "may_act",
    "plan_of",
    "records_told",
    "search_identities",
    "shown_key",
    "shown_value",
    "values_of",
    "weigh_pair",
    "with_backlog",
]
