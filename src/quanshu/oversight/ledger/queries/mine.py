"""Proofs of the uses of one's own data: whether each can be had, and the entry it proves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.urls import reverse

from quanshu.city.citizen.api import ProofState, Use, UseKind, UseProof, get_use
from quanshu.city.codes.api import CodeEvent
from quanshu.city.vault.api import VaultEvent
from quanshu.oversight.ledger import rules
from quanshu.oversight.ledger.queries.proving import CALL, is_witnessed
from quanshu.oversight.ledger.queries.standing import (
    active_witnesses,
    least_witnesses,
    newest_checkpoint,
    published_checkpoint,
)
from quanshu.oversight.ledger.types import CheckpointState, EntryNotFound
from quanshu.shared.access.api import Actor
from quanshu.shared.audit.api import AuditEntry, LedgerLeaf

# Kind of object and act of the entry that tells of a use.
ENTRIES: Mapping[UseKind, tuple[str, str]] = {
    UseKind.CALL: ("services.exchange", CALL),
    UseKind.SCAN: ("codes.scan", CodeEvent.SCANNED),
    UseKind.PRESENTATION: ("vault.presentation", VaultEvent.OPENED),
}


def use_entry(*, actor: Actor, receipt_id: str, now: datetime) -> AuditEntry:
    """The entry of a use of the actor's own data, or of one whose uses it may see by a mandate.

    Raises `citizen.use_not_found`, `ledger.entry_not_found`.
    """
    found = entries_of([get_use(actor=actor, receipt_id=receipt_id, now=now)]).get(receipt_id)
    if found is None:
        raise EntryNotFound
    return found


def entries_of(uses: Sequence[Use]) -> dict[str, AuditEntry]:
    """{receipt: the entry that tells of the use}."""
    found: dict[str, AuditEntry] = {}
    for kind, (object_kind, action) in ENTRIES.items():
        receipts = [use.receipt_id for use in uses if use.kind == kind]
        rows = AuditEntry.objects.filter(object_kind=object_kind, object_uid__in=receipts, action=action)
        found |= {row.object_uid: row for row in (rows if receipts else ())}
    return found


def proofs_of_uses(uses: Sequence[Use], now: datetime) -> dict[str, UseProof]:
    """How it stands with the proof of each use that has an entry."""
    entries = entries_of(uses)
    leaves = LedgerLeaf.objects.filter(entry_uid__in=[entry.uid for entry in entries.values()])
    places = dict(leaves.values_list("entry_uid", "sequence"))
    shown = published_checkpoint()
    size = shown.size if shown is not None and is_witnessed(shown) else 0
    expected = next_publication(now) if any(places.get(row.uid, size) >= size for row in entries.values()) else None
    check, policy = reverse("ledger:verify"), reverse("ledger:policy")
    found = {}
    for receipt, entry in entries.items():
        ready = places.get(entry.uid, size) < size
        state = ProofState.GONE if not entry.salt else ProofState.READY if ready else ProofState.WAITING
        at = expected if state == ProofState.WAITING else None
        found[receipt] = UseProof(state, at, reverse("ledger:my_proof", args=[receipt]), check, policy)
    return found


def next_publication(now: datetime) -> datetime | None:
    """About when what is recorded now is published; None while fewer witnesses sign than must."""
    newest = newest_checkpoint()
    signing = sum(row.failing_since is None for row in active_witnesses())
    if signing < least_witnesses():
        return None
    waiting = newest is not None and newest.state != CheckpointState.PUBLISHED
    return rules.published_by(last=newest.signed_at if newest else None, waiting=waiting, now=now)
