"""What residents may do with their data, and units with the errors reported to them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class CitizenPermission(StrEnum):
    VIEW = "citizen.data.view"
    DOWNLOAD = "citizen.data.download"
    FILE = "citizen.correction.file"
    CORRECTION_VIEW = "citizen.correction.view"
    HANDLE = "citizen.correction.handle"
    REVIEW = "citizen.correction.review"
    RECEIVED = "citizen.received.view"


P = CitizenPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "resident": {P.VIEW: Scope.OWN, P.DOWNLOAD: Scope.OWN, P.FILE: Scope.OWN},
    "bureau": {P.CORRECTION_VIEW: Scope.ALL, P.REVIEW: Scope.ALL, P.RECEIVED: Scope.ALL},
    "steward": {P.CORRECTION_VIEW: Scope.TREE, P.HANDLE: Scope.TREE, P.RECEIVED: Scope.TREE},
    "chief": {P.CORRECTION_VIEW: Scope.TREE, P.RECEIVED: Scope.TREE},
    "developer": {P.RECEIVED: Scope.UNIT},
    "auditor": {P.CORRECTION_VIEW: Scope.ALL, P.RECEIVED: Scope.ALL},
}
