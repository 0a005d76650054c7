"""Writes of workspaces."""

from __future__ import annotations

from quanshu.supply.workspaces.services.drafts import drop_draft, promote_draft, return_draft, save_draft, submit_draft
from quanshu.supply.workspaces.services.running import run_draft
from quanshu.supply.workspaces.services.spaces import change_workspace, close_workspace, create_workspace
from quanshu.supply.workspaces.services.tables import ask_table, end_expired, end_table, grant_table, refuse_table

__all__ = [
    "ask_table",
    "change_workspace",
    "close_workspace",
    "create_workspace",
    "drop_draft",
    "end_expired",
    "end_table",
    "grant_table",
    "promote_draft",
    "refuse_table",
    "return_draft",
    "run_draft",
    "save_draft",
    "submit_draft",
]
