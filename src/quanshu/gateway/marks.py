"""Marks of rows: what a receipt keeps of the rows an answer carried, so that their receivers can be told later.

A mark tells nothing of the row to whoever lacks the node's key; whoever has it can ask who received a given row.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence

MOST_MARKS = 200
LENGTH = 16
_BETWEEN = "\x1f"


def mark_key(seal_key: bytes) -> bytes:
    """The key marks are made with, derived from the gateway's seal key."""
    return hmac.digest(seal_key, b"row mark", "sha256")


def row_mark(key: bytes, entry_uid: str, parts: Sequence[object]) -> str:
    """The first 16 hex digits of HMAC-SHA256 over the entry and the row's key, its parts as texts in their order."""
    text = _BETWEEN.join([entry_uid, *["" if part is None else str(part) for part in parts]])
    return hmac.digest(key, text.encode(), "sha256").hex()[:LENGTH]


def row_marks(key: bytes, entry_uid: str, rows: Iterable[Sequence[object]]) -> tuple[str, ...]:
    """Marks of several rows, each once, in their order."""
    return tuple(dict.fromkeys(row_mark(key, entry_uid, row) for row in rows))
