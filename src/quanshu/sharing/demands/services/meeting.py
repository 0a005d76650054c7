"""On-site meetings: proposed, held with minutes, signed off by both sides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.shared.access.api import SYSTEM, Actor, allows, require
from quanshu.shared.files.api import Chunked, store
from quanshu.shared.workflow import api as workflow
from quanshu.sharing.demands import rules
from quanshu.sharing.demands.events import DemandEvent
from quanshu.sharing.demands.models import Demand, Meeting
from quanshu.sharing.demands.permissions import DemandPermission
from quanshu.sharing.demands.queries import KIND
from quanshu.sharing.demands.queries.using import policy_set
from quanshu.sharing.demands.rules import talking
from quanshu.sharing.demands.services.moving import locked, note
from quanshu.sharing.demands.types import DemandState, MeetingState, Side

TODO = "demands.todo.meeting"


def require_either(actor: Actor, demand: Demand) -> Side:
    """The side from which the actor meets. Raises Forbidden."""
    if allows(actor, DemandPermission.MEET, demand.requesting_unit):
        return Side.PLATFORM if allows(actor, DemandPermission.CHECK, demand) else Side.REQUESTER
    require(actor, DemandPermission.MEET, demand.supplier_unit)
    return Side.SUPPLIER


@transaction.atomic
def propose_meeting(
    *, actor: Actor, now: datetime, demand: Demand, planned_on: date, reason: str, place: str = "", attendees: str = ""
) -> Meeting:
    """Propose an on-site meeting; either side or the platform may. Raises Forbidden, FieldErrors."""
    demand = locked(demand)
    side = require_either(actor, demand)
    talking.check_plan(planned_on=planned_on, reason=reason, today=workflow.city_day(now))
    return plan(demand, side, actor=actor, now=now, planned_on=planned_on, reason=reason, place=place, people=attendees)


def plan(
    demand: Demand,
    side: Side,
    *,
    actor: Actor,
    now: datetime,
    planned_on: date | None,
    reason: str,
    place: str = "",
    people: str = "",
) -> Meeting:
    """Keep a meeting to come, and tell both sides."""
    meeting = Meeting.objects.create(
        demand=demand,
        state=MeetingState.PROPOSED,
        proposed_by=side,
        planned_on=planned_on,
        place=place,
        attendees=people,
        recorded_by=actor.name,
        recorded_at=now,
    )
    workflow.open_todo(
        kind=TODO,
        subject_kind=KIND,
        subject_uid=demand.uid,
        title=str(demand),
        url=demand.get_absolute_url(),
        permission=DemandPermission.MEET,
        unit_path=demand.supplier_unit.path,
        due_on=planned_on,
        now=now,
    )
    day = planned_on.isoformat() if planned_on else ""
    details = {"planned_on": day, "reason": reason, "by": side.value}
    note(demand, DemandEvent.MEETING_PROPOSED, actor=actor, now=now, details=details)
    return meeting


def require_meeting(demand: Demand, *, now: datetime) -> Meeting | None:
    """After as many returns as the bureau has set, a meeting is called for; once, until it has been held."""
    returns = demand.stays.filter(state=DemandState.RETURNED).count()
    if returns < policy_set().meet_after_returns or demand.meetings.filter(state=MeetingState.PROPOSED).exists():
        return None
    reason = N_("The demand was returned again and again.")
    return plan(demand, Side.PLATFORM, actor=SYSTEM, now=now, planned_on=None, reason=reason)


@transaction.atomic
def record_meeting(
    *,
    actor: Actor,
    now: datetime,
    demand: Demand,
    held_on: date,
    minutes: str,
    place: str = "",
    attendees: str = "",
    conclusions: Sequence[str] = (),
    meeting: Meeting | None = None,
) -> Meeting:
    """Keep the minutes of an on-site meeting, proposed before or not; either side or the platform may.

    Raises Forbidden, MeetingOver, FieldErrors.
    """
    demand = locked(demand)
    require_either(actor, demand)
    rules.check_minutes(held_on=held_on, minutes=minutes, today=workflow.city_day(now))
    talking.check_conclusions(conclusions)
    if meeting is not None:
        meeting = Meeting.objects.select_for_update().get(pk=meeting.pk, demand=demand)
        talking.check_record(meeting.state)
    row = meeting or Meeting(demand=demand)
    row.state = MeetingState.HELD
    row.held_on, row.minutes, row.conclusions = held_on, minutes, [text.strip() for text in conclusions]
    row.place, row.attendees = place or row.place, attendees or row.attendees
    row.recorded_by, row.recorded_at = actor.name, now
    row.save()
    workflow.close_todo(kind=TODO, subject_kind=KIND, subject_uid=demand.uid, now=now)
    details = {"held_on": held_on.isoformat(), "conclusions": len(row.conclusions)}
    note(demand, DemandEvent.MET, actor=actor, now=now, details=details)
    return row


@transaction.atomic
def sign_meeting(*, actor: Actor, now: datetime, demand: Demand, meeting: Meeting) -> Meeting:
    """Sign the minutes for one's side. Once both have, the conclusions are conditions of the case.

    Raises Forbidden, NotHeld, SignedAlready.
    """
    demand = locked(demand)
    row = Meeting.objects.select_for_update().get(pk=meeting.pk, demand=demand)
    side = "requester"
    if not allows(actor, DemandPermission.NEGOTIATE, demand.requesting_unit):
        require(actor, DemandPermission.NEGOTIATE, demand.supplier_unit)
        side = "supplier"
    talking.check_sign(row.state, signed=getattr(row, f"{side}_signed_at") is not None)
    setattr(row, f"{side}_signed_by", actor.name)
    setattr(row, f"{side}_signed_at", now)
    both = row.requester_signed_at is not None and row.supplier_signed_at is not None
    if both:
        row.state = MeetingState.SIGNED
    row.save()
    details = {"side": side, "both": both, "conclusions": row.conclusions if both else []}
    note(demand, DemandEvent.MEETING_SIGNED, actor=actor, now=now, details=details)
    return row


@transaction.atomic
def attach_file(
    *, actor: Actor, now: datetime, demand: Demand, meeting: Meeting, name: str, stream: Chunked
) -> Meeting:
    """Put a file to the minutes of a meeting. Raises Forbidden, FileTypeRefused, FileTooLarge, FileEmpty."""
    demand = locked(demand)
    require_either(actor, demand)
    row = Meeting.objects.select_for_update().get(pk=meeting.pk, demand=demand)
    kept = store(actor=actor, name=name, stream=stream, now=now)
    row.files = [*row.files, {"digest": kept.digest, "name": kept.name}]
    row.save(update_fields=["files"])
    note(demand, DemandEvent.FILED, actor=actor, now=now, details={"digest": kept.digest, "file": kept.name})
    return row
