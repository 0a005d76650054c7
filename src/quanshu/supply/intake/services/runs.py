"""Runs: starting and doing one load of a source."""

from __future__ import annotations

import json
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
from quanshu.supply.catalogue.api import contract_of, key_columns
from quanshu.supply.intake import rules
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Correction, Run, Source
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.services.ending import fail_run, hold_run, land_run, latest_cursor, locked
from quanshu.supply.intake.services.queueing import JOB, KIND, UNFINISHED, dispatch, is_busy, note, queue_run
from quanshu.supply.intake.services.sealing import correction_context, open_text, secret_of
from quanshu.supply.intake.services.sources import change_source, check_database, reach, source_folders
from quanshu.supply.intake.types import (
    FILE_KINDS,
    FINISHED,
    HeldFor,
    LoadMode,
    RunNotFound,
    RunState,
    RunTaken,
    SourceData,
    SourceKind,
    Stage,
    WorkGivenUp,
)
from quanshu.supply.lake_store import get_lake
from quanshu.supply.loads.load import Held, Load
from quanshu.supply.loads.loading import done_before, perform


@transaction.atomic
def start_run(*, actor: Actor, source: Source, now: datetime, trigger: str = "person") -> Run:
    """Queue a load of the source; the worker does it.

    Raises Forbidden, SourceOff, EntryNotReady, NoKeyInContract, NothingToStart, AlreadyRunning or QueueFull.
    """
    source = Source.objects.select_for_update(of=("self",)).select_related("entry", "unit").get(pk=source.pk)
    require(actor, IntakePermission.RUN, source)
    check_may_start(source)
    return queue_run(source=source, actor=actor, now=now, trigger=trigger)


def check_may_start(source: Source, *, delivered: bool = False) -> None:
    """The rule of starting, asked of the rows; `delivered` when a file has arrived. Raises as start_run."""
    rules.check_startable(
        active=source.active,
        entry_state=source.entry.state,
        entry_name=source.entry.resource_name,
        mode=source.mode,
        keys=key_columns(source.entry),
        busy=is_busy(source),
        kind="" if delivered else source.kind,
    )


@transaction.atomic
def load_file(*, actor: Actor, source: Source, name: str, stream: files.Chunked, now: datetime) -> Run:
    """Give a source its next file and queue the load of it; neither happens without the other.

    Raises Forbidden, TakesNoUpload, what the file store raises, FieldErrors, and what start_run raises.
    """
    require(actor, IntakePermission.EDIT, source)
    rules.check_takes_upload(kind=source.kind, path=source.path)
    kept = files.store(actor=actor, name=name, stream=stream, now=now)
    data = SourceData(
        source.name,
        source.kind,
        source.mode,
        sheet=source.sheet,
        file_digest=kept.digest,
        file_name=name,
        drift=source.drift,
        options=source.options,
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
    return end_cancelled(run, actor=actor, now=now)


def end_cancelled(run: Run, *, actor: Actor, now: datetime) -> Run:
    """The run is over and has changed nothing; its file is left out, its corrections wait for another replay."""
    run.state, run.ended_at = RunState.CANCELLED, now
    run.save(update_fields=["state", "ended_at"])
    run.deliveries.update(state="failed")
    run.replayed.update(replay=None)
    note(run, IntakeEvent.RUN_CANCELLED, actor=actor, now=now)
    dispatch(now)
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
    if run.state in FINISHED or run.state == RunState.HELD:
        return run
    try:
        outcome = perform(get_lake(), load_of(run), lambda stage, rows: show_progress(run, stage, rows))
    except RunTaken:
        run.refresh_from_db()
        return run
    except Held as held:
        return hold_run(run=run, held=held, now=clock_now())
    except QuanshuError as fault:
        return fail_run(run=run, fault=fault, now=clock_now())
    return land_run(run=run, outcome=outcome, now=clock_now())


def settle_orphans(now: datetime) -> int:
    """End the runs whose background work was given up, as what the lake says they are; returns how many.

    Without this a load that killed its worker time and again would keep its source busy for ever.
    """
    count = 0
    waiting = Run.objects.filter(state__in=UNFINISHED, dispatched=True)
    for run in waiting.select_related("source__unit", "source__entry"):
        work = jobs.Job.objects.filter(key=f"{JOB}:{run.uid}")
        if work.filter(state__in=["queued", "running"]).exists():
            continue
        outcome = done_before(get_lake(), load_of(run, with_source=False))
        if outcome is not None:
            land_run(run=run, outcome=outcome, now=now)
        else:
            fail_run(run=run, fault=WorkGivenUp(attempts=run.attempt), now=now)
        count += 1
    dispatch(now)
    return count


@transaction.atomic
def begin(*, run_uid: str, now: datetime) -> Run:
    """Mark the run as under way and count the attempt. A run that is over or held is returned as it is."""
    rows = Run.objects.select_for_update(of=("self",)).select_related("source__unit", "source__entry")
    run = rows.filter(uid=run_uid).first()
    if run is None:
        raise RunNotFound(run=run_uid)
    if run.state in FINISHED or run.state == RunState.HELD:
        return run
    # A run found in the middle of writing stays so until it is known whether it has landed: see cancel_run.
    if run.stage != Stage.WRITING:
        run.stage = Stage.READING
    run.state = RunState.RUNNING
    run.attempt += 1
    run.dispatched = True
    run.started_at = run.started_at or now
    run.save(update_fields=["state", "stage", "attempt", "started_at", "dispatched"])
    audit.record(
        actor=SYSTEM, action=IntakeEvent.RUN_STARTED, kind=KIND, uid=run.uid, label=run.source.name,
        place=run.access_place(), details={"attempt": run.attempt}, now=now,
    )  # fmt: skip
    return run


def file_of(run: Run) -> Path | None:
    """The file the run reads. Raises OutsideFolder, FileGone or the file store's NotFound."""
    source = run.source
    if run.file_digest:
        return files.path_of(run.file_digest)
    if source.kind not in FILE_KINDS:
        return None
    if source.file_digest:
        return files.path_of(source.file_digest)
    return rules.check_path(source.path, source_folders())


def address_of(source: Source) -> str:
    """The address of a database source, checked again: folders and links may have changed since it was entered."""
    if source.kind != SourceKind.SQL:
        return ""
    url = open_text(source.sealed_url, source.uid)
    check_database(url)
    return url


def load_of(run: Run, *, with_source: bool = True) -> Load:
    """The run as what the loader needs. Raises what file_of and address_of raise."""
    source = run.source
    replay = run.replay_of_id is not None
    aside = run.held_attempt if run.decision and run.held_for == HeldFor.DRIFT else None
    opens = with_source and not replay and aside is None
    since = latest_cursor(source) if source.mode in {LoadMode.INCREMENTAL, LoadMode.CHANGES} else ""
    return Load(
        run_uid=run.uid,
        attempt=run.attempt,
        kind=rules.format_of(source.kind, run.file_name),
        mode=source.mode,
        table=source.entry.lake_table,
        columns=contract_of(source.entry),
        keys=key_columns(source.entry),
        file=file_of(run) if opens else None,
        sheet=source.sheet,
        url=address_of(source) if opens else "",
        source_table=source.table,
        drift=source.drift,
        decision=run.decision,
        aside=aside,
        options=source.options,
        secret=secret_of(source) if opens else {},
        reach=reach(),
        since=since,
        low=low_of(source, since),
        allowed_deletes=run.allowed_deletes,
        corrections=corrections_of(run) if replay and with_source else (),
        replay=replay,
    )


def low_of(source: Source, since: str) -> Any:
    """From where on the source is read; None means from the beginning."""
    if source.mode == LoadMode.CHANGES:
        return int(since) + 1 if since else None
    if source.mode != LoadMode.INCREMENTAL:
        return None
    kinds = {column.name: column.type.value for column in contract_of(source.entry)}
    overlap = int(source.options.get("overlap", 0))
    return rules.low_mark(kinds.get(str(source.options.get("cursor")), ""), since, overlap)


def corrections_of(run: Run) -> tuple[tuple[int, dict[str, str | None]], ...]:
    """The rows a replay loads: (row number of the first load, corrected values)."""
    rows = Correction.objects.filter(replay=run).select_related("run").order_by("row_number")
    return tuple((row.row_number, json.loads(open_text(row.sealed, correction_context(row)))) for row in rows)


def show_progress(run: Run, stage: Stage, rows: int) -> None:
    """Write how far the run is. Raises RunTaken when it was cancelled or another worker has it: then stop."""
    mine = Run.objects.filter(pk=run.pk, state=RunState.RUNNING, attempt=run.attempt)
    if not mine.update(stage=stage, rows_done=rows):
        raise RunTaken
    jobs.heartbeat(progress={"stage": stage.value, "rows": rows})
