"""Identifiers of our own making."""

from __future__ import annotations

import secrets
import time
from uuid import UUID


def new_uid() -> str:
    """A UUID version 7 (RFC 9562, section 5.7) as text: sorts by the millisecond it was made in."""
    millis = time.time_ns() // 1_000_000
    value = (millis & ((1 << 48) - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=value))
