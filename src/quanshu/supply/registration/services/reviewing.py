"""The bureau's side: formal and material review, publicity, the certificate."""

from __future__ import annotations

import os
import secrets
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from quanshu.kernel.certificates import SUITES, certificate_number, sign_certificate
from quanshu.kernel.ciphers import KeyPair, suite
from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import Actor, require
from quanshu.supply.registration import rules
from quanshu.supply.registration.events import RegistrationEvent
from quanshu.supply.registration.models import Application, Certificate, Serial
from quanshu.supply.registration.permissions import RegistrationPermission
from quanshu.supply.registration.queries import KEY_FILES, kept_by
from quanshu.supply.registration.services.applying import locked
from quanshu.supply.registration.services.noting import move, note
from quanshu.supply.registration.types import ApplicationKind, CertificateState, ObjectionState

# Letters and digits that are not taken for one another.
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def _review(application: Application, actor: Actor) -> Application:
    application = locked(application)
    require(actor, RegistrationPermission.REVIEW, application)
    return application


@transaction.atomic
def pass_application(*, actor: Actor, now: datetime, application: Application) -> Application:
    """Formally complete: the material review begins.

    Raises Forbidden, `registration.wrong_state`, `registration.materials_lacking`.
    """
    application = _review(application, actor)
    rules.check_pass(state=application.state, kept=kept_by(application))
    move(application, "pass", now=now)
    note(RegistrationEvent.PASSED, application, actor=actor, now=now)
    return application


@transaction.atomic
def publish_application(*, actor: Actor, now: datetime, application: Application) -> Application:
    """Make an application public for objections.

    Raises Forbidden, `registration.wrong_state`, `registration.materials_lacking`.
    """
    application = _review(application, actor)
    rules.check_publish(state=application.state, kind=application.kind, kept=kept_by(application))
    move(application, "publish", now=now)
    until = application.public_until.isoformat() if application.public_until else ""
    note(RegistrationEvent.PUBLISHED, application, actor=actor, now=now, details={"until": until})
    return application


@transaction.atomic
def return_application(*, actor: Actor, now: datetime, application: Application, reason: str) -> Application:
    """Give an application back with what is missing. Raises Forbidden, `registration.wrong_state`."""
    application = _review(application, actor)
    application.note = reason.strip()
    move(application, "return", now=now)
    note(RegistrationEvent.RETURNED, application, actor=actor, now=now)
    return application


@transaction.atomic
def refuse_application(*, actor: Actor, now: datetime, application: Application, reason: str) -> Application:
    """Refuse an application with the reason. Raises Forbidden, `registration.wrong_state`."""
    application = _review(application, actor)
    application.note = reason.strip()
    move(application, "refuse", now=now)
    note(RegistrationEvent.REFUSED, application, actor=actor, now=now)
    return application


@transaction.atomic
def conclude_application(*, actor: Actor, now: datetime, application: Application) -> Certificate | None:
    """Issue the certificate an application asks for, or cancel the one it names; None for a cancellation.

    Raises Forbidden, `registration.wrong_state`, `registration.still_public`, `registration.materials_lacking`.
    """
    application = _review(application, actor)
    today = now.astimezone(CITY_TZ).date()
    waiting = application.objections.filter(state=ObjectionState.OPEN).count()
    rules.check_issue(
        state=application.state,
        kind=application.kind,
        until=application.public_until,
        today=today,
        open_objections=waiting,
        kept=kept_by(application),
    )
    old = application.certificate
    if application.kind == ApplicationKind.CANCEL:
        move(application, "conclude", now=now)
        end(old, CertificateState.CANCELLED, reason=application.reason, now=now)
        number = old.number if old else ""
        note(RegistrationEvent.CANCELLED, application, actor=actor, now=now, details={"number": number})
        return None
    move(application, "issue", now=now)
    end(old, CertificateState.REPLACED, reason=application.kind, now=now)
    certificate = issue(application, today, now)
    note(RegistrationEvent.ISSUED, application, actor=actor, now=now, details={"number": certificate.number})
    return certificate


def end(certificate: Certificate | None, state: CertificateState, *, reason: str, now: datetime) -> None:
    """A certificate is valid no more."""
    if certificate is not None:
        certificate.state, certificate.ended_at, certificate.end_reason = state, now, reason
        certificate.save(update_fields=["state", "ended_at", "end_reason"])


def issue(application: Application, today: date, now: datetime) -> Certificate:
    """Number, sign and keep a certificate."""
    holder = application.receiver or application.unit
    row, _made = Serial.objects.get_or_create(year=today.year)
    Serial.objects.filter(pk=row.pk).update(last=F("last") + 1)
    row.refresh_from_db()
    number = certificate_number(region=settings.QUANSHU_NODE_REGION[:6], year=today.year, serial=row.last)
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(8))
    expires = date(today.year + application.years, today.month, min(today.day, 28))
    payload: dict[str, Any] = {
        "number": number,
        "code": code,
        "issuer": settings.QUANSHU_NODE_NAME,
        "holder": {"name": holder.name, "code": holder.code},
        "resource": {"name": application.entry.resource_name, "code": application.entry.code},
        "kind": application.kind,
        "rights": sorted(application.rights),
        "duties": application.duties,
        "issued_on": today.isoformat(),
        "expires_on": expires.isoformat(),
        "materials": [
            {"kind": kind, "sha256": digest}
            for kind, digest in sorted(application.materials.values_list("kind", "digest"))
        ],
        "previous": application.certificate.number if application.certificate else None,
    }
    return Certificate.objects.create(
        number=number,
        code=code,
        application=application,
        entry=application.entry,
        holder=holder,
        previous=application.certificate,
        document=sign_certificate(payload, signing_keys()),
        issued_at=now,
        expires_on=expires,
    )


def signing_keys() -> dict[str, KeyPair]:
    """The node's registration keys by algorithm, made on first use and kept for their owner alone."""
    folder = settings.QUANSHU_KEYS_DIR
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = {}
    for algorithm, name in KEY_FILES.items():
        private, public = folder / f"{name}.key", folder / f"{name}.pub"
        if not private.exists():
            pair = suite(SUITES[algorithm]).generate_key_pair()
            keep_secret(public, pair.public)
            keep_secret(private, pair.private)
        found[algorithm] = KeyPair(private=private.read_bytes(), public=public.read_bytes())
    return found


def keep_secret(path: Path, data: bytes) -> None:
    """Write a key that only its owner reads; one that is there is kept."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
