"""What every step of a demand has in common: the table, clocks, to-dos, audit, outbox, notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as N_

from quanshu.organisation.api import Unit, holders
from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.notify.api import notify
from quanshu.shared.outbox import api as outbox
from quanshu.shared.workflow import api as workflow
from quanshu.sharing.demands import rules
from quanshu.sharing.demands.events import DemandEvent
from quanshu.sharing.demands.models import Demand
from quanshu.sharing.demands.permissions import DemandPermission
from quanshu.sharing.demands.queries import KIND, platform_path
from quanshu.sharing.demands.services.charging import charge, side_holding
from quanshu.sharing.demands.types import CLOCK_DAYS, ClockKind, DemandState, Side
from quanshu.sharing.development.api import cancel_order_of

TODOS = {
    DemandState.SUBMITTED: ("demands.todo.check", DemandPermission.CHECK),
    DemandState.CONTESTED: ("demands.todo.decide", DemandPermission.CHECK),
    DemandState.RETURNED: ("demands.todo.correct", DemandPermission.SUBMIT),
    DemandState.CONFIRMING: ("demands.todo.confirm", DemandPermission.CONFIRM),
    DemandState.DEVELOPING: ("demands.todo.publish", DemandPermission.CONFIRM),
    DemandState.NEGOTIATING: ("demands.todo.negotiate", DemandPermission.NEGOTIATE),
}
ESCALATED = "demands.todo.escalated"
SECOND = "demands.todo.second"
SHRINK_TODO = "demands.todo.shrink"
KEEP_TODO = "demands.todo.keep"
# Steps that leave nothing to build.
NO_LONGER = {"grant": N_("A published service covers the demand."), "withdraw": N_("The demand was taken back.")}
NEWS = {
    DemandEvent.RETURNED: N_("Demand %(demand)s was returned for correction"),
    DemandEvent.PASSED: N_("Demand %(demand)s waits for your answer"),
    DemandEvent.CONFIRMED: N_("Demand %(demand)s was confirmed by the supplier"),
    DemandEvent.REFUSED: N_("Demand %(demand)s was refused"),
    DemandEvent.CONTESTED: N_("Demand %(demand)s was put before the platform"),
    DemandEvent.PROPOSED: N_("Other terms were proposed for demand %(demand)s"),
    DemandEvent.AGREED: N_("Both sides agree on demand %(demand)s"),
    DemandEvent.BROKEN_OFF: N_("The proposal on demand %(demand)s was declined"),
    DemandEvent.MEETING_PROPOSED: N_("A meeting on demand %(demand)s is proposed"),
    DemandEvent.MET: N_("Minutes of a meeting on demand %(demand)s wait to be signed"),
    DemandEvent.MEETING_SIGNED: N_("Minutes of a meeting on demand %(demand)s were signed by both sides"),
    DemandEvent.SHRINK_PROPOSED: N_("The grant of demand %(demand)s is wider than its use"),
    DemandEvent.SHRINK_REMINDED: N_("The grant of demand %(demand)s is wider than its use: please answer"),
    DemandEvent.SHRINK_KEPT: N_("Demand %(demand)s: the requester wants to keep the grant"),
    DemandEvent.SHRINK_UPHELD: N_("The grant of demand %(demand)s is kept as it is"),
    DemandEvent.SHRUNK: N_("The grant of demand %(demand)s was shrunk"),
    DemandEvent.RATED: N_("Demand %(demand)s was rated"),
    DemandEvent.RATING_ANSWERED: N_("The supplier answered the rating of demand %(demand)s"),
    DemandEvent.OVERRULED: N_("The platform decided that the data of demand %(demand)s be shared"),
    DemandEvent.GRANTED: N_("Demand %(demand)s was granted; the service can be called"),
    DemandEvent.CLOSED: N_("Demand %(demand)s was closed and its grant revoked"),
    DemandEvent.PAUSED: N_("The clock of demand %(demand)s was paused"),
    DemandEvent.RESUMED: N_("The clock of demand %(demand)s runs again"),
    DemandEvent.ESCALATED: N_("Demand %(demand)s is overdue"),
    DemandEvent.BUILT: N_("The service of demand %(demand)s was accepted and waits to be published"),
}


BOTH = {
    DemandEvent.OVERRULED,
    DemandEvent.GRANTED,
    DemandEvent.CLOSED,
    DemandEvent.CONTESTED,
    DemandEvent.PROPOSED,
    DemandEvent.AGREED,
    DemandEvent.BROKEN_OFF,
    DemandEvent.MEETING_PROPOSED,
    DemandEvent.MET,
    DemandEvent.MEETING_SIGNED,
    DemandEvent.SHRUNK,
}


def locked(demand: Demand) -> Demand:
    """The demand's row, locked for the rest of the transaction."""
    rows = Demand.objects.select_for_update(of=("self",)).select_related(
        "entry", "requesting_unit", "supplier_unit", "consumer"
    )
    return rows.get(pk=demand.pk)


def take(demand: Demand, step: str, *, actor: Actor, now: datetime, details: Mapping[str, Any] | None = None) -> Demand:
    """Take a step of the table that has been asked and checked: state, clocks, to-do, audit, event, notices."""
    transition = rules.check_step(demand.state, step)
    where: dict[str, Any] = {"subject_kind": KIND, "subject_uid": demand.uid, "now": now}
    for kind in transition.stops:
        workflow.stop_clock(kind=kind, **where)
    demand.state = transition.target
    demand.paused = False
    demand.updated_at = now
    demand.save()
    side = side_holding(demand)
    charge(demand, side, now=now)
    for kind in transition.starts:
        workflow.start_clock(kind=kind, days=CLOCK_DAYS[ClockKind(kind)], holder_path=holder(demand).path, **where)
    if step in NO_LONGER:
        cancel_order_of(demand_uid=demand.uid, reason=NO_LONGER[step], now=now)
    show_todo(demand, now)
    note(demand, DemandEvent(transition.event), actor=actor, now=now, details=details)
    return demand


def holder(demand: Demand) -> Unit:
    """The unit that has to act next: it holds the clock. The requester's while nobody else has to."""
    side = side_holding(demand) or Side.REQUESTER
    if side == Side.SUPPLIER:
        return demand.supplier_unit
    if side == Side.PLATFORM:
        return Unit.objects.filter(path=platform_path()).first() or Unit()
    return demand.requesting_unit


def show_todo(demand: Demand, now: datetime) -> None:
    """Keep exactly the to-do that the state asks for open; an escalation ends with the step it asked for."""
    wanted, permission = TODOS.get(DemandState(demand.state), (None, ""))
    workflow.keep_one_todo(
        wanted,
        kinds={kind for kind, _permission in TODOS.values()} | {ESCALATED, SECOND, SHRINK_TODO, KEEP_TODO},
        subject_kind=KIND,
        subject_uid=demand.uid,
        title=str(demand),
        url=demand.get_absolute_url(),
        permission=permission,
        unit_path=holder(demand).path,
        now=now,
    )


def note(
    demand: Demand,
    event: DemandEvent,
    *,
    actor: Actor,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Steps four and five of a write: audit, then outbox; and tell whoever waits to know."""
    audit.record(
        actor=actor,
        action=event,
        kind=KIND,
        uid=demand.uid,
        label=str(demand),
        place=demand.access_place(),
        details={"number": demand.number, **(details or {})},
        now=now,
    )
    outbox.add(
        name=event,
        payload={
            "demand_uid": demand.uid,
            "number": demand.number,
            "entry_uid": demand.entry.uid,
            "state": demand.state,
            "requesting_unit": demand.requesting_unit.uid,
            "supplier_unit": demand.supplier_unit.uid,
        },
        now=now,
    )
    tell(
        demand,
        event,
        to=audience(demand, event, actor),
        reason=str((details or {}).get("reason", "")),
        now=now,
    )


def audience(demand: Demand, event: DemandEvent, actor: Actor) -> list[str]:
    """Who is told of an event: the requester of answers, the supplier's stewards of what waits for them."""
    stewards = holders(demand.supplier_unit.path, "steward")
    if event in {DemandEvent.PASSED, DemandEvent.RATED, DemandEvent.BUILT}:
        people = stewards
    elif event in BOTH:
        people = [demand.created_by, *stewards]
    elif event == DemandEvent.SHRINK_KEPT:
        people = holders(platform_path(), "bureau")
    elif event in {DemandEvent.SHRINK_PROPOSED, DemandEvent.SHRINK_REMINDED}:
        people = [demand.created_by, *holders(demand.requesting_unit.path, "steward")]
    elif event in NEWS and event != DemandEvent.ESCALATED:
        people = [demand.created_by]
    else:
        people = []
    return [uid for uid in people if uid != actor.uid]


def tell(demand: Demand, event: DemandEvent, *, to: Sequence[str], reason: str = "", now: datetime) -> int:
    """Write a notice, in the platform's language, since it is kept as text."""
    if not to:
        return 0
    with override(settings.LANGUAGE_CODE):
        subject = gettext(NEWS[event]) % {"demand": str(demand)}
        return notify(recipients=to, subject=subject, body=reason, url=demand.get_absolute_url(), now=now)
