"""Applications and their grants."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.kernel.errors import Invalid
from quanshu.organisation.api import get_unit
from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.services import api as services
from quanshu.sharing.services.api import Consumer, Grant, GrantLimits
from quanshu.sharing.services.api import ServicePermission as P

router = Router()


class NaiveTime(Invalid):
    code = "services.naive_time"
    message = "valid_until has no offset from UTC."
    remedy = "Write the moment with its offset, such as 2027-01-01T00:00:00+08:00."


class ConsumerBody(Schema):
    """A new application."""

    unit_uid: str
    name: str
    name_en: str = ""


class LimitsBody(Schema):
    """What a grant limits; what is left out or null is not limited."""

    burst: int | None = None
    daily_rows: int | None = None
    row_cap: int | None = None
    windows: list[str] = []
    networks: list[str] = []
    case_required: bool = False

    def limits(self) -> GrantLimits:
        return GrantLimits(
            self.burst,
            self.daily_rows,
            self.row_cap,
            tuple(self.windows),
            tuple(self.networks),
            self.case_required,
        )


class GrantBody(LimitsBody):
    """A grant as approved."""

    consumer_uid: str
    service_uid: str
    granted_fields: list[str]
    purpose: str
    rate_per_minute: int
    valid_until: datetime
    daily_limit: int | None = None
    masks: dict[str, str] = {}


class ChangeBody(LimitsBody):
    """A grant's limits, set anew as a whole."""

    rate_per_minute: int
    daily_limit: int | None = None


class ReasonBody(Schema):
    """Why."""

    reason: str


def consumer_row(consumer: Consumer) -> dict[str, Any]:
    """An application; never its secrets."""
    return {
        "uid": consumer.uid,
        "rid": consumer.rid,
        "name": consumer.name,
        "name_en": consumer.name_en,
        "unit_uid": consumer.unit.uid,
        "unit_name": consumer.unit.name,
        "active": consumer.active,
        "created_at": consumer.created_at,
        "keys": [
            {"kid": key.kid, "not_before": key.not_before, "not_after": key.not_after} for key in consumer.keys.all()
        ],
    }


def grant_row(grant: Grant) -> dict[str, Any]:
    """A grant."""
    return {
        "uid": grant.uid,
        "consumer_uid": grant.consumer.uid,
        "rid": grant.consumer.rid,
        "service_uid": grant.service.uid,
        "sid": grant.service.sid,
        "granted_fields": grant.fields,
        "masks": grant.masks,
        "purpose": grant.purpose,
        "demand_uid": grant.demand_uid,
        "rate_per_minute": grant.rate_per_minute,
        "daily_limit": grant.daily_limit,
        **asdict(grant.limits),
        "valid_from": grant.valid_from,
        "valid_until": grant.valid_until,
        "revoked_at": grant.revoked_at,
        "revoke_reason": grant.revoke_reason,
    }


@router.get("/applications")
def list_consumers(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Applications of the caller's units."""
    actor = actor_of(request, P.CONSUMER_VIEW)
    rows = Consumer.objects.visible_to(actor).select_related("unit").prefetch_related("keys")
    return page_of(rows, limit=limit, offset=offset, serialise=consumer_row)


@router.get("/applications/{uid}")
def get_consumer(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One application by uid or requester id."""
    return consumer_row(services.get_consumer(actor=actor_of(request), uid=uid))


@router.post("/applications", response={201: dict[str, Any]})
def create_consumer(request: HttpRequest, body: ConsumerBody) -> Status[dict[str, Any]]:
    """Register an application; `secret` is in this answer and in no other."""
    actor = actor_of(request)
    unit = get_unit(actor=actor, uid=body.unit_uid)
    consumer, secret = services.create_consumer(actor=actor, now=now(), unit=unit, name=body.name, name_en=body.name_en)
    return Status(201, consumer_row(consumer) | {"secret": secret})


@router.post("/applications/{uid}/rotate")
def rotate_key(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Make a new secret; the present ones hold for seven more days."""
    actor = actor_of(request)
    consumer = services.get_consumer(actor=actor, uid=uid)
    secret = services.rotate_key(actor=actor, now=now(), consumer=consumer)
    return consumer_row(consumer) | {"secret": secret}


@router.post("/applications/{uid}/stop")
def stop_consumer(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Switch an application off for good."""
    actor = actor_of(request)
    consumer = services.get_consumer(actor=actor, uid=uid)
    return consumer_row(services.stop_consumer(actor=actor, now=now(), consumer=consumer))


@router.get("/grants")
def list_grants(
    request: HttpRequest, service: str = "", consumer: str = "", limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """Grants the caller's units hold or have given; `service` and `consumer` are uids."""
    actor = actor_of(request, P.GRANT_VIEW)
    rows = Grant.objects.visible_to(actor).select_related("consumer", "service")
    facets = {"service__uid": service, "consumer__uid": consumer}
    rows = rows.filter(**{key: value for key, value in facets.items() if value})
    return page_of(rows, limit=limit, offset=offset, serialise=grant_row)


@router.get("/grants/{uid}")
def get_grant(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One grant."""
    return grant_row(services.get_grant(actor=actor_of(request), uid=uid))


@router.post("/grants", response={201: dict[str, Any]})
def create_grant(request: HttpRequest, body: GrantBody) -> Status[dict[str, Any]]:
    """Let an application call a service for exactly these fields, this purpose, rate and time."""
    actor = actor_of(request)
    if body.valid_until.tzinfo is None:
        raise NaiveTime
    grant = services.create_grant(
        actor=actor,
        now=now(),
        consumer=services.get_consumer(actor=actor, uid=body.consumer_uid),
        service=services.get_service(actor=actor, uid=body.service_uid),
        fields=body.granted_fields,
        purpose=body.purpose,
        rate_per_minute=body.rate_per_minute,
        daily_limit=body.daily_limit,
        valid_until=body.valid_until,
        limits=body.limits(),
        masks=body.masks,
    )
    return Status(201, grant_row(grant))


@router.post("/grants/{uid}/limits")
def change_limits(request: HttpRequest, uid: str, body: ChangeBody) -> dict[str, Any]:
    """Set a grant's limits anew; gateways hold to them within a second."""
    actor = actor_of(request)
    grant = services.change_limits(
        actor=actor,
        now=now(),
        grant=services.get_grant(actor=actor, uid=uid),
        rate_per_minute=body.rate_per_minute,
        daily_limit=body.daily_limit,
        limits=body.limits(),
    )
    return grant_row(grant)


@router.post("/grants/{uid}/revoke")
def revoke_grant(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """End a grant; gateways refuse it within a second."""
    actor = actor_of(request)
    grant = services.get_grant(actor=actor, uid=uid)
    return grant_row(services.revoke_grant(actor=actor, grant=grant, reason=body.reason, now=now()))
