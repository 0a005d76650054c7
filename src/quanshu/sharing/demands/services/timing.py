"""Pauses and overdue clocks."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from quanshu.organisation.api import holders
from quanshu.shared.access.api import SYSTEM, Actor, Place, allows, require
from quanshu.shared.workflow import api as workflow
from quanshu.sharing.demands import rules
from quanshu.sharing.demands.events import DemandEvent
from quanshu.sharing.demands.models import Demand, Escalation
from quanshu.sharing.demands.permissions import DemandPermission
from quanshu.sharing.demands.queries import KIND, platform_path
from quanshu.sharing.demands.queries.using import days_between, policy_set
from quanshu.sharing.demands.services.charging import charge, side_holding
from quanshu.sharing.demands.services.moving import ESCALATED, SECOND, locked, note, show_todo, tell
from quanshu.sharing.demands.types import ClockKind, DemandState, Side


@transaction.atomic
def pause_demand(*, actor: Actor, now: datetime, demand: Demand, reason: str, waits_for: str = "") -> Demand:
    """Pause the running clock with a reason. The platform may, and the supplier while it holds the clock.

    The time is charged to the party that is waited for, by default to the one that holds the case.
    Raises Forbidden, NoClock, AlreadyPaused, FieldErrors.
    """
    demand = locked(demand)
    require_clock(actor, demand)
    kind = rules.check_pause(demand.state, paused=demand.paused)
    rules.check_reason(reason)
    rules.check_side(waits_for)
    charge(demand, Side(waits_for) if waits_for else side_holding(demand), now=now, why=reason)
    workflow.pause_clock(kind=kind, subject_kind=KIND, subject_uid=demand.uid, reason=reason, by=actor.name, now=now)
    _set_paused(demand, True, now)
    details = {"clock": kind.value, "reason": reason, "waits_for": waits_for}
    note(demand, DemandEvent.PAUSED, actor=actor, now=now, details=details)
    return demand


@transaction.atomic
def resume_demand(*, actor: Actor, now: datetime, demand: Demand) -> Demand:
    """Let the clock run again; its due day moves on by the working days it stood. Raises Forbidden, NotPausedNow."""
    demand = locked(demand)
    require_clock(actor, demand)
    kind = rules.check_resume(demand.state, paused=demand.paused)
    clock = workflow.resume_clock(kind=kind, subject_kind=KIND, subject_uid=demand.uid, now=now)
    _set_paused(demand, False, now)
    charge(demand, side_holding(demand), now=now)
    show_todo(demand, now)
    details = {"clock": kind.value, "due_on": clock.due_on.isoformat()}
    note(demand, DemandEvent.RESUMED, actor=actor, now=now, details=details)
    return demand


def require_clock(actor: Actor, demand: Demand) -> None:
    """The platform may move any clock; a supplier only the clocks it holds. Raises Forbidden."""
    if allows(actor, DemandPermission.CHECK, demand):
        return
    held = rules.RUNNING_CLOCK.get(DemandState(demand.state))
    theirs = demand.supplier_unit if held in {ClockKind.CONFIRM, ClockKind.PUBLISH} else _Nobody()
    require(actor, DemandPermission.PAUSE, theirs)


@transaction.atomic
def escalate(*, demand: Demand, clock_uid: str, kind: str, holder_path: str, due_on: date, now: datetime) -> bool:
    """Tell the chief representative of the unit that holds an overdue clock, once a clock.

    A unit without a chief representative has its case told to the platform's officers. False when this clock
    was told before or has moved on since.
    """
    demand = locked(demand)
    running = workflow.clocks_of(KIND, demand.uid).filter(uid=clock_uid, stopped_at__isnull=True)
    if not running.exists():
        return False
    row, made = Escalation.objects.get_or_create(
        clock_uid=clock_uid, defaults={"demand": demand, "kind": kind, "due_on": due_on, "at": now}
    )
    if not made:
        return False
    people = holders(holder_path, "chief") or holders(platform_path(), "bureau")
    workflow.open_todo(
        kind=ESCALATED,
        subject_kind=KIND,
        subject_uid=demand.uid,
        title=str(demand),
        url=demand.get_absolute_url(),
        permission=DemandPermission.ESCALATION,
        unit_path=holder_path,
        due_on=due_on,
        now=now,
    )
    row.told = tell(demand, DemandEvent.ESCALATED, to=people, now=now)
    row.save(update_fields=["told"])
    note(
        demand,
        DemandEvent.ESCALATED,
        actor=SYSTEM,
        now=now,
        details={"clock": kind, "due_on": due_on.isoformat()},
    )
    return True


def escalate_again(*, now: datetime) -> int:
    """The second stage: what is still overdue some working days after the chief was told goes to the bureau, once.

    Returns how many.
    """
    wait, count = policy_set().second_days, 0
    for found in Escalation.objects.filter(bureau_at__isnull=True).select_related("demand"):
        if days_between(found.at, now) < wait:
            continue
        with transaction.atomic():
            demand = locked(found.demand)
            row = Escalation.objects.select_for_update().get(pk=found.pk)
            running = workflow.clocks_of(KIND, demand.uid).filter(uid=row.clock_uid, stopped_at__isnull=True)
            if row.bureau_at is not None or demand.paused or not running.exists():
                continue
            row.bureau_at = now
            workflow.open_todo(
                kind=SECOND,
                subject_kind=KIND,
                subject_uid=demand.uid,
                title=str(demand),
                url=demand.get_absolute_url(),
                permission=DemandPermission.CHECK,
                unit_path=platform_path(),
                due_on=row.due_on,
                now=now,
            )
            row.bureau_told = tell(demand, DemandEvent.ESCALATED, to=holders(platform_path(), "bureau"), now=now)
            row.save(update_fields=["bureau_at", "bureau_told"])
            details = {"clock": row.kind, "due_on": row.due_on.isoformat(), "stage": 2}
            note(demand, DemandEvent.ESCALATED, actor=SYSTEM, now=now, details=details)
            count += 1
    return count


def _set_paused(demand: Demand, paused: bool, now: datetime) -> None:
    demand.paused = paused
    demand.updated_at = now
    demand.save(update_fields=["paused", "updated_at"])


class _Nobody:
    """A place no unit's scope reaches: the platform's own clock."""

    def access_place(self) -> Place:
        return Place()
