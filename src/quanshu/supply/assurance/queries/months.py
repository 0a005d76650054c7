"""Figures over time: months of units, tables, dimensions and rules, and the line of each from day to day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Max, Q, QuerySet, Sum

from quanshu.kernel.clock import CITY_TZ
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, scope_q
from quanshu.supply.assurance.models import MonthFigure
from quanshu.supply.assurance.types import MonthRow
from quanshu.supply.quality.api import (
    CORRECTION_DAYS,
    Dimension,
    Problem,
    ProblemState,
    QualityPermission,
    RuleResult,
    Scan,
    ScanState,
)

CORRECTED = Q(state=ProblemState.FIXED, working_days__isnull=False)
KINDS = ("unit", "table", "dimension", "rule")
SUBJECTS = {"unit": "entry__unit__uid", "table": "entry__uid", "rule": "results__version__rule__uid"}


def first_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month + timedelta(days=32)).replace(day=1)


def bounds(month: date) -> tuple[datetime, datetime]:
    """When a month of the city begins and ends."""
    return tuple(datetime.combine(day, time(), CITY_TZ) for day in (month, next_month(month)))  # type: ignore[return-value]


def months_back(today: date, count: int) -> list[date]:
    """The first days of the last months, the present one first."""
    found = [first_of(today)]
    while len(found) < count:
        found.append(first_of(found[-1] - timedelta(days=1)))
    return found


def last_scans(month: date) -> QuerySet[Scan]:
    """Each table's last finished check within the month."""
    start, end = bounds(month)
    within = Scan.objects.filter(state=ScanState.FINISHED, ended_at__gte=start, ended_at__lt=end)
    newest = within.order_by().values("entry").annotate(last=Max("pk")).values("last")
    return Scan.objects.filter(pk__in=newest).select_related("entry__unit")


def compute_month(month: date) -> list[MonthRow]:
    """What a month comes to, from its checks and the problems closed in it (clause 2.1.3).

    A table counts with its last check of the month; a problem with the month in which it was corrected. Working
    days are those of the city's calendar.
    """
    scans = list(last_scans(month))
    return [*unit_rows(month, scans), *table_rows(month, scans), *rule_rows(month, scans)]


def corrections(month: date, by: str) -> dict[str, tuple[int, int, int]]:
    """{subject: (corrected, of which in time, working days)} of the problems corrected in the month."""
    start, end = bounds(month)
    closed = Problem.objects.filter(CORRECTED, closed_at__gte=start, closed_at__lt=end)
    rows = (
        closed.order_by()
        .values_list(by)
        .annotate(
            n=Count("pk"),
            fast=Count("pk", filter=Q(working_days__lte=CORRECTION_DAYS)),
            days=Sum("working_days"),
        )
    )
    return {subject: (number, fast, days or 0) for subject, number, fast, days in rows}


def unit_rows(month: date, scans: Iterable[Scan]) -> Iterator[MonthRow]:
    """Units: rows of their tables, and problems corrected; a unit with either has a line."""
    done = corrections(month, "unit__uid")
    names = {unit.uid: str(unit) for unit in Unit.objects.filter(uid__in=done)}
    sums: dict[str, list[int]] = {uid: [0, 0, 0] for uid in done}
    for scan in scans:
        unit = scan.entry.unit
        names[unit.uid] = str(unit)
        own = sums.setdefault(unit.uid, [0, 0, 0])
        for place, value in enumerate((scan.counted or 0, scan.passed or 0, scan.excepted)):
            own[place] += value
    for uid, own in sums.items():
        tested, passed, excepted = own
        done_of = done.get(uid, (0, 0, 0))
        yield MonthRow(month, "unit", uid, names[uid], uid, names[uid], tested, passed, excepted, *done_of)


def table_rows(month: date, scans: Iterable[Scan]) -> Iterator[MonthRow]:
    """Tables that were checked."""
    done = corrections(month, "entry__uid")
    for scan in scans:
        entry, unit = scan.entry, scan.entry.unit
        yield MonthRow(
            month,
            "table",
            entry.uid,
            str(entry),
            unit.uid,
            str(unit),
            scan.counted or 0,
            scan.passed or 0,
            scan.excepted,
            *done.get(entry.uid, (0, 0, 0)),
        )


def rule_rows(month: date, scans: list[Scan]) -> Iterator[MonthRow]:
    """Rules as the last check of the month found them, and by dimension and unit."""
    done = corrections(month, "rule__uid")
    sums: dict[tuple[str, str, str], list[int]] = {}
    results = RuleResult.objects.filter(scan__in=scans).select_related("version__rule__entry__unit")
    for row in results:
        rule, unit = row.version.rule, row.version.rule.entry.unit
        counts = (row.tested, row.tested - row.failed)
        yield MonthRow(
            month, "rule", rule.uid, rule.name, unit.uid, str(unit), *counts, 0, *done.get(rule.uid, (0, 0, 0))
        )
        add(sums, (rule.dimension, unit.uid, str(unit)), counts)
    for scan in scans:
        unit, passed = scan.entry.unit, sum(bool(test["passed"]) for test in scan.access)
        if scan.access:
            add(sums, (Dimension.ACCESSIBILITY, unit.uid, str(unit)), (len(scan.access), passed))
    for (dimension, uid, name), (tested, passed) in sums.items():
        yield MonthRow(month, "dimension", dimension, dimension, uid, name, tested, passed)


def add(sums: dict[tuple[str, str, str], list[int]], name: tuple[str, str, str], counts: tuple[int, int]) -> None:
    """Add to a sum."""
    own = sums.setdefault(name, [0, 0])
    own[0] += counts[0]
    own[1] += counts[1]


def month_rows(
    month: date, *, kind: str, today: date, actor: Actor | None = None, unit_uid: str = ""
) -> list[MonthRow]:
    """Lines of a month: kept ones where the month is over and kept, else computed now; within an actor's scope."""
    kept = MonthFigure.objects.filter(month=month, kind=kind).select_related("unit")
    rows = [from_kept(row) for row in kept] if month < first_of(today) else []
    rows = rows or [row for row in compute_month(month) if row.kind == kind]
    if actor is not None:
        seen = set(units_seen(actor).values_list("uid", flat=True))
        rows = [row for row in rows if row.unit_uid in seen]
    return [row for row in rows if not unit_uid or row.unit_uid == unit_uid]


def units_seen(actor: Actor) -> QuerySet[Unit]:
    """Units whose scorecards the actor may see."""
    return Unit.objects.filter(scope_q(actor, QualityPermission.VIEW, unit_path="path"))


def from_kept(row: MonthFigure) -> MonthRow:
    """A kept line."""
    unit = row.unit
    return MonthRow(
        row.month,
        row.kind,
        row.subject,
        str(unit) if unit and row.kind == "unit" else row.name,
        unit.uid if unit else "",
        str(unit) if unit else "",
        row.tested,
        row.passed,
        row.excepted,
        row.corrected,
        row.on_time,
        row.days,
    )


def unit_month_figures(month: date, *, today: date, actor: Actor | None = None) -> list[MonthRow]:
    """质检合格率 and 纠错时间 of every unit in a month, the best first: what a bulletin ranks by (clause 2.1.3).

    Numerators and denominators come with each rate; a unit without a rate stands last.
    """
    rows = month_rows(month, kind="unit", today=today, actor=actor)
    return sorted(rows, key=lambda row: (row.pass_rate is None, -(row.pass_rate or 0), row.unit_name))


def day_line(
    *, kind: str, subject: str, today: date, days: int = 90, unit_uid: str = "", actor: Actor | None = None
) -> list[tuple[date, int, int]]:
    """(day, tested, passed) on each day with a check: what the latest checks by then came to."""
    start = datetime.combine(today - timedelta(days=days), time(), CITY_TZ)
    scans = Scan.objects.filter(state=ScanState.FINISHED)
    if actor is not None:
        scans = scans.visible_to(actor)
    if kind in SUBJECTS:
        scans = scans.filter(**{SUBJECTS[kind]: subject})
    if unit_uid:
        scans = scans.filter(entry__unit__uid=unit_uid)
    counts = counts_of(scans.order_by("ended_at", "pk"), kind, subject)
    latest: dict[int, tuple[int, int]] = {}
    line: dict[date, tuple[int, int]] = {}
    for entry, ended, tested, passed in counts:
        latest[entry] = (tested, passed)
        if ended >= start:
            whole = (sum(pair[0] for pair in latest.values()), sum(pair[1] for pair in latest.values()))
            line[ended.astimezone(CITY_TZ).date()] = whole
    return [(day, *pair) for day, pair in sorted(line.items())]


def counts_of(scans: QuerySet[Scan], kind: str, subject: str) -> Iterator[tuple[int, datetime, int, int]]:
    """(table, when, tested, passed) of each check, of the whole or of a rule or dimension alone."""
    if kind in {"unit", "table", "all"}:
        for scan in scans:
            if scan.ended_at is not None:
                yield scan.entry_id, scan.ended_at, scan.counted or 0, scan.passed or 0
        return
    if kind == "dimension" and subject == Dimension.ACCESSIBILITY:
        for scan in scans.exclude(access=[]):
            if scan.ended_at is not None:
                passed = sum(bool(test["passed"]) for test in scan.access)
                yield scan.entry_id, scan.ended_at, len(scan.access), passed
        return
    name = "version__rule__uid" if kind == "rule" else "version__rule__dimension"
    found = RuleResult.objects.filter(scan__in=scans.order_by(), **{name: subject}).order_by()
    rows = found.values_list("scan", "scan__entry", "scan__ended_at").annotate(
        tested_sum=Sum("tested"), failed_sum=Sum("failed")
    )
    for _scan, entry, ended, tested, failed in sorted(rows, key=lambda row: (row[2], row[0])):
        yield entry, ended, tested, tested - failed
