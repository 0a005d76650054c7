"""References to the people and enterprises that data is about, which tell nothing without the node's key."""

from __future__ import annotations

import hmac
from enum import StrEnum


class SubjectKind(StrEnum):
    """A natural person, known by citizen ID (GB 11643), or an enterprise, known by USCC (GB 32100)."""

    PERSON = "person"
    ENTERPRISE = "enterprise"


_KINDS = frozenset(SubjectKind)


def subject_digest(key: bytes, kind: str, number: str) -> str:
    """HMAC-SHA256 of kind and number under the node's key, in hex: the same subject always gives the same 64 digits.

    Citizen IDs are few enough to be tried one by one, so that a plain hash would hide nothing.
    Raises ValueError for another kind.
    """
    if kind not in _KINDS:
        raise ValueError(f"{kind!r} is no kind of subject")
    message = f"{kind}:{number.strip().upper()}".encode()
    return hmac.digest(key, message, "sha256").hex()
