"""The requester's steps: write, submit, contest, withdraw."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from quanshu.shared.access.api import Actor, require
from quanshu.shared.workflow.api import city_day
from quanshu.sharing.demands import rules
from quanshu.sharing.demands.events import DemandEvent
from quanshu.sharing.demands.models import Demand, NumberSeries
from quanshu.sharing.demands.permissions import DemandPermission
from quanshu.sharing.demands.queries import asked_fields
from quanshu.sharing.demands.queries.wanted import in_force
from quanshu.sharing.demands.services.moving import locked, note, take
from quanshu.sharing.demands.types import Answer, DemandData
from quanshu.sharing.services.api import Consumer, Service
from quanshu.supply.catalogue.api import Entry

COPIED = ["title", "purpose", "legal_basis", "valid_until", "volume_per_day", "rate_per_minute"]


@transaction.atomic
def create_demand(
    *,
    actor: Actor,
    now: datetime,
    entry: Entry,
    consumer: Consumer,
    data: DemandData,
    wanted: Service | None = None,
) -> Demand:
    """Write a draft for an application; the application's unit is the one that asks.

    `wanted` is a verification, statistic or composite of the entry that is asked for by itself. Raises Forbidden,
    NotPublished, NotShared, OwnData, ServiceNotAskable, or FieldErrors naming every field at fault.
    """
    require(actor, DemandPermission.SUBMIT, consumer.unit)
    demand = Demand(
        entry=entry,
        consumer=consumer,
        requesting_unit=consumer.unit,
        supplier_unit=entry.unit,
        wanted=wanted,
        created_by=actor.uid,
        created_at=now,
    )
    keep(demand, data, now)
    note(demand, DemandEvent.CREATED, actor=actor, now=now, details={"fields": len(data.fields)})
    return demand


@transaction.atomic
def change_demand(*, actor: Actor, now: datetime, demand: Demand, consumer: Consumer, data: DemandData) -> Demand:
    """Change a draft or a returned demand. Raises Forbidden, WrongState, FieldErrors."""
    demand = locked(demand)
    require(actor, DemandPermission.SUBMIT, demand.requesting_unit)
    require(actor, DemandPermission.SUBMIT, consumer.unit)
    rules.check_editable(demand.state)
    demand.consumer, demand.requesting_unit = consumer, consumer.unit
    keep(demand, data, now)
    note(demand, DemandEvent.CHANGED, actor=actor, now=now, details={"fields": len(data.fields)})
    return demand


@transaction.atomic
def submit_demand(*, actor: Actor, now: datetime, demand: Demand) -> Demand:
    """Hand a demand in: it gets its number, and the platform has two working days to check it.

    Raises Forbidden, WrongState, NotPublished, NotShared, FieldErrors, MissingYear.
    """
    demand = locked(demand)
    require(actor, DemandPermission.SUBMIT, demand.requesting_unit)
    rules.check_step(demand.state, "submit")
    check_askable(demand)
    items = asked_fields(demand.entry, demand.wanted)
    rules.check_demand(data_of(demand), items=items, today=city_day(now))
    if not demand.number:
        demand.number = issue_number(city_day(now).year)
    demand.submitted_at = demand.submitted_at or now
    demand.reason = ""
    return take(demand, "submit", actor=actor, now=now, details={"fields": list(demand.fields)})


@transaction.atomic
def contest_demand(*, actor: Actor, now: datetime, demand: Demand, reason: str) -> Demand:
    """Put a supplier's refusal, or a negotiation without agreement, before the platform.

    Raises Forbidden, WrongState, NotContestable, AppealOver, FieldErrors.
    """
    demand = locked(demand)
    require(actor, DemandPermission.SUBMIT, demand.requesting_unit)
    rules.check_contest(demand.state, demand.refused_by, until=demand.appeal_until, today=city_day(now))
    rules.check_reason(reason)
    waiting = demand.rounds.filter(answer=Answer.OPEN)
    waiting.update(answer=Answer.DECLINED, answered_by_name=actor.name, answered_at=now)
    return take(demand, "contest", actor=actor, now=now, details={"reason": reason})


@transaction.atomic
def withdraw_demand(*, actor: Actor, now: datetime, demand: Demand, reason: str) -> Demand:
    """Take a demand back before it is granted. Raises Forbidden, WrongState, FieldErrors."""
    demand = locked(demand)
    require(actor, DemandPermission.SUBMIT, demand.requesting_unit)
    rules.check_step(demand.state, "withdraw")
    rules.check_reason(reason)
    demand.reason, demand.closed_at = reason, now
    return take(demand, "withdraw", actor=actor, now=now, details={"reason": reason})


def keep(demand: Demand, data: DemandData, now: datetime) -> None:
    """Check what was entered and copy it onto the row."""
    check_askable(demand)
    items = asked_fields(demand.entry, demand.wanted)
    rules.check_demand(data, items=items, today=city_day(now))
    for name in COPIED:
        setattr(demand, name, getattr(data, name))
    wanted = set(data.fields)
    demand.fields = [field.name for field in items if field.name in wanted]
    demand.updated_at = now
    demand.save()


def data_of(demand: Demand) -> DemandData:
    """The row as the value the rules work on."""
    return DemandData(fields=tuple(demand.fields), **{name: getattr(demand, name) for name in COPIED})


def check_askable(demand: Demand) -> None:
    """Ask the entry's rule with the demand's values."""
    entry = demand.entry
    rules.check_askable(
        entry=entry.resource_name,
        published=entry.published_version is not None,
        share_type=entry.share_type,
        share_law=entry.share_law,
        own=demand.requesting_unit_id == entry.unit_id,
    )
    if demand.wanted is not None:
        service = demand.wanted
        rules.check_wanted(
            service=service.name,
            shape=service.shape,
            in_force=in_force(service),
            same_entry=service.entry_id == entry.pk,
        )


def issue_number(year: int) -> str:
    """The year's next number. The series' row stays locked until the transaction ends, so a refusal leaves no gap."""
    NumberSeries.objects.get_or_create(year=year)
    NumberSeries.objects.filter(year=year).update(last=F("last") + 1)
    return rules.number_of(year, NumberSeries.objects.get(year=year).last)
