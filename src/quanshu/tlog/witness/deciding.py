"""What a witness decides: pure, from the request, the log's trusted keys and what was cosigned last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quanshu.kernel.merkle import EMPTY_ROOT, verify_consistency
from quanshu.tlog.checkpoints import Checkpoint, read_hash, read_number
from quanshu.tlog.errors import BadNote, BadSignature, NotSigned
from quanshu.tlog.keys import VerifierKey, to_base64
from quanshu.tlog.notes import Note

MOST_HASHES = 63


class Malformed(Exception):
    """The request is not of the protocol's form."""


@dataclass(frozen=True, slots=True)
class Request:
    """The body of add-checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, raw: bytes) -> Request:
        """Read a body. Raises Malformed."""
        try:
            head, gap, note = raw.decode("utf-8").partition("\n\n")
            first, *hashes = head.split("\n")
            if not gap or not first.startswith("old ") or len(hashes) > MOST_HASHES:
                raise Malformed("the body is not “old <size>”, proof lines, an empty line, a checkpoint")
            parsed = Note.parse(note)
            old, proof = read_number(first.removeprefix("old ")), tuple(read_hash(line) for line in hashes)
            return cls(old, proof, parsed, Checkpoint.parse(parsed.body))
        except BadNote as fault:
            raise Malformed(fault.render()) from fault
        except ValueError as fault:
            raise Malformed(str(fault)) from fault

    def __str__(self) -> str:
        return "\n".join([f"old {self.old}", *map(to_base64, self.proof), "", str(self.note)])


@dataclass(frozen=True, slots=True)
class Known:
    """The latest checkpoint cosigned for a log; size 0 before the first."""

    size: int = 0
    root: bytes = EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status and its text."""

    status: int
    text: str
    media_type: str = "text/plain; charset=utf-8"


def check_signed(request: Request, keys: Sequence[VerifierKey]) -> Refusal | None:
    """Whether the log is known and has signed: 404, 403."""
    if not keys:
        return Refusal(404, "this witness knows no log of that origin\n")
    try:
        request.note.opened(keys)
    except NotSigned:
        return Refusal(403, "no key trusted for that origin has signed the checkpoint\n")
    except BadSignature:
        return Refusal(403, "a trusted key's signature does not fit the checkpoint\n")
    if request.old > request.checkpoint.size:
        return Refusal(400, "the old size is larger than the checkpoint's\n")
    return None


def check_consistent(request: Request, known: Known) -> Refusal | None:
    """Whether the checkpoint continues what was cosigned last: 409 with the size, 422."""
    found = request.checkpoint
    if request.old != known.size:
        return Refusal(409, f"{known.size}\n", "text/x.tlog.size")
    if found.size == 0 and found.root != EMPTY_ROOT:
        return Refusal(422, "a checkpoint of size zero has not the empty tree's root\n")
    if request.old == 0:
        return Refusal(422, "from size zero there is nothing to prove\n") if request.proof else None
    holds = verify_consistency(
        old_size=known.size, new_size=found.size, old_root=known.root, new_root=found.root, proof=request.proof
    )
    return None if holds else Refusal(422, "the consistency proof does not hold\n")
