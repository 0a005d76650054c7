"""The feed that tells gateways of consents, and what the snapshot says of them."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from quanshu.gateway.consent_specs import ConsentKeysSpec
from quanshu.gateway.consents import (
    CONSENTS,
    Consented,
    ConsentFeed,
    append_consents,
    feed_key,
    read_consents,
    write_consents,
)
from quanshu.kernel.ciphers import suite
from quanshu.shared.keys import node_key
from quanshu.sharing.consent.models import Consent
from quanshu.sharing.consent.queries import RELATED, issuer_jwk, issuer_key
from quanshu.sharing.consent.types import ConsentState
from quanshu.sharing.services.api import seal_key

MOST_AT_ONCE = 500
# A feed with this many lines for each consent that holds is written anew.
ROOMY, LEAST = 4, 1000


def snapshot_part(now: datetime) -> dict[str, Any]:
    """The key of subjects' digests and the public key of the consents' issuer, for the snapshot."""
    sealed = suite("intl").seal(seal_key(), node_key("subject"), b"subject")
    public = base64.b64encode(issuer_key().public_key().public_bytes_raw()).decode("ascii")
    keys = ConsentKeysSpec(base64.b64encode(sealed).decode("ascii"), ((issuer_jwk()["kid"], public),))
    return {"consent_keys": keys}


def told_of(consent: Consent) -> Consented:
    """A consent as gateways know it."""
    return Consented(
        uid=consent.uid,
        rid=consent.consumer.rid,
        sid=consent.service.sid,
        fields=tuple(consent.fields),
        purpose=consent.purpose,
        subject=consent.subject.digest,
        state=consent.state,
        valid_from=consent.starts_at.timestamp(),
        valid_until=consent.ends_at.timestamp(),
        most_uses=consent.most_uses,
        per_day=consent.per_day,
        used=consent.uses if consent.most_uses is not None else 0,
    )


@transaction.atomic
def feed_waiting(now: datetime) -> int:
    """Tell gateways of consents that have changed; returns how many. What a killed process left is told by the next.

    Rows are locked until their lines are on disk, so that an older state never follows a newer one.
    """
    if not Consent.objects.filter(fed=False).exists():
        return 0
    rows = Consent.objects.select_for_update(of=("self",)).select_related(*RELATED).filter(fed=False).order_by("pk")
    waiting = list(rows[:MOST_AT_ONCE])
    told = [told_of(row) for row in waiting if row.state != ConsentState.ASKED]
    if told:
        append_consents(settings.QUANSHU_GATEWAY_DIR, feed_key(seal_key()), told)
    Consent.objects.filter(pk__in=[row.pk for row in waiting]).update(fed=True)
    return len(waiting)


def mend_feed(now: datetime) -> bool:
    """Write the feed anew where it is missing, damaged, cut off, or mostly of consents that have ended; whether it was.

    Its chain cannot tell that the last lines were taken away, so what it says is held against the rows.
    """
    if Consent.objects.filter(fed=False).exists():
        return False
    living = Consent.objects.filter(state=ConsentState.GRANTED)
    folder, key = settings.QUANSHU_GATEWAY_DIR, feed_key(seal_key())
    found = read_consents(folder, key, ConsentFeed())
    told = {uid for uid, row in found.rows.items() if row.state == ConsentState.GRANTED}
    there = (folder / CONSENTS).exists()
    holds = there and not found.fault and told == set(living.values_list("uid", flat=True))
    if holds and len(found.rows) <= max(LEAST, ROOMY * len(told)):
        return False
    with transaction.atomic():
        rows = living.select_for_update(of=("self",)).select_related(*RELATED).order_by("pk")
        write_consents(folder, key, (told_of(row) for row in rows.iterator()))
    return True
