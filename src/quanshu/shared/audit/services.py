"""Recording acts, and destroying the salt of an entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from quanshu.kernel.errors import Conflict
from quanshu.kernel.trace import current_trace
from quanshu.shared.access.api import Actor, Place, Placed, require
from quanshu.shared.audit.context import current_request_id
from quanshu.shared.audit.models import AuditEntry, LedgerLeaf
from quanshu.shared.audit.permissions import AuditPermission

ERASED = "audit.salt.erased"


class NotInTree(Conflict):
    code = "audit.not_in_tree"
    message = "This entry is not in the tree yet; its salt cannot be destroyed before."
    remedy = "Try again in a second; the worker places entries."


def record(
    *,
    actor: Actor,
    action: str,
    obj: Placed | None = None,
    kind: str = "",
    uid: str = "",
    label: str = "",
    place: Place | None = None,
    details: Mapping[str, Any] | None = None,
    outcome: str = "done",
    now: datetime,
    request_id: str = "",
    trace_id: str = "",
    keep: bool = True,
) -> AuditEntry:
    """Write one entry in the caller's transaction: step four of every write.

    `details` are plain JSON values and hold no personal data. Placed at `place`, else where `obj`
    stands, else at the actor's unit. Not written yet with `keep` False: `record_all` writes many at once.
    """
    where = place or (obj.access_place() if obj is not None else Place(unit_path=actor.unit_path))
    entry = AuditEntry(
        at=now,
        actor_uid=actor.uid,
        actor_name=actor.name,
        actor_kind=actor.kind,
        actor_unit=actor.unit_uid or "",
        action=str(action),
        object_kind=kind,
        object_uid=uid or str(getattr(obj, "uid", "")),
        label=(label or (str(obj) if obj is not None else ""))[:200],
        unit_path=where.unit_path,
        region_code=where.region_code,
        details=dict(details or {}),
        outcome=outcome,
        request_id=request_id or current_request_id(),
        trace_id=trace_id or current_trace(),
    )
    if keep:
        entry.save(force_insert=True)
    return entry


def record_all(entries: Iterable[AuditEntry]) -> None:
    """Write entries that `record` made without keeping them, in the caller's transaction."""
    AuditEntry.objects.bulk_create(entries)


@transaction.atomic
def erase_salt(*, actor: Actor, entry: AuditEntry, reason: str, now: datetime) -> bool:
    """Destroy an entry's salt: its digests in the tree then tell nothing about it, and the tree stays whole.

    What the row itself says is the caller's to take away. Only the salt can be emptied, and only once: True when this
    call did. `reason` is a code or the number of an order. Raises `access.not_allowed`, `audit.not_in_tree`.
    """
    require(actor, AuditPermission.ERASE)
    if not LedgerLeaf.objects.filter(entry_uid=entry.uid).exists():
        raise NotInTree
    if not AuditEntry.objects.filter(pk=entry.pk).exclude(salt="").update(salt=""):
        return False
    entry.salt = ""
    record(
        actor=actor,
        action=ERASED,
        kind="audit.entry",
        uid=entry.uid,
        details={"reason": reason[:100]},
        place=Place(unit_path=entry.unit_path, region_code=entry.region_code),
        now=now,
    )
    return True
