"""Tables of a workspace: asked for, granted with masks by the unit whose data they are, refused, ended."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import FieldErrors
from quanshu.organisation.api import holders
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.notify.api import notify
from quanshu.shared.workflow import api as workflow
from quanshu.supply.catalogue.api import Entry, items_of
from quanshu.supply.workspaces import rules
from quanshu.supply.workspaces.events import WorkspaceEvent
from quanshu.supply.workspaces.models import Table, Workspace
from quanshu.supply.workspaces.permissions import WorkspacePermission
from quanshu.supply.workspaces.services.noting import note
from quanshu.supply.workspaces.types import AskData, GrantData, TableState

KIND = "workspaces.table"


@transaction.atomic
def ask_table(*, actor: Actor, now: datetime, space: Workspace, entry: Entry, data: AskData) -> Table:
    """Ask the unit of an entry for some of its fields. Raises Forbidden, FieldErrors, `workspaces.closed`."""
    require(actor, WorkspacePermission.ASK, space)
    rules.check_open(closed=space.closed_at is not None)
    live = space.tables.filter(state__in=[TableState.ASKED, TableState.GRANTED])
    rules.check_ask(
        data,
        columns=[item.name for item in items_of(entry)],
        taken=set(live.values_list("alias", flat=True)),
        today=now.astimezone(CITY_TZ).date(),
    )
    table = Table.objects.create(
        workspace=space,
        entry=entry,
        alias=data.alias,
        columns=list(data.columns),
        reason=data.reason.strip(),
        until=data.until,
        asked_at=now,
        asked_by=actor.name,
    )
    clock = workflow.start_clock(
        kind="workspaces.decision",
        subject_kind=KIND,
        subject_uid=table.uid,
        days=rules.DECISION_DAYS,
        holder_path=entry.unit.path,
        now=now,
    )
    workflow.open_todo(
        kind="workspaces.decide",
        subject_kind=KIND,
        subject_uid=table.uid,
        title=f"{space.unit.name}: {entry.resource_name}",
        url=table.get_absolute_url(),
        permission=WorkspacePermission.GRANT,
        unit_path=entry.unit.path,
        due_on=clock.due_on,
        now=now,
    )
    note(WorkspaceEvent.TABLE_ASKED, table, actor=actor, now=now, details={"entry": entry.code})
    return table


@transaction.atomic
def grant_table(*, actor: Actor, now: datetime, table: Table, data: GrantData) -> Table:
    """Grant fields, each with its mask. Raises Forbidden, FieldErrors, `workspaces.not_decidable`, `.weak_mask`."""
    table = locked(table)
    require(actor, WorkspacePermission.GRANT, table)
    rules.check_decidable(table.state)
    graded = {item.name: item.mask for item in items_of(table.entry)}
    rules.check_masks(data.masks, asked=table.columns, graded=graded)
    until = data.until or table.until
    faults = rules.until_faults(until, now.astimezone(CITY_TZ).date())
    if faults:
        raise FieldErrors(errors=tuple(faults))
    table.masks, table.until, table.state = dict(data.masks), until, TableState.GRANTED
    return decided(table, WorkspaceEvent.TABLE_GRANTED, actor=actor, now=now, details={"fields": sorted(data.masks)})


@transaction.atomic
def refuse_table(*, actor: Actor, now: datetime, table: Table, reason: str) -> Table:
    """Refuse a request with the reason. Raises Forbidden, `workspaces.not_decidable`."""
    table = locked(table)
    require(actor, WorkspacePermission.GRANT, table)
    rules.check_decidable(table.state)
    table.state, table.decision = TableState.REFUSED, reason.strip()
    return decided(table, WorkspaceEvent.TABLE_REFUSED, actor=actor, now=now)


@transaction.atomic
def end_table(*, actor: Actor, now: datetime, table: Table, reason: str) -> Table:
    """End a table at once; queries over it fail from then on. Raises Forbidden, `workspaces.not_endable`."""
    table = locked(table)
    require(actor, WorkspacePermission.GRANT, table)
    rules.check_endable(table.state)
    return end_now(table, actor=actor, now=now, reason=reason.strip())


def end_expired(now: datetime) -> int:
    """End the tables whose last day is past; how many."""
    past = Table.objects.filter(state=TableState.GRANTED, until__lt=now.astimezone(CITY_TZ).date())
    ended = 0
    for row in past:
        with transaction.atomic():
            table = locked(row)
            if table.state == TableState.GRANTED:
                end_now(table, actor=SYSTEM, now=now, reason="expired")
                ended += 1
    return ended


def end_now(table: Table, *, actor: Actor, now: datetime, reason: str) -> Table:
    """Mark a table ended, whoever may."""
    table.state, table.decision = TableState.ENDED, reason
    return decided(table, WorkspaceEvent.TABLE_ENDED, actor=actor, now=now)


def locked(table: Table) -> Table:
    """The row as it is now, held until the transaction ends."""
    rows = Table.objects.select_for_update(of=("self",)).select_related("entry__unit", "workspace__unit")
    return rows.get(pk=table.pk)


def decided(
    table: Table, event: WorkspaceEvent, *, actor: Actor, now: datetime, details: dict[str, object] | None = None
) -> Table:
    """Keep a decision: its clock stops, its to-do closes, the workspace's developers are told."""
    table.decided_at, table.decided_by = now, actor.name
    table.save()
    workflow.stop_clock(kind="workspaces.decision", subject_kind=KIND, subject_uid=table.uid, now=now)
    workflow.close_todo(kind="workspaces.decide", subject_kind=KIND, subject_uid=table.uid, now=now)
    note(event, table, actor=actor, now=now, details={"entry": table.entry.code, **(details or {})})
    notify(
        recipients=[uid for uid in holders(table.workspace.unit.path, "developer") if uid != actor.uid],
        subject=f"{table.entry.resource_name}: {table.alias}",
        body=table.decision,
        url=table.get_absolute_url(),
        now=now,
    )
    return table
