"""Writes of exceptions: asked by the unit with the entry's reason, answered by the bureau."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.shared.workflow import api as workflow
from quanshu.supply.catalogue.api import Entry, set_exempt
from quanshu.supply.landing.events import LandingEvent
from quanshu.supply.landing.models import LandingException
from quanshu.supply.landing.permissions import LandingPermission
from quanshu.supply.landing.rules import check_answer, check_decidable
from quanshu.supply.landing.types import ExceptionState

KIND = "catalogue.entry"
TODO = "landing.exception"
OPEN = (ExceptionState.ASKED, ExceptionState.AGREED)


@transaction.atomic
def note_reason(*, actor: Actor, now: datetime, entry: Entry) -> None:
    """The unit has given, changed or taken back the reason why an entry's data stays with it.

    Called by the catalogue within the write of a draft. A new reason waits for the bureau; until then the entry
    must land.
    """
    held = LandingException.objects.filter(entry=entry, state__in=OPEN).first()
    if held is not None and held.reason == entry.sensitive_reason:
        return
    if held is None and not entry.sensitive_reason:
        return
    if held is not None:
        held.state, held.decided_by, held.decided_at = ExceptionState.ENDED, actor.name, now
        held.save(update_fields=["state", "decided_by", "decided_at"])
        workflow.close_todo(kind=TODO, subject_kind=KIND, subject_uid=entry.uid, now=now)
        _note(entry, LandingEvent.ENDED, actor=actor, now=now, details={"reason": held.reason})
    if entry.exempt:
        set_exempt(actor=actor, now=now, entry=entry, exempt=False)
    if entry.sensitive_reason:
        _ask(entry, actor=actor, now=now)


def _ask(entry: Entry, *, actor: Actor, now: datetime) -> None:
    LandingException.objects.create(entry=entry, reason=entry.sensitive_reason, asked_by=actor.name, asked_at=now)
    workflow.open_todo(
        kind=TODO,
        subject_kind=KIND,
        subject_uid=entry.uid,
        title=entry.resource_name,
        url=f"/catalogue/{entry.uid}/exception/",
        permission=LandingPermission.DECIDE,
        unit_path=entry.unit.path,
        due_on=None,
        now=now,
    )
    _note(entry, LandingEvent.ASKED, actor=actor, now=now, details={"reason": entry.sensitive_reason})


@transaction.atomic
def decide_exception(
    *, actor: Actor, now: datetime, exception: LandingException, agreed: bool, answer: str = ""
) -> LandingException:
    """The bureau's answer; agreed, the entry leaves what must land.

    Raises Forbidden, AlreadyDecided, or FieldErrors for a refusal without a reason.
    """
    row = LandingException.objects.select_for_update().get(pk=exception.pk)
    entry = row.entry
    require(actor, LandingPermission.DECIDE, entry)
    check_decidable(row.state)
    check_answer(agreed=agreed, answer=answer)
    row.state = ExceptionState.AGREED if agreed else ExceptionState.REFUSED
    row.decided_by, row.decided_at, row.answer = actor.name, now, answer.strip()
    row.save()
    if agreed:
        set_exempt(actor=actor, now=now, entry=entry, exempt=True)
    workflow.close_todo(kind=TODO, subject_kind=KIND, subject_uid=entry.uid, now=now)
    event = LandingEvent.AGREED if agreed else LandingEvent.REFUSED
    _note(entry, event, actor=actor, now=now, details={"reason": row.reason, "answer": row.answer})
    return row


def _note(entry: Entry, event: LandingEvent, *, actor: Actor, now: datetime, details: dict[str, Any]) -> None:
    audit.record(
        actor=actor,
        action=event,
        kind=KIND,
        uid=entry.uid,
        label=entry.resource_name,
        place=entry.access_place(),
        details=details,
        now=now,
    )
    payload = {"entry_uid": entry.uid, "code": entry.code, "state": entry.state, "version": entry.version}
    outbox.add(name=event, payload=payload, now=now)
