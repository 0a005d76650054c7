"""What may be done in the inventory, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class InventoryPermission(StrEnum):
    VIEW = "inventory.asset.view"
    EDIT = "inventory.asset.edit"
    GAP_WORK = "inventory.gap.work"
    GAP_ACCEPT = "inventory.gap.accept"
    COMPANY_VIEW = "inventory.company.view"
    COMPANY_EDIT = "inventory.company.edit"


P = InventoryPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL, P.COMPANY_VIEW: Scope.ALL},
    "bureau": dict.fromkeys(P, Scope.ALL),
    "steward": {P.VIEW: Scope.TREE, P.EDIT: Scope.TREE, P.GAP_WORK: Scope.TREE, P.COMPANY_VIEW: Scope.TREE},
    "chief": {P.VIEW: Scope.TREE, P.GAP_WORK: Scope.TREE, P.COMPANY_VIEW: Scope.TREE},
    "developer": {P.VIEW: Scope.TREE},
    "auditor": {P.VIEW: Scope.ALL, P.COMPANY_VIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL, P.COMPANY_VIEW: Scope.ALL},
}
