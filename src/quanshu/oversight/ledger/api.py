"""The door of the ledger."""

from __future__ import annotations

from quanshu.oversight.ledger.events import LedgerEvent
from quanshu.oversight.ledger.models import Anchor, AnchorPost, Checkpoint, Cosignature, Witness
from quanshu.oversight.ledger.permissions import LedgerPermission
from quanshu.oversight.ledger.queries import (
    ledger_state,
    own_policy,
    proof_for,
    proof_of_receipt,
    published_checkpoint,
    verify_text,
)
from quanshu.oversight.ledger.queries.comparing import compare_published
from quanshu.oversight.ledger.queries.standing import verifier_keys
from quanshu.oversight.ledger.services import (
    add_anchor,
    add_witness,
    ask_witnesses,
    post_to_anchors,
    publish,
    set_quorum,
    write_anew,
)
from quanshu.oversight.ledger.types import AnchorData, CheckpointState, WitnessData, WitnessState

__all__ = [
    "Anchor",
    "AnchorData",
    "AnchorPost",
    "Checkpoint",
    "CheckpointState",
    "Cosignature",
    "LedgerEvent",
    "LedgerPermission",
    "Witness",
    "WitnessData",
    "WitnessState",
    "add_anchor",
    "add_witness",
    "ask_witnesses",
    "compare_published",
    "ledger_state",
    "own_policy",
    "post_to_anchors",
    "proof_for",
    "proof_of_receipt",
    "publish",
    "published_checkpoint",
    "set_quorum",
    "verifier_keys",
    "verify_text",
    "write_anew",
]
