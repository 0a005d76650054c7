"""What can be wrong with a note, a tree, a proof or a log; each fault has its own name."""

from __future__ import annotations

from quanshu.kernel.errors import Conflict, Invalid, Unavailable


class BadKey(Invalid):
    code = "tlog.bad_key"
    message = "This is no verifier key: %(fault)s"
    remedy = "Copy the key whole, as “quanshu witness init” or the log's page prints it: name+id+key."


class BadNote(Invalid):
    code = "tlog.bad_note"
    message = "This is no signed note: %(fault)s"
    remedy = "Take the file anew from the log, unchanged."


class BadSignature(Invalid):
    code = "tlog.bad_signature"
    message = "The signature of %(name)s does not fit its text."
    remedy = "Somebody has changed the text or the signature. Do not rely on it."


class NotSigned(Invalid):
    code = "tlog.not_signed"
    message = "No key that is trusted here has signed it; it names %(origin)s."
    remedy = "Give the verifier key of the log that issued it, or do not rely on it."


class TooFewWitnesses(Invalid):
    code = "tlog.too_few_witnesses"
    message = "The policy asks for more witnesses than the %(count)s who have signed: %(names)s."
    remedy = "Take a newer proof from the log, or ask its operator which witness is missing."


class BadPolicy(Invalid):
    code = "tlog.bad_policy"
    message = "Line %(line)s of the policy cannot be used: %(fault)s"
    remedy = "Correct the line; the form is that of c2sp.org/tlog-policy."


class BadTile(Invalid):
    code = "tlog.bad_tile"
    message = "This is no tile or entry bundle: %(fault)s"
    remedy = "Take it anew from the log; when it stays so, the log is damaged or was changed."


class TileMissing(Unavailable):
    code = "tlog.tile_missing"
    message = "The log does not hand out %(path)s."
    remedy = "Ask the log's operator for it; without it nothing can be proven."


class TileConflict(Conflict):
    code = "tlog.tile_conflict"
    message = "%(path)s is there already with other content; a full tile never changes."
    remedy = "Compare the audit trail with the published log by “quanshu ledger check” before publishing again."


class BadProof(Invalid):
    code = "tlog.bad_proof"
    message = "This is no proof file: %(fault)s"
    remedy = "Take the .tlog-proof file anew, as it was downloaded."


class NotIncluded(Invalid):
    code = "tlog.not_included"
    message = "The entry is not the one at place %(index)s of the log %(origin)s: the proof does not lead to its root."
    remedy = "The entry was changed, or the proof belongs to another one. Do not rely on it."


class NoStatement(Invalid):
    code = "tlog.no_statement"
    message = "The file proves a place in the log, but does not hold the entry itself."
    remedy = "Give the entry beside it, or take a proof file that carries it."


class RolledBack(Invalid):
    code = "tlog.rolled_back"
    message = "The log %(origin)s shows %(size)s entries; it has shown %(seen)s before. It was rolled back."
    remedy = "Keep the older checkpoint; it proves that entries were taken away."


class Forked(Invalid):
    code = "tlog.forked"
    message = "The log %(origin)s at %(size)s entries does not continue what it showed at %(seen)s. It was forked."
    remedy = "Keep both checkpoints; together they prove that the log tells different stories."


class EntryChanged(Invalid):
    code = "tlog.entry_changed"
    message = "Entry %(index)s of the log was changed: it does not hash to its place in the tree."
    remedy = "Keep the checkpoint; it proves what the entry was not."


class EntriesMissing(Invalid):
    code = "tlog.entries_missing"
    message = "The log lacks entries: from place %(start)s it hands out %(count)s, its checkpoint counts %(expected)s."
    remedy = "Keep the checkpoint; it proves that there were more."


class EntriesReordered(Invalid):
    code = "tlog.entries_reordered"
    message = "Entries of the log stand in another order than in the tree, first at place %(index)s."
    remedy = "Keep the checkpoint; it proves the order they had."


class TreeChanged(Invalid):
    code = "tlog.tree_changed"
    message = "The tiles of the log lead to another root than its checkpoint of %(size)s entries."
    remedy = "Keep the checkpoint; it proves what the tree was not."


class WitnessRefused(Invalid):
    code = "tlog.witness_refused"
    message = "The witness at %(url)s refused with %(status)s: %(text)s"
    remedy = "See that it trusts this log's key; a 422 or 409 that stays means it knows another history of the log."


class WitnessSilent(Unavailable):
    code = "tlog.witness_silent"
    message = "The witness at %(url)s does not answer: %(fault)s"
    remedy = "Start it, or see that the network lets this node reach it. Checkpoints wait meanwhile."


class OtherReceipt(Invalid):
    code = "tlog.other_receipt"
    message = "The proof holds, but for another receipt: it is of %(proven)s, you gave %(given)s."
    remedy = "Take the proof of your own receipt from its page."
