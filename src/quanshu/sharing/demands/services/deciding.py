"""The platform's check and the supplier's answer."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.shared.access.api import Actor, require
from quanshu.shared.workflow.api import calendar, city_day
from quanshu.sharing.demands import rules
from quanshu.sharing.demands.models import Demand
from quanshu.sharing.demands.permissions import DemandPermission
from quanshu.sharing.demands.services.granting import grant_if_covered
from quanshu.sharing.demands.services.meeting import require_meeting
from quanshu.sharing.demands.services.moving import locked, take
from quanshu.sharing.demands.types import APPEAL_DAYS, DemandState, Side


@transaction.atomic
def check_demand(*, actor: Actor, now: datetime, demand: Demand) -> Demand:
    """The platform finds the demand in order and passes it on: the supplier has five working days to answer.

    Raises Forbidden, WrongState, MissingYear.
    """
    demand = locked(demand)
    require(actor, DemandPermission.CHECK, demand)
    rules.check_step(demand.state, "pass")
    demand.checked_at = now
    return take(demand, "pass", actor=actor, now=now)


@transaction.atomic
def return_demand(*, actor: Actor, now: datetime, demand: Demand, reason: str) -> Demand:
    """The platform sends the demand back to be corrected. Raises Forbidden, WrongState, FieldErrors."""
    demand = locked(demand)
    require(actor, DemandPermission.CHECK, demand)
    rules.check_step(demand.state, "return")
    rules.check_reason(reason)
    demand.reason = reason
    take(demand, "return", actor=actor, now=now, details={"reason": reason})
    require_meeting(demand, now=now)
    return demand


@transaction.atomic
def confirm_demand(*, actor: Actor, now: datetime, demand: Demand) -> Demand:
    """The supplier agrees: the service is due in ten working days.

    When a published service carries the fields already, the grant follows at once. Raises Forbidden,
    WrongState, MissingYear.
    """
    demand = locked(demand)
    require(actor, DemandPermission.CONFIRM, demand.supplier_unit)
    rules.check_step(demand.state, "confirm")
    demand.answered_at = now
    demand.reason = ""
    take(demand, "confirm", actor=actor, now=now)
    return grant_if_covered(demand, now=now)


@transaction.atomic
def refuse_demand(*, actor: Actor, now: datetime, demand: Demand, reason: str) -> Demand:
    """Refuse with a reason: the supplier when it is asked, the platform when it checks or decides.

    Raises Forbidden, WrongState, FieldErrors.
    """
    demand = locked(demand)
    if demand.state == DemandState.CONFIRMING:
        require(actor, DemandPermission.CONFIRM, demand.supplier_unit)
        step, by = "decline", Side.SUPPLIER
    else:
        require(actor, DemandPermission.CHECK, demand)
        step, by = "reject", Side.PLATFORM
    rules.check_step(demand.state, step)
    rules.check_reason(reason)
    if by == Side.SUPPLIER:
        demand.answered_at = now
        demand.appeal_until = calendar().due(city_day(now), APPEAL_DAYS)
    elif demand.state == DemandState.CONTESTED:
        demand.decision, demand.decided_at = reason, now
    demand.reason, demand.refused_by = reason, by
    return take(demand, step, actor=actor, now=now, details={"reason": reason, "by": by.value})


@transaction.atomic
def overrule_refusal(*, actor: Actor, now: datetime, demand: Demand, reason: str) -> Demand:
    """The platform decides, against the supplier's refusal, that the data be shared.

    Raises Forbidden, WrongState, FieldErrors, MissingYear.
    """
    demand = locked(demand)
    require(actor, DemandPermission.CHECK, demand)
    rules.check_step(demand.state, "overrule")
    rules.check_reason(reason)
    demand.reason, demand.refused_by = "", ""
    demand.decision, demand.decided_at = reason, now
    take(demand, "overrule", actor=actor, now=now, details={"reason": reason})
    return grant_if_covered(demand, now=now)
