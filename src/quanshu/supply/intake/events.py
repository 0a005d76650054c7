"""What happens in intake."""

from __future__ import annotations

from enum import StrEnum


class IntakeEvent(StrEnum):
    SOURCE_CREATED = "intake.source.created"
    SOURCE_CHANGED = "intake.source.changed"
    RUN_QUEUED = "intake.run.queued"
    RUN_STARTED = "intake.run.started"
    BATCH_LANDED = "intake.batch.landed"
    RUN_FAILED = "intake.run.failed"
    RUN_CANCELLED = "intake.run.cancelled"
    REFUSED_EXPORTED = "intake.refused.exported"
