"""The four stages, live and over time, from samples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Sum

from quanshu.kernel.clock import CITY_TZ
from quanshu.organisation.api import Unit
from quanshu.oversight.monitoring.models import Sample
from quanshu.oversight.monitoring.queries.measures import Measure, measures, of_stage
from quanshu.oversight.monitoring.rules import begin_of, usual
from quanshu.oversight.monitoring.types import FOUR, Grain, Stage, StageNotFound
from quanshu.shared.access.api import Actor

# What stands for a stage's volume.
MAIN = {
    Stage.INTAKE: ("intake.batches",),
    Stage.REVIEW: ("review.answered", "review.scans"),
    Stage.TRANSFER: ("transfer.calls", "transfer.bulk", "transfer.deliveries"),
    Stage.USE: ("use.calls", "use.bulk", "use.deliveries", "use.builds", "use.trials"),
}
# From the source to its first use; each hop is the mean waiting time of one measure.
HOPS = ("intake.batches", "review.scans", "transfer.served", "use.first_calls", "transfer.carried")
SPANS = {
    "24h": (Grain.HOUR, timedelta(hours=24)),
    "30d": (Grain.DAY, timedelta(days=30)),
    "12m": (Grain.DAY, timedelta(days=365)),
}
SUMS = {name: Sum(name, default=0) for name in ("count", "failed", "amount", "wait", "waits")}
FRESH = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class StageFigures:
    """A stage today: what was done, failed, moved; what waits now; what is usual by this hour of the day."""

    stage: str
    done: int
    failed: int
    amount: int
    mean_wait: float | None
    usual: float | None
    this_hour: int
    waiting: int
    oldest: float
    hours: tuple[tuple[datetime, int, int], ...] = ()

    @property
    def fail_rate(self) -> float | None:
        return self.failed / self.done if self.done else None


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """What one unit did in a stage over a span."""

    unit_name: str
    unit_path: str
    done: int
    failed: int
    amount: int
    mean_wait: float | None
    waiting: int
    oldest: float

    @property
    def fail_rate(self) -> float | None:
        return self.failed / self.done if self.done else None


@dataclass(frozen=True, slots=True)
class Series:
    """One measure over time."""

    measure: Measure
    points: tuple[dict[str, Any], ...] = field(default=())


def stage_of(text: str) -> Stage:
    """A stage by its code; StageNotFound."""
    if text not in set(FOUR):
        raise StageNotFound(stage=text)
    return Stage(text)


def mean(row: dict[str, Any]) -> float | None:
    """Mean waiting time of summed samples, in seconds."""
    return row["wait"] / row["waits"] if row["waits"] else None


def newest_levels(actor: Actor, codes: Iterable[str], now: datetime) -> list[dict[str, Any]]:
    """The latest reading of each level measure by unit, not older than three minutes."""
    found: list[dict[str, Any]] = []
    for code in codes:
        rows = Sample.objects.visible_to(actor).filter(
            grain=Grain.MINUTE, measure=code, at__gte=now - FRESH, at__lte=now
        )
        last = Sample.objects.filter(grain=Grain.MINUTE, measure=code, at__lte=now).aggregate(at=Max("at"))["at"]
        if last is not None:
            found += [dict(row) for row in rows.filter(at=last).values("unit_path", "amount", "peak")]
    return found


def levels_of(stage: Stage) -> list[str]:
    """Codes of a stage's backlogs."""
    return [measure.code for measure in of_stage(stage) if measure.level is not None]


def overview(actor: Actor, now: datetime) -> list[StageFigures]:
    """The four stages today."""
    return [figures(actor, stage, now) for stage in FOUR]


def figures(actor: Actor, stage: Stage, now: datetime) -> StageFigures:
    """One stage today, its last 24 hours, and what is usual at this hour by the fourteen days before."""
    rows = Sample.objects.visible_to(actor).filter(grain=Grain.HOUR, measure__in=MAIN[stage])
    midnight, hour = begin_of(now, Grain.DAY), begin_of(now, Grain.HOUR)
    today = rows.filter(at__gte=midnight, at__lte=now).aggregate(**SUMS)
    past = (
        rows.filter(at__gte=now - timedelta(days=14), at__lt=hour).order_by().values_list("at").annotate(n=Sum("count"))
    )
    counted = {at.astimezone(CITY_TZ): n for at, n in past}
    counted |= dict.fromkeys(quiet_hours(now, counted), 0)
    first = hour - timedelta(hours=23)
    by_hour = {
        at.astimezone(CITY_TZ): (n, bad)
        for at, n, bad in rows.filter(at__gte=first, at__lte=now)
        .order_by()
        .values_list("at")
        .annotate(n=Sum("count"), bad=Sum("failed"))
    }
    hours = tuple(
        (first + timedelta(hours=step), *by_hour.get(first + timedelta(hours=step), (0, 0))) for step in range(24)
    )
    waiting = newest_levels(actor, levels_of(stage), now)
    return StageFigures(
        stage=stage,
        done=today["count"],
        failed=today["failed"],
        amount=today["amount"],
        mean_wait=mean(today),
        usual=usual(sorted(counted.items()), now),
        this_hour=hours[-1][1],
        waiting=sum(row["amount"] for row in waiting),
        oldest=max((row["peak"] for row in waiting), default=0.0),
        hours=hours,
    )


def quiet_hours(now: datetime, counted: dict[datetime, int]) -> list[datetime]:
    """This hour of earlier days since sampling began, when nothing was counted."""
    if not counted:
        return []
    hour, first = begin_of(now, Grain.HOUR), min(counted)
    days = (hour - timedelta(days=back) for back in range(1, 15))
    return [day for day in days if day >= first and day not in counted]


def span_of(text: str) -> tuple[str, Grain, timedelta]:
    """A span by its code; 24 hours for any other."""
    code = text if text in SPANS else "24h"
    return (code, *SPANS[code])


def series(actor: Actor, stage: Stage, span: str, now: datetime) -> list[Series]:
    """Every measure of a stage over a span: hours, days or months without gaps."""
    code, grain, _length = span_of(span)
    marks = stretches(code, now)
    rows = Sample.objects.visible_to(actor).filter(grain=grain, at__gte=marks[0], at__lte=now)
    asked = {**SUMS, "peak": Max("peak")}
    found: dict[str, dict[datetime, dict[str, Any]]] = {}
    chosen: Any = rows.filter(measure__in=[measure.code for measure in of_stage(stage)])
    for row in chosen.order_by().values("measure", "at").annotate(**{f"{name}_": part for name, part in asked.items()}):
        at = begin_of(row["at"], grain)
        if code == "12m":
            at = at.replace(day=1)
        values = {name: row[f"{name}_"] for name in asked}
        before = found.setdefault(row["measure"], {}).get(at)
        found[row["measure"]][at] = added(before, values) if before else values
    empty = dict.fromkeys(asked, 0)
    return [
        Series(measure, tuple({"at": at, **found.get(measure.code, {}).get(at, empty)} for at in marks))
        for measure in of_stage(stage)
    ]


def added(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Two sums as one."""
    return {name: max(first[name], second[name]) if name == "peak" else first[name] + second[name] for name in first}


def stretches(code: str, now: datetime) -> list[datetime]:
    """Where each hour, day or month of a span begins, the oldest first."""
    if code == "24h":
        last = begin_of(now, Grain.HOUR)
        return [last - timedelta(hours=back) for back in range(23, -1, -1)]
    day = begin_of(now, Grain.DAY)
    if code == "30d":
        return [day - timedelta(days=back) for back in range(29, -1, -1)]
    months = [day.replace(day=1)]
    while len(months) < 12:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months[::-1]


def by_unit(actor: Actor, stage: Stage, span: str, now: datetime) -> list[UnitFigures]:
    """What each unit did in a stage over a span, and what waits there now; the busiest first."""
    code, grain, _length = span_of(span)
    first = stretches(code, now)[0]
    rows: Any = Sample.objects.visible_to(actor).filter(
        grain=grain, measure__in=MAIN[stage], at__gte=first, at__lte=now
    )
    done = {
        row["unit_path"]: row
        for row in rows.order_by().values("unit_path").annotate(**{f"{k}_": v for k, v in SUMS.items()})
    }
    held: dict[str, tuple[int, float]] = {}
    for row in newest_levels(actor, levels_of(stage), now):
        count, oldest = held.get(row["unit_path"], (0, 0.0))
        held[row["unit_path"]] = (count + row["amount"], max(oldest, row["peak"]))
    names = unit_names({*done, *held})
    found = []
    for path in {*done, *held}:
        sums = {name: done[path][f"{name}_"] if path in done else 0 for name in SUMS}
        waiting, oldest = held.get(path, (0, 0.0))
        if sums["count"] or waiting:
            found.append(
                UnitFigures(
                    names.get(path, ""),
                    path,
                    sums["count"],
                    sums["failed"],
                    sums["amount"],
                    mean(sums),
                    waiting,
                    oldest,
                )
            )
    return sorted(found, key=lambda row: (-row.done, -row.waiting, row.unit_path))


def unit_names(paths: Iterable[str]) -> dict[str, str]:
    """{unit path: name in the reader's language}; the platform itself has no path and no name."""
    return {unit.path: str(unit) for unit in Unit.objects.filter(path__in=[path for path in paths if path])}


@dataclass(frozen=True, slots=True)
class Hop:
    """One part of the way from a source to its first use."""

    code: str
    label: Any
    mean: float | None
    peak: float
    count: int


def hops(actor: Actor, now: datetime, days: int = 7) -> Sequence[Hop]:
    """Mean and longest time of each hop in the last days, from a source to its first use."""
    since = begin_of(now - timedelta(days=days - 1), Grain.DAY)
    rows: Any = Sample.objects.visible_to(actor).filter(grain=Grain.DAY, measure__in=HOPS, at__gte=since).order_by()
    found = {
        row["measure"]: row
        for row in rows.values("measure").annotate(**{f"{k}_": v for k, v in SUMS.items()}, peak_=Max("peak"))
    }
    known = measures()
    return [
        Hop(
            code,
            known[code].label,
            found[code]["wait_"] / found[code]["waits_"] if code in found and found[code]["waits_"] else None,
            found[code]["peak_"] if code in found else 0.0,
            found[code]["waits_"] if code in found else 0,
        )
        for code in HOPS
    ]
