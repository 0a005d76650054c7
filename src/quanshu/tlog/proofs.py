"""Proof files (c2sp.org/tlog-proof): that an entry stands in a log, checked off line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quanshu.kernel.merkle import verify_inclusion
from quanshu.tlog.checkpoints import Checkpoint, read_hash, read_number
from quanshu.tlog.entries import leaf_of_statement
from quanshu.tlog.errors import BadNote, BadProof, NoStatement, NotIncluded, NotSigned
from quanshu.tlog.keys import COSIGNATURE, from_base64, to_base64
from quanshu.tlog.notes import Note
from quanshu.tlog.policies import Policy

HEAD = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
MOST_HASHES = 63
MOST_BYTES = 400_000


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry's place, the path from it to the root, and the signed checkpoint; `extra` is opaque."""

    index: int
    path: tuple[bytes, ...]
    note: Note
    extra: bytes | None = None

    @classmethod
    def parse(cls, text: str | bytes) -> Proof:
        """Read a proof file. Raises `tlog.bad_proof` with what is wrong."""
        if isinstance(text, bytes):
            try:
                text = text.decode("utf-8")
            except UnicodeDecodeError as error:
                raise BadProof(fault="it is not UTF-8.") from error
        if len(text) > MOST_BYTES:
            raise BadProof(fault="it is too long.")
        head, gap, note = text.partition("\n\n")
        lines = head.split("\n")
        if lines[0] != HEAD or not gap:
            raise BadProof(fault=f"its first line is not “{HEAD}”, or it ends before the checkpoint.")
        try:
            extra, lines = read_extra(lines[1:])
            index = read_number(lines[0].removeprefix("index ")) if lines[:1] and lines[0].startswith("index ") else -1
            path = tuple(read_hash(line) for line in lines[1:])
        except ValueError as error:
            raise BadProof(fault=f"{error}.") from error
        if index < 0 or len(path) > MOST_HASHES:
            raise BadProof(fault="its line “index” is missing, or its path is too long.")
        try:
            return cls(index, path, Note.parse(note), extra)
        except BadNote as fault:
            raise BadProof(fault=f"{fault.render()}") from fault

    def __str__(self) -> str:
        lines = [HEAD]
        if self.extra is not None:
            lines.append(f"extra {to_base64(self.extra)}")
        lines += [f"index {self.index}", *map(to_base64, self.path), "", str(self.note)]
        return "\n".join(lines)


def read_extra(lines: list[str]) -> tuple[bytes | None, list[str]]:
    """(extra data, the lines after it)."""
    if lines and lines[0].startswith("extra "):
        return from_base64(lines[0].removeprefix("extra ")), lines[1:]
    return None, lines


@dataclass(frozen=True, slots=True)
class Verified:
    """What a proof proves: the entry stands at `index` of the log that is called `origin`.

    `keys` are the names of the log's keys that signed; `witnesses` are (name, POSIX seconds) of the cosignatures.
    """

    origin: str
    index: int
    size: int
    root: bytes
    keys: tuple[str, ...]
    witnesses: tuple[tuple[str, int], ...]
    statement: bytes


def open_checkpoint(note: Note, policy: Policy) -> tuple[Checkpoint, tuple[str, ...], tuple[tuple[str, int], ...]]:
    """(checkpoint, the log's keys that signed, witnesses with their times) of a note that fits the policy.

    Raises `tlog.bad_note`, `tlog.not_signed`, `tlog.bad_signature`, `tlog.too_few_witnesses`.
    """
    checkpoint = Checkpoint.parse(note.body)
    logs = policy.logs_of(checkpoint.origin)
    if not logs:
        raise NotSigned(origin=checkpoint.origin[:200])
    signed = note.opened(logs)
    names = policy.check(note.held(policy.witnesses.values()))
    found = []
    for name in names:
        line = note.signature_by(policy.witnesses[name])
        found.append((name, line.timestamp if line else 0))
    kinds = tuple("Ed25519" if key.kind[:1] in {b"\x01", COSIGNATURE} else "SM2" for key in signed)
    return checkpoint, kinds, tuple(found)


def verify_proof(
    proof: Proof, policy: Policy, statement: bytes | None = None, leaf: Callable[[bytes], bytes] = leaf_of_statement
) -> Verified:
    """Check a proof by a policy, off line: signatures, witnesses, and the path from the entry to the root.

    The entry is `statement`, or what the file carries as extra data; `leaf` makes its leaf hash. Raises
    `tlog.no_statement`, `tlog.not_included`, `tlog.bad_proof` and what `open_checkpoint` raises.
    """
    checkpoint, keys, witnesses = open_checkpoint(proof.note, policy)
    found = proof.extra if statement is None else statement
    if found is None:
        raise NoStatement
    holds = verify_inclusion(
        leaf=leaf(found), index=proof.index, size=checkpoint.size, proof=proof.path, expected=checkpoint.root
    )
    if not holds:
        raise NotIncluded(index=proof.index, origin=checkpoint.origin[:200])
    return Verified(checkpoint.origin, proof.index, checkpoint.size, checkpoint.root, keys, witnesses, found)
