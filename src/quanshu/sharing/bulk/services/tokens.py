"""Tokens of bulk reads: made by the receiver's unit, shown once, changed with overlap, ended at once."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from quanshu.gateway.snapshot import append_revocation
from quanshu.shared.access.api import Actor, require
from quanshu.sharing.bulk import rules
from quanshu.sharing.bulk.events import BulkEvent
from quanshu.sharing.bulk.models import BulkToken
from quanshu.sharing.bulk.permissions import BulkPermission as P
from quanshu.sharing.bulk.queries import held_by
from quanshu.sharing.bulk.services.noting import note
from quanshu.sharing.bulk.types import NoGrantYet
from quanshu.sharing.services.api import Consumer, ConsumerOff, mark_dirty


@transaction.atomic
def make_token(*, actor: Actor, consumer: Consumer, days: int, now: datetime) -> tuple[BulkToken, str]:
    """Make a token for all bulk grants of an application; returns it and its text, which is shown this once.

    Those before hold for seven more days at most, so that readers can change over.
    Raises Forbidden, ConsumerOff, NoGrantYet, FieldErrors.
    """
    consumer = Consumer.objects.select_for_update(of=("self",)).select_related("unit").get(pk=consumer.pk)
    require(actor, P.TOKEN, consumer)
    rules.check_days(days)
    if not consumer.active:
        raise ConsumerOff(consumer=consumer.name)
    if not held_by(consumer.pk, now):
        raise NoGrantYet(consumer=consumer.name)
    ends = now + rules.OVERLAP
    BulkToken.objects.filter(consumer=consumer, revoked_at__isnull=True, not_after__gt=ends).update(not_after=ends)
    text = f"qst_{secrets.token_urlsafe(32)}"
    token = BulkToken.objects.create(
        consumer=consumer,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        hint=text[-4:],
        not_before=now,
        not_after=now + timedelta(days=days),
        created_by=actor.name,
    )
    mark_dirty()
    details = {"rid": consumer.rid, "not_after": token.not_after.isoformat()}
    note(BulkEvent.TOKEN_MADE, token, actor=actor, now=now, details=details)
    return token, text


@transaction.atomic
def revoke_token(*, actor: Actor, token: BulkToken, now: datetime) -> BulkToken:
    """End a token, and the file addresses given under it, within a second. Raises Forbidden, TokenOver."""
    rows = BulkToken.objects.select_for_update(of=("self",)).select_related("consumer__unit")
    token = rows.get(pk=token.pk)
    require(actor, P.TOKEN, token)
    rules.check_token(revoked=token.revoked_at is not None, not_after=token.not_after, now=now)
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    mark_dirty()
    note(BulkEvent.TOKEN_REVOKED, token, actor=actor, now=now, details={"rid": token.consumer.rid})
    folder = settings.QUANSHU_GATEWAY_DIR
    transaction.on_commit(partial(append_revocation, folder, "bulk_token", token.uid, now.isoformat()))
    return token


def profile_of(token: BulkToken, text: str) -> str:
    """The profile file (`.share`) that readers of the Delta Sharing protocol are given."""
    profile = {
        "shareCredentialsVersion": 1,
        "endpoint": f"{settings.QUANSHU_GATEWAY_URL.rstrip('/')}/delta-sharing/",
        "bearerToken": text,
        "expirationTime": token.not_after.strftime("%Y-%m-%dT%H:%M:%S.0Z"),
    }
    return json.dumps(profile, indent=2)
