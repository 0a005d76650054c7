"""What workspaces tell others about."""

from __future__ import annotations

from enum import StrEnum


class WorkspaceEvent(StrEnum):
    CREATED = "workspaces.workspace.created"
    CHANGED = "workspaces.workspace.changed"
    CLOSED = "workspaces.workspace.closed"
    TABLE_ASKED = "workspaces.table.asked"
    TABLE_GRANTED = "workspaces.table.granted"
    TABLE_REFUSED = "workspaces.table.refused"
    TABLE_ENDED = "workspaces.table.ended"
    DRAFT_SAVED = "workspaces.draft.saved"
    DRAFT_RUN = "workspaces.draft.run"
    DRAFT_SUBMITTED = "workspaces.draft.submitted"
    DRAFT_RETURNED = "workspaces.draft.returned"
    DRAFT_PROMOTED = "workspaces.draft.promoted"
    DRAFT_DROPPED = "workspaces.draft.dropped"
