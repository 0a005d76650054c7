"""Steps four and five of every write of this room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.oversight.ledger.events import LedgerEvent
from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox


def note(event: LedgerEvent, thing: Any, *, actor: Actor, now: datetime, details: dict[str, Any] | None = None) -> None:
    """Record the act and tell the rooms above."""
    kind = event.rpartition(".")[0]
    uid = str(getattr(thing, "uid", ""))
    audit.record(actor=actor, action=event, kind=kind, uid=uid, label=str(thing), details=details or {}, now=now)
    outbox.add(name=event, payload={"uid": uid, "at": now.isoformat(), **(details or {})}, now=now)
