"""Steps four and five of every write of this room: the audit entry and the event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.composition.events import CompositionEvent
from quanshu.sharing.composition.models import Composition
from quanshu.sharing.composition.queries import KIND


def note(event: CompositionEvent, row: Composition, *, actor: Actor, now: datetime, **details: Any) -> None:
    """Record the act and tell the rooms above."""
    details = {"sid": row.sid, **details}
    audit.record(actor=actor, action=event, obj=row, kind=KIND, uid=row.uid, label=row.name, details=details, now=now)
    outbox.add(name=event, payload={"composition_uid": row.uid, "at": now.isoformat(), **details}, now=now)


def locked(row: Composition) -> Composition:
    """The row as it is now, held until the transaction ends."""
    rows = Composition.objects.select_for_update(of=("self",)).select_related("unit")
    return rows.get(pk=row.pk)
