"""What may be done in hosting, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class HostingPermission(StrEnum):
    VIEW = "hosting.agreement.view"
    DRAFT = "hosting.agreement.edit"
    ACCEPT = "hosting.agreement.accept"
    END = "hosting.agreement.end"
    TAKE_BACK = "hosting.data.download"
    ROW_VIEW = "hosting.row.view"
    ROW_EDIT = "hosting.row.edit"
    APPROVE = "hosting.change.approve"


P = HostingPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    "bureau": {
        P.VIEW: Scope.ALL,
        P.ACCEPT: Scope.ALL,
        P.END: Scope.ALL,
        P.ROW_VIEW: Scope.ALL,
        P.ROW_EDIT: Scope.ALL,
    },
    "steward": {
        P.VIEW: Scope.TREE,
        P.DRAFT: Scope.TREE,
        P.END: Scope.TREE,
        P.TAKE_BACK: Scope.TREE,
        P.ROW_VIEW: Scope.TREE,
        P.ROW_EDIT: Scope.TREE,
        P.APPROVE: Scope.TREE,
    },
    "chief": {P.VIEW: Scope.TREE, P.TAKE_BACK: Scope.TREE, P.ROW_VIEW: Scope.TREE, P.APPROVE: Scope.TREE},
    "auditor": {P.VIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL},
}
