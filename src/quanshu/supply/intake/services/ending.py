"""How a run ends: landed, failed, or held for a decision; and what else that settles."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import QuanshuError, plain
from quanshu.organisation.api import holders
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.jobs.api import next_time
from quanshu.shared.notify.api import notify
from quanshu.supply.intake import rules
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Correction, Run, Schedule, Source
from quanshu.supply.intake.services.queueing import dispatch, note
from quanshu.supply.intake.types import (
    FINISHED,
    DeliveryState,
    NothingFits,
    Outcome,
    RowState,
    RunState,
    Stage,
)
from quanshu.supply.lake_store import get_lake
from quanshu.supply.loads.keeping import refused_numbers
from quanshu.supply.loads.load import Held
from quanshu.supply.loads.loading import Drifted

COUNTS = ("rows_in", "landed", "refused", "inserted", "updated", "unchanged", "deleted", "lake_version", "cursor")
# A steward is told of the first failure in a row and of every so many after it.
TOLD_EVERY = 5
FAILED_TEXT = N_("The load of %(source)s failed (%(failures)s in a row)")
HELD_TEXT = N_("The load of %(source)s waits for your decision")


def locked(run: Run) -> Run:
    """The run as it is now, locked until the transaction ends."""
    rows = Run.objects.select_for_update(of=("self",)).select_related("source__unit", "source__entry")
    return rows.get(pk=run.pk)


@transaction.atomic
def land_run(*, run: Run, outcome: Outcome, now: datetime) -> Run:
    """End a run whose rows are in the lake, and tell the rooms above."""
    run = locked(run)
    if run.state in FINISHED or run.state == RunState.HELD:
        return run
    for name in COUNTS:
        setattr(run, name, getattr(outcome, name))
    run.notes = dict(outcome.notes)
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
    payload = {
        **details,
        "lake_table": run.source.entry.lake_table,
        "rows_total": run.rows_total,
        "at": now.isoformat(),
    }
    note(run, IntakeEvent.BATCH_LANDED, actor=SYSTEM, now=now, details=details, payload=payload)
    run.deliveries.update(state=DeliveryState.LANDED)
    if run.replay_of_id is not None:
        settle_corrections(run)
    settle_schedule(run, failed=False, now=now)
    dispatch(now)
    return run


@transaction.atomic
def fail_run(*, run: Run, fault: QuanshuError, now: datetime) -> Run:
    """End a run with the reason it failed, unless another worker has it by now; what it refused stays readable."""
    attempt, run = run.attempt, locked(run)
    if run.state in FINISHED or run.state == RunState.HELD or run.attempt != attempt:
        return run
    if isinstance(fault, Drifted):
        run.drift, fault = [asdict(item) for item in fault.drift], fault.fault
    run.state, run.ended_at, run.landed_attempt = RunState.FAILED, now, run.attempt
    run.error = error_of(fault, run)
    if isinstance(fault, NothingFits):
        run.rows_in, run.landed, run.refused = fault.params["rows"], 0, fault.params["rows"]
    run.save()
    note(run, IntakeEvent.RUN_FAILED, actor=SYSTEM, now=now, details={"reason": fault.code})
    run.deliveries.update(state=DeliveryState.FAILED)
    # Nothing of a replay that failed has landed: its rows wait for the next one.
    run.replayed.update(replay=None)
    settle_schedule(run, failed=True, now=now)
    dispatch(now)
    return run


@transaction.atomic
def hold_run(*, run: Run, held: Held, now: datetime) -> Run:
    """Stop a run until somebody has decided; nothing of it has landed."""
    attempt, run = run.attempt, locked(run)
    if run.state in FINISHED or run.state == RunState.HELD or run.attempt != attempt:
        return run
    run.state, run.stage, run.held_for, run.held_attempt = RunState.HELD, Stage.WAITING, held.reason, run.attempt
    run.drift = [asdict(item) for item in held.drift]
    run.pending_deletes = held.deletes or None
    run.notes = {**run.notes, "rows_total": held.total} if held.total else run.notes
    run.save()
    details = {"reason": held.reason, "columns": [item.column for item in held.drift], "deletes": held.deletes}
    note(run, IntakeEvent.RUN_HELD, actor=SYSTEM, now=now, details=details)
    url = reverse("intake:run", args=[run.uid])
    tell_stewards(run.source, HELD_TEXT, {"source": run.source.name}, url=url, now=now)
    dispatch(now)
    return run


def error_of(fault: QuanshuError, run: Run) -> dict[str, Any]:
    """A fault as the run keeps it: templates and parameters, so that each reader sees it in his language."""
    params = {name: plain(value) for name, value in fault.params.items()}
    # Readers know a kept file only by its digest; people know it by the name they gave it.
    names = {run.file_digest: run.file_name, run.source.file_digest: run.source.file_name}
    if params.get("source") in set(names) - {""}:
        params["source"] = names[params["source"]]
    return {"code": fault.code, "message": fault.message, "remedy": fault.remedy, "params": params}


def settle_corrections(run: Run) -> None:
    """Rows that a replay landed are corrected; those it refused again are open again."""
    again = refused_numbers(
        get_lake(), run.source.entry.lake_table, run_uid=run.uid, attempt=run.landed_attempt or run.attempt
    )
    rows = Correction.objects.filter(replay=run, state=RowState.READY)
    rows.filter(row_number__in=again).update(state=RowState.OPEN, replay=None)
    rows.exclude(row_number__in=again).update(state=RowState.CORRECTED)


def settle_schedule(run: Run, *, failed: bool, now: datetime) -> None:
    """A failure makes the schedule rest longer each time and is told to the stewards; a success forgets them."""
    schedule = Schedule.objects.select_for_update().filter(source=run.source).first()
    if schedule is None or run.trigger == "person":
        return
    note_outcome(schedule, run.state, failed=failed, url=reverse("intake:run", args=[run.uid]), now=now)


def note_outcome(schedule: Schedule, outcome: str, *, failed: bool, url: str, now: datetime) -> None:
    """Count failures in a row, rest longer with each, and tell the stewards of the first and of every fifth."""
    schedule.failures = schedule.failures + 1 if failed else 0
    schedule.last_outcome = outcome[:20]
    if schedule.active and failed:
        schedule.next_at = next_time(schedule.cron, now + rules.back_off(schedule.failures))
    schedule.save()
    if failed and (schedule.failures == 1 or schedule.failures % TOLD_EVERY == 0):
        params = {"source": schedule.source.name, "failures": schedule.failures}
        tell_stewards(schedule.source, FAILED_TEXT, params, url=url, now=now)


@transaction.atomic
def settle_look(source_uid: str, *, failed: bool, now: datetime) -> None:
    """How looking for new files ended, for a source whose schedule had it done."""
    rows = Schedule.objects.select_for_update(of=("self",)).select_related("source__unit")
    schedule = rows.filter(source__uid=source_uid).first()
    if schedule is not None:
        url = reverse("intake:source", args=[source_uid])
        note_outcome(schedule, "failed" if failed else "started", failed=failed, url=url, now=now)


def tell_stewards(source: Source, text: str, params: dict[str, Any], *, url: str, now: datetime) -> None:
    """A notice to the unit's data stewards, in the platform's language, since it is kept as text."""
    with override(settings.LANGUAGE_CODE):
        subject = gettext(text) % params
    notify(recipients=holders(source.unit.path, "steward"), subject=subject, url=url, now=now)


def latest_cursor(source: Source) -> str:
    """The cursor of the source's last landed run that has one."""
    runs = source.runs.filter(state=RunState.LANDED).exclude(cursor="").order_by("-ended_at", "-id")
    return runs.values_list("cursor", flat=True).first() or ""
