"""What may be done in registration, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class RegistrationPermission(StrEnum):
    VIEW = "registration.application.view"
    APPLY = "registration.application.edit"
    ACCEPT = "registration.application.accept"
    REVIEW = "registration.application.review"
    OBJECTION = "registration.objection.decide"


P = RegistrationPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    "bureau": {P.VIEW: Scope.ALL, P.REVIEW: Scope.ALL, P.OBJECTION: Scope.ALL},
    "steward": {P.VIEW: Scope.TREE, P.APPLY: Scope.TREE, P.ACCEPT: Scope.TREE},
    "chief": {P.VIEW: Scope.TREE, P.ACCEPT: Scope.TREE},
    "auditor": {P.VIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL},
}
