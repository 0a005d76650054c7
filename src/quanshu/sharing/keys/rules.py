"""Pure decisions on keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

WARNINGS = (7, 30, 60)


@dataclass(frozen=True, slots=True)
class Life:
    """A key of an application: its kind, its end, and the warnings given."""

    pk: int
    scheme: str
    not_after: datetime
    warned: frozenset[int] = frozenset()


def warning_step(left: timedelta) -> int | None:
    """The warning due for the time left: 7, 30 or 60 days; None while there is more, and when it is over."""
    return next((days for days in WARNINGS if timedelta(0) < left <= timedelta(days=days)), None)


def keys_to_warn(lives: Iterable[Life], *, now: datetime) -> dict[int, int]:
    """{key: days} of an application's keys due for a warning: those that no key of their kind outlives.

    A nearer warning stands for the farther ones that were missed.
    """
    kept = list(lives)
    due = {}
    for life in kept:
        step = warning_step(life.not_after - now)
        outlived = any(other.scheme == life.scheme and other.not_after > life.not_after for other in kept)
        if step is not None and not outlived and not any(days <= step for days in life.warned):
            due[life.pk] = step
    return due
