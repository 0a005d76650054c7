"""What the ledger tells others about."""

from __future__ import annotations

from enum import StrEnum


class LedgerEvent(StrEnum):
    WITNESS_ADDED = "ledger.witness.added"
    WITNESS_PAUSED = "ledger.witness.paused"
    WITNESS_RESUMED = "ledger.witness.resumed"
    WITNESS_REMOVED = "ledger.witness.removed"
    WITNESS_FAILING = "ledger.witness.failing"
    WITNESS_BACK = "ledger.witness.back"
    QUORUM_SET = "ledger.quorum.set"
    ANCHOR_ADDED = "ledger.anchor.added"
    ANCHOR_STOPPED = "ledger.anchor.stopped"
    PROOF_GIVEN = "ledger.proof.given"
