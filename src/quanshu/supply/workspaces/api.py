"""The door of workspaces."""

from __future__ import annotations

from quanshu.supply.workspaces.events import WorkspaceEvent
from quanshu.supply.workspaces.models import Draft, Run, Table, Workspace
from quanshu.supply.workspaces.permissions import WorkspacePermission
from quanshu.supply.workspaces.queries import alias_for, get_draft, get_table, get_workspace, list_workspaces
from quanshu.supply.workspaces.services import (
    ask_table,
    create_workspace,
    grant_table,
    promote_draft,
    refuse_table,
    run_draft,
    save_draft,
    submit_draft,
)
from quanshu.supply.workspaces.types import AskData, DraftData, DraftKind, DraftState, GrantData, WorkspaceData

__all__ = [
    "AskData",
    "Draft",
    "DraftData",
    "DraftKind",
    "DraftState",
    "GrantData",
    "Run",
    "Table",
    "Workspace",
    "WorkspaceData",
    "WorkspaceEvent",
    "WorkspacePermission",
    "alias_for",
    "ask_table",
    "create_workspace",
    "get_draft",
    "get_table",
    "get_workspace",
    "grant_table",
    "list_workspaces",
    "promote_draft",
    "refuse_table",
    "run_draft",
    "save_draft",
    "submit_draft",
]
