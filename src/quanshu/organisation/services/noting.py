"""Steps four and five of a write in this room: audit, then outbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from quanshu.organisation.events import OrganisationEvent
from quanshu.shared.access.api import Actor, Place
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox


def note(
    event: OrganisationEvent,
    *,
    actor: Actor,
    kind: str,
    uid: str,
    label: str,
    place: Place,
    now: datetime,
    details: Mapping[str, Any] | None = None,
    outcome: str = "done",
) -> None:
    """Record an act and tell it."""
    audit.record(
        actor=actor,
        action=event,
        kind=kind,
        uid=uid,
        label=label,
        place=place,
        details=details,
        outcome=outcome,
        now=now,
    )
    outbox.add(name=event, payload={"kind": kind, "uid": uid, **(details or {})}, now=now)
