"""The national signing convention (国家政务服务平台): four headers, HMAC-SHA256 over sid, rid and time.

`gjzwfwpt_sign` = Base64(HMAC-SHA256(secret, sid + rid + rtime)); `rtime` is epoch milliseconds. The
convention does not cover the body, so each signature is good once: a replay cache refuses it again.
"""

from __future__ import annotations

import base64
import hmac
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from quanshu.kernel.errors import Unauthenticated

PREFIX = "gjzwfwpt_"
WINDOW_MS = 5 * 60 * 1000
MOST_ID = 80
NAMES = tuple(f"{PREFIX}{name}" for name in ("rid", "sid", "rtime", "sign"))
# Base64 of 32 bytes.
SIGN = re.compile(r"[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True, slots=True)
class SignedHeaders:
    """The four values of a signed request."""

    rid: str
    sid: str
    rtime: str
    sign: str

    @property
    def at_ms(self) -> int:
        return int(self.rtime)


class Unsigned(Unauthenticated):
    code = "gateway.unsigned"


class BadHeader(Unauthenticated):
    code = "gateway.bad_header"


class OutsideWindow(Unauthenticated):
    code = "gateway.outside_window"


class BadSignature(Unauthenticated):
    code = "gateway.bad_signature"


class Replayed(Unauthenticated):
    code = "gateway.replayed"


def signature(*, rid: str, sid: str, rtime: str, secret: str) -> str:
    """The signature of a request."""
    digest = hmac.digest(secret.encode(), f"{sid}{rid}{rtime}".encode(), "sha256")
    return base64.b64encode(digest).decode("ascii")


def sign_headers(rid: str, sid: str, secret: str, at_ms: int) -> dict[str, str]:
    """The headers of a signed request."""
    rtime = str(at_ms)
    return {
        f"{PREFIX}rid": rid,
        f"{PREFIX}sid": sid,
        f"{PREFIX}rtime": rtime,
        f"{PREFIX}sign": signature(rid=rid, sid=sid, rtime=rtime, secret=secret),
    }


def read_headers(headers: Mapping[str, str]) -> SignedHeaders:
    """The four headers, well formed. Raises Unsigned when one is missing, BadHeader naming one at fault."""
    rid, sid, rtime, sign = values = [headers.get(name, "").strip() for name in NAMES]
    if not (rid and sid and rtime and sign):
        raise Unsigned(header=", ".join(name for name, value in zip(NAMES, values, strict=True) if not value))
    for name, value in ((NAMES[0], rid), (NAMES[1], sid)):
        if len(value) > MOST_ID or not value.isprintable():
            raise BadHeader(header=name)
    if not (len(rtime) == 13 and rtime.isascii() and rtime.isdigit()):
        raise BadHeader(header=NAMES[2])
    if not SIGN.fullmatch(sign):
        raise BadHeader(header=NAMES[3])
    return SignedHeaders(rid, sid, rtime, sign)


def check_window(signed: SignedHeaders, *, now_ms: int) -> None:
    """The request's time is within five minutes of ours."""
    if abs(now_ms - signed.at_ms) > WINDOW_MS:
        raise OutsideWindow(seconds=abs(now_ms - signed.at_ms) // 1000)


def is_by(signed: SignedHeaders, secret: str) -> bool:
    """Whether a secret made the signature; compared in constant time."""
    expected = signature(rid=signed.rid, sid=signed.sid, rtime=signed.rtime, secret=secret)
    return hmac.compare_digest(expected, signed.sign)


def check_signature(signed: SignedHeaders, secrets: list[str]) -> None:
    """The signature is by one of the client's keys; compared in constant time."""
    good = False
    for secret in secrets:
        good |= is_by(signed, secret)
    if not good:
        raise BadSignature


class ReplayCache:
    """Signatures seen within the window. Two generations: the older is dropped when a window has passed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._young: set[str] = set()
        self._old: set[str] = set()
        self._turned_ms = 0

    def check(self, signed: SignedHeaders, *, now_ms: int) -> None:
        """Remember the signature; Replayed when it was seen before."""
        key = signed.sign
        with self._lock:
            if now_ms - self._turned_ms > 2 * WINDOW_MS:
                self._old, self._young, self._turned_ms = self._young, set(), now_ms
            if key in self._young or key in self._old:
                raise Replayed
            self._young.add(key)

    def remember(self, sign: str, *, now_ms: int) -> None:
        """Take up a signature seen before a restart."""
        with self._lock:
            self._turned_ms = self._turned_ms or now_ms
            self._young.add(sign)
