"""Workspaces: made, changed, closed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, require
from quanshu.supply.workspaces import rules
from quanshu.supply.workspaces.events import WorkspaceEvent
from quanshu.supply.workspaces.models import Table, Workspace
from quanshu.supply.workspaces.permissions import WorkspacePermission
from quanshu.supply.workspaces.services.noting import note
from quanshu.supply.workspaces.services.tables import end_now
from quanshu.supply.workspaces.types import TableState, WorkspaceData


@transaction.atomic
def create_workspace(*, actor: Actor, now: datetime, unit: Unit, data: WorkspaceData) -> Workspace:
    """Make a workspace for a unit. Raises Forbidden, FieldErrors."""
    space = Workspace(unit=unit, created_at=now, created_by=actor.name)
    require(actor, WorkspacePermission.EDIT, space)
    return _keep(space, data, actor=actor, now=now, event=WorkspaceEvent.CREATED)


@transaction.atomic
def change_workspace(*, actor: Actor, now: datetime, space: Workspace, data: WorkspaceData) -> Workspace:
    """Change a workspace's name or purpose. Raises Forbidden, FieldErrors, `workspaces.closed`."""
    space = Workspace.objects.select_for_update(of=("self",)).select_related("unit").get(pk=space.pk)
    require(actor, WorkspacePermission.EDIT, space)
    rules.check_open(closed=space.closed_at is not None)
    return _keep(space, data, actor=actor, now=now, event=WorkspaceEvent.CHANGED)


@transaction.atomic
def close_workspace(*, actor: Actor, now: datetime, space: Workspace) -> Workspace:
    """Close a workspace: its tables end, its drafts stay to be read. Raises Forbidden, `workspaces.closed`."""
    space = Workspace.objects.select_for_update(of=("self",)).select_related("unit").get(pk=space.pk)
    require(actor, WorkspacePermission.EDIT, space)
    rules.check_open(closed=space.closed_at is not None)
    for table in Table.objects.filter(workspace=space, state__in=[TableState.ASKED, TableState.GRANTED]):
        end_now(table, actor=actor, now=now, reason="workspace closed")
    space.closed_at = now
    space.save(update_fields=["closed_at"])
    note(WorkspaceEvent.CLOSED, space, actor=actor, now=now)
    return space


def _keep(space: Workspace, data: WorkspaceData, *, actor: Actor, now: datetime, event: WorkspaceEvent) -> Workspace:
    rules.check_workspace(data)
    space.name, space.name_en, space.purpose = data.name.strip(), data.name_en.strip(), data.purpose.strip()
    space.save()
    note(event, space, actor=actor, now=now)
    return space
