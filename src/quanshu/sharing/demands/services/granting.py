"""From approval to use and its end: the grant carries exactly what was asked for and approved."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import SYSTEM, Actor, allows, require
from quanshu.sharing.demands import rules
from quanshu.sharing.demands.events import DemandEvent
from quanshu.sharing.demands.models import Demand
from quanshu.sharing.demands.permissions import DemandPermission
from quanshu.sharing.demands.services.moving import locked, note, take
from quanshu.sharing.demands.types import DemandState, NoServiceYet
from quanshu.sharing.development.api import OrderData, open_order
from quanshu.sharing.services.api import (
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

    Raises Forbidden, WrongState, NoServiceYet, ServiceDoesNotCover.
    """
    demand = locked(demand)
    if not allows(actor, DemandPermission.GRANT, demand):
        require(actor, DemandPermission.GRANT, demand.supplier_unit)
    rules.check_step(demand.state, "grant")
    covering = covering_service(demand, service)
    return grant_on(demand, covering, actor=actor, now=now)


@transaction.atomic
def close_demand(*, actor: Actor, now: datetime, demand: Demand, reason: str) -> Demand:
    """End the use: the grant is revoked. The requester or the platform may.

    Raises Forbidden, WrongState, FieldErrors.
    """
    demand = locked(demand)
    if not allows(actor, DemandPermission.CHECK, demand):
        require(actor, DemandPermission.SUBMIT, demand.requesting_unit)
    rules.check_step(demand.state, "close")
    rules.check_reason(reason)
    grant = Grant.objects.filter(uid=demand.grant_uid, revoked_at__isnull=True).first()
    if grant is not None:
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
    service = find_covering(demand.entry, demand.fields)
    return demand if service is None else grant_on(demand, service, actor=SYSTEM, now=now)


def grant_or_order(demand: Demand, *, now: datetime) -> Demand:
    """Grant a demand just approved when a published service carries its fields; else have the platform build one."""
    demand = grant_if_covered(demand, now=now)
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
    waiting = Demand.objects.filter(entry=service.entry, state=DemandState.DEVELOPING).order_by("submitted_at")
    granted = [grant_if_covered(locked(demand), now=now) for demand in waiting]
    return sum(demand.state == DemandState.IN_USE for demand in granted)


def covering_service(demand: Demand, service: Service | None) -> Service:
    """The service to grant on. Raises NoServiceYet, ServiceDoesNotCover."""
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
    grant = create_grant(
        actor=SYSTEM,
        consumer=demand.consumer,
        service=service,
        daily_limit=demand.volume_per_day,
        demand_uid=demand.uid,
        masks=agreed_masks(demand.masks, least_masks(service), demand.fields),
        now=now,
        **{**demand.approved_values(), "valid_until": last_moment(demand)},
    )
    demand.service, demand.grant_uid, demand.granted_at = service, grant.uid, now
    details = {"service": service.sid, "grant": grant.uid, "fields": list(demand.fields)}
    return take(demand, "grant", actor=actor, now=now, details=details)


def last_moment(demand: Demand) -> datetime:
    """The end, in the city, of the last day of use."""
    return datetime.combine(demand.valid_until + timedelta(days=1), time.min, tzinfo=CITY_TZ)
