"""Checkpoints (c2sp.org/tlog-checkpoint): a log's origin, size and root as the text of a signed note."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quanshu.kernel.merkle import EMPTY_ROOT
from quanshu.tlog.errors import BadNote
from quanshu.tlog.keys import from_base64, to_base64
from quanshu.tlog.notes import Note

NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
MOST_ENTRIES = 2**63


def read_number(text: str) -> int:
    """A decimal without leading zeroes, below 2^63. ValueError for anything else."""
    if not NUMBER.fullmatch(text) or int(text) >= MOST_ENTRIES:
        raise ValueError(f"{text[:30]!r} is no number of entries")
    return int(text)


def read_hash(text: str) -> bytes:
    """A SHA-256 hash in base64. ValueError for anything else."""
    raw = from_base64(text)
    if len(raw) != 32:
        raise ValueError("a hash has not 32 bytes")
    return raw


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: so many entries under this root (RFC 6962). `extension` lines are opaque."""

    origin: str
    size: int
    root: bytes
    extension: tuple[str, ...] = ()

    @classmethod
    def parse(cls, body: str) -> Checkpoint:
        """Read a note's text. Raises `tlog.bad_note`."""
        lines = body.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise BadNote(fault="it has not the three lines of a checkpoint.")
        origin, size, root, *extension = lines[:-1]
        try:
            return cls(origin, read_number(size), read_hash(root), tuple(extension))
        except ValueError as error:
            raise BadNote(fault=f"{error}.") from error

    @classmethod
    def empty(cls, origin: str) -> Checkpoint:
        """The head of a log without entries."""
        return cls(origin, 0, EMPTY_ROOT)

    @property
    def body(self) -> str:
        """The note's text."""
        return "\n".join((self.origin, str(self.size), to_base64(self.root), *self.extension, ""))

    def note(self) -> Note:
        """The note, not signed yet."""
        return Note(self.body)
