"""Signed notes (c2sp.org/signed-note): a text, an empty line, and signature lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quanshu.tlog.errors import BadNote, BadSignature, NotSigned
from quanshu.tlog.keys import SigningKey, VerifierKey, from_base64, good_name, to_base64

DASH = "— "
MOST_BYTES = 1_000_000
MOST_SIGNATURES = 100


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the key's name and id, and what the key made of the text."""

    name: str
    key_id: bytes
    blob: bytes

    @classmethod
    def parse(cls, line: str) -> Signature:
        """Read a line without its newline. Raises `tlog.bad_note`."""
        name, blank, rest = line.removeprefix(DASH).partition(" ")
        if not line.startswith(DASH) or not blank or not good_name(name):
            raise BadNote(fault="a signature line is not of the form “— name base64”.")
        try:
            raw = from_base64(rest)
        except ValueError as error:
            raise BadNote(fault=f"in a signature line, {error}.") from error
        if len(raw) < 5:
            raise BadNote(fault="a signature is too short.")
        return cls(name, raw[:4], raw[4:])

    def __str__(self) -> str:
        return f"{DASH}{self.name} {to_base64(self.key_id + self.blob)}"

    def by(self, key: VerifierKey) -> bool:
        """Whether it names this key."""
        return self.name == key.name and self.key_id == key.id

    @property
    def timestamp(self) -> int:
        """POSIX seconds of a cosignature."""
        return int.from_bytes(self.blob[:8], "big")


@dataclass(frozen=True, slots=True)
class Note:
    """A note. `body` ends with a newline."""

    body: str
    signatures: tuple[Signature, ...] = ()

    @classmethod
    def parse(cls, text: str | bytes) -> Note:
        """Read a note. Raises `tlog.bad_note` with what is wrong."""
        if isinstance(text, bytes):
            try:
                text = text.decode("utf-8")
            except UnicodeDecodeError as error:
                raise BadNote(fault="it is not UTF-8.") from error
        if len(text) > MOST_BYTES:
            raise BadNote(fault="it is too long.")
        if any(ord(sign) < 32 and sign != "\n" for sign in text):
            raise BadNote(fault="there are control characters in it.")
        body, gap, rest = text.rpartition("\n\n")
        if not gap:
            raise BadNote(fault="there is no empty line before the signatures.")
        return cls(body + "\n", signature_lines(rest))

    def __str__(self) -> str:
        return f"{self.body}\n" + "".join(f"{signature}\n" for signature in self.signatures)

    def signed(self, *keys: SigningKey, timestamp: int = 0) -> Note:
        """The note with a signature of each key more. Raises `tlog.bad_note` for a text that cannot be a note's."""
        if not self.body.endswith("\n"):
            raise BadNote(fault="its text does not end with a newline.")
        raw = self.body.encode()
        more = [Signature(key.verifier.name, key.verifier.id, key.sign(raw, timestamp)) for key in keys]
        return Note(self.body, (*self.signatures, *more))

    def opened(self, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
        """The keys among those given that have signed, in the order of their lines; unknown signatures are ignored.

        Raises `tlog.bad_signature` when a known key's signature does not fit, `tlog.not_signed` when none is there.
        """
        held = self.held(keys)
        if not held:
            raise NotSigned(origin=self.body.partition("\n")[0][:200])
        return held

    def held(self, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
        """Like `opened`, but none is no fault. Raises `tlog.bad_signature`."""
        known = {(key.name, key.id): key for key in keys}
        raw, found = self.body.encode(), {}
        for signature in self.signatures:
            key = known.get((signature.name, signature.key_id))
            if key is None:
                continue
            if not key.verify(raw, signature.blob):
                raise BadSignature(name=key.name)
            found[str(key)] = key
        return tuple(found.values())

    def signature_by(self, key: VerifierKey) -> Signature | None:
        """The key's line, as it stands."""
        return next((signature for signature in self.signatures if signature.by(key)), None)


def signature_lines(text: str) -> tuple[Signature, ...]:
    """Signature lines, each ended by a newline; at least one. Raises `tlog.bad_note`."""
    if not text.endswith("\n"):
        raise BadNote(fault="its last signature line has no end.")
    lines: Sequence[str] = text[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise BadNote(fault="it has too many signatures.")
    return tuple(Signature.parse(line) for line in lines)
