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
    RUN_HELD = "intake.run.held"
    RUN_RELEASED = "intake.run.released"
    REFUSED_EXPORTED = "intake.refused.exported"
    REFUSED_CORRECTED = "intake.refused.corrected"
    REFUSED_DISMISSED = "intake.refused.dismissed"
    SOURCE_TESTED = "intake.source.tested"
    KEY_CONFIRMED = "intake.source.key_confirmed"
    SCHEDULE_SET = "intake.schedule.set"
    FILE_TAKEN = "intake.delivery.taken"
    FILE_SETTLED = "intake.delivery.settled"
    PUSH_GRANTED = "intake.push.granted"
    PUSH_REVOKED = "intake.push.revoked"
    SECRETS_RESEALED = "intake.secret.resealed"
    DRIFT_PROPOSED = "intake.drift.proposed"
