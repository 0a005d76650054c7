"""Words of the ledger and its refusals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Invalid, NotFound, TooMany


class WitnessState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


class CheckpointState(StrEnum):
    SIGNED = "signed"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class WitnessData:
    """Who runs it, its verifier key, and the address below which it answers."""

    title: str
    vkey: str
    url: str


@dataclass(frozen=True, slots=True)
class AnchorData:
    """Where checkpoints are posted: a kind of chain, its place, and how many minutes lie between two posts."""

    title: str
    kind: str
    place: str
    minutes: int


class WitnessNotFound(NotFound):
    code = "ledger.witness_not_found"
    message = "There is no such witness."
    remedy = "Open the ledger's page and choose one from the list."


class AnchorNotFound(NotFound):
    code = "ledger.anchor_not_found"
    message = "There is no such anchor."
    remedy = "Open the ledger's page and choose one from the list."


class CheckpointNotFound(NotFound):
    code = "ledger.checkpoint_not_found"
    message = "There is no checkpoint of that size."
    remedy = "Choose one from the list of checkpoints."


class EntryNotFound(NotFound):
    code = "ledger.entry_not_found"
    message = "There is no entry or receipt of that number that you may see."
    remedy = "Compare the number; a call's receipt is in the audit trail some seconds after its answer."


class NotPublishedYet(Conflict):
    code = "ledger.not_published_yet"
    message = "The entry is recorded, but no published checkpoint covers it yet."
    remedy = "Try again in a few seconds. When it lasts, look at the ledger's page: a witness may be missing."


class SaltGone(Conflict):
    code = "ledger.salt_gone"
    message = "This entry's salt was destroyed; nobody can prove any more what it says."
    remedy = "That was done by a recorded act. Its place in the tree stands."


class AlreadyThere(Conflict):
    code = "ledger.already_there"
    message = "A witness with this key is there already: %(title)s."
    remedy = "Take that one into use again, or give the key of another witness."


class QuorumTooLow(Conflict):
    code = "ledger.quorum_too_low"
    message = "The policy asks for %(least)s witnesses, and only %(active)s would be left."
    remedy = "Lower the number the policy asks for first, or add another witness."


class QuorumTooHigh(Invalid):
    code = "ledger.quorum_too_high"
    message = "%(least)s of %(active)s active witnesses cannot be asked for."
    remedy = "Give a number from 0 to the number of active witnesses."


class TreeMismatch(Conflict):
    code = "ledger.tree_mismatch"
    message = "The audit trail does not lead to the tree it should at %(size)s entries: %(fault)s"
    remedy = "Nothing was signed. Run “quanshu ledger check” and find who changed the trail."


class TooManyChecks(TooMany):
    code = "ledger.too_many_checks"
    message = "There were too many checks from this address within a minute."
    remedy = "Wait a minute and try again, or check off line by “quanshu ledger verify”."


class NothingGiven(Invalid):
    code = "ledger.nothing_given"
    message = "No proof was given."
    remedy = "Paste the text of a .tlog-proof file, or choose the file."
