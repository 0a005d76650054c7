"""Steps four and five of every write of this room: the audit entry and the event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.supply.workspaces.events import WorkspaceEvent
from quanshu.supply.workspaces.models import Draft, Table, Workspace


def note(
    event: WorkspaceEvent,
    obj: Workspace | Table | Draft,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    """Record the act and tell the rooms above. The texts of queries stay out: they may name people."""
    space = obj if isinstance(obj, Workspace) else obj.workspace
    audit.record(
        actor=actor,
        action=event,
        obj=space,
        kind=event.rpartition(".")[0],
        uid=obj.uid,
        label=str(obj) if not isinstance(obj, Workspace) else obj.name,
        details=details or {},
        now=now,
    )
    payload = {"uid": obj.uid, "workspace_uid": space.uid, "at": now.isoformat(), **(details or {})}
    outbox.add(name=event, payload=payload, now=now)
