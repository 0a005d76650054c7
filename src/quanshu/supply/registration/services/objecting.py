"""Objections during publicity: filed by anyone, decided by the bureau."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.supply.registration import rules
from quanshu.supply.registration.events import RegistrationEvent
from quanshu.supply.registration.models import Application, Objection
from quanshu.supply.registration.permissions import RegistrationPermission
from quanshu.supply.registration.services.applying import locked
from quanshu.supply.registration.services.noting import move, note
from quanshu.supply.registration.types import ObjectionData, ObjectionState, WrongStep


@transaction.atomic
def file_objection(*, now: datetime, application: Application, data: ObjectionData) -> Objection:
    """Keep an objection; who filed it does not go into the audit trail. Raises FieldErrors,
    `registration.no_publicity`."""
    application = locked(application)
    rules.check_public(application.state)
    rules.check_objection(data)
    objection = Objection.objects.create(
        application=application,
        name=data.name.strip()[:100],
        contact=data.contact.strip()[:200],
        reason=data.reason.strip()[:4000],
        filed_at=now,
    )
    note(RegistrationEvent.OBJECTED, application, actor=SYSTEM, now=now, details={"objection": objection.uid})
    return objection


@transaction.atomic
def decide_objection(*, actor: Actor, now: datetime, objection: Objection, upheld: bool, answer: str) -> Objection:
    """Uphold an objection, which refuses the application, or reject it with the reason.

    Raises Forbidden, `registration.wrong_state`.
    """
    objection = Objection.objects.select_for_update(of=("self",)).select_related("application").get(pk=objection.pk)
    application = locked(objection.application)
    require(actor, RegistrationPermission.OBJECTION, objection)
    if objection.state != ObjectionState.OPEN:
        raise WrongStep
    objection.state = ObjectionState.UPHELD if upheld else ObjectionState.REJECTED
    objection.decided_at, objection.decided_by, objection.answer = now, actor.name, answer.strip()
    objection.save()
    details = {"objection": objection.uid, "upheld": upheld}
    note(RegistrationEvent.OBJECTION_DECIDED, application, actor=actor, now=now, details=details)
    if upheld and application.state == rules.S.PUBLICITY:
        application.note = objection.answer
        move(application, "refuse", now=now)
        note(RegistrationEvent.REFUSED, application, actor=actor, now=now, details={"objection": objection.uid})
    return objection
