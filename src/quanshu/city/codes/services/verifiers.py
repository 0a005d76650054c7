"""Verifiers: registered for a scene with a key, a token or as a desk; suspended, resumed, ended."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.city.codes import rules
from quanshu.city.codes.events import CodeEvent
from quanshu.city.codes.models import Scene, Verifier
from quanshu.city.codes.permissions import CodePermission
from quanshu.city.codes.queries import TOKEN_MARK, token_digest
from quanshu.city.codes.services.noting import note
from quanshu.city.codes.types import Proof
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.access.api import Actor, require
from quanshu.sharing.services.api import check_public_key


@transaction.atomic
def register_verifier(
    *, actor: Actor, now: datetime, scene: Scene, name: str, proof: str, place: str = "", public_key: str = ""
) -> tuple[Verifier, str]:
    """Register a device, program or desk for a scene: (verifier, its token, which is shown once, or "").

    Raises Forbidden, FieldErrors.
    """
    require(actor, CodePermission.VERIFIER_MANAGE, scene)
    name = name.strip()
    faults = []
    if len(name) < 2:
        faults.append(FieldError("name", N_("This must not be empty."), N_("Fill it in.")))
    elif Verifier.objects.filter(scene=scene, name=name).exists():
        faults.append(FieldError("name", N_("The scene has a device of this name."), N_("Choose another name.")))
    if proof not in set(Proof):
        faults.append(FieldError("proof", N_("It is not said how it proves itself."), N_("Choose one of the three.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))
    raw = check_public_key("ed25519", public_key) if proof == Proof.KEY else b""
    token = new_token() if proof == Proof.TOKEN else ""
    verifier = Verifier.objects.create(
        scene=scene,
        name=name,
        place=place.strip(),
        proof=proof,
        public_key=base64.b64encode(raw).decode("ascii"),
        token_hash=token_digest(token) if token else "",
        registered_at=now,
        registered_by=actor.name,
    )
    details = {"scene": scene.uid, "proof": proof}
    note(CodeEvent.VERIFIER_REGISTERED, verifier, actor=actor, now=now, details=details)
    return verifier, token


def take_step(*, actor: Actor, now: datetime, verifier: Verifier, step: str, reason: str = "") -> Verifier:
    """One step of the table. Raises Forbidden, `codes.wrong_state`."""
    verifier = Verifier.objects.select_for_update(of=("self",)).select_related("scene__unit").get(pk=verifier.pk)
    require(actor, rules.permission_of(rules.VERIFIERS, step), verifier)
    transition = rules.check_step(rules.VERIFIERS, verifier.state, step)
    verifier.state = transition.target
    verifier.save(update_fields=["state"])
    note(transition.event, verifier, actor=actor, now=now, details={"reason": reason.strip()} if reason else {})
    return verifier


@transaction.atomic
def suspend_verifier(*, actor: Actor, now: datetime, verifier: Verifier, reason: str) -> Verifier:
    """Let a device scan no more for a time. Raises Forbidden, `codes.wrong_state`."""
    return take_step(actor=actor, now=now, verifier=verifier, step="suspend", reason=reason)


@transaction.atomic
def resume_verifier(*, actor: Actor, now: datetime, verifier: Verifier) -> Verifier:
    """Let a suspended device scan again. Raises Forbidden, `codes.wrong_state`."""
    return take_step(actor=actor, now=now, verifier=verifier, step="resume")


@transaction.atomic
def end_verifier(*, actor: Actor, now: datetime, verifier: Verifier, reason: str) -> Verifier:
    """Take a device out of use for good. Raises Forbidden, `codes.wrong_state`."""
    return take_step(actor=actor, now=now, verifier=verifier, step="end", reason=reason)


@transaction.atomic
def renew_token(*, actor: Actor, now: datetime, verifier: Verifier) -> tuple[Verifier, str]:
    """Give a device a new token, shown once; the old one is worth nothing from then on.

    Raises Forbidden, `codes.wrong_state`.
    """
    verifier = Verifier.objects.select_for_update(of=("self",)).select_related("scene__unit").get(pk=verifier.pk)
    require(actor, CodePermission.VERIFIER_MANAGE, verifier)
    rules.check_renewable(verifier.proof, verifier.state)
    token = new_token()
    verifier.token_hash = token_digest(token)
    verifier.save(update_fields=["token_hash"])
    note(CodeEvent.VERIFIER_RENEWED, verifier, actor=actor, now=now)
    return verifier, token


def new_token() -> str:
    """A token that nobody guesses."""
    return TOKEN_MARK + secrets.token_urlsafe(32)
