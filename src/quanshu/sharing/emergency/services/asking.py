"""Demands under an emergency: granted at once, or called for with an hours clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.sharing.demands.api import check_askable, field_faults, item_fields, volume_faults
from quanshu.sharing.emergency import rules
from quanshu.sharing.emergency.events import EmergencyEvent
from quanshu.sharing.emergency.models import Emergency, Request
from quanshu.sharing.emergency.permissions import EmergencyPermission
from quanshu.sharing.emergency.queries import extent_of, region_of
from quanshu.sharing.emergency.services.alerting import alert_supplier
from quanshu.sharing.emergency.services.noting import locked, locked_request, note_request, tell
from quanshu.sharing.emergency.types import AskedTwice, RequestData, RequestState
from quanshu.sharing.services.api import Consumer, Grant, Service, create_grant, find_covering, revoke_grant
from quanshu.supply.catalogue.api import Entry


@transaction.atomic
def ask_at_once(
    *, actor: Actor, now: datetime, emergency: Emergency, consumer: Consumer, entry: Entry, data: RequestData
) -> Request:
    """Ask for fields of an entry under an emergency. The grant is made at once where a published service carries the
    fields, and holds until the emergency's end at the latest; else the supplier has hours to open one. The supplier's
    people are alerted either way.

    Raises Forbidden, NotInForce, UnitOutsideScope, EntryOutsideScope, NotPublished, NotShared, OwnData, AskedTwice,
    ConsumerOff, FieldErrors (core data, unknown fields, no purpose).
    """
    require(actor, EmergencyPermission.ASK, consumer.unit)
    emergency = locked(emergency)
    check_ask(emergency, consumer, entry, data, now)
    request = Request(
        number=f"{emergency.number}-{emergency.requests.count() + 1:02d}",
        emergency=emergency,
        consumer=consumer,
        entry=entry,
        fields=[item.name for item in item_fields(entry) if item.name in set(data.fields)],
        purpose=data.purpose.strip(),
        volume_per_day=data.volume_per_day,
        rate_per_minute=data.rate_per_minute,
        asked_by=actor.uid,
        asked_by_name=actor.name,
        asked_at=now,
    )
    request.save()
    note_request(EmergencyEvent.ASKED, request, actor=actor, now=now, fields=request.fields, purpose=request.purpose)
    service = find_covering(entry, request.fields, by_consent=False)
    if service is None:
        request.service_due_at = now + timedelta(hours=rules.SERVICE_HOURS[emergency.level])
        request.save(update_fields=["service_due_at"])
    else:
        grant_on(request, service, now=now)
    alert_supplier(request, now=now)
    return request


def check_ask(emergency: Emergency, consumer: Consumer, entry: Entry, data: RequestData, now: datetime) -> None:
    """Every rule of a demand under an emergency."""
    rules.check_in_force(
        emergency=emergency.title,
        state=emergency.state,
        starts_at=emergency.starts_at,
        ends_at=emergency.ends_at,
        now=now,
    )
    rules.check_scope(
        extent_of(emergency),
        unit=str(consumer.unit),
        unit_path=consumer.unit.path,
        region=region_of(consumer.unit),
        entry=entry.resource_name,
        entry_uid=entry.uid,
        theme=entry.classification.code,
    )
    check_askable(
        entry=entry.resource_name,
        published=entry.published_version is not None,
        share_type=entry.share_type,
        share_law=entry.share_law,
        own=consumer.unit_id == entry.unit_id,
    )
    faults = [
        *field_faults(data.fields, item_fields(entry)),
        *volume_faults(rate_per_minute=data.rate_per_minute, volume_per_day=data.volume_per_day),
    ]
    rules.check_request(purpose=data.purpose, faults=faults)
    open_states = [RequestState.WAITING, RequestState.GRANTED]
    for other in emergency.requests.filter(consumer=consumer, entry=entry, state__in=open_states):
        if set(data.fields) <= set(other.fields):
            raise AskedTwice(number=other.number)


def grant_on(request: Request, service: Service, *, now: datetime) -> Request:
    """Make the grant. The platform makes it: the declaration is the decision, its scope has been checked."""
    transition = rules.check_request_step(request.state, "grant")
    grant = create_grant(
        actor=SYSTEM,
        consumer=request.consumer,
        service=service,
        fields=request.fields,
        purpose=f"{request.emergency.number} {request.purpose}",
        rate_per_minute=request.rate_per_minute,
        daily_limit=request.volume_per_day,
        valid_until=request.emergency.ends_at,
        demand_uid=request.uid,
        now=now,
    )
    request.service, request.grant_uid, request.granted_at = service, grant.uid, now
    request.state = transition.target
    request.save(update_fields=["service", "grant_uid", "granted_at", "state"])
    note_request(
        EmergencyEvent.GRANTED,
        request,
        actor=SYSTEM,
        now=now,
        grant=grant.uid,
        sid=service.sid,
        valid_until=grant.valid_until.isoformat(),
    )
    text = N_("Emergency demand granted: %(of)s. The service can be called.")
    tell([request.asked_by], text, of=str(request), url=request.get_absolute_url(), now=now)
    return request


@transaction.atomic
def grant_waiting(*, service: Service, now: datetime) -> int:
    """A service was published: grant the emergency demands that wait for its fields; returns how many."""
    waiting = Request.objects.filter(entry=service.entry, state=RequestState.WAITING).order_by("asked_at")
    count = 0
    for row in waiting:
        request = locked_request(row)
        covering = find_covering(request.entry, request.fields, by_consent=False)
        running = request.emergency.state == "active" and now < request.emergency.ends_at
        if request.state == RequestState.WAITING and covering is not None and running and request.consumer.active:
            grant_on(request, covering, now=now)
            count += 1
    return count


@transaction.atomic
def give_back(*, actor: Actor, now: datetime, request: Request, reason: str) -> Request:
    """The requester no longer needs the data: the grant ends at once. Raises Forbidden, WrongState, FieldErrors."""
    request = locked_request(request)
    require(actor, EmergencyPermission.ASK, request.consumer.unit)
    transition = rules.check_request_step(request.state, "give_back")
    rules.check_reason(reason)
    grant = Grant.objects.filter(uid=request.grant_uid, revoked_at__isnull=True, valid_until__gt=now).first()
    if grant is not None:
        revoke_grant(actor=SYSTEM, grant=grant, reason=reason, now=now)
    request.state, request.ended_at = transition.target, now
    request.save(update_fields=["state", "ended_at"])
    note_request(EmergencyEvent.GIVEN_BACK, request, actor=actor, now=now, reason=reason)
    return request
