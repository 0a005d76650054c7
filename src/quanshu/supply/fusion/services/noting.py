"""Steps four and five of every write of this room: the audit entry and the event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.supply.fusion.events import FusionEvent
from quanshu.supply.fusion.models import Review, Run, Scheme


def note(
    event: FusionEvent,
    obj: Scheme | Run | Review,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, Any] | None = None,
    uid: str = "",
) -> None:
    """Record the act on a scheme, run or review, or on the identity `uid` of a scheme, and tell the rooms above."""
    scheme = obj if isinstance(obj, Scheme) else obj.scheme
    kind = "fusion.identity" if uid else f"fusion.{type(obj).__name__.lower()}"
    named = uid or obj.uid
    audit.record(
        actor=actor, action=event, obj=obj, kind=kind, uid=named, label=scheme.title, details=details or {}, now=now
    )
    payload = {"uid": named, "scheme_uid": scheme.uid, "at": now.isoformat(), **(details or {})}
    outbox.add(name=event, payload=payload, now=now)
