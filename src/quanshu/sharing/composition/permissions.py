"""What may be done in composition, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class CompositionPermission(StrEnum):
    VIEW = "composition.graph.view"
    EDIT = "composition.graph.edit"
    PUBLISH = "composition.graph.publish"


P = CompositionPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    "bureau": {P.VIEW: Scope.ALL, P.EDIT: Scope.ALL, P.PUBLISH: Scope.ALL},
    "steward": {P.VIEW: Scope.TREE, P.EDIT: Scope.TREE},
    "auditor": {P.VIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL},
}
