"""Permissions over roles themselves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.types import Scope


class AccessPermission(StrEnum):
    VIEW = "access.role.view"
    EDIT = "access.role.edit"


P = AccessPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL, P.EDIT: Scope.ALL},
    "bureau": {P.VIEW: Scope.ALL},
    "auditor": {P.VIEW: Scope.ALL},
}
