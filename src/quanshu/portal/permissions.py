"""What one may be allowed to see in the portal itself."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class PortalPermission(StrEnum):
    OPERATIONS = "portal.operations.view"


P = PortalPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.OPERATIONS: Scope.ALL},
    "bureau": {P.OPERATIONS: Scope.ALL},
}
