"""Reads of the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from quanshu.kernel.merkle import inclusion_proof, verify_inclusion
from quanshu.shared.access.api import Actor
from quanshu.shared.audit.checking import leaf_of_row
from quanshu.shared.audit.integrating import waiting_rows
from quanshu.shared.audit.models import AuditEntry, LedgerLeaf, TreeHead
from quanshu.shared.audit.statements import moment, statement_of
from quanshu.tlog.entries import WHOLE, log_entry


def audit_entries(actor: Actor) -> QuerySet[AuditEntry]:
    """Every entry the actor may see."""
    return AuditEntry.objects.visible_to(actor)


def history(kind: str, uid: str) -> QuerySet[AuditEntry]:
    """What happened to one object, newest first. Whoever may open the object may see it."""
    return AuditEntry.objects.filter(object_kind=kind, object_uid=uid)


def leaf_of(entry: AuditEntry) -> LedgerLeaf | None:
    """The entry's place in the tree, or None while it waits."""
    return LedgerLeaf.objects.filter(entry_uid=entry.uid).first()


@dataclass(frozen=True, slots=True)
class Inclusion:
    """An entry's path (RFC 6962, section 2.1.1) from its leaf to a head's root, checked."""

    sequence: int
    leaf: bytes
    size: int
    root: bytes
    path: tuple[bytes, ...]
    holds: bool


def inclusion_of(entry: AuditEntry) -> Inclusion | None:
    """The proof that the tree's newest head holds an entry as it is now; None while it waits for its place.

    Reads the leaves of the head once: their hashes alone, 32 bytes each.
    """
    leaf, head = leaf_of(entry), tree_head()
    if leaf is None or head is None:
        return None
    rows = LedgerLeaf.objects.filter(sequence__lt=head.size).order_by("sequence").values_list("leaf_hash", flat=True)
    leaves = [bytes(found) for found in rows.iterator(chunk_size=5000)]
    path = tuple(inclusion_proof(leaves, leaf.sequence))
    # Without its salt an entry can be held against its kept hash alone.
    own = leaf_of_row(leaf.form, entry, statement_of(entry, leaf.form))[0] if entry.salt else bytes(leaf.leaf_hash)
    root = bytes(head.root)
    holds = verify_inclusion(leaf=own, index=leaf.sequence, size=head.size, proof=path, expected=root)
    return Inclusion(leaf.sequence, own, head.size, root, path, holds)


@dataclass(frozen=True, slots=True)
class Published:
    """A leaf as the published log has it; `entry` is None where the tree holds a hash alone (form 0)."""

    sequence: int
    leaf: bytes
    entry: bytes | None


def published_rows(start: int, stop: int) -> list[Published]:
    """Leaves `start` to `stop` (exclusive) in order, with the log's entries as their rows have them now.

    Shorter than asked when leaves are missing; an entry whose row is gone is b"".
    """
    row = AuditEntry.objects.filter(uid=OuterRef("entry_uid"))
    leaves = LedgerLeaf.objects.filter(sequence__gte=start, sequence__lt=stop).order_by("sequence")
    found = leaves.annotate(moment=Subquery(row.values("at")), act=Subquery(row.values("action"))).values_list(
        "sequence", "leaf_hash", "form", "entry_uid", "digest", "sm3", "moment", "act"
    )
    rows = []
    for sequence, leaf, form, uid, digest, sm3, at, action in found.iterator(chunk_size=5000):
        line: bytes | None = None
        if form != WHOLE:
            text = "" if at is None else moment(at)
            line = (
                b"" if at is None else log_entry(uid=uid, at=text, action=action, sha256=bytes(digest), sm3=bytes(sm3))
            )
        rows.append(Published(sequence, bytes(leaf), line))
    return rows


def statement_in_tree(entry: AuditEntry) -> tuple[int, bytes] | None:
    """(place in the tree, the entry in full as its leaf was made); None while it waits or when its salt is gone."""
    leaf = leaf_of(entry)
    if leaf is None or not entry.salt:
        return None
    return leaf.sequence, statement_of(entry, leaf.form)


def tree_head() -> TreeHead | None:
    """The newest head of the tree."""
    return TreeHead.objects.order_by("-size").first()


def waiting_entries() -> int:
    """How many entries are not in the tree yet."""
    return int(waiting_rows().count())
