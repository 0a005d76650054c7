"""Steps four and five of every write of this room: the audit entry and the event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.supply.assurance.events import AssuranceEvent
from quanshu.supply.catalogue.api import Entry


def note(
    event: AssuranceEvent,
    *,
    uid: str,
    entry: Entry,
    actor: Actor,
    now: datetime,
    label: str = "",
    kind: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    """Record the act on a profile, rule set or report of the entry's table, and tell the rooms above."""
    audit.record(
        actor=actor,
        action=event,
        obj=entry,
        kind=kind or event.rpartition(".")[0],
        uid=uid,
        label=label or entry.resource_name,
        details=details or {},
        now=now,
    )
    payload = {"uid": uid, "entry_uid": entry.uid, "at": now.isoformat(), **(details or {})}
    outbox.add(name=event, payload=payload, now=now)
