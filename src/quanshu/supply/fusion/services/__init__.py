"""Writes of fusion."""

from __future__ import annotations

from quanshu.supply.fusion.services.deciding import (
    decide_review,
    merge_identities,
    record_search,
    reveal_identity,
    reveal_review,
    split_identity,
    undo_decision,
)
from quanshu.supply.fusion.services.running import (
    drop_old_runs,
    queue_followers,
    run_now,
    run_schedule,
    start_run,
)
from quanshu.supply.fusion.services.schemes import (
    data_of,
    enforce_scheme,
    return_scheme,
    save_scheme,
    schedule_scheme,
    submit_scheme,
)

__all__ = [
    "data_of",
    "decide_review",
    "drop_old_runs",
    "enforce_scheme",
    "merge_identities",
    "queue_followers",
    "record_search",
    "return_scheme",
    "reveal_identity",
    "reveal_review",
    "run_now",
    "run_schedule",
    "save_scheme",
    "schedule_scheme",
    "split_identity",
    "start_run",
    "submit_scheme",
    "undo_decision",
]
