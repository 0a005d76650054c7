"""Showing a certificate in part: by a link that opens once, or in answer to a verifier's request."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.city.vault import rules
from quanshu.city.vault.events import VaultEvent
from quanshu.city.vault.models import Certificate, Presentation, Request
from quanshu.city.vault.permissions import VaultPermission
from quanshu.city.vault.queries.naming import origin
from quanshu.city.vault.services.issuing import locked
from quanshu.city.vault.services.keys import seal, unseal
from quanshu.city.vault.services.noting import note, tell_holder
from quanshu.city.vault.types import CertificateNotFound, LinkNotFound, RequestState
from quanshu.kernel.sd_jwt import SdJwt, bind, present
from quanshu.kernel.sd_jwt.jws import open_jws
from quanshu.kernel.sd_jwt.parts import restore
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import ANONYMOUS, Actor, require

REQUEST_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Content:
    """A certificate opened: its credential with all disclosures, and the holder's key."""

    credential: SdJwt
    holder: Ed25519PrivateKey


def content_of(certificate: Certificate) -> Content:
    """Raises `vault.key_gone` once the subject's key is destroyed."""
    body = json.loads(unseal(certificate.key, certificate.sealed, certificate.uid))
    holder = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(body["holder"]))
    return Content(SdJwt.parse(body["credential"]), holder)


def seen(certificate: Certificate, actor: Actor, now: datetime) -> Certificate:
    """The certificate when it is the actor's to use. Raises Forbidden, `vault.not_found`."""
    require(actor, VaultPermission.HOLD)
    rows = Certificate.objects.held_by(actor, now).select_related("subject", "issuer__unit", "key__subject")
    found = rows.filter(pk=certificate.pk).first()
    if found is None:
        raise CertificateNotFound
    return found


def held(certificate: Certificate, actor: Actor, now: datetime) -> Certificate:
    """The same, locked for a write."""
    return locked(seen(certificate, actor, now))


def audience_of(unit: Unit | None) -> str:
    """Whom a holder's proof is for: a unit that asked, or whoever opens a link of this node."""
    return f"urn:quanshu:unit:{unit.code}" if unit else f"{origin()}/vault/verify/"


def link_digest(token: str) -> str:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def present_certificate(
    *,
    actor: Actor,
    now: datetime,
    certificate: Certificate,
    claims: Iterable[str],
    purpose: str = "",
    minutes: int = 5,
    audience: str = "",
    nonce: str = "",
) -> tuple[Presentation, str, str]:
    """Show the chosen claims: (the presentation, the token of its link, its text).

    The link opens once within `minutes`. Raises Forbidden, FieldErrors, `vault.not_found`, `vault.ended`,
    `vault.not_disclosable`, `vault.key_gone`.
    """
    certificate = held(certificate, actor, now)
    rules.check_presentable(certificate.state, certificate.valid_until, now)
    until = now + timedelta(minutes=rules.check_minutes(minutes))
    return _show(
        certificate,
        claims,
        actor=actor,
        now=now,
        purpose=purpose,
        until=until,
        audience=audience.strip()[:200] or audience_of(None),
        nonce=nonce.strip()[:200],
    )


def _show(
    certificate: Certificate,
    claims: Iterable[str],
    *,
    actor: Actor,
    now: datetime,
    purpose: str,
    until: datetime,
    audience: str,
    nonce: str = "",
    request: Request | None = None,
) -> tuple[Presentation, str, str]:
    kind, content = rules.get_type(certificate.type_code), content_of(certificate)
    chosen = rules.check_choice(kind, claims, there=claims_of(content.credential))
    shown = present(content.credential, show=[(name,) for name in chosen])
    nonce = nonce or secrets.token_urlsafe(16)
    text = bind(shown, key=content.holder, audience=audience, nonce=nonce, now=now).text
    token = secrets.token_urlsafe(24)
    presentation = Presentation(
        certificate=certificate,
        request=request,
        claims=chosen,
        audience=audience,
        purpose=purpose.strip()[:300],
        link_digest=link_digest(token),
        made_at=now,
        made_by=actor.uid,
        expires_at=until,
    )
    body = json.dumps({"text": text, "token": token, "nonce": nonce})
    presentation.sealed = seal(certificate.key, body, presentation.uid)
    presentation.save()
    details = {"certificate": certificate.uid, "type": kind.code, "claims": chosen}
    note(VaultEvent.PRESENTED, presentation, kind="vault.presentation", actor=actor, now=now, details=details)
    return presentation, token, text


def claims_of(credential: SdJwt) -> dict[str, Any]:
    """Every claim of a credential, kept back or not; of one's own making, so its signature is not looked at."""
    return restore(open_jws(credential.jwt)[1], credential.disclosures)


def body_of(presentation: Presentation) -> dict[str, str]:
    """Text, token and nonce of a presentation. Raises `vault.key_gone`."""
    body: dict[str, str] = json.loads(unseal(presentation.certificate.key, presentation.sealed, presentation.uid))
    return body


def link_of(token: str) -> Presentation:
    """What a link leads to, unopened. Raises `vault.link_not_found`."""
    found = Presentation.objects.filter(link_digest=link_digest(token)).select_related("certificate").first()
    if found is None:
        raise LinkNotFound
    return found


@transaction.atomic
def open_presentation(*, actor: Actor = ANONYMOUS, now: datetime, token: str) -> tuple[Presentation, str]:
    """(the presentation, its text), for whoever has the link: once, and within its time. The holder is told.

    Raises `vault.link_not_found`, `vault.link_spent`, `vault.link_expired`, `vault.key_gone`.
    """
    found = Presentation.objects.select_for_update(of=("self",)).filter(link_digest=link_digest(token)).first()
    if found is None:
        raise LinkNotFound
    return _open(found, actor=actor, now=now)


def _open(presentation: Presentation, *, actor: Actor, now: datetime) -> tuple[Presentation, str]:
    rules.check_link(opened=presentation.opened_at is not None, expires_at=presentation.expires_at, now=now)
    text = body_of(presentation)["text"]
    presentation.opened_at, presentation.opened_by = now, actor.name
    # What has been opened is not kept: the holder's history needs the names of the claims alone.
    presentation.sealed = ""
    presentation.save(update_fields=["opened_at", "opened_by", "sealed"])
    details = {"certificate": presentation.certificate.uid, "claims": presentation.claims}
    note(VaultEvent.OPENED, presentation, kind="vault.presentation", actor=actor, now=now, details=details)
    tell_holder(presentation.certificate, N_("A presentation of yours has been opened"), actor.name, now=now)
    return presentation, text


def forget_expired(now: datetime) -> int:
    """Drop the content of presentations that nobody opened in time; answers how many."""
    return Presentation.objects.filter(expires_at__lte=now).exclude(sealed="").update(sealed="")


@transaction.atomic
def make_request(
    *,
    actor: Actor,
    now: datetime,
    unit: Unit,
    type_code: str,
    needed: Sequence[str],
    wished: Sequence[str] = (),
    purpose: str,
) -> Request:
    """Ask a holder, by a code to scan, for claims of a certificate, for ten minutes.

    Raises Forbidden, FieldErrors, `vault.unknown_type`.
    """
    require(actor, VaultPermission.ASK, unit)
    kind = rules.get_type(type_code)
    rules.check_request(kind, needed=needed, wished=wished, purpose=purpose)
    request = Request.objects.create(
        unit=unit,
        type_code=kind.code,
        needed=list(dict.fromkeys(needed)),
        wished=[name for name in dict.fromkeys(wished) if name not in needed],
        purpose=purpose.strip()[:300],
        nonce=secrets.token_urlsafe(24),
        created_at=now,
        created_by=actor.name,
        expires_at=now + timedelta(minutes=REQUEST_MINUTES),
    )
    details = {"type": kind.code, "needed": request.needed, "wished": request.wished}
    note(VaultEvent.REQUESTED, request, kind="vault.request", actor=actor, now=now, details=details)
    return request


@transaction.atomic
def answer_request(
    *, actor: Actor, now: datetime, request: Request, certificate: Certificate, claims: Iterable[str]
) -> Presentation:
    """Show a verifier what it asked for, or more; the proof is for this verifier and this request alone.

    Raises Forbidden, `vault.request_over`, `vault.claims_missing`, `vault.not_found`, `vault.ended`,
    `vault.not_disclosable`.
    """
    certificate = held(certificate, actor, now)
    request = Request.objects.select_for_update(of=("self",)).select_related("unit").get(pk=request.pk)
    rules.check_open(request.state, request.expires_at, now)
    if certificate.type_code != request.type_code:
        raise CertificateNotFound
    rules.check_presentable(certificate.state, certificate.valid_until, now)
    chosen = list(claims)
    rules.check_answer(rules.get_type(request.type_code), needed=request.needed, chosen=chosen)
    presentation, _token, _text = _show(
        certificate,
        chosen,
        actor=actor,
        now=now,
        purpose=request.purpose,
        until=now + timedelta(days=rules.ANSWER_DAYS),
        audience=audience_of(request.unit),
        nonce=request.nonce,
        request=request,
    )
    request.state, request.answered_at = RequestState.ANSWERED, now
    request.save(update_fields=["state", "answered_at"])
    details = {"presentation": presentation.uid}
    note(VaultEvent.ANSWERED, request, kind="vault.request", actor=actor, now=now, details=details)
    return presentation


@transaction.atomic
def decline_request(*, actor: Actor, now: datetime, request: Request) -> Request:
    """Tell a verifier that nothing is shown. Raises Forbidden, `vault.request_over`."""
    require(actor, VaultPermission.HOLD)
    request = Request.objects.select_for_update(of=("self",)).select_related("unit").get(pk=request.pk)
    rules.check_open(request.state, request.expires_at, now)
    request.state, request.answered_at = RequestState.DECLINED, now
    request.save(update_fields=["state", "answered_at"])
    note(VaultEvent.DECLINED, request, kind="vault.request", actor=actor, now=now)
    return request


@transaction.atomic
def open_answer(*, actor: Actor, now: datetime, request: Request) -> tuple[Presentation, str]:
    """(the answer to a request, its text), once, for the unit that asked.

    Raises Forbidden, `vault.link_not_found`, `vault.link_spent`, `vault.link_expired`.
    """
    require(actor, VaultPermission.ASK, request)
    found = Presentation.objects.select_for_update(of=("self",)).filter(request=request).first()
    if found is None:
        raise LinkNotFound
    return _open(found, actor=actor, now=now)
