"""What may be done in workspaces, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class WorkspacePermission(StrEnum):
    VIEW = "workspaces.workspace.view"
    EDIT = "workspaces.workspace.edit"
    WRITE = "workspaces.draft.edit"
    RUN = "workspaces.draft.run"
    REVIEW = "workspaces.draft.review"
    ASK = "workspaces.table.ask"
    GRANT = "workspaces.table.grant"


P = WorkspacePermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    "bureau": {P.VIEW: Scope.ALL, P.EDIT: Scope.ALL, P.REVIEW: Scope.ALL},
    "steward": {P.VIEW: Scope.TREE, P.EDIT: Scope.TREE, P.GRANT: Scope.TREE},
    "developer": {P.VIEW: Scope.UNIT, P.EDIT: Scope.UNIT, P.WRITE: Scope.UNIT, P.RUN: Scope.UNIT, P.ASK: Scope.UNIT},
    "chief": {P.VIEW: Scope.TREE, P.GRANT: Scope.TREE},
    "auditor": {P.VIEW: Scope.ALL},
}
