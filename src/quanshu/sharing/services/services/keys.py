"""Keys and ways of signing of applications: registered, replaced with overlap, ended."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from quanshu.gateway.signing.keys import fingerprint
from quanshu.gateway.snapshot import append_revocation
from quanshu.shared.access.api import Actor, require
from quanshu.sharing.services import rules
from quanshu.sharing.services.events import ServiceEvent
from quanshu.sharing.services.models import Consumer, ConsumerKey
from quanshu.sharing.services.permissions import ServicePermission
from quanshu.sharing.services.services.noting import note
from quanshu.sharing.services.services.publishing import mark_dirty
from quanshu.sharing.services.types import ConsumerOff, KeyNotFound, KeyOver

KEY_LIFE = timedelta(days=365)
OVERLAP = timedelta(days=7)


def locked(consumer: Consumer, actor: Actor) -> Consumer:
    """The application's row, held for a change of its keys. Raises Forbidden, ConsumerOff."""
    consumer = Consumer.objects.select_for_update(of=("self",)).select_related("unit").get(pk=consumer.pk)
    require(actor, ServicePermission.CONSUMER_MANAGE, consumer)
    if not consumer.active:
        raise ConsumerOff(consumer=consumer.name)
    return consumer


def next_kid(consumer: Consumer, now: datetime) -> str:
    """The id of the next key. Raises TooManyKeys."""
    rules.check_key_count(consumer.keys.filter(not_after__gt=now).count())
    return f"k{consumer.keys.count() + 1}"


def give_way(keys: Sequence[ConsumerKey], now: datetime, ends_at: datetime | None) -> None:
    """Let old keys end at a stated time, in seven days unless told. Raises FieldErrors."""
    rules.check_overlap(ends_at, now=now)
    end = ends_at or now + OVERLAP
    for key in keys:
        if key.not_after > end:
            key.not_after = end
            key.save(update_fields=["not_after"])


@transaction.atomic
def register_key(
    *,
    actor: Actor,
    now: datetime,
    consumer: Consumer,
    scheme: str,
    public_key: str,
    not_after: datetime | None = None,
    replaces: str = "",
    ends_at: datetime | None = None,
) -> ConsumerKey:
    """Register a public key (Ed25519 or SM2; PEM or Base64), for a year unless told.

    The key named by `replaces` goes on to hold until `ends_at`, seven days unless told. Raises Forbidden,
    ConsumerOff, TooManyKeys, KeyNotFound, FieldErrors.
    """
    consumer = locked(consumer, actor)
    raw = rules.check_public_key(scheme, public_key)
    end = not_after or now + KEY_LIFE
    rules.check_key_life(end, now=now)
    old = [get_key(consumer, replaces)] if replaces else []
    kid = next_kid(consumer, now)
    give_way(old, now, ends_at)
    key = ConsumerKey.objects.create(
        consumer=consumer,
        kid=kid,
        scheme=scheme,
        public_key=base64.b64encode(raw).decode("ascii"),
        not_before=now,
        not_after=end,
        created_by=actor.name[:100],
    )
    mark_dirty()
    details = {"kid": kid, "scheme": scheme, "fingerprint": fingerprint(raw), "replaces": replaces}
    note(ServiceEvent.KEY_REGISTERED, consumer, actor=actor, now=now, details=details)
    return key


@transaction.atomic
def end_key(*, actor: Actor, now: datetime, consumer: Consumer, kid: str) -> ConsumerKey:
    """End a key at once; gateways refuse it within a second. Raises Forbidden, ConsumerOff, KeyNotFound, KeyOver."""
    consumer = locked(consumer, actor)
    key = get_key(consumer, kid)
    if key.not_after <= now:
        raise KeyOver(kid=kid)
    key.not_after = now
    key.save(update_fields=["not_after"])
    mark_dirty()
    note(ServiceEvent.KEY_ENDED, consumer, actor=actor, now=now, details={"kid": kid})
    folder = settings.QUANSHU_GATEWAY_DIR
    transaction.on_commit(partial(append_revocation, folder, "key", f"{consumer.rid}:{kid}", now.isoformat()))
    return key


@transaction.atomic
def set_signing(
    *, actor: Actor, now: datetime, consumer: Consumer, profiles: Sequence[str], fingerprints: Sequence[str]
) -> Consumer:
    """Set the ways an application may sign, and the client certificates it must come with, any when empty.

    A certificate is named by its SHA-256 or given in PEM. Raises Forbidden, ConsumerOff, FieldErrors.
    """
    consumer = locked(consumer, actor)
    consumer.profiles = rules.check_profiles(profiles)
    consumer.fingerprints = rules.check_fingerprints(fingerprints)
    consumer.save(update_fields=["profiles", "fingerprints"])
    mark_dirty()
    details = {"profiles": consumer.profiles, "certificates": consumer.fingerprints}
    note(ServiceEvent.SIGNING_CHANGED, consumer, actor=actor, now=now, details=details)
    return consumer


def get_key(consumer: Consumer, kid: str) -> ConsumerKey:
    """A key of an application. Raises KeyNotFound."""
    key = consumer.keys.filter(kid=kid).first()
    if key is None:
        raise KeyNotFound(kid=kid, consumer=consumer.name)
    return key
