"""What holders and issuers do with certificates that are there: read, print, look up, erase."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from quanshu.city.vault import rules
from quanshu.city.vault.events import VaultEvent
from quanshu.city.vault.models import Certificate, Issuer, SubjectKey
from quanshu.city.vault.permissions import VaultPermission
from quanshu.city.vault.queries.naming import origin
from quanshu.city.vault.services import signing
from quanshu.city.vault.services.drawing import Face, draw_page
from quanshu.city.vault.services.issuing import end
from quanshu.city.vault.services.keys import destroy_key
from quanshu.city.vault.services.noting import note, note_certificate
from quanshu.city.vault.services.presenting import claims_of, content_of, held, seen
from quanshu.city.vault.services.sealing import seal_pdf
from quanshu.city.vault.types import CertificateState, Shown
from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import Actor, require
from quanshu.sharing.subjects.api import MandateScope, Subject, acting_subject, find_subject


def read_certificate(*, actor: Actor, now: datetime, certificate: Certificate, language: str) -> tuple[Shown, ...]:
    """The claims of a certificate for its holder; that somebody reads it for another is recorded.

    Raises Forbidden, `vault.not_found`, `vault.key_gone`.
    """
    certificate = seen(certificate, actor, now)
    if actor.uid != certificate.subject.uid:
        with transaction.atomic():
            note_certificate(VaultEvent.READ, certificate, actor=actor, now=now)
    return shown_of(certificate, language)


def shown_of(certificate: Certificate, language: str) -> tuple[Shown, ...]:
    """All claims of a certificate."""
    kind = rules.get_type(certificate.type_code)
    return rules.shown_claims(kind, claims_of(content_of(certificate).credential), language=language)


@transaction.atomic
def print_certificate(*, actor: Actor, now: datetime, certificate: Certificate) -> bytes:
    """The certificate as a PDF under the issuing unit's seal. Raises Forbidden, `vault.not_found`, `vault.ended`."""
    certificate = held(certificate, actor, now)
    rules.check_presentable(certificate.state, certificate.valid_until, now)
    kind, unit = rules.get_type(certificate.type_code), certificate.issuer.unit
    issued = certificate.issued_at.astimezone(CITY_TZ).date()
    face = Face(
        kind=kind,
        unit=unit.name,
        claims=shown_of(certificate, "zh"),
        number=certificate.uid,
        issued_on=f"{issued.year}年{issued.month}月{issued.day}日",
        until=certificate.valid_until.isoformat() if certificate.valid_until else "长期",
        check_url=f"{origin()}/vault/verify/",
    )
    note_certificate(VaultEvent.SEALED, certificate, actor=actor, now=now)
    return seal_pdf(
        draw_page(face),
        key=signing.seal_key(unit, now=now),
        authority=signing.authority_key(now=now),
        unit=unit.name,
        use=kind.seal,
    )


@transaction.atomic
def look_up(*, actor: Actor, now: datetime, issuer: Issuer, number: str) -> QuerySet[Certificate]:
    """Certificates that an issuer has issued to a number. Raises Forbidden, FieldErrors."""
    require(actor, VaultPermission.VIEW, issuer)
    kind = rules.get_type(issuer.type_code)
    subject = find_subject(kind.subject, rules.check_number(kind, number))
    found = Certificate.objects.visible_to(actor).filter(issuer=issuer, subject=subject)
    details = {"type": kind.code, "subject": subject.uid if subject else "", "found": found.count()}
    note(VaultEvent.LOOKED_UP, issuer, kind="vault.issuer", actor=actor, now=now, details=details)
    return found if subject else found.none()


@transaction.atomic
def erase_vault(*, actor: Actor, now: datetime, subject: Subject, reason: str) -> int:
    """Destroy a subject's key: its certificates can never be read again, and no copy that was shown verifies.

    Answers how many certificates there were. Raises Forbidden, FieldErrors, `subjects.not_mandated`.
    """
    require(actor, VaultPermission.HOLD)
    subject = acting_subject(actor, uid=subject.uid, now=now, what=MandateScope.CERTIFICATES)
    reason = rules.check_reason(reason)
    count = 0
    for key in SubjectKey.objects.select_for_update().filter(subject=subject, destroyed_at__isnull=True):
        rows = (
            Certificate.objects.select_for_update(of=("self",)).filter(key=key).exclude(state=CertificateState.ERASED)
        )
        for certificate in rows.select_related("subject", "issuer__unit", "status_list__unit"):
            end(certificate, "erase", reason=reason, actor=actor, now=now, tell=False)
            count += 1
        destroy_key(key, now=now)
        details = {"subject": subject.uid, "certificates": count}
        note(VaultEvent.KEY_DESTROYED, key, kind="vault.key", actor=actor, now=now, details=details)
    return count
