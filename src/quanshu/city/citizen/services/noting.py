"""Steps four and five of every write of this room, with the clocks and to-dos of a correction's state.

Nothing of a value, number or name goes here: a correction is told by uid, table and field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as N_

from quanshu.city.citizen import rules
from quanshu.city.citizen.events import CitizenEvent
from quanshu.city.citizen.models import Correction
from quanshu.city.citizen.permissions import CitizenPermission as P
from quanshu.city.citizen.types import CorrectionState as S
from quanshu.shared.access.api import Actor, Place
from quanshu.shared.audit import api as audit
from quanshu.shared.notify.api import notify
from quanshu.shared.outbox import api as outbox
from quanshu.shared.workflow import api as workflow

KIND = "citizen.correction"
DAYS = {rules.UNIT_CLOCK: rules.UNIT_DAYS, rules.BUREAU_CLOCK: rules.BUREAU_DAYS}
# What is told the resident of a step.
TOLD = {
    CitizenEvent.ACCEPTED: N_("%(table)s: the unit has accepted your report and is correcting the value"),
    CitizenEvent.CORRECTED: N_("%(table)s: the value you reported has been corrected"),
    CitizenEvent.REJECTED: N_("%(table)s: the unit says that the value is right as it is"),
    CitizenEvent.OVERTURNED: N_("%(table)s: the bureau has decided that the unit shall correct the value"),
    CitizenEvent.UPHELD: N_("%(table)s: the bureau has decided that the value stands"),
    CitizenEvent.REOPENED: N_("%(table)s: the value is wrong again; the unit has been told"),
}


def locked(correction: Correction) -> Correction:
    """The row as it is now, held until the transaction ends."""
    rows = Correction.objects.select_for_update(of=("self",))
    return rows.select_related("entry__unit", "unit", "subject", "filed_by", "problem").get(pk=correction.pk)


def move(
    correction: Correction,
    step: str,
    *,
    actor: Actor,
    now: datetime,
    answer: str = "",
    details: Mapping[str, Any] | None = None,
) -> Correction:
    """Take a step of the table: state, clocks, to-do, audit entry, event, and a notice to the resident."""
    transition = rules.check_step(correction.state, step)
    event = CitizenEvent(transition.event)
    for kind in transition.stops:
        clock = workflow.stop_clock(kind=kind, subject_kind=KIND, subject_uid=correction.uid, now=now)
        if clock is not None and kind == rules.UNIT_CLOCK and step != "withdraw" and correction.decided_at is None:
            correction.decided_at, correction.on_time, correction.working_days = now, clock.on_time, clock.days_used
    correction.state = transition.target
    for kind in transition.starts:
        start_clock(correction, kind, now=now)
    over = correction.state in {S.CORRECTED, S.REJECTED, S.UPHELD, S.WITHDRAWN}
    correction.closed_at = now if over else None
    if answer:
        correction.answer = answer
    correction.save()
    wait_for(correction, now=now)
    note(event, correction, actor=actor, now=now, details=details)
    if event in TOLD:
        tell_subject(correction, TOLD[event], now=now)
    return correction


def start_clock(correction: Correction, kind: str, *, now: datetime) -> None:
    """The clock of whoever must act now: the unit's or the bureau's."""
    path = correction.unit.path if kind == rules.UNIT_CLOCK else "/"
    days = DAYS[kind]
    clock = workflow.start_clock(
        kind=kind, subject_kind=KIND, subject_uid=correction.uid, days=days, holder_path=path, now=now
    )
    correction.due_on = clock.due_on


def wait_for(correction: Correction, *, now: datetime) -> None:
    """Leave only the to-do of whoever must act now open."""
    units, bureau = correction.state in rules.OPEN_STATES, correction.state == S.REVIEW
    workflow.keep_one_todo(
        rules.UNIT_CLOCK if units else rules.BUREAU_CLOCK if bureau else None,
        kinds=(rules.UNIT_CLOCK, rules.BUREAU_CLOCK),
        subject_kind=KIND,
        subject_uid=correction.uid,
        title=correction.entry.resource_name,
        url=correction.get_absolute_url(),
        permission=P.HANDLE if units else P.REVIEW,
        unit_path=correction.unit.path,
        now=now,
    )


def note(
    event: CitizenEvent,
    correction: Correction,
    *,
    actor: Actor,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Record an act on a correction, and tell the rooms above."""
    audit.record(
        actor=actor,
        action=event,
        kind=KIND,
        uid=correction.uid,
        label=correction.entry.resource_name,
        place=Place(unit_path=correction.unit.path),
        details={"column": correction.column, **(details or {})},
        now=now,
    )
    payload = {
        "uid": correction.uid,
        "entry_uid": correction.entry.uid,
        "column": correction.column,
        "at": now.isoformat(),
    }
    outbox.add(name=event, payload={**payload, **(details or {})}, now=now)


def tell_subject(correction: Correction, text: str, *, now: datetime) -> None:
    """A notice to whom the data is about and to whoever filed for them."""
    people = [correction.subject.uid, correction.filed_by.uid]
    tell(people, text, correction, url=correction.my_url(), now=now)


def tell(people: Sequence[str], text: str, correction: Correction, *, url: str, now: datetime) -> int:
    """A notice that names the table, kept in the platform's language; returns how many were written."""
    with override(settings.LANGUAGE_CODE):
        subject = gettext(text) % {"table": correction.entry.resource_name}
    return notify(recipients=people, subject=subject, url=url, now=now)
