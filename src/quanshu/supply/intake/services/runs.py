"""Runs: starting, doing and ending one load of a source."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from quanshu.kernel.clock import now as clock_now
from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.files import api as files
from quanshu.shared.jobs import api as jobs
from quanshu.shared.outbox import api as outbox
from quanshu.supply.catalogue.api import contract_of, key_columns
from quanshu.supply.intake import rules
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Run, Source
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.services.loading import Load, perform
from quanshu.supply.intake.services.sources import open_url, source_folders
from quanshu.supply.intake.types import FINISHED, Outcome, RunNotFound, RunState, SourceKind, Stage
from quanshu.supply.lake_store import get_lake

KIND = "intake.run"
JOB = "intake.run"


@transaction.atomic
def start_run(*, actor: Actor, source: Source, now: datetime) -> Run:
    """Queue a load of the source; the worker does it.

    Raises Forbidden, SourceOff, EntryNotReady, NoKeyInContract or AlreadyRunning.
    """
    source = Source.objects.select_for_update().select_related("entry", "unit").get(pk=source.pk)
    require(actor, IntakePermission.RUN, source)
    rules.check_startable(
        active=source.active,
        entry_state=source.entry.state,
        entry_name=source.entry.resource_name,
        mode=source.mode,
        keys=key_columns(source.entry),
        busy=source.runs.filter(state__in=[RunState.QUEUED, RunState.RUNNING]).exists(),
    )
    run = Run.objects.create(source=source, queued_at=now, started_by=actor.name)
    _note(run, IntakeEvent.RUN_QUEUED, actor=actor, now=now)
    jobs.enqueue(JOB, {"run_uid": run.uid}, now=now, key=f"{JOB}:{run.uid}")
    return run


@transaction.atomic
def cancel_run(*, actor: Actor, run: Run, now: datetime) -> Run:
    """Cancel a run that has not ended; what it has already written as a version stays. Raises Forbidden, RunOver."""
    run = Run.objects.select_for_update(of=("self",)).select_related("source__unit", "source__entry").get(pk=run.pk)
    require(actor, IntakePermission.CANCEL, run)
    rules.check_cancellable(run.state)
    run.state, run.ended_at = RunState.CANCELLED, now
    run.save(update_fields=["state", "ended_at"])
    _note(run, IntakeEvent.RUN_CANCELLED, actor=actor, now=now)
    return run


def run_now(run_uid: str, now: datetime) -> Run:
    """Do a queued run, or take up one whose worker died. Safe to call again: a run lands once.

    A refusal by the source or the contract ends the run as failed with the reason; other faults are
    raised, so that the job is tried again.
    """
    run = begin(run_uid=run_uid, now=now)
    if run.state in FINISHED:
        return run
    try:
        outcome = perform(get_lake(), load_of(run), lambda stage, rows: show_progress(run, stage, rows))
    except QuanshuError as fault:
        return fail_run(run=run, fault=fault, now=clock_now())
    return land_run(run=run, outcome=outcome, now=clock_now())


@transaction.atomic
def begin(*, run_uid: str, now: datetime) -> Run:
    """Mark the run as under way and count the attempt. A finished run is returned as it is."""
    rows = Run.objects.select_for_update(of=("self",)).select_related("source__unit", "source__entry")
    run = rows.filter(uid=run_uid).first()
    if run is None:
        raise RunNotFound(run=run_uid)
    if run.state in FINISHED:
        return run
    run.state, run.stage = RunState.RUNNING, Stage.READING
    run.attempt += 1
    run.started_at = run.started_at or now
    run.save(update_fields=["state", "stage", "attempt", "started_at"])
    audit.record(
        actor=SYSTEM, action=IntakeEvent.RUN_STARTED, kind=KIND, uid=run.uid, label=run.source.name,
        place=run.access_place(), details={"attempt": run.attempt}, now=now,
    )  # fmt: skip
    return run


@transaction.atomic
def land_run(*, run: Run, outcome: Outcome, now: datetime) -> Run:
    """End a run whose rows are in the lake, and tell the rooms above. A cancelled run stays cancelled."""
    run = Run.objects.select_for_update(of=("self",)).select_related("source__unit", "source__entry").get(pk=run.pk)
    if run.state in FINISHED:
        return run
    for name in ("rows_in", "landed", "refused", "inserted", "updated", "unchanged", "lake_version"):
        setattr(run, name, getattr(outcome, name))
    run.state, run.stage, run.ended_at = RunState.LANDED, Stage.DONE, now
    run.rows_done, run.landed_attempt = outcome.rows_in, outcome.attempt
    run.rows_total = get_lake().count(run.source.entry.lake_table, outcome.lake_version)
    run.save()
    details = {
        "rows_in": run.rows_in,
        "landed": run.landed,
        "refused": run.refused,
        "lake_version": run.lake_version,
    }
    _note(
        run,
        IntakeEvent.BATCH_LANDED,
        actor=SYSTEM,
        now=now,
        details=details,
        payload={
            **details,
            "lake_table": run.source.entry.lake_table,
            "rows_total": run.rows_total,
            "at": now.isoformat(),
        },
    )
    return run


@transaction.atomic
def fail_run(*, run: Run, fault: QuanshuError, now: datetime) -> Run:
    """End a run with the reason it failed; what it refused stays readable."""
    run = Run.objects.select_for_update(of=("self",)).select_related("source__unit", "source__entry").get(pk=run.pk)
    if run.state in FINISHED:
        return run
    run.state, run.ended_at, run.landed_attempt = RunState.FAILED, now, run.attempt
    run.error = {**fault.as_dict(), "params": {name: str(value) for name, value in fault.params.items()}}
    run.save(update_fields=["state", "ended_at", "error", "landed_attempt"])
    _note(run, IntakeEvent.RUN_FAILED, actor=SYSTEM, now=now, details={"reason": fault.code})
    return run


def load_of(run: Run) -> Load:
    """The run's rows as what the loader needs. Raises OutsideFolder, FileGone or the file store's NotFound."""
    source = run.source
    file: Path | None = None
    if source.kind != SourceKind.SQL:
        file = (
            files.path_of(source.file_digest) if source.file_digest else rules.check_path(source.path, source_folders())
        )
    return Load(
        run_uid=run.uid,
        attempt=run.attempt,
        kind=source.kind,
        mode=source.mode,
        table=source.entry.lake_table,
        columns=contract_of(source.entry),
        keys=key_columns(source.entry),
        file=file,
        sheet=source.sheet,
        url=open_url(source.sealed_url, source.uid) if source.sealed_url else "",
        source_table=source.table,
    )


def show_progress(run: Run, stage: Stage, rows: int) -> None:
    """Write how far the run is; a run cancelled meanwhile stops here."""
    Run.objects.filter(pk=run.pk).update(stage=stage, rows_done=rows)
    jobs.heartbeat(progress={"stage": stage.value, "rows": rows})
    if Run.objects.filter(pk=run.pk, state=RunState.CANCELLED).exists():
        raise RunCancelled


class RunCancelled(QuanshuError):
    code = "intake.run_cancelled"
    status = 409
    message = "The run was cancelled."
    remedy = "Start another run if the data must be loaded."


def _note(
    run: Run,
    event: IntakeEvent,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, Any] | None = None,
    payload: dict[str, Any] | None = None,
) -> None:
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
