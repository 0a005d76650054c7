"""Proofs for those who may see an entry, and their check for everyone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quanshu.oversight.ledger.models import Checkpoint
from quanshu.oversight.ledger.queries.standing import least_witnesses, own_policy, published_checkpoint, store
from quanshu.oversight.ledger.types import EntryNotFound, NotPublishedYet, SaltGone, WitnessState
from quanshu.shared.access.api import Actor, find_seen
from quanshu.shared.audit.api import AuditEntry, audit_entries, leaf_of, statement_in_tree
from quanshu.sharing.services.api import get_exchange
from quanshu.tlog.entries import read_statement
from quanshu.tlog.notes import Note
from quanshu.tlog.policies import Policy, parse_policy
from quanshu.tlog.proofs import Proof, Verified, verify_proof
from quanshu.tlog.receipts import check_receipt
from quanshu.tlog.trees import TileTree

CALL = "gateway.call"


def entry_for(*, actor: Actor, uid: str) -> AuditEntry:
    """An entry the actor may see. Raises `ledger.entry_not_found`."""
    return find_seen(audit_entries(actor), uid, EntryNotFound())


def call_entry(*, actor: Actor, receipt_id: str) -> AuditEntry:
    """The entry of a gateway call, for whoever may see its receipt.

    Raises `services.exchange_not_found`, `ledger.entry_not_found`.
    """
    call = get_exchange(actor=actor, receipt_id=receipt_id)
    rows = AuditEntry.objects.filter(object_kind="services.exchange", object_uid=call.receipt_id, action=CALL)
    found = rows.first()
    if found is None:
        raise EntryNotFound
    return found


def proof_for(entry: AuditEntry) -> Proof:
    """The proof that the published log holds an entry, with the entry in full as extra data.

    Raises `ledger.not_published_yet`, `ledger.salt_gone`, `tlog.tile_missing`.
    """
    leaf, checkpoint = leaf_of(entry), published_checkpoint()
    if leaf is None or checkpoint is None or leaf.sequence >= checkpoint.size or not is_witnessed(checkpoint):
        raise NotPublishedYet
    found = statement_in_tree(entry)
    if found is None:
        raise SaltGone
    lines = checkpoint.cosignatures.order_by("at", "id").values_list("line", flat=True)
    note = Note.parse(checkpoint.note + "".join(f"{line}\n" for line in lines))
    path = TileTree(store(), checkpoint.size).inclusion(leaf.sequence)
    return Proof(leaf.sequence, tuple(path), note, found[1])


def is_witnessed(checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint fits the policy of now: it may have been published under another."""
    signed = checkpoint.cosignatures.filter(witness__state=WitnessState.ACTIVE).count()
    return bool(signed >= least_witnesses())


def proof_of_receipt(*, actor: Actor, receipt_id: str) -> Proof:
    """The proof of a gateway call, for whoever may see its receipt. Raises what the two above raise."""
    return proof_for(call_entry(actor=actor, receipt_id=receipt_id))


@dataclass(frozen=True, slots=True)
class Checked:
    """A proof that holds, and what the proven entry says. `answer`: the file given is, byte for byte, what the
    gateway answered."""

    verified: Verified
    statement: dict[str, Any]
    receipt: bool = False
    answer: bool = False


def verify_text(text: str | bytes, receipt: bytes = b"", policy_text: str = "") -> Checked:
    """Check a proof file by this node's own keys and policy, or by the policy given, and a receipt against it.

    Raises `tlog.*` faults.
    """
    policy: Policy = parse_policy(policy_text) if policy_text.strip() else own_policy()
    found = verify_proof(Proof.parse(text), policy)
    statement = read_statement(found.statement)
    if not receipt.strip():
        return Checked(found, statement)
    return Checked(found, statement, receipt=True, answer=check_receipt(statement, receipt))
