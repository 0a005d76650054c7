"""Reads of the ledger."""

from __future__ import annotations

from quanshu.oversight.ledger.queries.mine import proofs_of_uses, use_entry
from quanshu.oversight.ledger.queries.proving import (
    call_entry,
    entry_for,
    proof_for,
    proof_of_receipt,
    verify_text,
)
from quanshu.oversight.ledger.queries.standing import (
    LedgerState,
    WitnessStanding,
    active_witnesses,
    get_anchor,
    get_checkpoint,
    get_witness,
    latest_posts,
    least_witnesses,
    ledger_state,
    list_anchors,
    list_checkpoints,
    list_witnesses,
    newest_checkpoint,
    own_policy,
    published_checkpoint,
    store,
)

__all__ = [
    "LedgerState",
    "WitnessStanding",
    "active_witnesses",
    "call_entry",
    "entry_for",
    "get_anchor",
    "get_checkpoint",
    "get_witness",
    "latest_posts",
    "least_witnesses",
    "ledger_state",
    "list_anchors",
    "list_checkpoints",
    "list_witnesses",
    "newest_checkpoint",
    "own_policy",
    "proof_for",
    "proof_of_receipt",
    "proofs_of_uses",
    "published_checkpoint",
    "store",
    "use_entry",
    "verify_text",
]
