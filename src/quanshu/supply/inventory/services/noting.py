"""Steps four and five of every write of this room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.supply.inventory.events import InventoryEvent

KINDS = {
    "Asset": "inventory.asset",
    "Gap": "inventory.gap",
    "Import": "inventory.import",
    "Company": "inventory.company",
}


def note(
    event: InventoryEvent, obj: Any, *, actor: Actor, now: datetime, details: dict[str, Any] | None = None
) -> None:
    """Record the act on an object, and tell the rooms above."""
    kind = KINDS[type(obj).__name__]
    label = getattr(obj, "name", "") or str(obj)
    audit.record(
        actor=actor, action=event, obj=obj, kind=kind, uid=obj.uid, label=label, details=details or {}, now=now
    )
    outbox.add(name=event, payload={"uid": obj.uid, "at": now.isoformat(), **(details or {})}, now=now)
