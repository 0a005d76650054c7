"""Handing out proofs: a proof file holds the entry in full, so who took it is recorded."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.oversight.ledger import queries
from quanshu.oversight.ledger.events import LedgerEvent
from quanshu.oversight.ledger.services.noting import note
from quanshu.shared.access.api import Actor
from quanshu.shared.audit.api import AuditEntry
from quanshu.tlog.proofs import Proof


@transaction.atomic
def give_proof(*, actor: Actor, entry: AuditEntry, now: datetime) -> Proof:
    """The proof of an entry that was read for this actor.

    Raises `ledger.not_published_yet`, `ledger.salt_gone`, `tlog.tile_missing`.
    """
    found = queries.proof_for(entry)
    note(LedgerEvent.PROOF_GIVEN, entry, actor=actor, now=now, details={"entry": entry.uid, "index": found.index})
    return found
