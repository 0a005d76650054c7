"""Clocks in working days: start, stop, pause, resume, change of holder, overdue."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from quanshu.kernel.calendar import DayKind, WorkingCalendar
from quanshu.kernel.calendar import Pause as Gap
from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.outbox import api as outbox
from quanshu.shared.workflow.models import CalendarDay, CalendarYear, Clock, Holding, Pause
from quanshu.shared.workflow.types import NotPaused, NotRunning, ReasonNeeded


def calendar() -> WorkingCalendar:
    """The working calendar as the table has it now."""
    days = {row.day: DayKind(row.kind) for row in CalendarDay.objects.all()}
    return WorkingCalendar(days, frozenset(CalendarYear.objects.values_list("year", flat=True)))


def city_day(moment: datetime) -> date:
    """The day of a moment in the city."""
    return moment.astimezone(CITY_TZ).date()


def start_clock(*, kind: str, subject_kind: str, subject_uid: str, days: int, holder_path: str, now: datetime) -> Clock:
    """Start a clock of `days` working days in the caller's transaction. Raises MissingYear."""
    clock = Clock.objects.create(
        kind=kind,
        subject_kind=subject_kind,
        subject_uid=subject_uid,
        days=days,
        holder_path=holder_path,
        started_at=now,
        due_on=calendar().due(city_day(now), days),
    )
    Holding.objects.create(clock=clock, holder_path=holder_path, since=city_day(now))
    return clock


def running(kind: str, subject_kind: str, subject_uid: str) -> Clock | None:
    """The running clock of a kind, locked, or None."""
    return (
        Clock.objects.select_for_update()
        .filter(kind=kind, subject_kind=subject_kind, subject_uid=subject_uid, stopped_at__isnull=True)
        .first()
    )


def stop_clock(*, kind: str, subject_kind: str, subject_uid: str, now: datetime) -> Clock | None:
    """Stop a running clock; a pause under way ends with it. None when none runs."""
    clock = running(kind, subject_kind, subject_uid)
    if clock is None:
        return None
    if clock.is_paused:
        _end_pause(clock, now)
    clock.stopped_at = now
    gaps = [Gap(pause.started_on, pause.ended_on) for pause in clock.pauses.all()]
    used = calendar().between(city_day(clock.started_at), city_day(now))
    paused = sum(calendar().between(gap.start, gap.end) for gap in gaps if gap.end)
    clock.days_used = max(0, used - paused)
    clock.save(update_fields=["stopped_at", "days_used", "due_on"])
    clock.holdings.filter(until__isnull=True).update(until=city_day(now))
    return clock


def pause_clock(*, kind: str, subject_kind: str, subject_uid: str, reason: str, by: str, now: datetime) -> Clock:
    """Pause a running clock with a reason. Raises ReasonNeeded, NotRunning."""
    if not reason.strip():
        raise ReasonNeeded
    clock = running(kind, subject_kind, subject_uid)
    if clock is None or clock.is_paused:
        raise NotRunning
    Pause.objects.create(clock=clock, reason=reason, started_on=city_day(now), by=by)
    return clock


def resume_clock(*, kind: str, subject_kind: str, subject_uid: str, now: datetime) -> Clock:
    """Let a paused clock run again; its due day moves on by the working days it stood. Raises NotPaused."""
    clock = running(kind, subject_kind, subject_uid)
    if clock is None or not clock.is_paused:
        raise NotPaused
    _end_pause(clock, now)
    clock.save(update_fields=["due_on"])
    return clock


def _end_pause(clock: Clock, now: datetime) -> None:
    clock.pauses.filter(ended_on__isnull=True).update(ended_on=city_day(now))
    gaps = [Gap(pause.started_on, pause.ended_on) for pause in clock.pauses.all()]
    clock.due_on = calendar().due(city_day(clock.started_at), clock.days, pauses=gaps)


def switch_holder(*, kind: str, subject_kind: str, subject_uid: str, holder_path: str, now: datetime) -> Clock:
    """Hand a running clock to another party; time from now on is charged to it. Raises NotRunning."""
    clock = running(kind, subject_kind, subject_uid)
    if clock is None:
        raise NotRunning
    clock.holdings.filter(until__isnull=True).update(until=city_day(now))
    Holding.objects.create(clock=clock, holder_path=holder_path, since=city_day(now))
    clock.holder_path = holder_path
    clock.save(update_fields=["holder_path"])
    return clock


def clocks_of(subject_kind: str, subject_uid: str) -> QuerySet[Clock]:
    """Every clock of a subject, oldest first."""
    return Clock.objects.filter(subject_kind=subject_kind, subject_uid=subject_uid).prefetch_related("pauses")


def check_overdue(now: datetime) -> int:
    """Tell `workflow.clock.overdue` once for each clock past its due day; returns how many."""
    count = 0
    rows = Clock.objects.filter(stopped_at__isnull=True, escalated_at__isnull=True, due_on__lt=city_day(now))
    for pk in list(rows.values_list("pk", flat=True)[:500]):
        with transaction.atomic():
            clock = Clock.objects.select_for_update().filter(pk=pk, escalated_at__isnull=True).first()
            if clock is None or clock.is_paused:
                continue
            clock.escalated_at = now
            clock.save(update_fields=["escalated_at"])
            outbox.add(
                name="workflow.clock.overdue",
                payload={
                    "clock_uid": clock.uid,
                    "kind": clock.kind,
                    "subject_kind": clock.subject_kind,
                    "subject_uid": clock.subject_uid,
                    "holder_path": clock.holder_path,
                    "due_on": clock.due_on.isoformat(),
                },
                now=now,
            )
            count += 1
    return count
