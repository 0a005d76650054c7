"""Accessibility of a table (GB/T 36344): it can be read, it landed within its cycle, a service of it answers. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

from quanshu.supply.catalogue.api import ShareType, UpdateCycle

# Days within which a table of each update cycle lands again; one day's grace for weekends of the source's job.
CYCLE_DAYS = {
    UpdateCycle.REAL_TIME: 2,
    UpdateCycle.DAILY: 2,
    UpdateCycle.WEEKLY: 8,
    UpdateCycle.MONTHLY: 32,
    UpdateCycle.QUARTERLY: 93,
    UpdateCycle.YEARLY: 367,
}


def access_tests(
    *, landed_on: date | None, cycle: str, published: bool, share_type: str, mounted: bool, today: date
) -> list[dict[str, Any]]:
    """The tests that apply, each with whether it passed.

    `readable` always (whoever asks has just read the table); `in_cycle` where the catalogue names a cycle;
    `answering` where the entry is published and may be shared.
    """
    tests: list[dict[str, Any]] = [{"test": "readable", "passed": True}]
    days = CYCLE_DAYS.get(UpdateCycle(cycle)) if cycle in set(UpdateCycle) else None
    if days is not None and landed_on is not None:
        tests.append({"test": "in_cycle", "passed": (today - landed_on).days <= days})
    if published and share_type != ShareType.NOT_SHARED:
        tests.append({"test": "answering", "passed": mounted})
    return tests
