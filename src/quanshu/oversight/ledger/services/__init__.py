"""Writes of the ledger."""

from __future__ import annotations

from quanshu.oversight.ledger.services.anchoring import add_anchor, post_to_anchors, stop_anchor
from quanshu.oversight.ledger.services.asking import ask_witnesses
from quanshu.oversight.ledger.services.giving import give_proof
from quanshu.oversight.ledger.services.publishing import Publication, publish, write_anew
from quanshu.oversight.ledger.services.witnesses import (
    add_witness,
    pause_witness,
    remove_witness,
    resume_witness,
    set_quorum,
)

__all__ = [
    "Publication",
    "add_anchor",
    "add_witness",
    "ask_witnesses",
    "give_proof",
    "pause_witness",
    "post_to_anchors",
    "publish",
    "remove_witness",
    "resume_witness",
    "set_quorum",
    "stop_anchor",
    "write_anew",
]
