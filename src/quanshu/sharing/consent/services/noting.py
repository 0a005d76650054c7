"""What every write of this room has in common: locked rows, the audit entry, the event, notices, the gateways' feed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, override

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.notify.api import notify
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.consent.events import ConsentEvent
from quanshu.sharing.consent.models import Consent
from quanshu.sharing.consent.queries import KIND, RELATED
from quanshu.sharing.consent.services.feeding import feed_waiting


def locked(consent: Consent) -> Consent:
    """The consent's row, locked for the rest of the transaction."""
    return Consent.objects.select_for_update(of=("self",)).select_related(*RELATED).get(pk=consent.pk)


def note(event: ConsentEvent, consent: Consent, *, actor: Actor, now: datetime, **details: Any) -> None:
    """Steps four and five of a write: the subject is told of by uid alone."""
    told = {
        "number": consent.number,
        "sid": consent.service.sid,
        "rid": consent.consumer.rid,
        "subject": consent.subject.uid,
        **details,
    }
    audit.record(
        actor=actor, action=event, obj=consent, kind=KIND, uid=consent.uid, label=str(consent), details=told, now=now
    )
    outbox.add(name=event, payload={"uid": consent.uid, "at": now.isoformat(), **told}, now=now)


def tell_gateways(consent: Consent, now: datetime) -> None:
    """Have gateways told of the consent's present state as soon as it is committed; saves the row.

    Where the feed cannot be written then, what was decided stands, and a worker tries again every half second.
    """
    consent.fed = False
    consent.save()
    transaction.on_commit(lambda: feed_waiting(now), robust=True)


def tell(people: Sequence[str], text: str, consent: Consent, *, url: str, now: datetime) -> None:
    """Write a notice, in the platform's language. `text` has the places %(number)s, %(service)s and %(receiver)s."""
    with override(settings.LANGUAGE_CODE):
        told = {
            "number": consent.number,
            "service": consent.service.name,
            "receiver": consent.consumer.unit.name,
        }
        notify(recipients=people, subject=gettext(text) % told, url=url, now=now)
