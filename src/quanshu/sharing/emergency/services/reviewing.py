"""The review after the fact: every grant judged one by one, then the emergency closed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.organisation.api import holders
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.workflow import api as workflow
from quanshu.sharing.demands.api import platform_path
from quanshu.sharing.emergency import rules
from quanshu.sharing.emergency.events import EmergencyEvent
from quanshu.sharing.emergency.models import Emergency, Request
from quanshu.sharing.emergency.permissions import EmergencyPermission
from quanshu.sharing.emergency.queries import KIND, unreviewed, use_of
from quanshu.sharing.emergency.services.declaring import REVIEW_TODO
from quanshu.sharing.emergency.services.noting import locked, locked_request, note_emergency, note_request, tell
from quanshu.sharing.emergency.types import REVIEW_CLOCK, Consequence, EmergencyState, Use
from quanshu.sharing.services.api import stop_consumer

ESCALATED = "emergency.todo.escalated"


@transaction.atomic
def judge_request(
    *, actor: Actor, now: datetime, request: Request, verdict: str, reason: str, consequence: str = ""
) -> Request:
    """Judge one grant by what was really called under it; the figures seen are kept with the verdict.

    The consequence "stop" switches the application off at once. Raises Forbidden, OwnDeclaration, OwnRequest,
    WrongState, NeverGranted, FieldErrors.
    """
    request = locked_request(request)
    emergency = request.emergency
    require(actor, EmergencyPermission.REVIEW, emergency)
    rules.check_reviewer(reviewer=actor.uid, declared_by=emergency.declared_by, asked_by=request.asked_by)
    rules.check_judgement(
        state=emergency.state,
        granted=bool(request.grant_uid),
        verdict=verdict,
        consequence=consequence,
        reason=reason,
    )
    request.verdict, request.consequence, request.review_reason = verdict, consequence, reason.strip()
    request.reviewed_by_name, request.reviewed_at = actor.name, now
    request.evidence = as_json(use_of(request))
    request.save()
    if consequence == Consequence.STOP and request.consumer.active:
        stop_consumer(actor=SYSTEM, now=now, consumer=request.consumer)
    note_request(
        EmergencyEvent.REVIEWED,
        request,
        actor=actor,
        now=now,
        verdict=verdict,
        consequence=consequence,
        reason=reason,
        calls=request.evidence["calls"],
        rows=request.evidence["rows"],
    )
    people = [request.asked_by, *holders(request.consumer.unit.path, "chief")]
    text = N_("The use of emergency demand %(of)s was reviewed")
    tell(people, text, of=str(request), url=request.get_absolute_url(), body=reason, now=now)
    return request


def as_json(use: Use) -> dict[str, Any]:
    """The figures of a use as they are kept."""
    kept = asdict(use)
    for name in ("first_at", "last_at"):
        kept[name] = kept[name].isoformat() if kept[name] else None
    return kept


@transaction.atomic
def close_emergency(*, actor: Actor, now: datetime, emergency: Emergency, summary: str) -> Emergency:
    """Sum the review up and close the emergency.

    Raises Forbidden, OwnDeclaration, WrongState, NotReviewed, FieldErrors.
    """
    emergency = locked(emergency)
    require(actor, EmergencyPermission.REVIEW, emergency)
    rules.check_reviewer(reviewer=actor.uid, declared_by=emergency.declared_by)
    rules.check_close(state=emergency.state, unreviewed=unreviewed(emergency).count(), summary=summary)
    transition = rules.check_step(emergency.state, "close")
    emergency.state, emergency.closed_at = transition.target, now
    emergency.closed_by_name, emergency.summary = actor.name, summary.strip()
    emergency.save()
    workflow.stop_clock(kind=REVIEW_CLOCK, subject_kind=KIND, subject_uid=emergency.uid, now=now)
    for kind in (REVIEW_TODO, ESCALATED):
        workflow.close_todo(kind=kind, subject_kind=KIND, subject_uid=emergency.uid, now=now)
    note_emergency(EmergencyEvent.CLOSED, emergency, actor=actor, now=now, summary=summary)
    text = N_("The review of emergency %(of)s is closed")
    tell([emergency.declared_by], text, of=str(emergency), url=emergency.get_absolute_url(), body=summary, now=now)
    return emergency


@transaction.atomic
def escalate_review(*, emergency: Emergency, due_on: date, now: datetime) -> bool:
    """Tell the platform's chief, the city's leaders and the auditors that a review is overdue.

    False when the review was closed meanwhile.
    """
    emergency = locked(emergency)
    if emergency.state != EmergencyState.ENDED:
        return False
    place = platform_path()
    people = [uid for role in ("chief", "leader", "auditor", "bureau") for uid in holders(place, role)]
    workflow.open_todo(
        kind=ESCALATED,
        subject_kind=KIND,
        subject_uid=emergency.uid,
        title=str(emergency),
        url=emergency.get_absolute_url(),
        permission=EmergencyPermission.REVIEW,
        unit_path=place,
        due_on=due_on,
        now=now,
    )
    text = N_("The review of emergency %(of)s is overdue")
    told = tell(people, text, of=str(emergency), url=emergency.get_absolute_url(), now=now)
    note_emergency(EmergencyEvent.ESCALATED, emergency, actor=SYSTEM, now=now, due_on=due_on.isoformat(), told=told)
    return True
