"""Giving entries their place in the tree."""

from __future__ import annotations

import hashlib
import time
from datetime import datetime
from itertools import count

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from quanshu.kernel.ciphers import suite
from quanshu.kernel.merkle import CompactRange, leaf_hash
from quanshu.shared.audit.models import AuditEntry, LedgerLeaf, TreeHead
from quanshu.shared.audit.statements import NAMES, moment, statement
from quanshu.tlog.entries import DIGESTS, WHOLE, log_entry
from quanshu.tlog.tiles import WIDTH

BATCH = 2000
# An entry may be committed after entries with higher row numbers; a tick looks this many rows back.
REACH = 20_000
# A tick places what waits for about this long; what is left waits for the next.
TICK_SECONDS = 1.0
INSERT = (
    "INSERT INTO audit_ledgerleaf (sequence, entry_uid, leaf_hash, sm3, digest, form) VALUES (%s, %s, %s, %s, %s, %s)"
)
AT = NAMES.index("at")
Leaf = tuple[int, str, bytes, bytes, bytes, int]


def integrate(now: datetime, limit: int = BATCH, *, whole: bool = False) -> int:
    """Give up to `limit` waiting entries their sequence and hashes; returns how many.

    Looks only at the newest rows, so that a tick costs the same however long the trail is; `whole` looks at
    all, for an entry whose transaction took very long. Writers never wait for this: all is hashed before the
    transaction begins. Two integrators at once are safe: sequence numbers are primary keys, so one of them fails and
    its work is done by the other.
    """
    floor = 0 if whole else integrated_up_to() - REACH
    head = TreeHead.objects.order_by("-size").first()
    rows = list(waiting_rows(floor).order_by("id").values_list(*NAMES)[:limit])
    if not rows:
        return 0
    size = head.size if head else 0
    leaves = make_leaves(rows, size)
    tree = (
        CompactRange.from_list(size, [bytes.fromhex(text) for text in head.compact_range]) if head else CompactRange()
    )
    for leaf in leaves:
        tree.append(leaf[2])
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.executemany(INSERT, leaves)
            TreeHead.objects.create(
                size=tree.size,
                root=tree.root(),
                compact_range=[part.hex() for part in tree.to_list()],
                at=now,
            )
    except IntegrityError:
        return 0
    return len(leaves)


def integrate_waiting(now: datetime) -> int:
    """What a worker does at a tick: place what waits, batch by batch, for about a second; returns how many."""
    began, total = time.monotonic(), 0
    while True:
        placed = integrate(now)
        total += placed
        if placed < BATCH or time.monotonic() - began > TICK_SECONDS:
            return total


def first_form(size: int) -> int:
    """The form of the next leaf. Leaves of form 0 go on to the end of their bundle, which no entry can share."""
    if size % WIDTH == 0:
        return DIGESTS
    found = LedgerLeaf.objects.filter(sequence=size - 1).values_list("form", flat=True).first()
    return DIGESTS if found is None else int(found)


def make_leaves(rows: list[tuple[object, ...]], size: int) -> list[Leaf]:
    """Leaves for rows of NAMES, the first at place `size`."""
    digest, sm3 = hashlib.sha256, suite("gm").digest
    form, leaves = first_form(size), []
    for place, row in zip(count(size), rows, strict=False):
        if place % WIDTH == 0:
            form = DIGESTS
        at = moment(row[AT])  # type: ignore[arg-type]
        values = dict(zip(NAMES, row, strict=True), at=at)
        body = statement(values, form)
        own, gm, uid = digest(body).digest(), sm3(body), str(values["uid"])
        if form == WHOLE:
            leaves.append((place, uid, leaf_hash(body), gm, b"", WHOLE))
            continue
        line = log_entry(uid=uid, at=at, action=str(values["action"]), sha256=own, sm3=gm)
        leaves.append((place, uid, leaf_hash(line), gm, own, DIGESTS))
    return leaves


def integrated_up_to() -> int:
    """Row number of the entry that was placed last; 0 before the first."""
    leaf = LedgerLeaf.objects.order_by("-sequence").first()
    entry = AuditEntry.objects.filter(uid=leaf.entry_uid).only("id").first() if leaf else None
    return entry.pk if entry else 0


def waiting_rows(floor: int = 0) -> QuerySet[AuditEntry]:
    """Entries with a row number above `floor` and no place in the tree yet."""
    placed = LedgerLeaf.objects.filter(entry_uid=OuterRef("uid"))
    return AuditEntry.objects.filter(~Exists(placed), pk__gt=floor)


def oldest_waiting() -> datetime | None:
    """When the oldest of the newest entries without a place in the tree was written; None when none waits."""
    floor = integrated_up_to() - REACH
    return waiting_rows(floor).order_by("id").values_list("at", flat=True).first()
