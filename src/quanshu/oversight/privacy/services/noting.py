"""Steps four and five of every write of this room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.oversight.privacy.events import PrivacyEvent
from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox


def note(
    event: PrivacyEvent, thing: Any, *, actor: Actor, now: datetime, details: dict[str, Any] | None = None
) -> None:
    """Record the act and tell the rooms above."""
    kind = event.rpartition(".")[0]
    audit.record(
        actor=actor, action=event, obj=thing, kind=kind, uid=thing.uid, label=str(thing), details=details or {}, now=now
    )
    outbox.add(name=event, payload={f"{kind.rpartition('.')[2]}_uid": thing.uid, "at": now.isoformat()}, now=now)
