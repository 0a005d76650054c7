"""Schedules: a source loaded by itself, one load at a time, a missed time made up once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.jobs import api as jobs
from quanshu.supply.intake import rules
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Schedule, Source
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.services.delivering import JOB
from quanshu.supply.intake.services.runs import start_run
from quanshu.supply.intake.services.sources import trace
from quanshu.supply.intake.types import AlreadyRunning, NoSchedule, NothingToStart, SourceKind


@transaction.atomic
def set_schedule(*, actor: Actor, source: Source, cron: str, now: datetime) -> Schedule | None:
    """Load a source by a cron line (minute hour day month weekday, city time); an empty line ends the schedule.

    Raises Forbidden, FieldErrors, or NothingToStart for a source that only receives.
    """
    require(actor, IntakePermission.EDIT, source)
    cron = cron.strip()
    if source.kind == SourceKind.PUSH:
        raise NothingToStart
    schedule: Schedule | None = None
    if not cron:
        Schedule.objects.filter(source=source).delete()
    else:
        rules.check_cron(cron, now)
        values = {"cron": cron, "active": True, "failures": 0, "next_at": jobs.next_time(cron, now)}
        schedule, _made = Schedule.objects.update_or_create(source=source, defaults=values)
    note_schedule(source, actor=actor, now=now, details={"cron": cron})
    return schedule


@transaction.atomic
def pause_schedule(*, actor: Actor, source: Source, active: bool, now: datetime) -> Schedule:
    """Pause a schedule, or let it go on from the next time after now. Raises Forbidden or NoSchedule."""
    require(actor, IntakePermission.EDIT, source)
    schedule = Schedule.objects.select_for_update().filter(source=source).first()
    if schedule is None:
        raise NoSchedule
    schedule.active, schedule.failures = active, 0
    schedule.next_at = jobs.next_time(schedule.cron, now) if active else None
    schedule.save()
    note_schedule(source, actor=actor, now=now, details={"active": active})
    return schedule


def run_schedules(now: datetime) -> int:
    """Start what is due; returns how many loads. However many times were missed, one load makes them up.

    A source that is still busy is left alone: its loads never overlap.
    """
    count = 0
    due = Schedule.objects.filter(active=True, next_at__lte=now)
    for schedule in due.select_related("source__unit", "source__entry"):
        following = jobs.next_time(schedule.cron, now)
        taken = Schedule.objects.filter(pk=schedule.pk, active=True, next_at=schedule.next_at)
        with transaction.atomic():
            if taken.update(next_at=following, last_at=now):
                outcome = start_scheduled(schedule.source, now)
                Schedule.objects.filter(pk=schedule.pk).update(last_outcome=outcome)
                count += outcome == "started"
    return count


def start_scheduled(source: Source, now: datetime) -> str:
    """Start one load, or have new files looked for; answers what came of it."""
    if source.kind in {SourceKind.FOLDER, SourceKind.SFTP}:
        jobs.enqueue(JOB, {"source_uid": source.uid}, now=now, key=f"{JOB}:{source.uid}")
        return "started"
    try:
        with transaction.atomic():
            start_run(actor=SYSTEM, source=source, now=now, trigger="schedule")
    except AlreadyRunning:
        return "busy"
    except QuanshuError as fault:
        return fault.code.rpartition(".")[2][:20]
    return "started"


def note_schedule(source: Source, *, actor: Actor, now: datetime, details: dict[str, object]) -> None:
    """Leave a trace of a schedule's change."""
    trace(source, IntakeEvent.SCHEDULE_SET, actor=actor, now=now, details=details)
