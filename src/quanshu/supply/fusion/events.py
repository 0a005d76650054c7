"""What fusion tells others about."""

from __future__ import annotations

from enum import StrEnum


class FusionEvent(StrEnum):
    SCHEME_SAVED = "fusion.scheme.saved"
    SCHEME_SUBMITTED = "fusion.scheme.submitted"
    SCHEME_RETURNED = "fusion.scheme.returned"
    SCHEME_IN_FORCE = "fusion.scheme.in_force"
    SCHEME_SCHEDULED = "fusion.scheme.scheduled"
    MODEL_TRAINED = "fusion.model.trained"
    RUN_QUEUED = "fusion.run.queued"
    RUN_STARTED = "fusion.run.started"
    RUN_DONE = "fusion.run.done"
    RUN_FAILED = "fusion.run.failed"
    RUNS_DROPPED = "fusion.run.dropped"
    DECIDED = "fusion.review.decided"
    UNDONE = "fusion.review.undone"
    MERGED = "fusion.identity.merged"
    SPLIT = "fusion.identity.split"
    SEARCHED = "fusion.identity.searched"
    REVEALED = "fusion.identity.revealed"
