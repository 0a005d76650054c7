"""Recording acts, and integrating them into the tree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction

from quanshu.kernel.ciphers import suite
from quanshu.kernel.merkle import CompactRange, leaf_hash
from quanshu.shared.access.api import Actor, Place, Placed
from quanshu.shared.audit.context import current_request_id
from quanshu.shared.audit.models import AuditEntry, LedgerLeaf, TreeHead

BATCH = 2000


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
) -> AuditEntry:
    """Write one entry in the caller's transaction: step four of every write.

    `details` are plain JSON values and hold no personal data. Placed at `place`, else where `obj`
    stands, else at the actor's unit.
    """
    where = place or (obj.access_place() if obj is not None else Place(unit_path=actor.unit_path))
    return AuditEntry.objects.create(
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
    )


def canonical(entry: AuditEntry) -> bytes:
    """The entry as the bytes that are hashed: sorted JSON with its salt."""
    names = [
        "uid",
        "actor_uid",
        "actor_name",
        "actor_kind",
        "actor_unit",
        "action",
        "object_kind",
        "object_uid",
        "label",
        "unit_path",
        "region_code",
        "details",
        "outcome",
        "request_id",
        "salt",
    ]
    body = {name: getattr(entry, name) for name in names}
    body["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def integrate(now: datetime, limit: int = BATCH) -> int:
    """Give up to `limit` waiting entries their sequence and hashes; returns how many.

    Writers never wait for this. Two integrators at once are safe: sequence numbers are primary keys,
    so one of them fails and its work is done by the other.
    """
    try:
        with transaction.atomic():
            return _integrate(now, limit)
    except IntegrityError:
        return 0


def _integrate(now: datetime, limit: int) -> int:
    waiting = list(waiting_rows().order_by("id")[:limit])
    if not waiting:
        return 0
    head = TreeHead.objects.order_by("-size").first()
    size = head.size if head else 0
    tree = (
        CompactRange.from_list(size, [bytes.fromhex(text) for text in head.compact_range]) if head else CompactRange()
    )
    gm = suite("gm")
    leaves = []
    for offset, entry in enumerate(waiting):
        body = canonical(entry)
        digest = leaf_hash(body)
        tree.append(digest)
        leaves.append(LedgerLeaf(sequence=size + offset, entry_uid=entry.uid, leaf_hash=digest, sm3=gm.digest(body)))
    LedgerLeaf.objects.bulk_create(leaves, batch_size=500)
    TreeHead.objects.create(
        size=size + len(waiting),
        root=tree.root(),
        compact_range=[part.hex() for part in tree.to_list()],
        at=now,
    )
    return len(waiting)


def waiting_rows() -> Any:
    """Entries without a place in the tree yet."""
    from django.db.models import Exists, OuterRef

    placed = LedgerLeaf.objects.filter(entry_uid=OuterRef("uid"))
    return AuditEntry.objects.filter(~Exists(placed))


@dataclass(frozen=True, slots=True)
class IntegrityReport:
    """What a full check of the trail found."""

    entries: int
    leaves: int
    waiting: int
    changed: tuple[str, ...]
    missing: tuple[int, ...]
    root_matches: bool

    @property
    def sound(self) -> bool:
        return self.root_matches and not self.changed and not self.missing

    def as_rows(self) -> list[tuple[str, str]]:
        """(name, value) pairs for the terminal."""
        return [
            ("entries", str(self.entries)),
            ("in the tree", str(self.leaves)),
            ("waiting", str(self.waiting)),
            ("changed", ", ".join(self.changed) or "none"),
            ("missing", ", ".join(map(str, self.missing)) or "none"),
            ("root", "matches" if self.root_matches else "DOES NOT MATCH"),
        ]


def integrity_report() -> IntegrityReport:
    """Recompute every leaf and the root from the entries and compare them with what was stored."""
    changed, missing = [], []
    tree = CompactRange()
    expected = 0
    for leaf in LedgerLeaf.objects.order_by("sequence").iterator(chunk_size=BATCH):
        missing.extend(range(expected, leaf.sequence))
        expected = leaf.sequence + 1
        entry = AuditEntry.objects.filter(uid=leaf.entry_uid).first()
        if entry is None:
            missing.append(leaf.sequence)
            continue
        digest = leaf_hash(canonical(entry))
        if digest != bytes(leaf.leaf_hash):
            changed.append(leaf.entry_uid)
        tree.append(digest)
    head = TreeHead.objects.order_by("-size").first()
    matches = head is None or (head.size == expected and bytes(head.root) == tree.root())
    entries = AuditEntry.objects.count()
    return IntegrityReport(
        entries=entries,
        leaves=LedgerLeaf.objects.count(),
        waiting=waiting_rows().count(),
        changed=tuple(changed),
        missing=tuple(missing),
        root_matches=matches,
    )
