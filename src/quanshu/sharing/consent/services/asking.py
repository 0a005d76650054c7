"""Asking a subject for consent."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.sharing.consent import rules
from quanshu.sharing.consent.events import ConsentEvent
from quanshu.sharing.consent.models import Consent
from quanshu.sharing.consent.permissions import ConsentPermission as P
from quanshu.sharing.consent.services.noting import locked, note, tell
from quanshu.sharing.consent.types import AskData, AskedAlready, ConsentState, GrantNotInForce, NoConsentAsked
from quanshu.sharing.services.api import ConsentMode, Grant, consent_terms
from quanshu.sharing.subjects.api import Mandate, MandateScope, Subject, covers, ensure_subject

ASKED = N_("%(receiver)s asks for your consent to “%(service)s” (%(number)s)")
LAPSED = N_("Your request %(number)s for “%(service)s” was not answered in time")


@transaction.atomic
def ask_consent(*, actor: Actor, now: datetime, grant: Grant, data: AskData) -> Consent:
    """Ask the person or enterprise with a number for consent to what an application's grant covers.

    The purpose is the grant's. Whether the number is known here is not told: the subject finds the request when it
    signs in. Raises Forbidden, GrantNotInForce, NoConsentAsked, AskedAlready, FieldErrors.
    """
    grant = Grant.objects.select_for_update(of=("self",)).select_related("consumer__unit", "service").get(pk=grant.pk)
    require(actor, P.ASK, grant.consumer)
    if grant.revoked_at is not None or grant.valid_until <= now or not grant.consumer.active:
        raise GrantNotInForce
    terms = consent_terms(grant.service)
    if terms.mode != ConsentMode.CONSENT:
        raise NoConsentAsked(sid=grant.service.sid)
    rules.check_ask(data, kind=terms.subject, offered=grant.fields, now=now)
    subject = ensure_subject(actor=SYSTEM, kind=data.kind, number=data.number, name="", now=now)
    consent = Consent(
        consumer=grant.consumer,
        service=grant.service,
        subject=subject,
        fields=[name for name in grant.fields if name in data.fields],
        purpose=grant.purpose,
        legal_basis=data.legal_basis.strip(),
        retention_days=data.retention_days,
        case_number=data.case_number.strip(),
        starts_at=data.starts_at,
        ends_at=data.ends_at,
        most_uses=data.most_uses,
        per_day=data.per_day,
        asked_by=actor.uid,
        asked_by_name=actor.name[:100],
        asked_at=now,
        answer_until=min(data.answer_until or now + rules.ANSWER, data.ends_at),
    )
    check_not_asked(consent, now)
    consent.save()
    consent.number = rules.number_of(now.year, consent.pk)
    consent.save(update_fields=["number"])
    note(
        ConsentEvent.ASKED,
        consent,
        actor=actor,
        now=now,
        fields=consent.fields,
        purpose=consent.purpose,
        basis=consent.legal_basis,
    )
    tell(deciders_of(subject, now), ASKED, consent, url=consent.get_own_url(), now=now)
    return consent


def deciders_of(subject: Subject, now: datetime) -> list[str]:
    """Uids of those who may decide: the subject, and whose mandate for it covers consents."""
    held = Mandate.objects.in_force(now).filter(principal=subject).select_related("agent")
    agents = [row.agent.uid for row in held if covers(row.kind, row.scope, MandateScope.CONSENT)]
    return list(dict.fromkeys([subject.uid, *agents]))


def check_not_asked(consent: Consent, now: datetime) -> None:
    """The same application has neither an open request nor a consent for the same, but for one given on the spot.

    Raises AskedAlready.
    """
    rows = Consent.objects.filter(
        consumer=consent.consumer,
        service=consent.service,
        subject=consent.subject,
        purpose=consent.purpose,
        occasion="",
        state__in=[ConsentState.ASKED, ConsentState.GRANTED],
        ends_at__gt=now,
    )
    for other in rows:
        waiting = other.state == ConsentState.GRANTED or other.answer_until > now
        if waiting and set(consent.fields) <= set(other.fields):
            raise AskedAlready(number=other.number)


def lapse(consent: Consent, *, now: datetime) -> None:
    """Nobody answered in time."""
    consent = locked(consent)
    if consent.state != ConsentState.ASKED or consent.answer_until > now:
        return
    consent.state = rules.check_step(consent.state, "lapse").target
    consent.ended_at = now
    consent.save(update_fields=["state", "ended_at"])
    note(ConsentEvent.LAPSED, consent, actor=SYSTEM, now=now)
    tell([consent.asked_by], LAPSED, consent, url=consent.get_absolute_url(), now=now)
