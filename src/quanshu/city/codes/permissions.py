"""What may be done with codes and scenes, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class CodePermission(StrEnum):
    SHOW = "codes.code.show"
    SCAN = "codes.code.scan"
    SCAN_VIEW = "codes.scan.view"
    SCENE_VIEW = "codes.scene.view"
    SCENE_EDIT = "codes.scene.edit"
    SCENE_APPROVE = "codes.scene.approve"
    VERIFIER_MANAGE = "codes.verifier.manage"
    HOLDER_BLOCK = "codes.holder.block"
    KEY_ROTATE = "codes.key.rotate"


P = CodePermission
UNIT_STAFF: Mapping[str, Scope] = {
    P.SCAN: Scope.TREE,
    P.SCAN_VIEW: Scope.TREE,
    P.SCENE_VIEW: Scope.TREE,
    P.SCENE_EDIT: Scope.TREE,
    P.VERIFIER_MANAGE: Scope.TREE,
}
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "resident": {P.SHOW: Scope.OWN, P.SCAN_VIEW: Scope.OWN},
    "admin": {P.SCENE_VIEW: Scope.ALL, P.KEY_ROTATE: Scope.ALL},
    "bureau": {
        P.SCENE_VIEW: Scope.ALL,
        P.SCENE_APPROVE: Scope.ALL,
        P.SCAN_VIEW: Scope.ALL,
        P.HOLDER_BLOCK: Scope.ALL,
    },
    "steward": UNIT_STAFF,
    "developer": UNIT_STAFF,
    "auditor": {P.SCENE_VIEW: Scope.ALL, P.SCAN_VIEW: Scope.ALL},
    "leader": {P.SCENE_VIEW: Scope.ALL},
}
