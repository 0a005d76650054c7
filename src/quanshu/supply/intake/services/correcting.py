"""Refused rows: corrected one by one or by workbook, dismissed with a reason, and replayed as a load of their own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.landing import Reason, TextRows, split
from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.workflow.api import check_reason
from quanshu.supply.catalogue.api import contract_of, key_columns
from quanshu.supply.intake import rules
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Correction, Run
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.services.deciding import newer_landed
from quanshu.supply.intake.services.ending import locked
from quanshu.supply.intake.services.queueing import KIND, UNFINISHED, queue_run
from quanshu.supply.intake.services.sealing import correction_context, open_text, seal_text
from quanshu.supply.intake.types import AlreadyRunning, NothingCorrected, RowNotFound, RowState
from quanshu.supply.lake_store import get_lake
from quanshu.supply.loads.keeping import read_refused, refused_numbers

Values = Mapping[str, str | None]


def faults_of(run: Run, values: Values) -> list[dict[str, Any]]:
    """What of corrected values does not fit the contract: column, value, reason, message."""
    columns = contract_of(run.source.entry)
    names = tuple(column.name for column in columns)
    row = [values.get(name) or None for name in names]
    with get_lake().connect() as connection:
        parts = split(connection, TextRows(names, iter([(1, row)])), columns, key_columns(run.source.entry))
        return list(parts.refused.to_pylist())


def refused_row(run: Run, row: int) -> list[dict[str, Any]]:
    """The faults of one refused row. Raises RowNotFound."""
    found: list[dict[str, Any]] = []
    if run.landed_attempt is not None and 0 <= row < 2**62:
        table = run.source.entry.lake_table
        found = read_refused(get_lake(), table, run_uid=run.uid, attempt=run.landed_attempt, limit=1, row=row)
    if not found:
        raise RowNotFound(row=row)
    return found


def values_of(run: Run, row: int) -> dict[str, str]:
    """What an editor starts from: the correction so far, else the record as it was read. Raises RowNotFound."""
    faults = refused_row(run, row)
    names = [column.name for column in contract_of(run.source.entry)]
    kept = Correction.objects.filter(run=run, row_number=row).exclude(sealed="").select_related("run").first()
    return shown_values(names, faults, kept)


def shown_values(names: list[str], faults: list[dict[str, Any]], kept: Correction | None) -> dict[str, str]:
    """A row's values by the contract's columns."""
    record = json.loads(open_text(kept.sealed, correction_context(kept)) if kept else str(faults[0]["record_json"]))
    # A line with too many or too few fields is shown by position, for a person to set right.
    if set(record) == {"fields"}:
        record = dict(zip(names, record["fields"], strict=False))
    return {name: "" if record.get(name) is None else str(record[name]) for name in names}


@transaction.atomic
def correct_row(*, actor: Actor, run: Run, row: int, values: Values, now: datetime) -> Correction:
    """Keep corrected values of a refused row, which must fit the contract, for the next replay.

    Raises Forbidden, RunNotOver, NotReplayable, RowNotFound, RowNotOpen, or FieldErrors with every fault.
    """
    require(actor, IntakePermission.CORRECT, run)
    rules.check_correctable(state=run.state, mode=run.source.mode)
    refused_row(run, row)
    names = [column.name for column in contract_of(run.source.entry)]
    values = {name: (values.get(name) or "").strip() or None for name in names}
    faults = faults_of(run, values)
    if faults:
        raise FieldErrors(
            errors=tuple(
                FieldError(str(fault["column"]), str(Reason(fault["reason"]).message), N_("Correct the value."))
                for fault in faults
            )
        )
    correction = open_correction(run, row, actor, now)
    correction.state, correction.reason = RowState.READY, ""
    correction.sealed = seal_text(json.dumps(values, ensure_ascii=False), correction_context(correction))
    correction.save()
    note_row(correction, IntakeEvent.REFUSED_CORRECTED, actor=actor, now=now)
    return correction


@transaction.atomic
def dismiss_row(*, actor: Actor, run: Run, row: int, reason: str, now: datetime) -> Correction:
    """Settle a refused row without loading it. Raises Forbidden, RunNotOver, RowNotFound, RowNotOpen, FieldErrors."""
    require(actor, IntakePermission.CORRECT, run)
    rules.check_correctable(state=run.state, mode="")
    check_reason(reason)
    refused_row(run, row)
    correction = open_correction(run, row, actor, now)
    correction.state, correction.reason, correction.sealed = RowState.DISMISSED, reason.strip()[:500], ""
    correction.save()
    note_row(correction, IntakeEvent.REFUSED_DISMISSED, actor=actor, now=now)
    return correction


def open_correction(run: Run, row: int, actor: Actor, now: datetime) -> Correction:
    """The row's correction, locked and not settled yet. Raises RowNotOpen."""
    found = Correction.objects.select_for_update().filter(run=run, row_number=row).first()
    correction = found or Correction(run=run, row_number=row, state=RowState.OPEN)
    rules.check_row_open(row, RowState.CORRECTED if correction.replay_id else correction.state)
    correction.by, correction.at = actor.name, now
    return correction


@transaction.atomic
def replay_run(*, actor: Actor, run: Run, now: datetime) -> Run:
    """Load the corrected rows of a run as a load of their own, linked to the first.

    With a key they are inserted or update; without one they are added. Raises Forbidden, NotReplayable,
    NewerLanded, NothingCorrected, AlreadyRunning, QueueFull.
    """
    run = locked(run)
    require(actor, IntakePermission.CORRECT, run)
    rules.check_replayable(mode=run.source.mode, newer_landed=newer_landed(run))
    ready = Correction.objects.filter(run=run, state=RowState.READY, replay=None)
    if not ready.exists():
        raise NothingCorrected
    if run.source.runs.filter(state__in=UNFINISHED).exists():
        raise AlreadyRunning
    replay = queue_run(source=run.source, actor=actor, now=now, trigger="replay", replay_of=run)
    ready.update(replay=replay)
    audit.record(
        actor=actor,
        action=IntakeEvent.REFUSED_CORRECTED,
        kind=KIND,
        uid=run.uid,
        label=run.source.name,
        place=run.access_place(),
        details={"replay": replay.uid, "rows": Correction.objects.filter(replay=replay).count()},
        now=now,
    )
    return replay


def open_rows(run: Run, most: int) -> list[tuple[int, dict[str, str], list[dict[str, Any]]]]:
    """Refused rows that are open or wait: (row number, values, faults), at most `most` of them."""
    if run.landed_attempt is None:
        return []
    settled = run.corrections.filter(state__in=[RowState.CORRECTED, RowState.DISMISSED])
    closed = set(settled.values_list("row_number", flat=True))
    rows: dict[int, list[dict[str, Any]]] = {}
    table = run.source.entry.lake_table
    for fault in read_refused(get_lake(), table, run_uid=run.uid, attempt=run.landed_attempt, limit=most):
        if fault["row_number"] not in closed:
            rows.setdefault(int(str(fault["row_number"])), []).append(fault)
    waiting = {row.row_number: row for row in run.corrections.exclude(sealed="").select_related("run")}
    names = [column.name for column in contract_of(run.source.entry)]
    return [(row, shown_values(names, faults, waiting.get(row)), faults) for row, faults in rows.items()]


def take_corrections(
    *, actor: Actor, run: Run, rows: Iterable[tuple[int, Values]], now: datetime
) -> tuple[int, list[tuple[int, str]]]:
    """Take up corrections of many rows: (how many fit, [(row, why not)]).

    Raises Forbidden, RunNotOver, NotReplayable.
    """
    require(actor, IntakePermission.CORRECT, run)
    rules.check_correctable(state=run.state, mode=run.source.mode)
    attempt = run.landed_attempt or 0
    known = refused_numbers(get_lake(), run.source.entry.lake_table, run_uid=run.uid, attempt=attempt)
    taken, left = 0, list[tuple[int, str]]()
    for row, values in rows:
        if row not in known:
            left.append((row, RowNotFound(row=row).render()))
            continue
        try:
            correct_row(actor=actor, run=run, row=row, values=values, now=now)
            taken += 1
        except FieldErrors as fault:
            left.append((row, "; ".join(f"{error.field}: {error.fault}" for error in fault.errors)))
    return taken, left


def note_row(correction: Correction, event: IntakeEvent, *, actor: Actor, now: datetime) -> None:
    """Leave a trace of a row's settling; values stay out of it."""
    audit.record(
        actor=actor,
        action=event,
        kind=KIND,
        uid=correction.run.uid,
        label=correction.run.source.name,
        place=correction.run.access_place(),
        details={"row": correction.row_number, "reason": correction.reason},
        now=now,
    )
