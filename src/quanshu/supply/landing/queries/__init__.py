"""Reads of landing."""

from __future__ import annotations

from quanshu.supply.landing.queries.exceptions import (
    hanging_entries,
    hangs_at,
    is_asked,
    list_exceptions,
    waiting_exception,
)
from quanshu.supply.landing.queries.stages import walk

__all__ = ["hanging_entries", "hangs_at", "is_asked", "list_exceptions", "waiting_exception", "walk"]
