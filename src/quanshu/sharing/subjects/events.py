"""What happens to subjects; names of audit actions and outbox events."""

from __future__ import annotations

from enum import StrEnum


class SubjectEvent(StrEnum):
    ENROLLED = "subjects.subject.enrolled"
    SIGNED_IN = "subjects.subject.signed_in"
