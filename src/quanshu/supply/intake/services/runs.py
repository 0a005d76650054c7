"""Runs: starting, doing and ending one load of a source."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from quanshu.kernel.clock import now as clock_now
from quanshu.kernel.errors import QuanshuError, plain
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
from quanshu.supply.intake.services.loading import Load, done_before, perform
from quanshu.supply.intake.services.sources import change_source, check_database, open_url, source_folders
from quanshu.supply.intake.types import (
    FINISHED,
    NothingFits,
    Outcome,
    RunNotFound,
    RunState,
    RunTaken,
    SourceData,
    SourceKind,
    Stage,
    WorkGivenUp,
)
from quanshu.supply.lake_store import get_lake

KIND = "intake.run"
JOB = "intake.run"
UNFINISHED = [RunState.QUEUED, RunState.RUNNING]


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
        busy=source.runs.filter(state__in=UNFINISHED).exists(),
    )
    run = Run.objects.create(source=source, queued_at=now, started_by=actor.name)
    _note(run, IntakeEvent.RUN_QUEUED, actor=actor, now=now)
    jobs.enqueue(JOB, {"run_uid": run.uid}, now=now, key=f"{JOB}:{run.uid}")
    return run


@transaction.atomic
def load_file(*, actor: Actor, source: Source, name: str, stream: files.Chunked, now: datetime) -> Run:
    """Give a source its next file and queue the load of it; neither happens without the other.

    Raises Forbidden, TakesNoUpload, what the file store raises, FieldErrors, and what start_run raises.
    """
    require(actor, IntakePermission.EDIT, source)
    rules.check_takes_upload(kind=source.kind, path=source.path)
    kept = files.store(actor=actor, name=name, stream=stream, now=now)
    data = SourceData(
        source.name, source.kind, source.mode, sheet=source.sheet, file_digest=kept.digest, file_name=name
    )
    source = change_source(actor=actor, now=now, source=source, data=data)
    return start_run(actor=actor, source=source, now=now)


@transaction.atomic
def cancel_run(*, actor: Actor, run: Run, now: datetime) -> Run:
    """Cancel a run whose rows are not being written yet; the table stays as it was.

    Raises Forbidden, RunOver or StillWriting.
    """
    run = locked(run)
    require(actor, IntakePermission.CANCEL, run)
    rules.check_cancellable(run.state, run.stage)
    run.state, run.ended_at = RunState.CANCELLED, now
    run.save(update_fields=["state", "ended_at"])
    _note(run, IntakeEvent.RUN_CANCELLED, actor=actor, now=now)
    return run


def note_export(*, actor: Actor, run: Run, now: datetime) -> None:
    """Leave a trace of who took the refused rows away."""
    audit.record(
        actor=actor,
        action=IntakeEvent.REFUSED_EXPORTED,
        kind=KIND,
        uid=run.uid,
        label=run.source.name,
        place=run.access_place(),
        details={"rows": run.refused or 0},
        now=now,
    )


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
    except RunTaken:
        run.refresh_from_db()
        return run
    except QuanshuError as fault:
        return fail_run(run=run, fault=fault, now=clock_now())
    return land_run(run=run, outcome=outcome, now=clock_now())


def settle_orphans(now: datetime) -> int:
    """End the runs whose background work was given up, as what the lake says they are; returns how many.

    Without this a load that killed its worker time and again would keep its source busy for ever.
    """
    count = 0
    for run in Run.objects.filter(state__in=UNFINISHED).select_related("source__unit", "source__entry"):
        work = jobs.Job.objects.filter(key=f"{JOB}:{run.uid}")
        if work.filter(state__in=["queued", "running"]).exists():
            continue
        outcome = done_before(get_lake(), load_of(run, with_source=False))
        if outcome is not None:
            land_run(run=run, outcome=outcome, now=now)
        else:
            fail_run(run=run, fault=WorkGivenUp(attempts=run.attempt), now=now)
        count += 1
    return count


def locked(run: Run) -> Run:
    """The run as it is now, locked until the transaction ends."""
    rows = Run.objects.select_for_update(of=("self",)).select_related("source__unit", "source__entry")
    return rows.get(pk=run.pk)


@transaction.atomic
def begin(*, run_uid: str, now: datetime) -> Run:
    """Mark the run as under way and count the attempt. A finished run is returned as it is."""
    rows = Run.objects.select_for_update(of=("self",)).select_related("source__unit", "source__entry")
    run = rows.filter(uid=run_uid).first()
    if run is None:
        raise RunNotFound(run=run_uid)
    if run.state in FINISHED:
        return run
    # A run found in the middle of writing stays so until it is known whether it has landed: see cancel_run.
    if run.stage != Stage.WRITING:
        run.stage = Stage.READING
    run.state = RunState.RUNNING
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
    """End a run whose rows are in the lake, and tell the rooms above."""
    run = locked(run)
    if run.state in FINISHED:
        return run
    for name in ("rows_in", "landed", "refused", "inserted", "updated", "unchanged", "deleted", "lake_version"):
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
    """End a run with the reason it failed, unless another worker has it by now; what it refused stays readable."""
    attempt, run = run.attempt, locked(run)
    if run.state in FINISHED or run.attempt != attempt:
        return run
    run.state, run.ended_at, run.landed_attempt = RunState.FAILED, now, run.attempt
    run.error = error_of(fault, run.source)
    if isinstance(fault, NothingFits):
        run.rows_in, run.landed, run.refused = fault.params["rows"], 0, fault.params["rows"]
    run.save(update_fields=["state", "ended_at", "error", "landed_attempt", "rows_in", "landed", "refused"])
    _note(run, IntakeEvent.RUN_FAILED, actor=SYSTEM, now=now, details={"reason": fault.code})
    return run


def error_of(fault: QuanshuError, source: Source) -> dict[str, Any]:
    """A fault as the run keeps it: templates and parameters, so that each reader sees it in his language."""
    params = {name: plain(value) for name, value in fault.params.items()}
    # Readers know an upload only by its digest; people know it by the name they gave it.
    if source.file_digest and params.get("source") == source.file_digest:
        params["source"] = source.file_name
    return {"code": fault.code, "message": fault.message, "remedy": fault.remedy, "params": params}


def file_of(source: Source) -> Path | None:
    """The file of a file source. Raises OutsideFolder, FileGone or the file store's NotFound."""
    if source.kind == SourceKind.SQL:
        return None
    if source.file_digest:
        return files.path_of(source.file_digest)
    return rules.check_path(source.path, source_folders())


def address_of(source: Source) -> str:
    """The address of a database source, checked again: folders and links may have changed since it was entered."""
    if source.kind != SourceKind.SQL:
        return ""
    url = open_url(source.sealed_url, source.uid)
    check_database(url)
    return url


def load_of(run: Run, *, with_source: bool = True) -> Load:
    """The run as what the loader needs. Raises what file_of and address_of raise."""
    source = run.source
    return Load(
        run_uid=run.uid,
        attempt=run.attempt,
        kind=source.kind,
        mode=source.mode,
        table=source.entry.lake_table,
        columns=contract_of(source.entry),
        keys=key_columns(source.entry),
        file=file_of(source) if with_source else None,
        sheet=source.sheet,
        url=address_of(source) if with_source else "",
        source_table=source.table,
    )


def show_progress(run: Run, stage: Stage, rows: int) -> None:
    """Write how far the run is. Raises RunTaken when it was cancelled or another worker has it: then stop."""
    mine = Run.objects.filter(pk=run.pk, state=RunState.RUNNING, attempt=run.attempt)
    if not mine.update(stage=stage, rows_done=rows):
        raise RunTaken
    jobs.heartbeat(progress={"stage": stage.value, "rows": rows})


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
