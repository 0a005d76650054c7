"""What may be done in the vault, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class VaultPermission(StrEnum):
    HOLD = "vault.certificate.hold"
    VIEW = "vault.certificate.view"
    ISSUE = "vault.certificate.issue"
    REVOKE = "vault.certificate.revoke"
    REGISTER = "vault.issuer.register"
    ASK = "vault.request.make"
    ROTATE = "vault.key.rotate"


P = VaultPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "resident": {P.HOLD: Scope.OWN},
    "admin": {P.VIEW: Scope.ALL, P.ROTATE: Scope.ALL},
    "bureau": {P.VIEW: Scope.ALL, P.REGISTER: Scope.ALL, P.ASK: Scope.UNIT},
    "steward": {P.VIEW: Scope.TREE, P.ISSUE: Scope.TREE, P.REVOKE: Scope.TREE, P.ASK: Scope.UNIT},
    "chief": {P.VIEW: Scope.TREE, P.REVOKE: Scope.TREE},
    "developer": {P.ASK: Scope.UNIT},
    "auditor": {P.VIEW: Scope.ALL},
}
