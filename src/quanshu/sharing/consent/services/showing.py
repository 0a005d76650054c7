"""A consent for one use that the subject gives on the spot: by choosing what a unit may read and showing its code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from quanshu.kernel.identifiers.subject import SubjectKind
from quanshu.shared.access.api import Actor, require
from quanshu.sharing.consent import rules
from quanshu.sharing.consent.events import ConsentEvent
from quanshu.sharing.consent.models import Consent
from quanshu.sharing.consent.permissions import ConsentPermission as P
from quanshu.sharing.consent.services.deciding import decider, put_in_force
from quanshu.sharing.consent.services.feeding import feed_waiting
from quanshu.sharing.consent.services.noting import note
from quanshu.sharing.consent.types import GrantNotInForce
from quanshu.sharing.services.api import Consumer, Grant, asks_consent
from quanshu.sharing.subjects.api import Subject

# How long a consent that nobody used stays open: a call follows it at once.
LIVES = timedelta(minutes=5)
# 个人信息保护法: the individual's consent. 民法典: what the legal representative, or a delegate within the authority
# given, does binds the enterprise.
GROUNDS: Mapping[str, str] = {
    SubjectKind.PERSON: "《中华人民共和国个人信息保护法》第十三条第一款第一项（取得个人的同意）",
    SubjectKind.ENTERPRISE: "《中华人民共和国民法典》第六十一条、第一百六十二条（法定代表人或者代理人的授权）",
}


def consent_once(
    *,
    actor: Actor,
    now: datetime,
    subject: Subject,
    consumer: Consumer,
    sid: str,
    asked_by: Actor,
    occasion: str,
    fields: Sequence[str] = (),
    case_number: str = "",
) -> Consent | None:
    """Consent for one call of service `sid` by an application about a subject, within five minutes; for the scenes of
    codes. Send its `uid` with that call: `call_as(..., consent=consent.uid)`.

    `actor` is who showed the code: the subject, or its guardian, legal representative or delegate whose mandate covers
    consents. `asked_by` is the verifier's actor, `occasion` the scene's name as the holder read it, `fields` what the
    scene reads of the service (all that the grant covers when empty), `case_number` the scan's. None when the service
    asks for no consent: then the grant alone answers. What is read may not be kept. The gateway knows the consent when
    this returns: call it outside any transaction (RuntimeError within one).

    Raises NotMandated, GuardianNeeded, RepresentativeNeeded, GrantNotInForce, FieldErrors.
    """
    require(actor, P.OWN)
    with transaction.atomic(durable=True):
        grant = grant_covering(consumer, sid, fields, now)
        if not asks_consent(grant.service):
            return None
        names = tuple(fields) or tuple(grant.fields)
        rules.check_once(names, offered=grant.fields, occasion=occasion, case_number=case_number)
        consent = for_one_use(
            grant, subject, names, occasion=occasion, case_number=case_number, asked_by=asked_by, now=now
        )
        decider(actor, consent, now)
        consent.save()
        consent.number = rules.number_of(now.year, consent.pk)
        facts = {"fields": consent.fields, "purpose": consent.purpose, "basis": consent.legal_basis}
        note(ConsentEvent.ASKED, consent, actor=asked_by, now=now, **facts, occasion=consent.occasion)
        put_in_force(consent, actor=actor, now=now)
    feed_waiting(now)
    return consent


def for_one_use(
    grant: Grant,
    subject: Subject,
    names: Sequence[str],
    *,
    occasion: str,
    case_number: str,
    asked_by: Actor,
    now: datetime,
) -> Consent:
    """The consent as it is asked for, not kept yet."""
    return Consent(
        consumer=grant.consumer,
        service=grant.service,
        subject=subject,
        fields=[name for name in grant.fields if name in names],
        purpose=grant.purpose,
        legal_basis=GROUNDS[subject.kind],
        retention_days=0,
        case_number=case_number,
        occasion=occasion.strip(),
        starts_at=now,
        ends_at=now + LIVES,
        most_uses=1,
        asked_by=asked_by.uid,
        asked_by_name=asked_by.name[:100],
        asked_at=now,
        answer_until=now + LIVES,
    )


def grant_covering(consumer: Consumer, sid: str, fields: Sequence[str], now: datetime) -> Grant:
    """The application's grant for a service, of several the newest that has every field. Raises GrantNotInForce."""
    rows = Grant.objects.filter(
        consumer=consumer,
        consumer__active=True,
        service__sid=sid,
        service__served_version__isnull=False,
        revoked_at__isnull=True,
        valid_from__lte=now,
        valid_until__gt=now,
    )
    held = list(rows.select_related("consumer__unit", "service").order_by("-pk"))
    found = next((grant for grant in held if set(fields) <= set(grant.fields)), None) or next(iter(held), None)
    if found is None:
        raise GrantNotInForce
    return found
