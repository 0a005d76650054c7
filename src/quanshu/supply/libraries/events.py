"""What libraries tell others about."""

from __future__ import annotations

from enum import StrEnum


class LibraryEvent(StrEnum):
    CREATED = "libraries.library.created"
    CHANGED = "libraries.library.changed"
    MODEL_SAVED = "libraries.model.saved"
    MODEL_SUBMITTED = "libraries.model.submitted"
    MODEL_RETURNED = "libraries.model.returned"
    MODEL_PUBLISHED = "libraries.model.published"
    MODEL_SCHEDULED = "libraries.model.scheduled"
    BUILD_QUEUED = "libraries.build.queued"
    BUILD_STARTED = "libraries.build.started"
    BUILD_FAILED = "libraries.build.failed"
    BUILD_SWAPPED = "libraries.build.swapped"
    BUILDS_DROPPED = "libraries.build.dropped"
