"""What happens to development orders and sandbox keys; names of audit actions and outbox events."""

from __future__ import annotations

from enum import StrEnum


class DevelopmentEvent(StrEnum):
    OPENED = "development.order.opened"
    TAKEN = "development.order.taken"
    ATTACHED = "development.order.attached"
    TESTED = "development.order.tested"
    HANDED = "development.order.handed_over"
    ACCEPTED = "development.order.accepted"
    SENT_BACK = "development.order.sent_back"
    PUBLISHED = "development.order.published"
    CANCELLED = "development.order.cancelled"
    COMMENTED = "development.order.commented"
    FILE_READ = "development.order.file_read"
    KEY_ISSUED = "development.sandbox.key_issued"
