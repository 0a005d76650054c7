"""The parts of an SD-JWT: the signed token, its disclosures, the proof by the holder's key."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from quanshu.kernel.sd_jwt.errors import DisclosureWrong, Malformed
from quanshu.kernel.sd_jwt.jws import LONGEST, decode, encode, from_json, to_json

# Where a claim stands: names of objects, places in arrays, None for every element of an array.
Path = tuple[str | int | None, ...]

DIGESTS = "_sd"
ELEMENT = "..."
HASH_NAME = "_sd_alg"
HASH = "sha-256"
RESERVED = frozenset({DIGESTS, ELEMENT})


def digest(text: str) -> str:
    """SHA-256 over the characters as they stand, in base64url (RFC 9901, 4.2.3)."""
    return encode(hashlib.sha256(text.encode("ascii")).digest())


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One claim that is shown or kept back. `name` is None for an element of an array."""

    encoded: str
    salt: str
    name: str | None
    value: Any

    @classmethod
    def make(cls, name: str | None, value: Any, *, salt: str = "") -> Disclosure:
        """A disclosure with a salt of 128 bits."""
        salt = salt or secrets.token_urlsafe(16)
        parts = [salt, value] if name is None else [salt, name, value]
        return cls(encode(to_json(parts)), salt, name, value)

    @classmethod
    def parse(cls, encoded: str) -> Disclosure:
        """Raises Malformed for a text that is none, DisclosureWrong for a name that none may have."""
        parts = from_json(decode(encoded))
        if not isinstance(parts, list) or len(parts) not in (2, 3) or not isinstance(parts[0], str):
            raise Malformed(fault="a disclosure is not an array of two or three")
        if len(parts) == 2:
            return cls(encoded, parts[0], None, parts[1])
        if not isinstance(parts[1], str):
            raise Malformed(fault="a disclosure's claim has no name")
        if parts[1] in RESERVED:
            raise DisclosureWrong(fault="it uses a reserved name")
        return cls(encoded, parts[0], parts[1], parts[2])

    @property
    def digest(self) -> str:
        return digest(self.encoded)


@dataclass(frozen=True, slots=True)
class SdJwt:
    """A token as it travels. `binding` is the key-binding JWT, empty without one."""

    jwt: str
    disclosures: tuple[str, ...] = ()
    binding: str = ""

    @classmethod
    def parse(cls, text: str) -> SdJwt:
        """The parts of `jwt~disclosure~…~[binding]`. Raises Malformed."""
        if len(text) > LONGEST or not text.isascii():
            raise Malformed(fault="it is too long or not ASCII")
        first, tilde, rest = text.partition("~")
        if not tilde:
            raise Malformed(fault="it has no ~")
        *shown, binding = rest.split("~")
        if not all(shown):
            raise Malformed(fault="a disclosure is empty")
        return cls(first, tuple(shown), binding)

    @property
    def unbound(self) -> str:
        """The text that the proof by the holder's key covers."""
        return "~".join((self.jwt, *self.disclosures, ""))

    @property
    def text(self) -> str:
        return self.unbound + self.binding

    @property
    def sd_hash(self) -> str:
        return digest(self.unbound)


Seen = Callable[[Path, Disclosure, tuple[str, ...]], None]


def restore(payload: dict[str, Any], disclosures: tuple[str, ...], seen: Seen | None = None) -> dict[str, Any]:
    """The payload with every disclosed claim in its place (RFC 9901, 7.1, step 3).

    `seen(path, disclosure, above)` is told each claim that was put back, with the digests of the disclosures
    that contain it. Raises DisclosureWrong for a disclosure no digest names, a digest that stands twice, a claim
    that is there already, or one of the wrong kind; Malformed for a hash other than SHA-256.
    """
    if payload.get(HASH_NAME, HASH) != HASH:
        raise Malformed(fault="its hash is not sha-256")
    parsed = [Disclosure.parse(encoded) for encoded in disclosures]
    found = {item.digest: item for item in parsed}
    if len(found) != len(parsed):
        raise DisclosureWrong(fault="one is shown twice")
    walk = _Walk(found, seen or _ignore)
    try:
        restored = walk.object({name: value for name, value in payload.items() if name != HASH_NAME}, (), ())
    except RecursionError as fault:
        raise Malformed(fault="it is nested too deep") from fault
    if walk.used != found.keys():
        raise DisclosureWrong(fault="one is not of this token")
    return restored


def _ignore(path: Path, disclosure: Disclosure, above: tuple[str, ...]) -> None:
    pass


class _Walk:
    """One pass over a payload; `met` holds every digest seen, `used` those that were put back."""

    def __init__(self, found: dict[str, Disclosure], seen: Seen) -> None:
        self._found, self._seen = found, seen
        self.met: set[str] = set()
        self.used: set[str] = set()

    def value(self, value: Any, path: Path, above: tuple[str, ...]) -> Any:
        if isinstance(value, dict):
            return self.object(value, path, above)
        if isinstance(value, list):
            return self.array(value, path, above)
        return value

    def object(self, value: dict[str, Any], path: Path, above: tuple[str, ...]) -> dict[str, Any]:
        if ELEMENT in value:
            raise Malformed(fault="a digest of an array stands outside one")
        digests = value.get(DIGESTS, [])
        if not isinstance(digests, list) or not all(isinstance(item, str) for item in digests):
            raise Malformed(fault="_sd is no array of texts")
        out = {name: self.value(item, (*path, name), above) for name, item in value.items() if name != DIGESTS}
        for item in digests:
            disclosure = self._take(item)
            if disclosure is None:
                continue
            if disclosure.name is None:
                raise DisclosureWrong(fault="an element of an array stands for a claim")
            if disclosure.name in out:
                raise DisclosureWrong(fault="a claim is there already")
            out[disclosure.name] = self._put(item, disclosure, (*path, disclosure.name), above)
        return out

    def array(self, value: list[Any], path: Path, above: tuple[str, ...]) -> list[Any]:
        out: list[Any] = []
        for item in value:
            if not (isinstance(item, dict) and ELEMENT in item):
                out.append(self.value(item, (*path, len(out)), above))
                continue
            if len(item) != 1 or not isinstance(item[ELEMENT], str):
                raise Malformed(fault="a digest in an array is not well formed")
            disclosure = self._take(item[ELEMENT])
            if disclosure is None:
                continue
            if disclosure.name is not None:
                raise DisclosureWrong(fault="a claim stands for an element of an array")
            out.append(self._put(item[ELEMENT], disclosure, (*path, len(out)), above))
        return out

    def _take(self, item: str) -> Disclosure | None:
        if item in self.met:
            raise DisclosureWrong(fault="a digest stands twice")
        self.met.add(item)
        return self._found.get(item)

    def _put(self, item: str, disclosure: Disclosure, path: Path, above: tuple[str, ...]) -> Any:
        self.used.add(item)
        self._seen(path, disclosure, above)
        return self.value(disclosure.value, path, (*above, item))
