"""What may be done in development, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class DevelopmentPermission(StrEnum):
    VIEW = "development.order.view"
    OPEN = "development.order.open"
    BUILD = "development.order.build"
    ACCEPT = "development.order.accept"
    SANDBOX = "development.sandbox.use"
    HEALTH = "development.health.view"


P = DevelopmentPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL, P.HEALTH: Scope.ALL},
    "bureau": {P.VIEW: Scope.ALL, P.OPEN: Scope.ALL, P.BUILD: Scope.ALL, P.HEALTH: Scope.ALL},
    "steward": {P.VIEW: Scope.TREE, P.ACCEPT: Scope.TREE, P.HEALTH: Scope.ALL},
    "developer": {
        P.VIEW: Scope.TREE,
        P.BUILD: Scope.UNIT,
        P.ACCEPT: Scope.UNIT,
        P.SANDBOX: Scope.UNIT,
        P.HEALTH: Scope.ALL,
    },
    "chief": {P.VIEW: Scope.TREE, P.HEALTH: Scope.ALL},
    "auditor": {P.VIEW: Scope.ALL, P.HEALTH: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL, P.HEALTH: Scope.ALL},
}
