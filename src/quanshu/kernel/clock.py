"""The one clock. Only edges (pages, REST, tasks, commands, handlers) read it; everything else is handed a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

CITY_TZ = ZoneInfo("Asia/Shanghai")
_frozen: ContextVar[datetime | None] = ContextVar("quanshu_frozen_clock", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def now_ms() -> int:
    """The present moment in epoch milliseconds."""
    held = _frozen.get()
    return time.time_ns() // 1_000_000 if held is None else int(held.timestamp() * 1000)


def today(tz: tzinfo = CITY_TZ) -> date:
    """The present day in the city."""
    return now().astimezone(tz).date()


def iso_day(text: str) -> date | None:
    """The day an ISO text names, or None when it names none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@contextmanager
def freeze(moment: datetime) -> Iterator[datetime]:
    """Hold the clock at an aware `moment` within the block; ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a frozen clock needs an aware moment")
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield moment
    finally:
        _frozen.reset(token)
