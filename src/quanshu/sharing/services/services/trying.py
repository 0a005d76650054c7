"""The try-it form: a real call through the gateway, signed with a key of the person's own unit."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx
from django.conf import settings
from django.db.models import QuerySet

from quanshu.gateway.client import Answer, GatewayClient
from quanshu.gateway.signing.profiles import HMAC, SCHEMES
from quanshu.kernel.ciphers import suite
from quanshu.shared.access.api import Actor, require
from quanshu.sharing.services.models import Consumer, Grant, Service
from quanshu.sharing.services.permissions import ServicePermission
from quanshu.sharing.services.services.probing import call as probe_call
from quanshu.sharing.services.services.publishing import seal_key
from quanshu.sharing.services.types import GatewaySilent, NoGrantToTry, OwnKeysOnly


def grants_to_try(*, actor: Actor, service: Service, now: datetime) -> QuerySet[Grant]:
    """Grants in force for the service, of applications the actor manages."""
    consumers = Consumer.objects.visible_to(actor).filter(active=True, unit__uid=actor.unit_uid)
    return Grant.objects.filter(
        consumer__in=consumers, service=service, revoked_at__isnull=True, valid_until__gt=now
    ).select_related("consumer__unit")


def try_service(
    *, actor: Actor, now: datetime, service: Service, parameters: Mapping[str, Any], case_number: str = ""
) -> Answer:
    """Call a service as the first application of the actor's unit that holds a grant.

    The call passes the gateway like any other, with its limits, receipt and audit entry. Raises Forbidden,
    NoGrantToTry, OwnKeysOnly, GatewaySilent.
    """
    grant = grants_to_try(actor=actor, service=service, now=now).first()
    if grant is None:
        raise NoGrantToTry
    require(actor, ServicePermission.CONSUMER_MANAGE, grant.consumer)
    return call_as(grant.consumer, service.sid, parameters, case_number=case_number, now=now)


def call_as(
    consumer: Consumer,
    sid: str,
    parameters: Mapping[str, Any],
    *,
    fields: Sequence[str] | None = None,
    case_number: str = "",
    consent: str = "",
    now: datetime,
) -> Answer:
    """A call through the gateway signed with an application's key: for its unit's own doings alone.

    `consent` is the uid of the consent it is made under, where the service asks for one.

    Raises NoGrantToTry without a key in force, OwnKeysOnly, GatewaySilent.
    """
    profile = next((name for name in consumer.profiles if SCHEMES[name] == HMAC), None)
    if profile is None:
        raise OwnKeysOnly
    key = consumer.keys.filter(scheme=HMAC, not_before__lte=now, not_after__gt=now).first()
    if key is None:
        raise NoGrantToTry
    context = f"{consumer.rid}:{key.kid}".encode()
    secret = suite("intl").open(seal_key(), base64.b64decode(key.secret_sealed), context).decode()
    try:
        way = {"profile": profile, "kid": key.kid}
        with GatewayClient(settings.QUANSHU_GATEWAY_URL, consumer.rid, secret, timeout=10, **way) as client:
            given = {"case_number": case_number or None, "consent": consent or None}
            return client.call(sid, parameters, fields=fields, **given)
    except httpx.HTTPError as fault:
        raise GatewaySilent(address=settings.QUANSHU_GATEWAY_URL) from fault


def try_part(sid: str) -> str:
    """The code a service answers the platform's own call with, made with its example, which is nobody's value."""
    service = Service.objects.filter(sid=sid, served_version__isnull=False).first()
    return probe_call(service)[0] if service is not None else "gateway.unknown_service"
