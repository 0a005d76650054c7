"""Recording acts, and integrating them into the tree."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from quanshu.kernel.ciphers import suite
from quanshu.kernel.merkle import CompactRange, leaf_hash
from quanshu.kernel.trace import current_trace
from quanshu.shared.access.api import Actor, Place, Placed
from quanshu.shared.audit.context import current_request_id
from quanshu.shared.audit.models import AuditEntry, LedgerLeaf, TreeHead

BATCH = 2000
# An entry may be committed after entries with higher row numbers; a tick looks this many rows back.
REACH = 20_000


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
        trace_id=trace_id or current_trace(),
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
    if entry.trace_id:
        # Entries of before there were traces keep the hash they have.
        body["trace_id"] = entry.trace_id
    body["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def integrate(now: datetime, limit: int = BATCH, *, whole: bool = False) -> int:
    """Give up to `limit` waiting entries their sequence and hashes; returns how many.

    Looks only at the newest rows, so that a tick costs the same however long the trail is; `whole` looks at
    all, for an entry whose transaction took very long. Writers never wait for this. Two integrators at once are
    safe: sequence numbers are primary keys, so one of them fails and its work is done by the other.
    """
    floor = 0 if whole else integrated_up_to() - REACH
    if not waiting_rows(floor).exists():
        return 0
    try:
        with transaction.atomic():
            return _integrate(now, limit, floor)
    except IntegrityError:
        return 0


def integrated_up_to() -> int:
    """Row number of the entry that was placed last; 0 before the first."""
    leaf = LedgerLeaf.objects.order_by("-sequence").first()
    entry = AuditEntry.objects.filter(uid=leaf.entry_uid).only("id").first() if leaf else None
    return entry.pk if entry else 0


def _integrate(now: datetime, limit: int, floor: int) -> int:
    waiting = list(waiting_rows(floor).order_by("id")[:limit])
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


def waiting_rows(floor: int = 0) -> QuerySet[AuditEntry]:
    """Entries with a row number above `floor` and no place in the tree yet."""
    placed = LedgerLeaf.objects.filter(entry_uid=OuterRef("uid"))
    return AuditEntry.objects.filter(~Exists(placed), pk__gt=floor)


def oldest_waiting() -> datetime | None:
    """When the oldest of the newest entries without a place in the tree was written; None when none waits."""
    floor = integrated_up_to() - REACH
    return waiting_rows(floor).order_by("id").values_list("at", flat=True).first()


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


class _Check:
    """One pass over the leaves in order: recomputes each from its entry and each head from the leaves."""

    def __init__(self) -> None:
        self.tree, self.gm = CompactRange(), suite("gm")
        self.changed: list[str] = []
        self.missing: list[int] = []
        self.expected = 0
        self.heads_match = True
        self.heads = TreeHead.objects.order_by("size").values_list("size", "root").iterator(chunk_size=BATCH)
        self.head = next(self.heads, None)

    def take(self, leaves: Sequence[LedgerLeaf]) -> None:
        entries = AuditEntry.objects.in_bulk([leaf.entry_uid for leaf in leaves], field_name="uid")
        for leaf in leaves:
            self.missing.extend(range(self.expected, leaf.sequence))
            self.expected = leaf.sequence + 1
            entry = entries.get(leaf.entry_uid)
            if entry is None:
                self.missing.append(leaf.sequence)
                continue
            body = canonical(entry)
            digest = leaf_hash(body)
            if digest != bytes(leaf.leaf_hash) or self.gm.digest(body) != bytes(leaf.sm3):
                self.changed.append(leaf.entry_uid)
            self.tree.append(digest)
            self.compare_head()

    def compare_head(self) -> None:
        if self.head is not None and self.head[0] == self.tree.size:
            self.heads_match &= bytes(self.head[1]) == self.tree.root()
            self.head = next(self.heads, None)

    @property
    def root_matches(self) -> bool:
        """Every stored head was met and is the tree's; a head nobody reached means leaves are gone."""
        newest = TreeHead.objects.order_by("-size").first()
        return self.heads_match and self.head is None and self.expected == (newest.size if newest else 0)


def integrity_report() -> IntegrityReport:
    """Recompute every leaf and every head from the entries and compare them with what was stored."""
    check = _Check()
    rows = LedgerLeaf.objects.order_by("sequence").iterator(chunk_size=500)
    while leaves := list(islice(rows, 500)):
        check.take(leaves)
    return IntegrityReport(
        entries=AuditEntry.objects.count(),
        leaves=LedgerLeaf.objects.count(),
        waiting=waiting_rows().count(),
        changed=tuple(check.changed),
        missing=tuple(check.missing),
        root_matches=check.root_matches,
    )
