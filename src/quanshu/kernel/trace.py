"""Trace ids after W3C Trace Context (Level 1, section 3.2): one id from a request through all that follows from it.

They name what belongs together and keep nothing secret, so they come from the quick generator of each process.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "traceparent"
_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_trace: ContextVar[str] = ContextVar("quanshu_trace", default="")


def new_trace() -> str:
    """A trace id of our own: 32 hex digits, never all zero."""
    return f"{random.getrandbits(128) | 1:032x}"


def read_traceparent(header: str | None) -> str:
    """The trace id of a `traceparent` header; "" when there is none or it breaks the standard's form."""
    found = _FORM.fullmatch(header.strip()) if header and len(header) <= 200 else None
    if found is None:
        return ""
    version, trace, parent, _flags, rest = found.groups()
    if version == "ff" or (version == "00" and rest) or not trace.strip("0") or not parent.strip("0"):
        return ""
    return trace


def traceparent(trace: str) -> str:
    """The header that hands a trace on, with a span of our own; flag 01: what belongs to it is kept."""
    return f"00-{trace}-{random.getrandbits(64) | 1:016x}-01"


def current_trace() -> str:
    """The trace this work belongs to, "" when to none."""
    return _trace.get()


@contextmanager
def tracing(trace: str) -> Iterator[str]:
    """Work in a block under a trace id; "" leaves the block without one."""
    token = _trace.set(trace)
    try:
        yield trace
    finally:
        _trace.reset(token)
