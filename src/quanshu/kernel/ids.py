"""Identifiers of our own making."""

from __future__ import annotations

import os
import time

_MILLIS = (1 << 48) - 1
# Of the digit behind the third dash two bits are random and two are the variant's.
_VARIANT = "89ab" * 4


def new_uid() -> str:
    """A UUID version 7 (RFC 9562, section 5.7) as text: sorts by the millisecond it was made in.

    Written digit by digit: one is made for each call of a service, and the standard library's class costs four times
    as much.
    """
    head, tail = f"{time.time_ns() // 1_000_000 & _MILLIS:012x}", os.urandom(10).hex()
    return f"{head[:8]}-{head[8:]}-7{tail[:3]}-{_VARIANT[int(tail[3], 16)]}{tail[4:7]}-{tail[7:19]}"
