"""Steps four and five of every write of this room: the audit entry and the event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.delivery.events import DeliveryEvent
from quanshu.sharing.delivery.models import Batch, Delivery

KIND = "delivery.delivery"


def note(event: DeliveryEvent, delivery: Delivery, *, actor: Actor, now: datetime, details: dict[str, Any]) -> None:
    """Record the act under the delivery and tell the rooms above."""
    audit.record(
        actor=actor,
        action=event,
        obj=delivery,
        kind=KIND,
        uid=delivery.uid,
        label=delivery.name,
        details=details,
        now=now,
    )
    outbox.add(name=event, payload={"delivery_uid": delivery.uid, "at": now.isoformat(), **details}, now=now)


def receipt_of(batch: Batch) -> dict[str, Any]:
    """What the audit trail keeps of a batch."""
    names = ("rows", "inserted", "updated", "deleted", "bytes", "digest", "target", "version", "mode", "asked_by")
    return {"batch": batch.uid, "number": batch.number, **{name: getattr(batch, name) for name in names}}
