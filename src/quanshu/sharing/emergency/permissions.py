"""What may be done in emergencies, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class EmergencyPermission(StrEnum):
    VIEW = "emergency.emergency.view"
    DECLARE = "emergency.emergency.declare"
    ASK = "emergency.request.ask"
    REVIEW = "emergency.request.review"
    DUTY = "emergency.duty.edit"


P = EmergencyPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    # The officer finds units and data to name in the scope.
    "emergency": {
        P.VIEW: Scope.ALL,
        P.DECLARE: Scope.ALL,
        "catalogue.entry.view": Scope.ALL,
        "organisation.unit.view": Scope.ALL,
    },
    "bureau": {P.VIEW: Scope.ALL, P.REVIEW: Scope.ALL, P.DUTY: Scope.ALL},
    "auditor": {P.VIEW: Scope.ALL, P.REVIEW: Scope.ALL},
    "steward": {P.VIEW: Scope.TREE, P.ASK: Scope.TREE, P.DUTY: Scope.TREE},
    "chief": {P.VIEW: Scope.TREE, P.DUTY: Scope.TREE},
    "developer": {P.VIEW: Scope.TREE, P.ASK: Scope.TREE},
    "leader": {P.VIEW: Scope.ALL, P.DECLARE: Scope.ALL},
}
