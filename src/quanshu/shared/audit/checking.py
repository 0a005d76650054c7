"""The whole trail held against its tree."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from quanshu.kernel.ciphers import suite
from quanshu.kernel.merkle import CompactRange, leaf_hash
from quanshu.shared.audit.integrating import BATCH, waiting_rows
from quanshu.shared.audit.models import AuditEntry, LedgerLeaf, TreeHead
from quanshu.shared.audit.services import ERASED
from quanshu.shared.audit.statements import moment, statement_of
from quanshu.tlog.entries import WHOLE, log_entry


@dataclass(frozen=True, slots=True)
class IntegrityReport:
    """What a full check of the trail found. `erased` entries lost their salt by a recorded act: they prove nothing,
    and are not wrong."""

    entries: int
    leaves: int
    waiting: int
    changed: tuple[str, ...]
    missing: tuple[int, ...]
    root_matches: bool
    erased: tuple[str, ...] = ()

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
            ("salt destroyed", str(len(self.erased))),
            ("missing", ", ".join(map(str, self.missing)) or "none"),
            ("root", "matches" if self.root_matches else "DOES NOT MATCH"),
        ]


def shown(entry: AuditEntry, digest: bytes, sm3: bytes) -> bytes:
    """The log's entry of form 1 for a row and its digests."""
    return log_entry(uid=entry.uid, at=moment(entry.at), action=entry.action, sha256=digest, sm3=sm3)


def leaf_of_row(form: int, entry: AuditEntry, body: bytes) -> tuple[bytes, bytes, bytes]:
    """(leaf hash, SM3, SHA-256) of a row with its salt; the last is empty in form 0."""
    own, gm = hashlib.sha256(body).digest(), suite("gm").digest(body)
    return (leaf_hash(body), gm, b"") if form == WHOLE else (leaf_hash(shown(entry, own, gm)), gm, own)


class _Check:
    """One pass over the leaves in order: recomputes each from its entry and each head from the leaves.

    It goes as far as the newest head reached when it began, since the tree goes on growing meanwhile.
    """

    def __init__(self) -> None:
        self.tree = CompactRange()
        self.erased: list[str] = []
        self.erasures = set(AuditEntry.objects.filter(action=ERASED).values_list("object_uid", flat=True))
        self.changed: list[str] = []
        self.missing: list[int] = []
        self.expected = 0
        self.heads_match = True
        self.size = TreeHead.objects.order_by("-size").values_list("size", flat=True).first() or 0
        heads = TreeHead.objects.filter(size__lte=self.size).order_by("size").values_list("size", "root")
        self.heads = heads.iterator(chunk_size=BATCH)
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
            self.take_one(leaf, entry)
            self.compare_head()

    def take_one(self, leaf: LedgerLeaf, entry: AuditEntry) -> None:
        """Recompute one leaf. An entry whose salt is gone is known by the digests that were kept of it."""
        stored = bytes(leaf.leaf_hash), bytes(leaf.sm3), bytes(leaf.digest)
        if entry.salt:
            found = leaf_of_row(leaf.form, entry, statement_of(entry, leaf.form))
        elif leaf.form == WHOLE:
            found = stored
        else:
            found = (leaf_hash(shown(entry, stored[2], stored[1])), stored[1], stored[2])
        if found != stored or (not entry.salt and entry.uid not in self.erasures):
            self.changed.append(leaf.entry_uid)
        elif not entry.salt:
            self.erased.append(leaf.entry_uid)
        self.tree.append(found[0])

    def compare_head(self) -> None:
        if self.head is not None and self.head[0] == self.tree.size:
            self.heads_match &= bytes(self.head[1]) == self.tree.root()
            self.head = next(self.heads, None)

    @property
    def root_matches(self) -> bool:
        """Every stored head was met and is the tree's, and no leaf stands beyond the newest head.

        A head that nobody reached means that leaves are gone.
        """
        return self.heads_match and self.head is None and self.expected == self.size and not self.beyond()

    @staticmethod
    def beyond() -> bool:
        """Whether there are leaves that no head covers; asked in one statement, as both are written in one."""
        newest = Subquery(TreeHead.objects.order_by("-size").values("size")[:1])
        return LedgerLeaf.objects.filter(sequence__gte=Coalesce(newest, 0)).exists()


def integrity_report() -> IntegrityReport:
    """Recompute every leaf and every head from the entries and compare them with what was stored."""
    check = _Check()
    rows = LedgerLeaf.objects.filter(sequence__lt=check.size).order_by("sequence").iterator(chunk_size=500)
    while leaves := list(islice(rows, 500)):
        check.take(leaves)
    return IntegrityReport(
        entries=AuditEntry.objects.count(),
        leaves=LedgerLeaf.objects.count(),
        waiting=waiting_rows().count(),
        changed=tuple(check.changed),
        missing=tuple(check.missing),
        root_matches=check.root_matches,
        erased=tuple(check.erased),
    )
