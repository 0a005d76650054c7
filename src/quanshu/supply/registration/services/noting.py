"""Steps four and five of every write of this room, and the clocks and to-dos that go with a state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.shared.workflow import api as workflow
from quanshu.supply.registration import rules
from quanshu.supply.registration.events import RegistrationEvent
from quanshu.supply.registration.models import Application
from quanshu.supply.registration.permissions import RegistrationPermission as P
from quanshu.supply.registration.types import ApplicationState as S

KIND = "registration.application"
# The clock of a state, its working days, and who must act: (clock, days, permission, whose unit).
WAITING = {
    S.ACCEPTING: ("registration.accept", rules.ACCEPT_DAYS, P.ACCEPT, "receiver"),
    S.FORMAL: ("registration.formal", rules.FORMAL_DAYS, P.REVIEW, ""),
    S.MATERIAL: ("registration.material", rules.MATERIAL_DAYS, P.REVIEW, ""),
    S.PUBLICITY: ("registration.publicity", rules.PUBLICITY_DAYS, P.REVIEW, ""),
}


def move(application: Application, step: str, *, now: datetime) -> None:
    """Take a step of the table: the clock of the old state stops, that of the new one starts."""
    before = S(application.state)
    after = rules.check_step(before, step)
    if before in WAITING:
        clock, *_rest = WAITING[before]
        workflow.stop_clock(kind=clock, subject_kind=KIND, subject_uid=application.uid, now=now)
        workflow.close_todo(kind=clock, subject_kind=KIND, subject_uid=application.uid, now=now)
    application.state, application.updated_at = after, now
    if after in WAITING:
        clock, days, permission, whose = WAITING[after]
        path = application.receiver.path if whose and application.receiver else "/"
        started = workflow.start_clock(
            kind=clock, subject_kind=KIND, subject_uid=application.uid, days=days, holder_path=path, now=now
        )
        if after == S.PUBLICITY:
            application.public_until = started.due_on
        workflow.open_todo(
            kind=clock,
            subject_kind=KIND,
            subject_uid=application.uid,
            title=application.entry.resource_name,
            url=application.get_absolute_url(),
            permission=permission,
            unit_path=path,
            due_on=started.due_on,
            now=now,
        )
    application.save()


def note(
    event: RegistrationEvent,
    application: Application,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    """Record the act on an application, and tell the rooms above."""
    entry = application.entry
    audit.record(
        actor=actor,
        action=event,
        obj=application,
        kind=KIND,
        uid=application.uid,
        label=entry.resource_name,
        details=details or {},
        now=now,
    )
    payload = {"uid": application.uid, "entry_uid": entry.uid, "at": now.isoformat(), **(details or {})}
    outbox.add(name=event, payload=payload, now=now)
