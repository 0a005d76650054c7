"""Applications that call, and their keys."""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.gateway.signing.profiles import HMAC
from quanshu.gateway.snapshot import append_revocation
from quanshu.gateway.state import seal_secret
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, Place, require
from quanshu.sharing.services.events import ServiceEvent
from quanshu.sharing.services.models import Consumer, ConsumerKey
from quanshu.sharing.services.permissions import ServicePermission
from quanshu.sharing.services.services.keys import KEY_LIFE, give_way, locked, next_kid
from quanshu.sharing.services.services.noting import note
from quanshu.sharing.services.services.publishing import mark_dirty, seal_key


class _At:
    """Where a new application will stand."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)


@transaction.atomic
def create_consumer(*, actor: Actor, now: datetime, unit: Unit, name: str, name_en: str = "") -> tuple[Consumer, str]:
    """Register an application of a unit; returns it and its secret, which is shown this once.

    Raises Forbidden, FieldErrors.
    """
    require(actor, ServicePermission.CONSUMER_MANAGE, _At(unit))
    if not name.strip():
        fault = FieldError("name", N_("This must not be empty."), N_("Enter the application's name."))
        raise FieldErrors(errors=(fault,))
    rid = f"app-{secrets.token_hex(6)}"
    consumer = Consumer.objects.create(rid=rid, name=name.strip(), name_en=name_en.strip(), unit=unit, created_at=now)
    secret = _new_key(consumer, actor, now)
    note(ServiceEvent.CONSUMER_CREATED, consumer, actor=actor, now=now, details={"rid": rid})
    return consumer, secret


@transaction.atomic
def rotate_key(*, actor: Actor, now: datetime, consumer: Consumer, ends_at: datetime | None = None) -> str:
    """Make a new secret; the old ones hold until `ends_at`, seven days unless told, so that callers can change over.

    Raises Forbidden, ConsumerOff, TooManyKeys, FieldErrors.
    """
    consumer = locked(consumer, actor)
    give_way(list(consumer.keys.filter(scheme=HMAC, not_after__gt=now)), now, ends_at)
    secret = _new_key(consumer, actor, now)
    note(ServiceEvent.KEY_ROTATED, consumer, actor=actor, now=now)
    return secret


@transaction.atomic
def stop_consumer(*, actor: Actor, now: datetime, consumer: Consumer) -> Consumer:
    """Switch an application off for good; gateways refuse it within a second. Raises Forbidden, ConsumerOff."""
    consumer = locked(consumer, actor)
    consumer.active = False
    consumer.save(update_fields=["active"])
    mark_dirty()
    note(ServiceEvent.CONSUMER_STOPPED, consumer, actor=actor, now=now)
    folder = settings.QUANSHU_GATEWAY_DIR
    transaction.on_commit(partial(append_revocation, folder, "client", consumer.rid, now.isoformat()))
    return consumer


def _new_key(consumer: Consumer, actor: Actor, now: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    kid = next_kid(consumer, now)
    ConsumerKey.objects.create(
        consumer=consumer,
        kid=kid,
        secret_sealed=seal_secret(seal_key(), consumer.rid, kid, secret),
        not_before=now,
        not_after=now + KEY_LIFE,
        created_by=actor.name[:100],
    )
    mark_dirty()
    return secret
