"""The door of fusion."""

from __future__ import annotations

from quanshu.supply.fusion.events import FusionEvent
from quanshu.supply.fusion.models import Decision, IdentityEvent, Review, Run, Scheme
from quanshu.supply.fusion.pages.labels import LIFE_WORDS
from quanshu.supply.fusion.permissions import FusionPermission
from quanshu.supply.fusion.queries import SchemeFigures, fusion_figures, get_identity, list_schemes, search_identities
from quanshu.supply.fusion.services import (
    decide_review,
    enforce_scheme,
    run_now,
    save_scheme,
    schedule_scheme,
    start_run,
    submit_scheme,
)
from quanshu.supply.fusion.types import ReviewState, RunState, SchemeData, Verdict

__all__ = [
    "LIFE_WORDS",
    "Decision",
    "FusionEvent",
    "FusionPermission",
    "IdentityEvent",
    "Review",
    "ReviewState",
    "Run",
    "RunState",
    "Scheme",
    "SchemeData",
    "SchemeFigures",
    "Verdict",
    "decide_review",
    "enforce_scheme",
    "fusion_figures",
    "get_identity",
    "list_schemes",
    "run_now",
    "save_scheme",
    "schedule_scheme",
    "search_identities",
    "start_run",
    "submit_scheme",
]
