"""Permissions over the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class AuditPermission(StrEnum):
    VIEW = "audit.entry.view"
    ERASE = "audit.entry.erase"


P = AuditPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    "auditor": {P.VIEW: Scope.ALL},
    "bureau": {P.VIEW: Scope.ALL, P.ERASE: Scope.ALL},
    "chief": {P.VIEW: Scope.TREE},
}
