"""The register of measures: what the rooms' live records say of a stretch of time, by minute, unit and subject."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncMinute

from quanshu.oversight.monitoring.types import Point, Stage

Read = Callable[[datetime, datetime], Iterable[Point]]
Level = Callable[[datetime], Iterable[Point]]
Touched = Callable[[datetime, datetime], datetime | None]


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of a stage: a flow is read for a stretch, a level (backlog) for a moment.

    `touched` says from when on a flow must be read again because records came late, if any did.
    """

    code: str
    stage: str
    label: Any
    unit: Any
    flow: Read | None = None
    level: Level | None = None
    touched: Touched | None = None


_measures: dict[str, Measure] = {}


def register_measures(*measures: Measure) -> None:
    """Add measures; a code that is there is replaced."""
    for measure in measures:
        _measures[measure.code] = measure


def measures() -> Mapping[str, Measure]:
    """Every measure by code."""
    return _measures


def of_stage(stage: str) -> list[Measure]:
    """The measures of a stage."""
    return [measure for measure in _measures.values() if measure.stage == stage]


def counted(
    rows: QuerySet[Any],
    start: datetime,
    end: datetime,
    *,
    at: str,
    unit: str,
    subject: str = "",
    failed: Q | None = None,
    amount: str = "",
    wait: Any = None,
    scale: float = 1.0,
) -> list[Point]:
    """Records whose moment `at` lies in [start, end), counted by minute, unit path and subject in one query.

    `wait` is a duration expression, or the name of a number field that `scale` turns into seconds.
    """
    asked: dict[str, Any] = {"n": Count("pk")}
    if failed is not None:
        asked["bad"] = Count("pk", filter=failed)
    if amount:
        asked["sum"] = Sum(amount, default=0)
    if wait is not None:
        asked |= {"waited": Sum(wait), "most": Max(wait), "waits": Count(wait)}
    keys = ["minute", unit, *([subject] if subject else [])]
    found = rows.filter(**{f"{at}__gte": start, f"{at}__lt": end}).annotate(minute=TruncMinute(at))
    return [
        Point(
            at=row["minute"],
            unit_path=row[unit] or "",
            subject=str(row[subject] or "")[:100] if subject else "",
            count=row["n"],
            failed=row.get("bad", 0),
            amount=int(row.get("sum", 0) or 0),
            wait=seconds_of(row.get("waited"), scale),
            waits=row.get("waits", 0),
            peak=seconds_of(row.get("most"), scale),
        )
        for row in found.order_by().values(*keys).annotate(**asked)
    ]


def seconds_of(value: Any, scale: float) -> float:
    """A duration, or a number times its scale, as seconds."""
    if value is None:
        return 0.0
    return value.total_seconds() if isinstance(value, timedelta) else float(value) * scale


def waiting(rows: QuerySet[Any], now: datetime, *, unit: str, since: str, late: Q | None = None) -> list[Point]:
    """How many records wait now by unit, the oldest's age as the peak."""
    from django.db.models import Min

    asked: dict[str, Any] = {"n": Count("pk"), "oldest": Min(since)}
    if late is not None:
        asked["late"] = Count("pk", filter=late)
    return [
        Point(
            at=now,
            unit_path=row[unit] or "",
            count=1,
            amount=row["n"],
            failed=row.get("late", 0),
            peak=max((now - row["oldest"]).total_seconds(), 0.0) if row["oldest"] else 0.0,
        )
        for row in rows.order_by().values(unit).annotate(**asked)
    ]


FOUR_STAGES = (Stage.INTAKE, Stage.REVIEW, Stage.TRANSFER, Stage.USE)
