"""Steps four and five of every write of this room: the audit entry and the event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.services.events import ServiceEvent
from quanshu.sharing.services.models import Consumer, Grant, Service


def note(
    event: ServiceEvent,
    thing: Service | Consumer | Grant,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    """Record the act and tell the rooms above. The object's kind is the first two words of the event."""
    kind = event.rpartition(".")[0]
    label = thing.purpose[:80] if isinstance(thing, Grant) else thing.name
    audit.record(
        actor=actor,
        action=event,
        obj=thing,
        kind=kind,
        uid=thing.uid,
        label=label,
        details=details or {},
        now=now,
    )
    payload = {f"{kind.rpartition('.')[2]}_uid": thing.uid, "at": now.isoformat(), **(details or {})}
    outbox.add(name=event, payload=payload, now=now)
