"""Service levels: setting what is promised, and counting each month what became of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from quanshu.kernel.clock import CITY_TZ
from quanshu.oversight.monitoring import rules
from quanshu.oversight.monitoring.events import MonitoringEvent as E
from quanshu.oversight.monitoring.models import LevelMonth, Objective
from quanshu.oversight.monitoring.permissions import MonitoringPermission as P
from quanshu.oversight.monitoring.queries.room_checks import CYCLES
from quanshu.oversight.monitoring.services.noting import note
from quanshu.oversight.monitoring.types import ObjectiveKind, ObjectiveNotFound
from quanshu.shared.access.api import Actor, require
from quanshu.sharing.services.api import Exchange, Probe, Service, ServiceState
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.intake.api import Run

AVAILABLE, QUICK, FRESH = 0.995, 0.95, 0.95
QUICK_MS = 500
# Probes are kept a week; a month's are counted up each day from the day after the last count on.
KINDS = ObjectiveKind


@transaction.atomic
def set_objective(
    *, actor: Actor, now: datetime, kind: str, subject: str, target: float, limit_ms: int = 0, active: bool = True
) -> Objective:
    """Promise a level for a service (its code) or an entry (its uid); a change holds from this month on.

    Raises NotAllowed, FieldErrors, ObjectiveNotFound for an unknown subject.
    """
    require(actor, P.LEVELS)
    rules.check_objective(kind, target, limit_ms)
    thing: Service | Entry | None
    if kind == KINDS.FRESHNESS:
        thing = Entry.objects.select_related("unit").filter(uid=subject).first()
    else:
        thing = Service.objects.select_related("unit").filter(sid=subject).first()
    if thing is None:
        raise ObjectiveNotFound(objective=subject)
    label = thing.resource_name if isinstance(thing, Entry) else thing.name
    row, _made = Objective.objects.update_or_create(
        kind=kind,
        subject=subject,
        defaults={
            "label": label, "unit_path": thing.unit.path, "target": target, "limit_ms": limit_ms, "active": active,
        },
        create_defaults={
            "label": label, "unit_path": thing.unit.path, "target": target, "limit_ms": limit_ms, "active": active,
            "created_at": now,
        },
    )  # fmt: skip
    note(E.OBJECTIVE_SET, row, actor=actor, now=now, details={"kind": kind, "target": target, "limit_ms": limit_ms})
    return row


def promise_defaults(now: datetime) -> int:
    """Every published service is promised available and quick unless somebody said otherwise; how many were added."""
    there = set(Objective.objects.values_list("kind", "subject"))
    rows = []
    for service in Service.objects.filter(state=ServiceState.PUBLISHED).select_related("unit"):
        for kind, target, limit in ((KINDS.AVAILABILITY, AVAILABLE, 0), (KINDS.DELAY, QUICK, QUICK_MS)):
            if (kind.value, service.sid) not in there:
                rows.append(
                    Objective(
                        kind=kind,
                        subject=service.sid,
                        label=service.name,
                        unit_path=service.unit.path,
                        target=target,
                        limit_ms=limit,
                        created_at=now,
                    )
                )
    entries = Entry.objects.published().must_land().filter(landed_at__isnull=False, update_cycle__in=list(CYCLES))
    rows += [
        Objective(kind=KINDS.FRESHNESS, subject=entry.uid, label=entry.resource_name, unit_path=entry.unit.path,
                  target=FRESH, created_at=now)
        for entry in entries.select_related("unit")
        if (KINDS.FRESHNESS.value, entry.uid) not in there
    ]  # fmt: skip
    Objective.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def month_of(day: date) -> tuple[datetime, datetime]:
    """Begin and end of a day's month, in the city's time."""
    first = datetime(day.year, day.month, 1, tzinfo=CITY_TZ)
    return first, (first + timedelta(days=32)).replace(day=1)


def count_levels(now: datetime) -> int:
    """Count the present month of every objective, and the one before on its first days; returns how many."""
    promise_defaults(now)
    day = now.astimezone(CITY_TZ).date()
    months = {day.replace(day=1)}
    if day.day <= 3:
        months.add((day.replace(day=1) - timedelta(days=1)).replace(day=1))
    count = 0
    for objective in Objective.objects.filter(active=True):
        for month in months:
            count += count_month(objective, month, now)
    return count


def count_month(objective: Objective, month: date, now: datetime) -> int:
    """One month of one objective; a month before the promise is not counted."""
    start, end = month_of(month)
    if objective.created_at >= end:
        return 0
    good, total = COUNTS[ObjectiveKind(objective.kind)](objective, start, min(end, now))
    found = rules.budget(good=good, total=total, target=objective.target)
    LevelMonth.objects.update_or_create(
        objective=objective,
        month=month,
        defaults={
            "good": found.good, "total": found.total, "target": objective.target, "value": found.value,
            "left": found.left, "met": found.met, "counted_at": now,
        },
    )  # fmt: skip
    return 1


def availability(objective: Objective, start: datetime, end: datetime) -> tuple[int, int]:
    """Calls not broken on our side, and checks answered, of all of both.

    Checks past their week come from the daily samples, newer ones from their records.
    """
    from quanshu.oversight.monitoring.models import Sample

    rows = Exchange.objects.by_people().filter(sid=objective.subject, at__gte=start, at__lt=end)
    total, broken = rows.count(), rows.filter(status__gte=500).count()
    recent = max(
        start, (end - timedelta(days=5)).astimezone(CITY_TZ).replace(hour=0, minute=0, second=0, microsecond=0)
    )
    old = Sample.objects.filter(
        grain="d", measure="transfer.probes", subject=objective.subject, at__gte=start, at__lt=recent
    )
    for count, failed in old.values_list("count", "failed"):
        total, broken = total + count, broken + failed
    probes = Probe.objects.filter(service__sid=objective.subject, at__gte=recent, at__lt=end)
    total, broken = total + probes.count(), broken + probes.filter(ok=False).count()
    return total - broken, total


def quickness(objective: Objective, start: datetime, end: datetime) -> tuple[int, int]:
    """Calls answered within the limit, of those answered."""
    rows = Exchange.objects.by_people().filter(sid=objective.subject, at__gte=start, at__lt=end, status__lt=400)
    return rows.filter(duration_us__lte=objective.limit_ms * 1000).count(), rows.count()


def freshness(objective: Objective, start: datetime, end: datetime) -> tuple[int, int]:
    """Days whose end saw data no older than the entry's update cycle, of the days that have passed."""
    entry = Entry.objects.filter(uid=objective.subject).first()
    cycle = CYCLES.get(entry.update_cycle) if entry else None
    if entry is None or cycle is None:
        return 0, 0
    runs = Run.objects.filter(source__entry=entry, state="landed", ended_at__lt=end, ended_at__gte=start - cycle)
    landed = sorted(at for at in runs.values_list("ended_at", flat=True) if at is not None)
    if not landed:
        landed = [entry.landed_at] if entry.landed_at and entry.landed_at < end else []
    good = total = 0
    day = max(start, objective.created_at.astimezone(CITY_TZ).replace(hour=0, minute=0, second=0, microsecond=0))
    while day < end:
        close = min(day + timedelta(days=1), end)
        newest = max((at for at in landed if at <= close), default=None)
        total += 1
        good += int(newest is not None and close - newest <= cycle)
        day += timedelta(days=1)
    return good, total


COUNTS = {KINDS.AVAILABILITY: availability, KINDS.DELAY: quickness, KINDS.FRESHNESS: freshness}
__all__ = ["count_levels", "promise_defaults", "set_objective"]
