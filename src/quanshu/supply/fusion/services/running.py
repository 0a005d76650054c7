"""A run: beside the registry in use, put in use by moving a pointer in one step."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from quanshu.kernel.clock import now as moment
from quanshu.kernel.errors import QuanshuError
from quanshu.lake.registry import RESULTS
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.jobs import api as jobs
from quanshu.supply.catalogue.api import point_entry_at
from quanshu.supply.fusion import rules
from quanshu.supply.fusion.events import FusionEvent
from quanshu.supply.fusion.models import IdentityEvent, Run, Scheme, TrainedModel
from quanshu.supply.fusion.permissions import FusionPermission
from quanshu.supply.fusion.queries.material import material_of
from quanshu.supply.fusion.services.noting import note
from quanshu.supply.fusion.services.schemes import next_time
from quanshu.supply.fusion.services.syncing import sync_reviews
from quanshu.supply.fusion.services.working import TRAINED, Outcome, make
from quanshu.supply.fusion.types import (
    Happening,
    RunDied,
    RunState,
    Stage,
)
from quanshu.supply.lake_store import get_lake

JOB = "fusion.run"
# Sources often land together; the run that follows them waits a little, to be done once.
FOLLOW_DELAY = timedelta(seconds=20)
ENDED = (RunState.DONE, RunState.FAILED)


@transaction.atomic
def start_run(
    *, actor: Actor, now: datetime, scheme: Scheme, cause: str = "manual", delay: timedelta | None = None
) -> Run:
    """Queue a run of a scheme's version in force; one that waits already is returned instead. The cause `trained`
    trains the model anew and compares everything again.

    Raises Forbidden, `fusion.not_in_force`.
    """
    scheme = Scheme.objects.select_for_update(of=("self",)).select_related("unit").get(pk=scheme.pk)
    require(actor, FusionPermission.RUN, scheme)
    return queue_run(scheme, cause=cause, by=actor, now=now, delay=delay)


def queue_run(scheme: Scheme, *, cause: str, by: Actor, now: datetime, delay: timedelta | None = None) -> Run:
    """Queue a run in the caller's transaction, whoever may start one: what follows from data and decisions."""
    version = rules.check_in_force(scheme.in_force)
    waiting = scheme.runs.filter(state=RunState.QUEUED).first()
    if waiting is not None:
        if cause == TRAINED and waiting.cause != TRAINED:
            waiting.cause = TRAINED
            waiting.save(update_fields=["cause"])
        if delay is None:
            # Who asks now does not wait for what was to follow later.
            jobs.enqueue(JOB, {"run_uid": waiting.uid}, now=now, key=f"{JOB}:{waiting.uid}:now")
        return waiting
    run = Run.objects.create(scheme=scheme, version=version, cause=cause, started_by=by.name, queued_at=now)
    run_at = now + delay if delay else None
    jobs.enqueue(JOB, {"run_uid": run.uid}, now=now, run_at=run_at, key=f"{JOB}:{run.uid}")
    note(FusionEvent.RUN_QUEUED, run, actor=by, now=now, details={"cause": cause})
    return run


def run_now(run_uid: str, now: datetime) -> Run:
    """Do a queued run. Safe to run again: one that has ended is left alone, half-written tables are written anew."""
    code = Run.objects.values_list("scheme__code", flat=True).get(uid=run_uid)
    with get_lake().loading(f"fusion_{code}"):
        # Read only now: another worker may have done it while this one waited for its turn.
        run = Run.objects.select_related("scheme__unit", "scheme__current__model", "version").get(uid=run_uid)
        if run.state in ENDED:
            return run
        end_dead_runs(run)
        begin(run, now)
        try:
            outcome = make(run, now)
        except QuanshuError as fault:
            drop_tables(run)
            return fail(run, fault)
        commit(run, outcome, now=moment())
    drop_old_runs(run.scheme, moment())
    return run


def end_dead_runs(run: Run) -> None:
    """End the runs of the scheme whose workers died. Whoever holds the scheme's lock knows that nobody does them."""
    for other in Run.objects.filter(scheme=run.scheme, state=RunState.RUNNING).exclude(pk=run.pk):
        drop_tables(other)
        fail(other, RunDied())


@transaction.atomic
def begin(run: Run, now: datetime) -> None:
    """Mark a run as under way."""
    run.state, run.stage, run.started_at = RunState.RUNNING, Stage.READING, now
    run.save()
    note(FusionEvent.RUN_STARTED, run, actor=SYSTEM, now=now)


@transaction.atomic
def commit(run: Run, outcome: Outcome, *, now: datetime) -> None:
    """Put a run in use: pointer, catalogue entries, what happened to identities, and reviews, in one step."""
    scheme = Scheme.objects.select_for_update(of=("self",)).select_related("unit").get(pk=run.scheme_id)
    if run.model is None:
        model = outcome.model
        run.model = TrainedModel.objects.create(
            scheme=scheme,
            kind=model.kind,
            settings=dict(model.settings),
            trained_on=model.trained_on,
            seed=model.seed,
            trained_at=now,
        )
        details = {"trained_on": model.trained_on, "model": run.model.uid}
        note(FusionEvent.MODEL_TRAINED, scheme, actor=SYSTEM, now=now, details=details)
    run.state, run.stage, run.ended_at = RunState.DONE, Stage.ENDED, now
    run.save()
    keep_changes(run, outcome, now)
    sync_reviews(scheme, outcome.candidates, material_of(scheme, run.version), now)
    pointed = {"golden": scheme.golden_entry, "map": scheme.map_entry, "life": scheme.life_entry}
    for what, entry in pointed.items():
        if entry is not None and what in outcome.tables:
            table, rows = outcome.tables[what]
            point_entry_at(actor=SYSTEM, now=now, entry=entry, lake_table=table, rows=rows)
    scheme.current = run
    scheme.save(update_fields=["current"])
    run.scheme = scheme
    told = [entry.uid for entry in pointed.values() if entry is not None]
    details = {"records": run.figures["records"], "entry_uids": told}
    note(FusionEvent.RUN_DONE, run, actor=SYSTEM, now=now, details=details)


def keep_changes(run: Run, outcome: Outcome, now: datetime) -> None:
    """What happened to identities, with an audit entry of its own for each that a decision moved."""
    events = []
    for change in outcome.changes:
        into = change.other if change.happening == Happening.MERGED else change.identity
        decided = bool({into, change.identity, change.other} & outcome.decided)
        events.append(
            IdentityEvent(
                scheme=run.scheme,
                run=run,
                happening=change.happening,
                identity=change.identity,
                other=change.other,
                records=change.records,
                decided=decided,
                at=now,
            )
        )
        if decided and change.happening in {Happening.MERGED, Happening.SPLIT}:
            event = FusionEvent.MERGED if change.happening == Happening.MERGED else FusionEvent.SPLIT
            note(event, run, actor=SYSTEM, now=now, details={"other": change.other}, uid=change.identity)
    IdentityEvent.objects.bulk_create(events, batch_size=1000)


@transaction.atomic
def fail(run: Run, fault: QuanshuError) -> Run:
    """Keep why a run failed; the registry in use is as it was."""
    at = moment()
    run.state, run.stage, run.ended_at, run.dropped = RunState.FAILED, Stage.ENDED, at, True
    body = fault.as_dict()
    run.error = {"code": fault.code, "message": fault.message, "remedy": fault.remedy, "params": body["params"]}
    run.save()
    note(FusionEvent.RUN_FAILED, run, actor=SYSTEM, now=at, details={"code": fault.code})
    return run


def drop_tables(run: Run) -> None:
    """Remove the tables of a run; those that are not there are left alone."""
    for what in RESULTS:
        get_lake().drop(f"fusion_{run.scheme.code}_{what}__{run.suffix}")


def drop_old_runs(scheme: Scheme, now: datetime) -> int:
    """Remove the tables of runs that newer ones have pushed out; how many. The one in use always stays."""
    current = Scheme.objects.values_list("current_id", flat=True).get(pk=scheme.pk)
    done = scheme.runs.filter(state=RunState.DONE, dropped=False).exclude(pk=current)
    old = list(done[rules.KEPT_RUNS - 1 :])
    for run in old:
        drop_tables(run)
        with transaction.atomic():
            Run.objects.filter(pk=run.pk).update(dropped=True)
            note(FusionEvent.RUNS_DROPPED, run, actor=SYSTEM, now=now)
    return len(old)


def queue_followers(entry_uid: str, now: datetime) -> list[Run]:
    """Queue the schemes that read from an entry's new data, those whose other sources hold data too."""
    rows = Scheme.objects.filter(source_rows__entry__uid=entry_uid, in_force__isnull=False).distinct()
    rows = rows.exclude(source_rows__entry__landed_at__isnull=True)
    return [start_run(actor=SYSTEM, now=now, scheme=row, cause="followed", delay=FOLLOW_DELAY) for row in rows]


def run_schedule(now: datetime) -> int:
    """Queue the schemes whose time has come; how many. A time missed while nothing ran is made up once."""
    due = Scheme.objects.filter(~Q(cron=""), next_at__lte=now, in_force__isnull=False)
    for scheme in due:
        start_run(actor=SYSTEM, now=now, scheme=scheme, cause="scheduled")
        Scheme.objects.filter(pk=scheme.pk).update(next_at=next_time(scheme.cron, now))
    return len(due)
