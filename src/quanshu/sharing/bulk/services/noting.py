"""Steps four and five of every write of this room: the audit entry and the event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.bulk.events import BulkEvent
from quanshu.sharing.bulk.models import BulkGrant, BulkToken


def note(
    event: BulkEvent,
    thing: BulkGrant | BulkToken,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    """Record the act and tell the rooms above. A condition's values are not told: they may be personal."""
    kind = "bulk.token" if isinstance(thing, BulkToken) else "bulk.grant"
    label = f"…{thing.hint}" if isinstance(thing, BulkToken) else thing.full_name
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
