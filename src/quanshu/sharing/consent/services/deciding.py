"""The subject's decision: consent to what was asked or to less, refuse, withdraw."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel import sd_jwt
from quanshu.kernel.identifiers.base import BadIdentifier
from quanshu.kernel.identifiers.citizen_id import CitizenId
from quanshu.kernel.identifiers.subject import SubjectKind
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.workflow.api import city_day
from quanshu.sharing.consent import rules
from quanshu.sharing.consent.events import ConsentEvent
from quanshu.sharing.consent.models import Consent
from quanshu.sharing.consent.permissions import ConsentPermission as P
from quanshu.sharing.consent.queries import STATUS_SIZE, holder_of, issuer_jwk, issuer_key, scope_of_consent, status_uri
from quanshu.sharing.consent.services.noting import locked, note, tell, tell_gateways
from quanshu.sharing.consent.types import ConsentState, Narrowing
from quanshu.sharing.subjects.api import Mandate, MandateScope, Subject, acting_subject, covers, number_of

# In step with what the gateway asks for.
VCT = "urn:quanshu:consent:1"
GRANTED = N_("Consent %(number)s for “%(service)s” was given")
REFUSED = N_("Consent %(number)s for “%(service)s” was refused")
REVOKED = N_("Consent %(number)s for “%(service)s” was withdrawn: stop using it")
OVER = N_("Consent %(number)s for “%(service)s” has run out")


@transaction.atomic
def grant_consent(*, actor: Actor, now: datetime, consent: Consent, given: Narrowing | None = None) -> Consent:
    """Consent to what was asked, or to less of it. Gateways answer under it within a second.

    Raises NotMandated, GuardianNeeded, RepresentativeNeeded, WrongState, RequestOver, FieldErrors.
    """
    require(actor, P.OWN)
    consent = locked(consent)
    decider(actor, consent, now)
    rules.check_open(state=consent.state, step="grant", answer_until=consent.answer_until, now=now)
    given = given or Narrowing(tuple(consent.fields), consent.ends_at, consent.most_uses, consent.per_day)
    rules.check_narrowing(
        given,
        fields=consent.fields,
        starts_at=consent.starts_at,
        ends_at=consent.ends_at,
        most_uses=consent.most_uses,
        per_day=consent.per_day,
        now=now,
    )
    asked = {name: value for name, value in scope_of_consent(consent).items() if name in NARROWED}
    consent.asked = {**asked, "ends_at": consent.ends_at.isoformat()}
    consent.fields = [name for name in consent.fields if name in given.fields]
    consent.ends_at, consent.most_uses, consent.per_day = given.ends_at, given.most_uses, given.per_day
    put_in_force(consent, actor=actor, now=now)
    tell([consent.asked_by], GRANTED, consent, url=consent.get_absolute_url(), now=now)
    return consent


def put_in_force(consent: Consent, *, actor: Actor, now: datetime) -> None:
    """Write that a request is granted as it now stands: token, status, the gateways' feed, audit entry."""
    consent.state, consent.decided_at = rules.check_step(consent.state, "grant").target, now
    consent.decided_by, consent.decided_as = actor.uid, role_of(actor, consent.subject, now)
    consent.status_list, consent.status_index = free_status()
    consent.token = issue_token(consent, now).text
    tell_gateways(consent, now)
    note(
        ConsentEvent.GRANTED,
        consent,
        actor=actor,
        now=now,
        fields=consent.fields,
        until=consent.ends_at.isoformat(),
        most_uses=consent.most_uses,
        per_day=consent.per_day,
        decided_as=consent.decided_as,
    )


NARROWED = frozenset({"fields", "most_uses", "per_day"})


@transaction.atomic
def refuse_consent(*, actor: Actor, now: datetime, consent: Consent, reason: str = "") -> Consent:
    """Refuse what was asked; no reason is needed.

    Raises NotMandated, GuardianNeeded, RepresentativeNeeded, WrongState, RequestOver.
    """
    require(actor, P.OWN)
    consent = locked(consent)
    subject = decider(actor, consent, now)
    transition = rules.check_open(state=consent.state, step="refuse", answer_until=consent.answer_until, now=now)
    consent.state, consent.decided_at, consent.ended_at = transition.target, now, now
    consent.decided_by, consent.decided_as = actor.uid, role_of(actor, subject, now)
    consent.end_reason = reason.strip()[:500]
    consent.save()
    note(ConsentEvent.REFUSED, consent, actor=actor, now=now)
    tell([consent.asked_by], REFUSED, consent, url=consent.get_absolute_url(), now=now)
    return consent


@transaction.atomic
def revoke_consent(*, actor: Actor, now: datetime, consent: Consent, reason: str = "") -> Consent:
    """Withdraw a consent; gateways refuse it within a second, and the receiver is told.

    Raises NotMandated, GuardianNeeded, RepresentativeNeeded, WrongState.
    """
    require(actor, P.OWN)
    consent = locked(consent)
    decider(actor, consent, now)
    consent.state, consent.ended_at = rules.check_step(consent.state, "revoke").target, now
    consent.end_reason = reason.strip()[:500]
    tell_gateways(consent, now)
    note(ConsentEvent.REVOKED, consent, actor=actor, now=now)
    tell([consent.asked_by], REVOKED, consent, url=consent.get_absolute_url(), now=now)
    return consent


def expire(consent: Consent, *, now: datetime) -> None:
    """A consent's time is up; gateways refuse it from that moment on without this."""
    consent = locked(consent)
    if consent.state != ConsentState.GRANTED or consent.ends_at > now:
        return
    consent.state, consent.ended_at = rules.check_step(consent.state, "expire").target, now
    tell_gateways(consent, now)
    note(ConsentEvent.EXPIRED, consent, actor=SYSTEM, now=now)
    tell([consent.asked_by], OVER, consent, url=consent.get_absolute_url(), now=now)


def decider(actor: Actor, consent: Consent, now: datetime) -> Subject:
    """The subject, when the actor may decide for it. Raises NotMandated, GuardianNeeded, RepresentativeNeeded."""
    subject = acting_subject(actor, uid=consent.subject.uid, now=now, what=MandateScope.CONSENT)
    born = None
    if subject.kind == SubjectKind.PERSON and actor.uid == subject.uid:
        try:
            born = CitizenId.parse(number_of(subject)).birth_date
        except BadIdentifier:
            born = None
    rules.check_decider(kind=subject.kind, own=actor.uid == subject.uid, born=born, today=city_day(now))
    return subject


def role_of(actor: Actor, subject: Subject, now: datetime) -> str:
    """As what the actor decides: self, or the kind of its mandate."""
    if actor.uid == subject.uid:
        return "self"
    held = Mandate.objects.in_force(now).filter(agent__uid=actor.uid, principal=subject)
    return next((row.kind for row in held if covers(row.kind, row.scope, MandateScope.CONSENT)), "")


def free_status() -> tuple[int, int]:
    """(number, index) of a status that no consent has, in the newest list until it is half full.

    The index is drawn by lot, so that it tells nothing of when the consent was given.
    """
    newest = Consent.objects.filter(status_list__isnull=False).order_by("-status_list").first()
    number = newest.status_list or 1 if newest else 1
    rows = Consent.objects.filter(status_list=number)
    if rows.count() >= STATUS_SIZE // 2:
        number, rows = number + 1, Consent.objects.filter(status_list=number + 1)
    while True:
        index = secrets.randbelow(STATUS_SIZE)
        if not rows.filter(status_index=index).exists():
            return number, index


def issue_token(consent: Consent, now: datetime) -> sd_jwt.SdJwt:
    """The consent as an SD-JWT for its receiver: fields may be shown one by one; bound to the application's key.

    It does not say who the subject is.
    """
    claims: dict[str, Any] = {
        "iss": settings.QUANSHU_NODE_NAME,
        "iat": int(now.timestamp()),
        "nbf": int(consent.starts_at.timestamp()),
        "exp": int(consent.ends_at.timestamp()),
        "vct": VCT,
        "jti": consent.uid,
        "number": consent.number,
        "receiver": {"rid": consent.consumer.rid, "unit": consent.consumer.unit.name},
        "service": consent.service.sid,
        "fields": list(consent.fields),
        "purpose": consent.purpose,
        "legal_basis": consent.legal_basis,
        "retention_days": consent.retention_days,
        "most_uses": consent.most_uses,
        "per_day": consent.per_day,
        "status": sd_jwt.status_claim(status_uri(consent.status_list or 1), consent.status_index or 0),
    }
    return sd_jwt.issue(
        claims,
        key=issuer_key(),
        hide=[("fields", None)],
        holder=holder_of(consent.consumer, now=now),
        kid=issuer_jwk()["kid"],
    )
