"""From approval to use and its end: the grant carries exactly what was asked for and approved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import SYSTEM, Actor, allows, require
from quanshu.sharing.demands import rules
from quanshu.sharing.demands.events import DemandEvent
from quanshu.sharing.demands.models import Demand
from quanshu.sharing.demands.permissions import DemandPermission
from quanshu.sharing.demands.queries.wanted import PartNeed, covering, parts_of
from quanshu.sharing.demands.services.moving import locked, note, take
from quanshu.sharing.demands.types import DemandState, NoServiceYet, PartsNotGranted, PartState
from quanshu.sharing.development.api import OrderData, open_order
from quanshu.sharing.services.api import (
    Consumer,
    Grant,
    Service,
    agreed_masks,
    create_grant,
    fields_of,
    find_covering,
    items_in,
    least_masks,
    revoke_grant,
    terms_of,
)


@transaction.atomic
def grant_demand(*, actor: Actor, now: datetime, demand: Demand, service: Service | None = None) -> Demand:
    """Grant an approved demand on `service`, by default on the published one that carries its fields.

    Raises Forbidden, WrongState, NoServiceYet, ServiceDoesNotCover, PartsNotGranted.
    """
    demand = locked(demand)
    if not allows(actor, DemandPermission.GRANT, demand):
        require(actor, DemandPermission.GRANT, demand.supplier_unit)
    rules.check_step(demand.state, "grant")
    chosen = covering_service(demand, service, now=now)
    return grant_on(demand, chosen, actor=actor, now=now)


@transaction.atomic
def close_demand(*, actor: Actor, now: datetime, demand: Demand, reason: str) -> Demand:
    """End the use: the grant is revoked, and those made with it for parts. The requester or the platform may.

    Raises Forbidden, WrongState, FieldErrors.
    """
    demand = locked(demand)
    if not allows(actor, DemandPermission.CHECK, demand):
        require(actor, DemandPermission.SUBMIT, demand.requesting_unit)
    rules.check_step(demand.state, "close")
    rules.check_reason(reason)
    made = Q(uid=demand.grant_uid) | Q(demand_uid=demand.uid)
    for grant in Grant.objects.filter(made, revoked_at__isnull=True, valid_until__gt=now):
        revoke_grant(actor=SYSTEM, grant=grant, reason=reason, now=now)
    demand.reason, demand.closed_at = reason, now
    return take(demand, "close", actor=actor, now=now, details={"reason": reason, "grant": demand.grant_uid})


def close_expired(*, today: date, now: datetime) -> int:
    """Close demands whose last day of use has passed; returns how many. Their grants have run out by themselves."""
    over = Demand.objects.filter(state=DemandState.IN_USE, valid_until__lt=today)
    reason = N_("The approved time is over.")
    return len([close_demand(actor=SYSTEM, now=now, demand=demand, reason=reason) for demand in over])


def grant_if_covered(demand: Demand, *, now: datetime) -> Demand:
    """Grant a demand just approved when a published service carries its fields; else leave it to be made."""
    wanted = demand.wanted is not None
    service = covering(demand, now=now) if wanted else find_covering(demand.entry, demand.fields)
    return demand if service is None else grant_on(demand, service, actor=SYSTEM, now=now)


def grant_or_order(demand: Demand, *, now: datetime) -> Demand:
    """Grant a demand just approved when a published service carries its fields; else have the platform build one."""
    demand = grant_if_covered(demand, now=now)
    if demand.wanted is not None:
        return demand
    items = items_in(terms_of(demand.entry) or {"items": ()})
    fields = tuple(name for name in demand.fields if name in items)
    if demand.state == DemandState.DEVELOPING and fields:
        data = OrderData(title=demand.title, fields=fields, wanted=demand.purpose)
        unit = demand.requesting_unit
        open_order(actor=SYSTEM, now=now, entry=demand.entry, unit=unit, data=data, demand_uid=demand.uid)
    return demand


@transaction.atomic
def note_built(*, demand: Demand, now: datetime) -> bool:
    """The service a demand waits for was accepted: its stewards learn that publishing comes next. False when late."""
    demand = locked(demand)
    if demand.state != DemandState.DEVELOPING:
        return False
    note(demand, DemandEvent.BUILT, actor=SYSTEM, now=now)
    return True


@transaction.atomic
def grant_waiting(*, service: Service, now: datetime) -> int:
    """A service was published: grant the approved demands it carries; returns how many."""
    asked = Q(entry=service.entry, wanted__isnull=True) | Q(wanted=service)
    return grant_all(Demand.objects.filter(asked, state=DemandState.DEVELOPING), now=now)


@transaction.atomic
def grant_composites(*, consumer: Consumer, now: datetime) -> int:
    """An application was granted something: grant the composites it waits for, if that was what lacked."""
    waiting = Demand.objects.filter(consumer=consumer, wanted__isnull=False, state=DemandState.DEVELOPING)
    return grant_all(waiting, now=now)


def grant_all(waiting: QuerySet[Demand], *, now: datetime) -> int:
    """Grant those that are covered now, the oldest first; returns how many."""
    granted = [grant_if_covered(locked(demand), now=now) for demand in waiting.order_by("submitted_at")]
    return sum(demand.state == DemandState.IN_USE for demand in granted)


def covering_service(demand: Demand, service: Service | None, *, now: datetime) -> Service:
    """The service to grant on. Raises NoServiceYet, ServiceDoesNotCover, PartsNotGranted."""
    if demand.wanted is not None:
        missing = [part for part in parts_of(demand, now=now) if part.state == PartState.MISSING]
        if missing:
            raise PartsNotGranted(services=", ".join(part.service.name for part in missing))
        if covering(demand, now=now) is None:
            raise NoServiceYet
        return demand.wanted
    if service is None:
        found = find_covering(demand.entry, demand.fields)
        if found is None:
            raise NoServiceYet
        return found
    rules.check_covers(service=service.name, offered=offered_fields(service, demand), asked=demand.fields)
    return service


def offered_fields(service: Service, demand: Demand) -> list[str]:
    """Fields a published service of the demand's entry returns."""
    if service.entry_id != demand.entry_id:
        return []
    return list(fields_of(service))


def grant_on(demand: Demand, service: Service, *, actor: Actor, now: datetime) -> Demand:
    """Make the grant and put the demand in use.

    The platform makes the grant: what is granted was decided by the supplier's or the platform's approval of
    this demand, which the rules of demands have checked.
    """
    approved = {**demand.approved_values(), "valid_until": last_moment(demand), "demand_uid": demand.uid}
    for part in parts_of(demand, now=now):
        if part.state == PartState.OWN:
            grant_part(demand, part, approved, now=now)
    grant = create_grant(
        actor=SYSTEM,
        consumer=demand.consumer,
        service=service,
        daily_limit=demand.volume_per_day,
        masks=agreed_masks(demand.masks, least_masks(service), demand.fields),
        now=now,
        **approved,
    )
    demand.service, demand.grant_uid, demand.granted_at = service, grant.uid, now
    details = {"service": service.sid, "grant": grant.uid, "fields": list(demand.fields)}
    return take(demand, "grant", actor=actor, now=now, details=details)


def grant_part(demand: Demand, part: PartNeed, approved: Mapping[str, Any], *, now: datetime) -> Grant:
    """Grant what the composite needs of another service of the same supplier, as often as it is called."""
    needed = {"fields": list(part.fields), "rate_per_minute": approved["rate_per_minute"] * part.calls}
    return create_grant(
        actor=SYSTEM,
        consumer=demand.consumer,
        service=part.service,
        daily_limit=demand.volume_per_day * part.calls,
        now=now,
        **{**approved, **needed},
    )


def last_moment(demand: Demand) -> datetime:
    """The end, in the city, of the last day of use."""
    return datetime.combine(demand.valid_until + timedelta(days=1), time.min, tzinfo=CITY_TZ)
