"""Building: beside the table in use, tested there, put in use by moving a pointer; or back again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.clock import now as moment
from quanshu.kernel.errors import QuanshuError
from quanshu.lake.models import build_table, drop_table, parse_tests, run_model_tests
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.jobs import api as jobs
from quanshu.supply.catalogue.api import point_entry_at
from quanshu.supply.lake_store import get_engine, get_lake
from quanshu.supply.libraries import rules
from quanshu.supply.libraries.events import LibraryEvent
from quanshu.supply.libraries.models import Build, Model
from quanshu.supply.libraries.permissions import LibraryPermission
from quanshu.supply.libraries.queries.compiling import compile_model, data_of
from quanshu.supply.libraries.services.noting import note
from quanshu.supply.libraries.services.publishing import next_time
from quanshu.supply.libraries.types import BuildState, InputMissing, TestsFailed

JOB = "libraries.build"
# Sources often land together; what follows them waits a little, to be built once.
FOLLOW_DELAY = timedelta(seconds=20)
ENDED = (BuildState.DONE, BuildState.FAILED)


@transaction.atomic
def start_build(
    *, actor: Actor, now: datetime, model: Model, cause: str = "manual", delay: timedelta | None = None
) -> Build:
    """Queue a build of a model's published version; one that waits already is returned instead.

    Raises Forbidden, `libraries.not_published`.
    """
    model = Model.objects.select_for_update(of=("self",)).select_related("library__unit").get(pk=model.pk)
    require(actor, LibraryPermission.BUILD, model)
    version = rules.check_buildable(model.published)
    waiting = model.builds.filter(state=BuildState.QUEUED).first()
    if waiting is not None:
        if delay is None:
            # Who asks now does not wait for what was to follow later.
            jobs.enqueue(JOB, {"build_uid": waiting.uid}, now=now, key=f"{JOB}:{waiting.uid}:now")
        return waiting
    build = Build.objects.create(model=model, version=version, cause=cause, started_by=actor.name, queued_at=now)
    run_at = now + delay if delay else None
    jobs.enqueue(JOB, {"build_uid": build.uid}, now=now, run_at=run_at, key=f"{JOB}:{build.uid}")
    note(LibraryEvent.BUILD_QUEUED, build, actor=actor, now=now, details={"model_uid": model.uid, "cause": cause})
    return build


def build_now(build_uid: str, now: datetime) -> Build:
    """Do a queued build. Safe to run again: one that has ended is left alone, a half-built table is built anew."""
    lake = get_lake()
    code = Build.objects.values_list("model__code", flat=True).get(uid=build_uid)
    with lake.loading(f"lib_{code}"):
        # Read only now: another worker may have done it while this one waited for its turn.
        build = Build.objects.select_related("model__library__unit", "model__entry", "version").get(uid=build_uid)
        if build.state in ENDED:
            return build
        begin(build, now)
        try:
            make(build, now)
        except QuanshuError as fault:
            drop_table(lake, build.lake_table)
            return fail(build, fault)
        swap(build, actor=SYSTEM, now=moment())
    drop_old_builds(build.model, moment())
    return build


@transaction.atomic
def begin(build: Build, now: datetime) -> None:
    """Mark a build as running in a table of its own."""
    build.state, build.started_at = BuildState.RUNNING, now
    build.lake_table = f"lib_{build.model.code}__{build.uid.replace('-', '')}"
    build.save()
    note(LibraryEvent.BUILD_STARTED, build, actor=SYSTEM, now=now, details={"model_uid": build.model.uid})


def make(build: Build, now: datetime) -> None:
    """Build the table and test it. Raises InputMissing, TestsFailed, and what the lake refuses."""
    lake = get_lake()
    compiled = compile_model(data_of(build.model, build.version))
    for alias, entry in compiled.entries.items():
        if not lake.exists(entry.lake_table):
            raise InputMissing(name=alias)
    inputs = {alias: (entry.lake_table, lake.version(entry.lake_table)) for alias, entry in compiled.entries.items()}
    build.inputs = {alias: list(pair) for alias, pair in inputs.items()}
    # What a worker that was killed had begun.
    drop_table(lake, build.lake_table)
    built = build_table(
        lake,
        compiled.sql,
        columns=compiled.columns,
        inputs=inputs,
        target=build.lake_table,
        commit={"build": build.uid},
        spark=get_engine(),
    )
    jobs.heartbeat()
    build.rows = built.rows
    tests = parse_tests(build.version.tests, columns=[column.name for column in compiled.columns], tables=list(inputs))
    results = run_model_tests(
        lake,
        built.table,
        tests,
        keys=compiled.keys,
        inputs=inputs,
        today=now.astimezone(CITY_TZ).date(),
    )
    build.tests = [{"text": result.text, "failed": result.failed, "keys": len(result.keys)} for result in results]
    failed = sum(result.failed > 0 for result in results)
    if failed:
        raise TestsFailed(failed=failed, tests=len(results))


@transaction.atomic
def fail(build: Build, fault: QuanshuError) -> Build:
    """Keep why a build failed; the table in use is as it was."""
    at = moment()
    build.state, build.ended_at, build.dropped = BuildState.FAILED, at, True
    build.error = {
        "code": fault.code,
        "message": fault.message,
        "remedy": fault.remedy,
        "params": fault.as_dict()["params"],
    }
    build.save()
    details = {"model_uid": build.model.uid, "code": fault.code}
    note(LibraryEvent.BUILD_FAILED, build, actor=SYSTEM, now=at, details=details)
    return build


@transaction.atomic
def swap(build: Build, *, actor: Actor, now: datetime, cause: str = "built") -> None:
    """Put a build in use: the model's pointer and its catalogue entry's table move together."""
    model = Model.objects.select_for_update(of=("self",)).select_related("entry").get(pk=build.model_id)
    assert model.entry is not None  # noqa: S101 - a published model has its entry
    if build.state != BuildState.DONE:
        build.state, build.ended_at = BuildState.DONE, now
        build.save()
    point_entry_at(actor=SYSTEM, now=now, entry=model.entry, lake_table=build.lake_table, rows=build.rows or 0)
    model.current = build
    model.save(update_fields=["current"])
    details = {
        "model_uid": model.uid,
        "entry_uid": model.entry.uid,
        "lake_table": build.lake_table,
        "rows": build.rows,
        "cause": cause,
    }
    note(LibraryEvent.BUILD_SWAPPED, build, actor=actor, now=now, details=details)


@transaction.atomic
def swap_build(*, actor: Actor, now: datetime, build: Build) -> Build:
    """Put another kept build in use: a roll-back, or forward again. Raises Forbidden, `libraries.not_swappable`."""
    build = Build.objects.select_related("model__library__unit", "model__entry").get(pk=build.pk)
    require(actor, LibraryPermission.ROLL_BACK, build)
    rules.check_swappable(state=build.state, kept=not build.dropped, in_use=build.model.current_id == build.pk)
    swap(build, actor=actor, now=now, cause="rolled back")
    return build


def drop_old_builds(model: Model, now: datetime) -> int:
    """Remove the tables of builds that newer ones have pushed out; how many. The one in use always stays."""
    current = Model.objects.values_list("current_id", flat=True).get(pk=model.pk)
    done = model.builds.filter(state=BuildState.DONE, dropped=False).exclude(pk=current)
    old = list(done[rules.KEPT_BUILDS - 1 :])
    for build in old:
        drop_table(get_lake(), build.lake_table)
        with transaction.atomic():
            Build.objects.filter(pk=build.pk).update(dropped=True)
            note(LibraryEvent.BUILDS_DROPPED, build, actor=SYSTEM, now=now, details={"table": build.lake_table})
    return len(old)


def queue_followers(entry_uid: str, now: datetime) -> list[Build]:
    """Queue the models that follow an entry's new data, those whose other sources hold data too."""
    rows = Model.objects.filter(reads__entry__uid=entry_uid, follows=True, published__isnull=False).distinct()
    rows = rows.exclude(reads__entry__landed_at__isnull=True)
    return [start_build(actor=SYSTEM, now=now, model=row, cause="followed", delay=FOLLOW_DELAY) for row in rows]


def run_schedule(now: datetime) -> int:
    """Queue the models whose time has come; how many. A time missed while nothing ran is made up once."""
    due = Model.objects.filter(~Q(cron=""), next_at__lte=now, published__isnull=False)
    for model in due:
        start_build(actor=SYSTEM, now=now, model=model, cause="scheduled")
        Model.objects.filter(pk=model.pk).update(next_at=next_time(model.cron, now))
    return len(due)
