"""What happens in delivery; names of audit actions and outbox events."""

from __future__ import annotations

from enum import StrEnum


class DeliveryEvent(StrEnum):
    CREATED = "delivery.delivery.created"
    CHANGED = "delivery.delivery.changed"
    PAUSED = "delivery.delivery.paused"
    RESUMED = "delivery.delivery.resumed"
    ENDED = "delivery.delivery.ended"
    TRIED = "delivery.delivery.tried"
    STARTED = "delivery.batch.started"
    DELIVERED = "delivery.batch.delivered"
    FAILED = "delivery.batch.failed"
    DOWNLOADED = "delivery.file.downloaded"
