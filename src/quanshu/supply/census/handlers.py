"""Overdue clocks go up to the chief; the catalogue's own steps answer what the census found."""

from __future__ import annotations

from datetime import date

from quanshu.shared.outbox.api import Event, subscribe
from quanshu.supply.census.models import Filing
from quanshu.supply.census.queries import KIND
from quanshu.supply.census.services import escalate
from quanshu.supply.census.services.following import note_followed
from quanshu.supply.census.types import Verdict


@subscribe("workflow.clock.overdue")
def escalate_overdue(event: Event) -> None:
    """A clock of a filing ran past its day. Safe to hear twice."""
    told = event.payload
    filing = Filing.objects.filter(uid=told["subject_uid"]).first() if told["subject_kind"] == KIND else None
    if filing is not None:
        due_on = date.fromisoformat(told["due_on"])
        escalate(filing=filing, clock_uid=told["clock_uid"], kind=told["kind"], due_on=due_on, now=event.at)


@subscribe("catalogue.entry.revised")
def note_revision(event: Event) -> None:
    """The entry's next version was opened."""
    note_followed(entry_uid=event.payload["entry_uid"], verdict=Verdict.CHANGED, now=event.at)


@subscribe("catalogue.entry.withdrawn")
def note_withdrawal(event: Event) -> None:
    """The entry was taken out of force."""
    note_followed(entry_uid=event.payload["entry_uid"], verdict=Verdict.OBSOLETE, now=event.at)
