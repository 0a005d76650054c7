"""Runs that wait and how many go at once; what a run tells the trail and the rooms above."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.jobs import api as jobs
from quanshu.shared.outbox import api as outbox
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Run, Source
from quanshu.supply.intake.types import HeldFor, LoadMode, QueueFull, RunState

KIND = "intake.run"
JOB = "intake.run"
UNFINISHED = [RunState.QUEUED, RunState.RUNNING]


def is_busy(source: Source) -> bool:
    """Whether a run of the source waits, is under way, or is held in a way that the next one must wait for.

    A load set aside for its columns lets later ones pass, unless changes must be applied in order or new columns
    are about to be approved.
    """
    if source.runs.filter(state__in=UNFINISHED).exists():
        return True
    held = source.runs.filter(state=RunState.HELD)
    if source.mode == LoadMode.CHANGES or source.drift == "evolve":
        return held.exists()
    return held.filter(held_for=HeldFor.DELETES).exists()


def queue_run(*, source: Source, actor: Actor, now: datetime, trigger: str, **values: Any) -> Run:
    """A run that waits, in the caller's transaction. Raises QueueFull."""
    waiting = Run.objects.filter(state=RunState.QUEUED).count()
    if waiting >= settings.QUANSHU_INTAKE_QUEUE:
        raise QueueFull(waiting=waiting)
    run = Run.objects.create(source=source, queued_at=now, started_by=actor.name, trigger=trigger, **values)
    note(run, IntakeEvent.RUN_QUEUED, actor=actor, now=now)
    dispatch(now)
    return run


def dispatch(now: datetime) -> int:
    """Hand waiting runs to the worker while the node has room for them; returns how many."""
    busy = Run.objects.filter(state__in=UNFINISHED, dispatched=True).count()
    free = settings.QUANSHU_INTAKE_CONCURRENT - busy
    if free <= 0:
        return 0
    count = 0
    for run in Run.objects.filter(state=RunState.QUEUED, dispatched=False).order_by("queued_at", "id")[:free]:
        if Run.objects.filter(pk=run.pk, dispatched=False).update(dispatched=True):
            jobs.enqueue(JOB, {"run_uid": run.uid}, now=now, key=f"{JOB}:{run.uid}")
            count += 1
    return count


def note(
    run: Run,
    event: IntakeEvent,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, Any] | None = None,
    payload: dict[str, Any] | None = None,
) -> None:
    """Leave a trace of what happened to a run, and tell it."""
    audit.record(
        actor=actor,
        action=event,
        kind=KIND,
        uid=run.uid,
        label=run.source.name,
        place=run.access_place(),
        details=details,
        now=now,
    )
    outbox.add(
        name=event,
        payload={
            "run_uid": run.uid,
            "source_uid": run.source.uid,
            "entry_uid": run.source.entry.uid,
            **(payload or {}),
        },
        now=now,
    )
