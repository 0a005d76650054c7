"""What may be done with the catalogue standard, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class StandardsPermission(StrEnum):
    VIEW = "standards.version.view"
    EDIT = "standards.version.edit"
    DECIDE = "standards.version.decide"


P = StandardsPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    "bureau": {P.VIEW: Scope.ALL, P.EDIT: Scope.ALL, P.DECIDE: Scope.ALL},
    "steward": {P.VIEW: Scope.ALL},
    "chief": {P.VIEW: Scope.ALL},
    "developer": {P.VIEW: Scope.ALL},
    "auditor": {P.VIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL},
}
