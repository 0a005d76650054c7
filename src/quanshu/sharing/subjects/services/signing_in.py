"""Residents and enterprises sign in by an identity provider, and out; whom they act for."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import ANONYMOUS, SYSTEM, Actor
from quanshu.shared.audit import api as audit
from quanshu.sharing.subjects import rules
from quanshu.sharing.subjects.events import SubjectEvent
from quanshu.sharing.subjects.models import Subject
from quanshu.sharing.subjects.queries import acting_subject, actor_of_subject, own_subject
from quanshu.sharing.subjects.services import providers
from quanshu.sharing.subjects.services.enrolling import ensure_subject
from quanshu.sharing.subjects.services.noting import SUBJECT, note_subject
from quanshu.sharing.subjects.types import Pending, SignInFailed, SubjectKind


def begin_sign_in(*, redirect_uri: str, target: str, now: datetime) -> tuple[str, Pending]:
    """Where to send the browser, and what its answer has to match.

    Raises `subjects.provider_missing`, `.provider_silent`.
    """
    pending = Pending(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        target=target,
        began=now.timestamp(),
    )
    return providers.authorize_url(pending, redirect_uri), pending


def finish_sign_in(
    *, pending: Pending | None, answer: Mapping[str, str], redirect_uri: str, address: str, now: datetime
) -> Subject:
    """The subject that the provider vouches for, enrolled at the first time. Every outcome is audited.

    Raises `subjects.sign_in_failed`, `.provider_silent`.
    """
    try:
        matched = rules.check_pending(pending, state=answer.get("state", ""), now=now)
        claims = claims_of(matched, answer, redirect_uri, now)
        kind, number, name = who_is(claims)
        with transaction.atomic():
            subject = ensure_subject(actor=SYSTEM, kind=kind, number=number, name=name, now=now)
            subject.name, subject.last_signed_in = name, now
            subject.save(update_fields=["name", "last_signed_in"])
            details = {"address": address}
            note_subject(SubjectEvent.SIGNED_IN, subject, actor=actor_of_subject(subject), now=now, details=details)
    except QuanshuError as fault:
        why = str(fault.params.get("why", fault.code))
        audit.record(
            actor=ANONYMOUS,
            action=SubjectEvent.SIGN_IN_REFUSED,
            kind=SUBJECT,
            details={"reason": why, "address": address},
            outcome="refused",
            now=now,
        )
        raise
    return subject


def claims_of(pending: Pending, answer: Mapping[str, str], redirect_uri: str, now: datetime) -> dict[str, Any]:
    """What the provider says of who signed in. Raises `subjects.sign_in_failed`, `.provider_silent`."""
    if answer.get("error"):
        raise SignInFailed(why="cancelled" if answer["error"] == "access_denied" else "refused")
    # RFC 9207: an answer that names another issuer is another provider's.
    if answer.get("iss") and answer["iss"].rstrip("/") != providers.provider().issuer.rstrip("/"):
        raise SignInFailed(why="issuer")
    if not answer.get("code"):
        raise SignInFailed(why="code")
    tokens = providers.exchange(answer["code"], pending, redirect_uri)
    claims = providers.read_id_token(str(tokens.get("id_token", "")), nonce=pending.nonce, now=now)
    names = settings.QUANSHU_RESIDENT_OIDC_CLAIMS
    if not any(claims.get(name) for name in names[:2]) and tokens.get("access_token"):
        claims |= providers.userinfo(str(tokens["access_token"]), str(claims["sub"]))
    return claims


def who_is(claims: Mapping[str, Any]) -> tuple[str, str, str]:
    """(kind, number, name) by the claims that settings name. Raises `subjects.sign_in_failed`, FieldErrors."""
    person, enterprise, name = settings.QUANSHU_RESIDENT_OIDC_CLAIMS
    called = str(claims.get(name) or "").strip()[:150]
    for claim, kind in ((enterprise, SubjectKind.ENTERPRISE), (person, SubjectKind.PERSON)):
        if claims.get(claim) and called:
            return kind, str(claims[claim]), called
    raise SignInFailed(why="claims")


@transaction.atomic
def sign_out(*, actor: Actor, now: datetime) -> None:
    """Record that a subject signed out. Raises `subjects.not_found` for an officer."""
    note_subject(SubjectEvent.SIGNED_OUT, own_subject(actor), actor=actor, now=now)


@transaction.atomic
def note_acting(*, actor: Actor, principal_uid: str, now: datetime) -> Subject:
    """Record for whom the actor acts from now on; itself for its own uid. Raises `subjects.not_mandated`."""
    principal = acting_subject(actor, uid=principal_uid, now=now)
    note_subject(SubjectEvent.ACTED_FOR, principal, actor=actor, now=now)
    return principal
