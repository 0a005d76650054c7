"""Reads of the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from quanshu.kernel.merkle import inclusion_proof, leaf_hash, verify_inclusion
from quanshu.shared.access.api import Actor
from quanshu.shared.audit.models import AuditEntry, LedgerLeaf, TreeHead
from quanshu.shared.audit.services import canonical, waiting_rows


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
    own, root = leaf_hash(canonical(entry)), bytes(head.root)
    holds = verify_inclusion(leaf=own, index=leaf.sequence, size=head.size, proof=path, expected=root)
    return Inclusion(leaf.sequence, own, head.size, root, path, holds)


def tree_head() -> TreeHead | None:
    """The newest head of the tree."""
    return TreeHead.objects.order_by("-size").first()


def waiting_entries() -> int:
    """How many entries are not in the tree yet."""
    return int(waiting_rows().count())
