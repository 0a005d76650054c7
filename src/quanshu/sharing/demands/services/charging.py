"""Who holds the case: each stretch of time is charged to a party."""

from __future__ import annotations

from datetime import datetime

from quanshu.sharing.demands import rules
from quanshu.sharing.demands.models import Demand, Stay
from quanshu.sharing.demands.queries.using import days_between
from quanshu.sharing.demands.types import DemandState, Side


def side_holding(demand: Demand) -> Side | None:
    """The party that has to act next, in a negotiation the one that was offered something; None when nobody has."""
    if demand.state == DemandState.NEGOTIATING:
        last = demand.rounds.filter(answer="open").last()
        if last is not None:
            return Side.REQUESTER if last.side == Side.SUPPLIER else Side.SUPPLIER
    return rules.HOLDER.get(DemandState(demand.state))


def charge(demand: Demand, side: Side | None, *, now: datetime, why: str = "") -> None:
    """From now on time is charged to `side`; what was charged so far is counted in working days."""
    for stay in Stay.objects.filter(demand=demand, until__isnull=True):
        stay.until, stay.days = now, days_between(stay.since, now)
        stay.save(update_fields=["until", "days"])
    if side is not None:
        Stay.objects.create(demand=demand, side=side, state=demand.state, why=why, since=now)
