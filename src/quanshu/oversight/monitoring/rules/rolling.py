"""Samples of minutes into hours, of hours into days; what is usual at a time of day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median

from quanshu.kernel.clock import CITY_TZ
from quanshu.oversight.monitoring.types import Grain, Point


def begin_of(moment: datetime, grain: Grain) -> datetime:
    """Where the stretch that holds a moment begins, in the city's time: its minute, hour or day."""
    local = moment.astimezone(CITY_TZ).replace(second=0, microsecond=0)
    if grain == Grain.HOUR:
        return local.replace(minute=0)
    return local.replace(hour=0, minute=0) if grain == Grain.DAY else local


def join(first: Point, second: Point) -> Point:
    """Two points of the same unit and subject as one: sums, and the higher peak."""
    return replace(
        first,
        count=first.count + second.count,
        failed=first.failed + second.failed,
        amount=first.amount + second.amount,
        wait=first.wait + second.wait,
        waits=first.waits + second.waits,
        peak=max(first.peak, second.peak),
    )


def roll_up(points: Iterable[Point], grain: Grain) -> list[Point]:
    """Points of shorter stretches as points of longer ones; nothing is counted twice or lost."""
    found: dict[tuple[datetime, str, str], Point] = {}
    for point in points:
        moved = replace(point, at=begin_of(point.at, grain))
        key = (moved.at, moved.unit_path, moved.subject)
        found[key] = join(found[key], moved) if key in found else moved
    return [found[key] for key in sorted(found)]


def usual(past: Sequence[tuple[datetime, float]], now: datetime, *, days: int = 14) -> float | None:
    """What is usual at this hour: the median of the same hour of the `days` before; None with fewer than three."""
    hour = now.astimezone(CITY_TZ).hour
    first, last = now - timedelta(days=days), begin_of(now, Grain.HOUR)
    same = [value for at, value in past if first <= at < last and at.astimezone(CITY_TZ).hour == hour]
    return float(median(same)) if len(same) >= 3 else None
