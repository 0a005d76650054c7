"""Token Status List (IETF OAuth): whether tokens still hold, as bits in a compressed list that the issuer signs."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from quanshu.kernel.sd_jwt.errors import Expired, Forged, Malformed, Revoked, StatusUnknown, Suspended
from quanshu.kernel.sd_jwt.jws import decode, encode, read_jws, sign_jws

TYPE = "statuslist+jwt"
WIDTHS = frozenset({1, 2, 4, 8})
LARGEST = 16 * 1024 * 1024


class Status(IntEnum):
    """VALID, INVALID and SUSPENDED as the standard numbers them; 3 is the application's own."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2
    APPLICATION = 3


class StatusList:
    """`size` statuses of `bits` bits each, the first in the lowest bits of the first byte."""

    def __init__(self, size: int, *, bits: int = 1, data: bytes | None = None) -> None:
        """Raises Malformed for a width the standard does not have."""
        if bits not in WIDTHS:
            raise Malformed(fault="a status has 1, 2, 4 or 8 bits")
        self.bits = bits
        self._data = bytearray(data if data is not None else (size * bits + 7) // 8)

    def __len__(self) -> int:
        return len(self._data) * 8 // self.bits

    def __getitem__(self, index: int) -> int:
        """The status; raises StatusUnknown for an index outside the list."""
        self._check(index)
        bit = index * self.bits
        return self._data[bit // 8] >> bit % 8 & (1 << self.bits) - 1

    def __setitem__(self, index: int, status: int) -> None:
        """Raises Malformed for a status that does not fit the width."""
        self._check(index)
        if not 0 <= status < 1 << self.bits:
            raise Malformed(fault=f"status {status} does not fit {self.bits} bits")
        bit = index * self.bits
        mask = (1 << self.bits) - 1 << bit % 8
        self._data[bit // 8] = self._data[bit // 8] & ~mask | status << bit % 8

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self):
            raise StatusUnknown

    @property
    def data(self) -> bytes:
        return bytes(self._data)

    def as_claim(self) -> dict[str, Any]:
        """{"bits", "lst"}: the list as ZLIB in base64url."""
        return {"bits": self.bits, "lst": encode(zlib.compress(self.data, 9))}

    @classmethod
    def from_claim(cls, claim: Any) -> StatusList:
        """Raises Malformed for a claim that is no list, or one of more than 16 MiB."""
        bits, text = (claim.get("bits"), claim.get("lst")) if isinstance(claim, dict) else (None, None)
        if not isinstance(bits, int) or isinstance(bits, bool) or not isinstance(text, str):
            raise Malformed(fault="the status list has no bits or no list")
        unpack = zlib.decompressobj()
        try:
            data = unpack.decompress(decode(text), LARGEST)
        except zlib.error as fault:
            raise Malformed(fault="the status list is not compressed by zlib") from fault
        if not unpack.eof or unpack.unused_data:
            raise Malformed(fault="the status list is cut off or too long")
        return cls(0, bits=bits, data=data)


def issue_status(
    statuses: StatusList,
    *,
    key: Ed25519PrivateKey,
    uri: str,
    now: datetime,
    good_for: timedelta | None = None,
    ttl: int | None = None,
    kid: str = "",
) -> str:
    """The list as a signed token (`typ` statuslist+jwt); `uri` is where tokens say it is found, `ttl` in seconds."""
    issued = int(now.timestamp())
    payload: dict[str, Any] = {"sub": uri, "iat": issued, "status_list": statuses.as_claim()}
    if good_for is not None:
        payload["exp"] = issued + int(good_for.total_seconds())
    if ttl is not None:
        payload["ttl"] = ttl
    return sign_jws(payload, key=key, header={"typ": TYPE, "kid": kid} if kid else {"typ": TYPE})


def read_status(text: str, *, issuer: Ed25519PublicKey, uri: str, now: datetime) -> StatusList:
    """The list of a signed token for `uri`. Raises Malformed, Forged, or Expired."""
    payload = read_jws(text, key=issuer, typ=TYPE)
    if payload is None:
        raise Forged
    if payload.get("sub") != uri or not isinstance(payload.get("iat"), int):
        raise Malformed(fault="the status list is another's")
    until = payload.get("exp")
    if until is not None and (not isinstance(until, int | float) or now.timestamp() >= until):
        raise Expired
    return StatusList.from_claim(payload.get("status_list"))


def status_claim(uri: str, index: int) -> dict[str, Any]:
    """The `status` claim of a token whose status stands at `index` of the list at `uri`."""
    return {"status_list": {"idx": index, "uri": uri}}


def check_status(claims: Mapping[str, Any], lists: Callable[[str], StatusList | None]) -> None:
    """Raises Revoked, Suspended or StatusUnknown by the list that a token's `status` names; one without it passes.

    `lists(uri)` gives the list, None when it is not at hand.
    """
    if "status" not in claims:
        return
    status = claims["status"]
    named = status.get("status_list") if isinstance(status, dict) else None
    index, uri = (named.get("idx"), named.get("uri")) if isinstance(named, dict) else (None, None)
    if not isinstance(index, int) or isinstance(index, bool) or not isinstance(uri, str):
        raise Malformed(fault="its status names no list")
    found = lists(uri)
    if found is None:
        raise StatusUnknown
    value = found[index]
    if value == Status.INVALID:
        raise Revoked
    if value == Status.SUSPENDED:
        raise Suspended
    if value != Status.VALID:
        raise StatusUnknown
