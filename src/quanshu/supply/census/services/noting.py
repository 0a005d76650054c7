"""Steps four and five of every write of the census, and the clocks and to-dos that go with a filing's state."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.shared.workflow import api as workflow
from quanshu.supply.census import rules
from quanshu.supply.census.events import CensusEvent
from quanshu.supply.census.models import Campaign, Filing
from quanshu.supply.census.permissions import CensusPermission as P
from quanshu.supply.census.queries import CAMPAIGN_KIND, KIND
from quanshu.supply.census.types import ExtensionState
from quanshu.supply.census.types import FilingState as S

FILL, SIGN, REVIEW = "census.fill", "census.sign", "census.review"
ESCALATED, EXTENSION = "census.escalated", "census.extension"
# The clock of a state and who must act.
WAITING = {
    S.NOT_STARTED: (FILL, P.FILL),
    S.FILLING: (FILL, P.FILL),
    S.RETURNED: (FILL, P.FILL),
    S.SUBMITTED: (SIGN, P.SIGN),
    S.SIGNED: (REVIEW, P.REVIEW),
}
DAYS = {SIGN: rules.SIGN_DAYS, REVIEW: rules.REVIEW_DAYS}


def locked(filing: Filing) -> Filing:
    """The row as it is now, held until the transaction ends."""
    rows = Filing.objects.select_for_update(of=("self",)).select_related("unit", "campaign")
    return rows.get(pk=filing.pk)


def start_waiting(filing: Filing, kind: str, permission: str, *, days: int, now: datetime) -> date:
    """Start the clock of a state and open its to-do; returns the day it is due."""
    path = "/" if kind == REVIEW else filing.unit.path
    clock = workflow.start_clock(
        kind=kind, subject_kind=KIND, subject_uid=filing.uid, days=days, holder_path=path, now=now
    )
    workflow.open_todo(
        kind=kind,
        subject_kind=KIND,
        subject_uid=filing.uid,
        title=str(filing),
        url=filing.get_absolute_url(),
        permission=permission,
        unit_path=path,
        due_on=clock.due_on,
        now=now,
    )
    return clock.due_on


def stop_waiting(filing: Filing, *, now: datetime) -> None:
    """Stop whatever clock runs for the filing and close its to-dos."""
    for kind in (FILL, SIGN, REVIEW):
        workflow.stop_clock(kind=kind, subject_kind=KIND, subject_uid=filing.uid, now=now)
    for kind in (FILL, SIGN, REVIEW, ESCALATED):
        workflow.close_todo(kind=kind, subject_kind=KIND, subject_uid=filing.uid, now=now)


def end_requests(filing: Filing, *, answer: str, now: datetime) -> None:
    """Requests for more time that nobody decides any more."""
    asked = filing.extensions.filter(state=ExtensionState.ASKED)
    asked.update(state=ExtensionState.REFUSED, answer=answer, decided_at=now)
    workflow.close_todo(kind=EXTENSION, subject_kind=KIND, subject_uid=filing.uid, now=now)


def start_filling(filing: Filing, *, until: date, now: datetime) -> None:
    """Start the filling clock so that it ends on `until`, or after three working days when that is later."""
    days = workflow.calendar().between(workflow.city_day(now), until)
    least = 1 if filing.state == S.NOT_STARTED else rules.CORRECT_DAYS
    filing.due_on = start_waiting(filing, FILL, P.FILL, days=max(days, least), now=now)


def move(filing: Filing, step: str, *, now: datetime) -> None:
    """Take a step of the table: the clock of the old state stops, that of the new one starts."""
    after = rules.check_step(filing.state, step, campaign_state=filing.campaign.state)
    before = WAITING.get(S(filing.state))
    filing.state, filing.updated_at = after, now
    waits = WAITING.get(after)
    if waits != before:
        stop_waiting(filing, now=now)
        if waits and waits[0] == FILL:
            start_filling(filing, until=filing.due_on, now=now)
        elif waits:
            start_waiting(filing, *waits, days=DAYS[waits[0]], now=now)
    filing.save()


def note(
    event: CensusEvent,
    filing: Filing,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    """Record an act on a filing, and tell the rooms above."""
    audit.record(
        actor=actor,
        action=event,
        obj=filing,
        kind=KIND,
        uid=filing.uid,
        label=str(filing),
        details=details or {},
        now=now,
    )
    payload = {"filing_uid": filing.uid, "campaign_uid": filing.campaign.uid, "unit_uid": filing.unit.uid}
    outbox.add(name=event, payload={**payload, "state": filing.state, "at": now.isoformat()}, now=now)


def note_campaign(
    event: CensusEvent, campaign: Campaign, *, actor: Actor, now: datetime, details: dict[str, Any] | None = None
) -> None:
    """Record an act on a campaign, and tell the rooms above."""
    audit.record(
        actor=actor,
        action=event,
        kind=CAMPAIGN_KIND,
        uid=campaign.uid,
        label=campaign.title,
        details=details or {},
        now=now,
    )
    payload = {"campaign_uid": campaign.uid, "state": campaign.state, "at": now.isoformat()}
    outbox.add(name=event, payload=payload, now=now)
