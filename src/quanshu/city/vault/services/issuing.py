"""Issuing certificates: registering who issues what, one certificate, and its end."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.city.vault import rules
from quanshu.city.vault.events import VaultEvent
from quanshu.city.vault.models import Certificate, Issuer, StatusList
from quanshu.city.vault.permissions import VaultPermission
from quanshu.city.vault.queries.naming import issuer_url, list_url
from quanshu.city.vault.services import signing
from quanshu.city.vault.services.keys import key_for, seal
from quanshu.city.vault.services.noting import note, note_certificate, tell_holder
from quanshu.city.vault.services.records import records_of
from quanshu.city.vault.types import CertificateType, NoIssuer, NoRecord
from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.sd_jwt import Status, issue
from quanshu.kernel.sd_jwt.status import status_claim
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.keys import node_key
from quanshu.sharing.subjects.api import Subject, ensure_subject
from quanshu.supply.catalogue.api import Entry

REPLACED = "replaced"
DECOYS = 2
STATUS_OF = {"suspend": Status.SUSPENDED, "reinstate": Status.VALID, "revoke": Status.INVALID, "erase": Status.INVALID}


@transaction.atomic
def register_issuer(
    *, actor: Actor, now: datetime, unit: Unit, type_code: str, entry: Entry | None = None, active: bool = True
) -> Issuer:
    """Say that a unit issues a type, from the table of a catalogue entry; its signing keys are made.

    Raises Forbidden, `vault.unknown_type`.
    """
    require(actor, VaultPermission.REGISTER)
    kind = rules.get_type(type_code)
    issuer, _made = Issuer.objects.update_or_create(
        type_code=kind.code,
        unit=unit,
        defaults={"entry": entry, "active": active},
        create_defaults={"entry": entry, "active": active, "created_at": now, "created_by": actor.name},
    )
    signing.credential_key(unit, now=now)
    signing.seal_key(unit, now=now)
    details = {"type": kind.code, "unit": unit.uid, "entry": entry.uid if entry else "", "active": active}
    note(VaultEvent.ISSUER_REGISTERED, issuer, kind="vault.issuer", actor=actor, now=now, details=details)
    return issuer


def digest(purpose: str, text: str) -> str:
    """A keyed digest: equal texts give equal digests, and the text cannot be tried out without the node's key."""
    return hmac.new(node_key("vault-digest"), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


@transaction.atomic
def issue_certificate(
    *, actor: Actor, now: datetime, issuer: Issuer, number: str, claims: Mapping[str, Any] | None = None
) -> list[Certificate]:
    """Issue to the holder of a number: from the claims given, else from each of the issuer's records of it.

    A record that has not changed gives the certificate that is there. Raises Forbidden, FieldErrors,
    `vault.no_issuer`, `vault.no_records`, `vault.no_record`.
    """
    require(actor, VaultPermission.ISSUE, issuer)
    if not issuer.active:
        raise NoIssuer
    kind = rules.get_type(issuer.type_code)
    number = rules.check_number(kind, number)
    today = now.astimezone(CITY_TZ).date()
    if claims is not None:
        given = [rules.check_claims(kind, claims, today=today)]
    else:
        given = [rules.claims_of_record(kind, record, today=today) for record in records_of(issuer, [number])[number]]
    if not given:
        raise NoRecord
    subject = holder_of(kind, number, given[0], now=now)
    return [put(issuer, subject, each, actor=actor, now=now)[0] for each in given]


def holder_of(kind: CertificateType, number: str, claims: Mapping[str, Any], *, now: datetime) -> Subject:
    """The subject of a number, enrolled by the name in the claims if it was not."""
    name = rules.check_holder(kind, claims, number)
    return ensure_subject(actor=SYSTEM, kind=kind.subject, number=number, name=name, now=now)


def put(
    issuer: Issuer, subject: Subject, claims: Mapping[str, Any], *, actor: Actor, now: datetime
) -> tuple[Certificate, bool]:
    """(the certificate of these claims, whether it is new); one of earlier claims is revoked as replaced."""
    kind = rules.get_type(issuer.type_code)
    rules.check_kind(kind, subject.kind)
    number = digest("number", f"{kind.code}:{claims.get(kind.number, '')}")
    same = digest("claims", json.dumps(claims, sort_keys=True, ensure_ascii=False))
    rows = Certificate.objects.select_for_update(of=("self",)).select_related("subject", "issuer__unit", "key")
    old = rows.filter(issuer=issuer, subject=subject, number_digest=number, state__in=["valid", "suspended"]).first()
    if old is not None:
        current = rules.state_on(old.state, old.valid_until, now) != "expired"
        if old.claims_digest == same and current and not old.key.destroyed_at:
            return old, False
        end(old, "revoke", reason=REPLACED, actor=actor, now=now, tell=False)
    made = sign(issuer, kind, subject, claims, digests=(number, same), now=now)
    note_certificate(VaultEvent.ISSUED, made, actor=actor, now=now, details={"replaces": old.uid if old else ""})
    tell_holder(made, N_("A certificate has arrived in your vault"), kind.name, now=now)
    return made, True


def sign(
    issuer: Issuer,
    kind: CertificateType,
    subject: Subject,
    claims: Mapping[str, Any],
    *,
    digests: tuple[str, str],
    now: datetime,
) -> Certificate:
    """Sign the claims as an SD-JWT VC and keep it sealed, with a holder's key of its own."""
    until = rules.valid_until(kind, claims, issued_on=now.astimezone(CITY_TZ).date())
    listed, index = take_place(issuer.unit, now=now)
    key = key_for(subject, now=now)
    holder = Ed25519PrivateKey.generate()
    signer = signing.credential_key(issuer.unit, now=now)
    body: dict[str, Any] = {
        "iss": issuer_url(issuer.unit),
        "vct": kind.vct,
        "iat": int(now.timestamp()),
        "status": status_claim(list_url(listed), index),
        **claims,
    }
    if until is not None:
        body["exp"] = int(end_of(until).timestamp())
    credential = issue(
        body,
        key=signing.private_of(signer),
        hide=[(claim.name,) for claim in kind.claims if claim.hidden and claim.name in claims],
        decoys=DECOYS,
        holder=holder.public_key(),
        kid=signer.kid,
    )
    certificate = Certificate(
        type_code=kind.code,
        issuer=issuer,
        subject=subject,
        key=key,
        number_digest=digests[0],
        claims_digest=digests[1],
        status_list=listed,
        status_index=index,
        issued_at=now,
        changed_at=now,
        valid_until=until,
    )
    content = json.dumps({"credential": credential.text, "holder": holder.private_bytes_raw().hex()})
    certificate.sealed = seal(key, content, certificate.uid)
    certificate.save()
    return certificate


def end_of(day: date) -> datetime:
    """The end of a day in the city."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=CITY_TZ)


def take_place(unit: Unit, *, now: datetime) -> tuple[StatusList, int]:
    """A free place, drawn at random, of the unit's status list."""
    row = signing.list_with_room(unit, now=now)
    while True:
        index = secrets.randbelow(row.size)
        if not Certificate.objects.filter(status_list=row, status_index=index).exists():
            break
    row.taken += 1
    row.save(update_fields=["taken"])
    return row, index


def end(
    certificate: Certificate, step: str, *, reason: str, actor: Actor, now: datetime, tell: bool = True
) -> Certificate:
    """Take a step of the table: row and status list move together, the holder is told."""
    kind = rules.get_type(certificate.type_code)
    transition = rules.MACHINE.check(certificate.state, step)
    certificate.state, certificate.reason, certificate.changed_at = str(transition.target), reason, now
    certificate.save(update_fields=["state", "reason", "changed_at"])
    signing.set_status(certificate.status_list, certificate.status_index, STATUS_OF[step], now=now)
    # The reason is the holder's and the issuer's to read: it may tell of the person, so it stands in the row alone.
    details = {"replaced": reason == REPLACED}
    note_certificate(VaultEvent(transition.event), certificate, actor=actor, now=now, details=details)
    if tell:
        tell_holder(certificate, TOLD[step], f"{kind.name}：{reason}", now=now)
    return certificate


TOLD = {
    "suspend": N_("A certificate of yours is suspended"),
    "reinstate": N_("A certificate of yours is valid again"),
    "revoke": N_("A certificate of yours has been revoked"),
}


def locked(certificate: Certificate) -> Certificate:
    """The row, locked for a write."""
    rows = Certificate.objects.select_for_update(of=("self",))
    return rows.select_related("subject", "issuer__unit", "status_list__unit", "key__subject").get(pk=certificate.pk)


def _step(step: str, actor: Actor, now: datetime, certificate: Certificate, reason: str) -> Certificate:
    certificate = locked(certificate)
    require(actor, VaultPermission.REVOKE, OfIssuer(certificate))
    reason = rules.check_reason(reason)
    rules.check_step(certificate.state, step)
    return end(certificate, step, reason=reason, actor=actor, now=now)


class OfIssuer:
    """A certificate as its issuer holds it: it stands at the unit, not at its holder."""

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate

    def access_place(self) -> Any:
        return self.certificate.issuer.access_place()


@transaction.atomic
def revoke_certificate(*, actor: Actor, now: datetime, certificate: Certificate, reason: str) -> Certificate:
    """Revoke for good. Raises Forbidden, FieldErrors, `workflow.wrong_state`."""
    return _step("revoke", actor, now, certificate, reason)


@transaction.atomic
def suspend_certificate(*, actor: Actor, now: datetime, certificate: Certificate, reason: str) -> Certificate:
    """Suspend until it is reinstated. Raises Forbidden, FieldErrors, `workflow.wrong_state`."""
    return _step("suspend", actor, now, certificate, reason)


@transaction.atomic
def reinstate_certificate(*, actor: Actor, now: datetime, certificate: Certificate, reason: str) -> Certificate:
    """Make a suspended one valid again. Raises Forbidden, FieldErrors, `workflow.wrong_state`."""
    return _step("reinstate", actor, now, certificate, reason)
