"""What one may be allowed to do with units and people, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class OrganisationPermission(StrEnum):
    UNIT_VIEW = "organisation.unit.view"
    UNIT_EDIT = "organisation.unit.edit"
    PERSON_VIEW = "organisation.person.view"
    PERSON_EDIT = "organisation.person.edit"
    DUTY_APPOINT = "organisation.duty.appoint"
    ROLE_ASSIGN = "organisation.role.assign"
    SERVICE_ACCOUNT = "organisation.service_account.edit"


P = OrganisationPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": dict.fromkeys(P, Scope.ALL),
    "bureau": {
        P.UNIT_VIEW: Scope.ALL,
        P.PERSON_VIEW: Scope.ALL,
        P.DUTY_APPOINT: Scope.ALL,
        P.UNIT_EDIT: Scope.ALL,
    },
    "steward": {P.UNIT_VIEW: Scope.ALL, P.PERSON_VIEW: Scope.TREE},
    "chief": {P.UNIT_VIEW: Scope.ALL, P.PERSON_VIEW: Scope.TREE, P.DUTY_APPOINT: Scope.TREE},
    "developer": {P.UNIT_VIEW: Scope.ALL},
    "auditor": {P.UNIT_VIEW: Scope.ALL, P.PERSON_VIEW: Scope.ALL},
    "leader": {P.UNIT_VIEW: Scope.ALL},
}
