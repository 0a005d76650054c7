"""After a supplier's refusal: proposals in turn, until one is accepted, or declined, or the platform decides."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.shared.access.api import Actor, allows, require
from quanshu.shared.workflow import api as workflow
from quanshu.sharing.demands import rules
from quanshu.sharing.demands.events import DemandEvent
from quanshu.sharing.demands.models import Demand, Round
from quanshu.sharing.demands.permissions import DemandPermission
from quanshu.sharing.demands.queries import KIND, grade_masks
from quanshu.sharing.demands.rules import talking
from quanshu.sharing.demands.services.charging import charge, side_holding
from quanshu.sharing.demands.services.granting import grant_if_covered
from quanshu.sharing.demands.services.moving import holder, locked, note, show_todo, take
from quanshu.sharing.demands.types import Answer, ClockKind, Proposal, Side


def side_in(actor: Actor, demand: Demand) -> Side:
    """The side for which the actor negotiates. Raises Forbidden."""
    if allows(actor, DemandPermission.NEGOTIATE, demand.requesting_unit):
        return Side.REQUESTER
    require(actor, DemandPermission.NEGOTIATE, demand.supplier_unit)
    return Side.SUPPLIER


@transaction.atomic
def propose_terms(*, actor: Actor, now: datetime, demand: Demand, proposal: Proposal) -> Demand:
    """Offer fewer fields, another frequency, stricter masks, or terms in words.

    A proposal in answer replaces the one before it. The first one opens a negotiation of ten working days.
    Raises Forbidden, WrongState, NotContestable, NotYourTurn, FieldErrors, MissingYear.
    """
    demand = locked(demand)
    side = side_in(actor, demand)
    transition = talking.check_negotiate(demand.state, demand.refused_by)
    last = demand.rounds.filter(answer=Answer.OPEN).last()
    if last is not None:
        talking.check_turn(demand.state, side=side, last=last.side)
    talking.check_proposal(proposal, asked=demand.fields, least=grade_masks(demand))
    if last is not None:
        answer(last, Answer.REPLACED, actor, now)
    Round.objects.create(
        demand=demand,
        side=side,
        fields=[name for name in demand.fields if name in set(proposal.fields)],
        rate_per_minute=proposal.rate_per_minute,
        volume_per_day=proposal.volume_per_day,
        terms=proposal.terms.strip(),
        masks=dict(proposal.masks),
        by_name=actor.name,
        at=now,
    )
    details = {
        "by": side.value,
        "fields": list(proposal.fields),
        "terms": proposal.terms,
        "masks": dict(proposal.masks),
    }
    if transition.name == "negotiate":
        return take(demand, "negotiate", actor=actor, now=now, details=details)
    charge(demand, side_holding(demand), now=now)
    workflow.switch_holder(
        kind=ClockKind.NEGOTIATE,
        subject_kind=KIND,
        subject_uid=demand.uid,
        holder_path=holder(demand).path,
        now=now,
    )
    show_todo(demand, now)
    note(demand, DemandEvent.PROPOSED, actor=actor, now=now, details=details)
    return demand


@transaction.atomic
def accept_terms(*, actor: Actor, now: datetime, demand: Demand) -> Demand:
    """Accept the other side's proposal: the demand is confirmed with its terms, and its service is due.

    Raises Forbidden, WrongState, NoProposal, NotYourTurn, MissingYear.
    """
    demand = locked(demand)
    last = turn_of(actor, demand)
    answer(last, Answer.ACCEPTED, actor, now)
    demand.fields, demand.terms, demand.masks = last.fields, last.terms, last.masks
    demand.rate_per_minute, demand.volume_per_day = last.rate_per_minute, last.volume_per_day
    demand.reason, demand.refused_by = "", ""
    take(
        demand, "agree", actor=actor, now=now, details={"fields": last.fields, "terms": last.terms, "masks": last.masks}
    )
    return grant_if_covered(demand, now=now)


@transaction.atomic
def decline_terms(*, actor: Actor, now: datetime, demand: Demand, reason: str) -> Demand:
    """Decline the other side's proposal without another: the refusal stands, and may be put before the platform.

    Raises Forbidden, WrongState, NoProposal, NotYourTurn, FieldErrors.
    """
    demand = locked(demand)
    last = turn_of(actor, demand)
    rules.check_reason(reason)
    answer(last, Answer.DECLINED, actor, now, reason)
    demand.appeal_until = max(
        demand.appeal_until or workflow.city_day(now),
        workflow.calendar().due(workflow.city_day(now), rules.AFTER_TALKS_DAYS),
    )
    return take(demand, "break_off", actor=actor, now=now, details={"reason": reason})


def turn_of(actor: Actor, demand: Demand) -> Round:
    """The open proposal, which the actor's side is to answer."""
    side = side_in(actor, demand)
    last = demand.rounds.filter(answer=Answer.OPEN).last()
    talking.check_turn(demand.state, side=side, last=last.side if last else None)
    return demand.rounds.select_for_update().get(answer=Answer.OPEN)


def answer(row: Round, became: Answer, actor: Actor, now: datetime, reason: str = "") -> None:
    """Keep what became of a proposal."""
    row.answer, row.answer_reason = became, reason
    row.answered_by_name, row.answered_at = actor.name, now
    row.save()
