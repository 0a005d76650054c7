"""Steps four and five of every write of this room: the audit entry and the event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.supply.libraries.events import LibraryEvent
from quanshu.supply.libraries.models import Build, Library, Model


def note(
    event: LibraryEvent,
    obj: Library | Model | Build,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    """Record the act on a library, model or build, and tell the rooms above."""
    name = obj.model.title if isinstance(obj, Build) else (obj.title if isinstance(obj, Model) else obj.name)
    kind = event.rpartition(".")[0]
    audit.record(actor=actor, action=event, obj=obj, kind=kind, uid=obj.uid, label=name, details=details or {}, now=now)
    outbox.add(name=event, payload={"uid": obj.uid, "at": now.isoformat(), **(details or {})}, now=now)
