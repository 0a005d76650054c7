"""Content-Digest (RFC 9530): the body's digest as a header that a signature can cover."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping

from quanshu.gateway.signing.faults import BadSignatureInput, DigestMismatch
from quanshu.gateway.signing.structured import Item, Malformed, parse_dictionary, serialise_dictionary
from quanshu.kernel.ciphers import suite

FIELD = "content-digest"
ALGORITHMS: Mapping[str, Callable[[bytes], bytes]] = {
    "sha-256": lambda data: hashlib.sha256(data).digest(),
    "sha-512": lambda data: hashlib.sha512(data).digest(),
    "sm3": suite("gm").digest,
}


def content_digest(body: bytes, algorithm: str = "sha-256") -> str:
    """The header's value for a body."""
    return serialise_dictionary({algorithm: Item(ALGORITHMS[algorithm](body))})


def check_digest(text: str, body: bytes) -> None:
    """Every digest given that is known here is the body's, and one is. Raises BadSignatureInput, DigestMismatch."""
    try:
        members = parse_dictionary(text)
    except Malformed as fault:
        raise BadSignatureInput(header="Content-Digest", fault="格式不正确", fault_en=str(fault)) from fault
    known = {name: member for name, member in members.items() if name in ALGORITHMS}
    if not known:
        names = ", ".join(ALGORITHMS)
        raise BadSignatureInput(header="Content-Digest", fault=f"须使用 {names} 之一", fault_en=f"use one of {names}")
    for name, member in known.items():
        value = member.value if isinstance(member, Item) else b""
        if not isinstance(value, bytes) or not hmac.compare_digest(value, ALGORITHMS[name](body)):
            raise DigestMismatch
