"""What may be done in bulk, and who may by default, at the provider's unit for grants, the receiver's for tokens."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class BulkPermission(StrEnum):
    VIEW = "bulk.grant.view"
    ASK = "bulk.grant.ask"
    CREATE = "bulk.grant.create"
    REVOKE = "bulk.grant.revoke"
    TOKEN = "bulk.token.manage"  # noqa: S105 - a permission's name


P = BulkPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    "bureau": {P.VIEW: Scope.ALL, P.CREATE: Scope.ALL, P.REVOKE: Scope.ALL, P.TOKEN: Scope.ALL},
    "steward": {P.VIEW: Scope.TREE, P.ASK: Scope.TREE, P.CREATE: Scope.TREE, P.REVOKE: Scope.TREE, P.TOKEN: Scope.TREE},
    "developer": {P.VIEW: Scope.UNIT, P.ASK: Scope.UNIT, P.TOKEN: Scope.UNIT},
    "chief": {P.VIEW: Scope.TREE},
    "auditor": {P.VIEW: Scope.ALL},
}
