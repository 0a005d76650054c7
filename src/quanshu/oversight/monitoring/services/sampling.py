"""Taking samples: minutes from the live records, hours from minutes, days from hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from quanshu.oversight.monitoring.models import Progress, Sample
from quanshu.oversight.monitoring.queries.measures import Measure, measures
from quanshu.oversight.monitoring.rules import begin_of, roll_up
from quanshu.oversight.monitoring.types import Grain, Point

# Minutes are read again this long, for records whose transaction ended after their moment.
AGAIN = timedelta(minutes=3)
# After a longer pause the live records of this long are read again.
REACH = timedelta(days=2)
# A pause is caught up in stretches, each a transaction of its own.
STRETCH = timedelta(hours=2)
KEPT = {Grain.MINUTE: timedelta(days=3), Grain.HOUR: timedelta(days=92), Grain.DAY: timedelta(days=1100)}
FIELDS = ("count", "failed", "amount", "wait", "waits", "peak")


def take_samples(now: datetime) -> int:
    """Bring the samples up to `now`; returns how many minute rows were written.

    Each stretch of minutes is written anew as a whole, so that taking it twice, or by two workers, doubles nothing.
    """
    written = 0
    while True:
        with transaction.atomic():
            state = locked_progress()
            since = state.sampled_to
            floor = begin_of(now - REACH, Grain.HOUR)
            start = begin_of(max((since or floor) - AGAIN, floor), Grain.MINUTE)
            end = min(now, start + STRETCH + AGAIN)
            last = end >= now
            written += take_stretch(start, end, late_from=since, now=now if last else None)
            state.sampled_to = end
            state.save(update_fields=["sampled_to"])
        if last:
            return written


def locked_progress() -> Progress:
    """The one row, locked."""
    Progress.objects.get_or_create(pk=1)
    return Progress.objects.select_for_update().get(pk=1)


def take_stretch(start: datetime, end: datetime, *, late_from: datetime | None, now: datetime | None) -> int:
    """Write the minutes of every measure in a stretch, and what they are part of; levels only for `now`."""
    written, hours = 0, set()
    for measure in measures().values():
        if measure.flow is not None:
            begin = start
            if measure.touched is not None and late_from is not None:
                begin = earlier(start, measure.touched(late_from, end), end)
            points = list(measure.flow(begin, end))
            replace_points(measure.code, Grain.MINUTE, begin, end, points)
            written += len(points)
            hours |= {begin_of(point.at, Grain.HOUR) for point in points} | {begin_of(begin, Grain.HOUR)}
        elif now is not None:
            add_level(measure, now)
            hours.add(begin_of(now, Grain.HOUR))
    roll(hours)
    return written


def earlier(start: datetime, found: datetime | None, end: datetime) -> datetime:
    """Where reading begins: at a late record's minute, as far back as minutes are kept."""
    if found is None or found >= start:
        return start
    return begin_of(max(found, end - REACH), Grain.MINUTE)


def replace_points(code: str, grain: Grain, start: datetime, end: datetime, points: Iterable[Point]) -> None:
    """Put points in the place of what was there for a stretch."""
    Sample.objects.filter(grain=grain, measure=code, at__gte=start, at__lt=end).delete()
    Sample.objects.bulk_create([row_of(code, grain, point) for point in points], batch_size=500)


def row_of(code: str, grain: Grain, point: Point) -> Sample:
    """A point as a row."""
    values = {name: getattr(point, name) for name in FIELDS}
    return Sample(grain=grain, at=point.at, measure=code, unit_path=point.unit_path, subject=point.subject, **values)


def point_of(row: Sample) -> Point:
    """A row as a point."""
    return Point(
        at=row.at, unit_path=row.unit_path, subject=row.subject, **{name: getattr(row, name) for name in FIELDS}
    )


def add_level(measure: Measure, now: datetime) -> None:
    """Read a level and put it into the present minute; the last reading of a minute stands for it."""
    if measure.level is None:
        return
    minute = begin_of(now, Grain.MINUTE)
    found = [row_of(measure.code, Grain.MINUTE, point) for point in measure.level(now)]
    if not any(row.unit_path == "" and row.subject == "" for row in found):
        # The platform's own row is always there: its count tells how many minutes have been read.
        found.append(row_of(measure.code, Grain.MINUTE, Point(at=minute, count=1)))
    for row in found:
        row.at = minute
    Sample.objects.filter(grain=Grain.MINUTE, measure=measure.code, at=minute).delete()
    Sample.objects.bulk_create(found)


def roll(hours: set[datetime]) -> None:
    """Write the hours anew from their minutes, and the days from their hours."""
    days = set()
    for hour in sorted(hours):
        roll_one(Grain.MINUTE, Grain.HOUR, hour, hour + timedelta(hours=1))
        days.add(begin_of(hour, Grain.DAY))
    for day in sorted(days):
        roll_one(Grain.HOUR, Grain.DAY, day, day + timedelta(days=1))


def roll_one(below: Grain, grain: Grain, start: datetime, end: datetime) -> None:
    """One hour from its minutes, or one day from its hours."""
    found: dict[str, list[Point]] = {}
    for row in Sample.objects.filter(grain=below, at__gte=start, at__lt=end):
        found.setdefault(row.measure, []).append(point_of(row))
    Sample.objects.filter(grain=grain, at__gte=start, at__lt=end).delete()
    rows = [row_of(code, grain, point) for code, points in found.items() for point in roll_up(points, grain)]
    Sample.objects.bulk_create(rows, batch_size=500)


def clear_old(now: datetime) -> int:
    """Delete samples past their time; returns how many. Whole hours of minutes go together, and days of hours."""
    gone = 0
    for grain, kept in KEPT.items():
        gone += Sample.objects.filter(grain=grain, at__lt=begin_of(now - kept, Grain.DAY)).delete()[0]
    return gone
