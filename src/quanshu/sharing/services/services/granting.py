"""Grants: made from an approval, ended at once by a revocation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.gateway.snapshot import append_revocation
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.access.api import Actor, require
from quanshu.sharing.services import rules
from quanshu.sharing.services.events import ServiceEvent
from quanshu.sharing.services.models import Consumer, Grant, Service
from quanshu.sharing.services.permissions import ServicePermission
from quanshu.sharing.services.queries import fields_of, least_masks
from quanshu.sharing.services.services.noting import note
from quanshu.sharing.services.services.publishing import mark_dirty, publish_snapshot
from quanshu.sharing.services.types import ConsumerOff, GrantLimits, GrantOver, ServiceState, WrongState


@transaction.atomic
def create_grant(
    *,
    actor: Actor,
    consumer: Consumer,
    service: Service,
    fields: Sequence[str],
    purpose: str,
    rate_per_minute: int,
    daily_limit: int | None,
    valid_until: datetime,
    demand_uid: str = "",
    limits: GrantLimits | None = None,
    masks: Mapping[str, str] | None = None,
    now: datetime,
) -> Grant:
    """Let an application call a service for exactly these fields, this purpose, rate and time.

    `masks` hides fields beyond the service's own masks: {field: mask that hides at least as much}.

    Raises Forbidden, WrongState (the service is not published), ConsumerOff, FieldErrors.
    """
    # Read anew under a lock: the application may have been stopped, or the service withdrawn, meanwhile.
    consumer = Consumer.objects.select_for_update(of=("self",)).select_related("unit").get(pk=consumer.pk)
    service = Service.objects.select_for_update(of=("self",)).select_related("unit", "entry").get(pk=service.pk)
    grant = Grant(
        consumer=consumer,
        service=service,
        fields=list(fields),
        purpose=purpose.strip(),
        demand_uid=demand_uid,
        rate_per_minute=rate_per_minute,
        daily_limit=daily_limit,
        valid_from=now,
        valid_until=valid_until,
        created_at=now,
        created_by=actor.name,
        masks=dict(masks or {}),
    )
    grant.limits = limits or GrantLimits()
    require(actor, ServicePermission.GRANT_CREATE, grant)
    _check(grant, now)
    grant.save()
    mark_dirty()
    note(ServiceEvent.GRANTED, grant, actor=actor, now=now, details=granted(grant))
    return grant


def granted(grant: Grant) -> dict[str, Any]:
    """What the audit trail says of a new grant."""
    return {
        "sid": grant.service.sid,
        "rid": grant.consumer.rid,
        "fields": grant.fields,
        "rate_per_minute": grant.rate_per_minute,
        **set_limits(grant),
        "valid_until": grant.valid_until.isoformat(),
        "demand_uid": grant.demand_uid,
        "entry_uid": grant.service.entry.uid,
        "masks": grant.masks,
    }


def _check(grant: Grant, now: datetime) -> None:
    """The service is in force, the application is on, and what is granted is offered and lies ahead."""
    service = grant.service
    if service.state == ServiceState.WITHDRAWN or (service.state == ServiceState.DRAFT and not service.served_version):
        raise WrongState(state=service.state, step="granted")
    if not grant.consumer.active:
        raise ConsumerOff(consumer=grant.consumer.name)
    rules.check_grant(
        offers=fields_of(service),
        fields=grant.fields,
        purpose=grant.purpose,
        rate_per_minute=grant.rate_per_minute,
        daily_limit=grant.daily_limit,
        limits=grant.limits,
        masks=grant.masks,
        least=least_masks(service),
    )
    if grant.valid_until <= now:
        fault = FieldError("valid_until", N_("The end lies in the past."), N_("Choose a later day."))
        raise FieldErrors(errors=(fault,))


def set_limits(grant: Grant) -> dict[str, Any]:
    """What is limited beyond calls a minute, as the audit trail tells it."""
    told = {"daily_limit": grant.daily_limit, **asdict(grant.limits)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items() if value}


@transaction.atomic
def change_limits(
    *, actor: Actor, grant: Grant, rate_per_minute: int, daily_limit: int | None, limits: GrantLimits, now: datetime
) -> Grant:
    """Set a grant's limits anew; gateways hold to them within a second.

    What was used of the day stays counted. Raises Forbidden, GrantOver, FieldErrors.
    """
    rows = Grant.objects.select_for_update(of=("self",)).select_related("service__unit", "consumer")
    grant = rows.get(pk=grant.pk)
    require(actor, ServicePermission.GRANT_CREATE, grant)
    if grant.revoked_at is not None or grant.valid_until <= now:
        raise GrantOver
    rules.check_grant(
        offers=grant.fields,
        fields=grant.fields,
        purpose=grant.purpose,
        rate_per_minute=rate_per_minute,
        daily_limit=daily_limit,
        limits=limits,
    )
    before = {"rate_per_minute": grant.rate_per_minute, **set_limits(grant)}
    grant.rate_per_minute, grant.daily_limit, grant.limits = rate_per_minute, daily_limit, limits
    grant.save()
    mark_dirty()
    after = {"rate_per_minute": rate_per_minute, **set_limits(grant)}
    details = {"sid": grant.service.sid, "rid": grant.consumer.rid, "before": before, "after": after}
    note(ServiceEvent.LIMITS_CHANGED, grant, actor=actor, now=now, details=details)
    transaction.on_commit(partial(publish_snapshot, now))
    return grant


@transaction.atomic
def revoke_grant(*, actor: Actor, grant: Grant, reason: str, now: datetime) -> Grant:
    """End a grant; gateways refuse it within a second. Raises Forbidden, GrantOver, FieldErrors."""
    rows = Grant.objects.select_for_update(of=("self",)).select_related("service__unit", "consumer")
    grant = rows.get(pk=grant.pk)
    require(actor, ServicePermission.GRANT_REVOKE, grant)
    if not reason.strip():
        raise FieldErrors(errors=(FieldError("reason", N_("This must not be empty."), N_("Say why.")),))
    if grant.revoked_at is not None or grant.valid_until <= now:
        raise GrantOver
    grant.revoked_at, grant.revoke_reason = now, reason.strip()
    grant.save(update_fields=["revoked_at", "revoke_reason"])
    mark_dirty()
    details = {"sid": grant.service.sid, "rid": grant.consumer.rid, "reason": reason, "demand_uid": grant.demand_uid}
    note(ServiceEvent.REVOKED, grant, actor=actor, now=now, details=details)
    folder = settings.QUANSHU_GATEWAY_DIR
    transaction.on_commit(partial(append_revocation, folder, "grant", grant.uid, now.isoformat()))
    return grant
