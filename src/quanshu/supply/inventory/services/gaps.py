"""Gaps: found again from the rows, planned, worked on, accepted, opened again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import transaction

from quanshu.kernel.calendar import MissingYear
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.organisation.api import Person, Unit
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.workflow import api as workflow
from quanshu.supply.inventory import queries, rules
from quanshu.supply.inventory.events import InventoryEvent
from quanshu.supply.inventory.models import Asset, Gap
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.services.assets import serial_row
from quanshu.supply.inventory.services.noting import note
from quanshu.supply.inventory.types import AssetState, FoundGap, GapState, Outcome, Urgency

KIND = "inventory.gap"
PLANNING, CLOSING = "inventory.gap_plan", "inventory.gap_close"
# New gaps opened in one transaction.
MOST_AT_ONCE = 100
FOLLOWED = ("subject_code", "subject_name", "unit", "priority", "task", "dependants", "score", "due_on")


def _start(gap: Gap, kind: str, days: int, now: datetime) -> None:
    """The clock of a step and the to-do that goes with it; `due_on` is the clock's day."""
    where = {"kind": kind, "subject_kind": KIND, "subject_uid": gap.uid}
    clock = workflow.start_clock(**where, days=days, holder_path=gap.unit.path, now=now)
    gap.due_on = clock.due_on
    workflow.open_todo(
        **where,
        title=gap.subject_name,
        url=gap.get_absolute_url(),
        permission=P.GAP_WORK,
        unit_path=gap.unit.path,
        due_on=clock.due_on,
        now=now,
    )


def _stop(gap: Gap, now: datetime) -> None:
    for kind in (PLANNING, CLOSING):
        where = {"kind": kind, "subject_kind": KIND, "subject_uid": gap.uid}
        workflow.stop_clock(**where, now=now)
        workflow.close_todo(**where, now=now)


def _start_planning(gap: Gap, now: datetime) -> None:
    """The term to plan. Where next year's working days are not entered yet, a later recount starts it."""
    try:
        _start(gap, PLANNING, rules.PLAN_DAYS, now)
    except MissingYear:
        gap.due_on = None


def _close(gap: Gap, *, outcome: Outcome, reason: str, actor: Actor, now: datetime) -> None:
    _stop(gap, now)
    gap.state, gap.outcome, gap.reason = GapState.CLOSED, outcome, reason
    gap.closed_at, gap.closed_by, gap.due_on = now, actor.name, None
    gap.save()


def recount_gaps(*, now: datetime) -> tuple[int, int]:
    """Find the gaps of the whole city again: (newly found, closed by themselves). Safe to run at any time.

    A gap that no longer stands is closed; one the bureau accepted is not found again; the others follow their
    subject's name, unit, priority and dependants. Many new ones are opened a few at a time, so that nobody waits.
    """
    found, closed = _recount_some(now)
    more = found
    while more == MOST_AT_ONCE:
        more, gone = _recount_some(now)
        found, closed = found + more, closed + gone
    return found, closed


@transaction.atomic
def _recount_some(now: datetime) -> tuple[int, int]:
    serial_row("gaps")
    units = {unit.uid: unit for unit in Unit.objects.all()}
    found = {(gap.kind.value, gap.subject_kind, gap.subject): gap for gap in rules.find_gaps(*queries.facts())}
    open_rows = {
        (row.kind, row.subject_kind, row.subject_uid): row
        for row in Gap.objects.under_way().select_related("unit").order_by("pk")
    }
    accepted = set(
        Gap.objects.filter(state=GapState.CLOSED, outcome=Outcome.ACCEPTED).values_list(
            "kind", "subject_kind", "subject_uid"
        )
    )
    closed = _close_gone([row for key, row in open_rows.items() if key not in found], now)
    _follow([(row, found[key]) for key, row in open_rows.items() if key in found], units, now)
    fresh = [gap for key, gap in found.items() if key not in open_rows and key not in accepted][:MOST_AT_ONCE]
    for gap in fresh:
        _open(gap, units[gap.unit], now)
    return len(fresh), closed


def _open(found: FoundGap, unit: Unit, now: datetime) -> None:
    points = rules.urgency(priority=found.priority, task=found.task, dependants=found.dependants, days=0)
    gap = Gap(
        kind=found.kind.value,
        subject_kind=found.subject_kind,
        subject_uid=found.subject,
        subject_code=found.code,
        subject_name=found.name,
        unit=unit,
        priority=found.priority,
        task=found.task,
        dependants=found.dependants,
        score=points.score,
        found_at=now,
    )
    _start_planning(gap, now)
    gap.save()
    note(InventoryEvent.GAP_FOUND, gap, actor=SYSTEM, now=now, details={"kind": gap.kind, "code": gap.subject_code})


def _close_gone(rows: Iterable[Gap], now: datetime) -> int:
    gone = set(Asset.objects.filter(state=AssetState.RETIRED).values_list("uid", flat=True))
    count = 0
    for row in rows:
        outcome = Outcome.GONE if row.subject_uid in gone else Outcome.SOLVED
        rules.MACHINE.check(row.state, "close")
        _close(row, outcome=outcome, reason="", actor=SYSTEM, now=now)
        details = {"kind": row.kind, "code": row.subject_code, "outcome": outcome.value}
        note(InventoryEvent.GAP_CLOSED, row, actor=SYSTEM, now=now, details=details)
        count += 1
    return count


def _follow(pairs: Iterable[tuple[Gap, FoundGap]], units: Mapping[str, Unit], now: datetime) -> None:
    """Open gaps take over what their subject says now; only rows that differ are written."""
    changed = []
    for row, found in pairs:
        before = [getattr(row, name) for name in FOLLOWED]
        row.subject_code, row.subject_name, row.unit = found.code, found.name, units[found.unit]
        row.priority, row.task, row.dependants = found.priority, found.task, found.dependants
        row.score = points_of(row, now).score
        if row.due_on is None:
            _start_planning(row, now)
        if before != [getattr(row, name) for name in FOLLOWED]:
            changed.append(row)
    Gap.objects.bulk_update(changed, FOLLOWED, batch_size=200)


def points_of(gap: Gap, now: datetime) -> Urgency:
    """The points of a gap as it stands."""
    days = (workflow.city_day(now) - workflow.city_day(gap.found_at)).days
    return rules.urgency(priority=gap.priority, task=gap.task, dependants=gap.dependants, days=days)


def locked(gap: Gap) -> Gap:
    """The row as it is now, held until the transaction ends."""
    return Gap.objects.select_for_update(of=("self",)).select_related("unit").get(pk=gap.pk)


@transaction.atomic
def plan_gap(
    *, actor: Actor, now: datetime, gap: Gap, plan: str, planned_on: date | None, responsible: Person | None
) -> Gap:
    """Say how, by whom and by when a gap will be closed; the clock runs in working days to that day.

    Raises Forbidden, FieldErrors, `workflow.wrong_state`, MissingYear.
    """
    gap = locked(gap)
    require(actor, P.GAP_WORK, gap)
    today = workflow.city_day(now)
    rules.check_plan(state=gap.state, plan=plan, planned_on=planned_on, today=today)
    if responsible is None or responsible.unit_id != gap.unit_id or not responsible.active:
        error = FieldError("responsible", "The person is not of the unit.", "Choose a person of the unit.")
        raise FieldErrors(errors=(error,))
    _stop(gap, now)
    gap.plan, gap.planned_on, gap.responsible, gap.state = plan.strip(), planned_on, responsible, GapState.PLANNED
    if planned_on is not None:
        _start(gap, CLOSING, workflow.calendar().between(today, planned_on), now)
    gap.save()
    details = {"planned_on": str(planned_on), "kind": gap.kind}
    note(InventoryEvent.GAP_PLANNED, gap, actor=actor, now=now, details=details)
    return gap


@transaction.atomic
def begin_gap(*, actor: Actor, now: datetime, gap: Gap) -> Gap:
    """The planned work begins. Raises Forbidden, `workflow.wrong_state`."""
    gap = locked(gap)
    require(actor, P.GAP_WORK, gap)
    rules.MACHINE.check(gap.state, "begin")
    gap.state = GapState.WORKING
    gap.save()
    note(InventoryEvent.GAP_BEGUN, gap, actor=actor, now=now, details={"kind": gap.kind})
    return gap


@transaction.atomic
def accept_gap(*, actor: Actor, now: datetime, gap: Gap, reason: str) -> Gap:
    """Let a gap stand, with the reason; it is not found again. Raises Forbidden, FieldErrors,
    `workflow.wrong_state`."""
    gap = locked(gap)
    require(actor, P.GAP_ACCEPT, gap)
    rules.check_accept(state=gap.state, reason=reason)
    _close(gap, outcome=Outcome.ACCEPTED, reason=reason.strip(), actor=actor, now=now)
    note(InventoryEvent.GAP_ACCEPTED, gap, actor=actor, now=now, details={"kind": gap.kind, "reason": gap.reason})
    return gap


@transaction.atomic
def reopen_gap(*, actor: Actor, now: datetime, gap: Gap) -> Gap:
    """Take an acceptance back. Raises Forbidden, `workflow.wrong_state`, `inventory.not_accepted`."""
    gap = locked(gap)
    require(actor, P.GAP_ACCEPT, gap)
    rules.check_reopen(state=gap.state, outcome=gap.outcome)
    gap.state, gap.outcome, gap.reason, gap.closed_at, gap.closed_by = GapState.OPEN, "", "", None, ""
    _start_planning(gap, now)
    gap.save()
    note(InventoryEvent.GAP_REOPENED, gap, actor=actor, now=now, details={"kind": gap.kind})
    return gap
