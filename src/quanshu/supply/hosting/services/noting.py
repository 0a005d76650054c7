"""Steps four and five of every write of hosting, and the clocks and to-dos that go with a state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.shared.workflow import api as workflow
from quanshu.supply.hosting import rules
from quanshu.supply.hosting.events import HostingEvent
from quanshu.supply.hosting.models import Agreement, Change
from quanshu.supply.hosting.permissions import HostingPermission as P
from quanshu.supply.hosting.types import AgreementState as S

KIND, CHANGE_KIND = "hosting.agreement", "hosting.change"
ACCEPT, CONFIRM, TERM, APPROVE = "hosting.accept", "hosting.confirm", "hosting.term", "hosting.approve"
# The clock of a state, its working days, who must act, and whether that is the unit.
WAITING = {
    S.PROPOSED: (ACCEPT, rules.ACCEPT_DAYS, P.ACCEPT, False),
    S.RETURNING: (CONFIRM, rules.CONFIRM_DAYS, P.TAKE_BACK, True),
}


def locked(agreement: Agreement) -> Agreement:
    """The row as it is now, held until the transaction ends."""
    rows = Agreement.objects.select_for_update(of=("self",)).select_related("entry__unit", "unit")
    return rows.get(pk=agreement.pk)


def move(agreement: Agreement, step: str, *, now: datetime) -> None:
    """Take a step of the table: the clock of the old state stops, that of the new one starts."""
    before, after = S(agreement.state), rules.check_step(agreement.state, step)
    subject: dict[str, Any] = {"subject_kind": KIND, "subject_uid": agreement.uid, "now": now}
    if before in WAITING:
        kind = WAITING[before][0]
        workflow.stop_clock(kind=kind, **subject)
        workflow.close_todo(kind=kind, **subject)
    if before == S.ACTIVE:
        workflow.close_todo(kind=TERM, **subject)
    agreement.state, agreement.updated_at = after, now
    if after in WAITING:
        kind, days, permission, of_unit = WAITING[after]
        path = agreement.unit.path if of_unit else "/"
        clock = workflow.start_clock(kind=kind, days=days, holder_path=path, **subject)
        wait_for(agreement, kind, permission=permission, path=path, due_on=clock.due_on, now=now)
    agreement.save()


def wait_for(agreement: Agreement, kind: str, *, permission: str, path: str, due_on: Any, now: datetime) -> None:
    """Open a to-do over an agreement."""
    workflow.open_todo(
        kind=kind,
        subject_kind=KIND,
        subject_uid=agreement.uid,
        title=agreement.entry.resource_name,
        url=agreement.get_absolute_url(),
        permission=permission,
        unit_path=path,
        due_on=due_on,
        now=now,
    )


def note(
    event: HostingEvent,
    agreement: Agreement,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    """Record an act on an agreement, and tell the rooms above."""
    _record(event, agreement, KIND, agreement.uid, actor=actor, now=now, details=details)


def note_change(
    event: HostingEvent, change: Change, *, actor: Actor, now: datetime, details: dict[str, Any] | None = None
) -> None:
    """Record an act on a row: which fields, never their values nor the row's key."""
    told = {"kind": change.kind, "fields": change.fields, **(details or {})}
    _record(event, change.agreement, CHANGE_KIND, change.uid, actor=actor, now=now, details=told)


def _record(
    event: HostingEvent,
    agreement: Agreement,
    kind: str,
    uid: str,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, Any] | None,
) -> None:
    audit.record(
        actor=actor,
        action=event,
        obj=agreement,
        kind=kind,
        uid=uid,
        label=agreement.entry.resource_name,
        details=details or {},
        now=now,
    )
    payload = {"uid": uid, "agreement_uid": agreement.uid, "entry_uid": agreement.entry.uid, "at": now.isoformat()}
    outbox.add(name=event, payload={**payload, "state": agreement.state}, now=now)
