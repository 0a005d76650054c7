"""Uses of consents, as receipts tell them, and consents whose end has come."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.shared.access.api import SYSTEM
from quanshu.sharing.consent import rules
from quanshu.sharing.consent.events import ConsentEvent
from quanshu.sharing.consent.models import Consent, ConsentUse
from quanshu.sharing.consent.services.asking import lapse
from quanshu.sharing.consent.services.deciding import expire
from quanshu.sharing.consent.services.noting import locked, note, tell, tell_gateways
from quanshu.sharing.consent.types import ConsentState
from quanshu.sharing.services.api import Exchange

USED_UP = N_("Consent %(number)s for “%(service)s” is used up")
MOST_AT_ONCE = 200


@transaction.atomic
def record_use(*, receipt_id: str, now: datetime) -> ConsentUse | None:
    """Show a call to whoever consented to it; a receipt told twice is one use. None for a consent that is not here."""
    call = Exchange.objects.select_related("consumer__unit", "service").get(receipt_id=receipt_id)
    found = Consent.objects.filter(uid=call.consent_uid).first()
    if found is None:
        return None
    consent = locked(found)
    use, fresh = ConsentUse.objects.get_or_create(
        receipt_id=receipt_id,
        defaults={
            "consent": consent,
            "at": call.at,
            "unit_name": call.consumer.unit.name if call.consumer else "",
            "application": call.consumer.name if call.consumer else call.rid,
            "purpose": call.purpose,
            "case_number": call.case_number,
            "fields": call.fields or call.parameters,
            "outcome": call.outcome,
            "answered": call.status < 400,
            "rows": call.rows,
            "recorded_at": now,
        },
    )
    if fresh and use.answered:
        count(consent, call.at, now)
    return use


def count(consent: Consent, at: datetime, now: datetime) -> None:
    """One use more; the last one allowed ends the consent."""
    consent.uses += 1
    consent.last_used_at = max(at, consent.last_used_at or at)
    over = consent.most_uses is not None and consent.uses >= consent.most_uses
    if over and consent.state == ConsentState.GRANTED:
        consent.state, consent.ended_at = rules.check_step(consent.state, "use_up").target, now
        note(ConsentEvent.USED_UP, consent, actor=SYSTEM, now=now, uses=consent.uses)
        tell([consent.asked_by], USED_UP, consent, url=consent.get_absolute_url(), now=now)
    if consent.most_uses is None:
        consent.save(update_fields=["uses", "last_used_at"])
    else:
        tell_gateways(consent, now)


def end_run_out(now: datetime) -> int:
    """Requests nobody answered and consents whose end has come; returns how many were ended."""
    asked = Consent.objects.filter(state=ConsentState.ASKED, answer_until__lte=now)
    over = Consent.objects.filter(state=ConsentState.GRANTED, ends_at__lte=now)
    ended = 0
    for rows, end in ((asked, lapse), (over, expire)):
        for consent in list(rows[:MOST_AT_ONCE]):
            with transaction.atomic():
                end(consent, now=now)
            ended += 1
    return ended
