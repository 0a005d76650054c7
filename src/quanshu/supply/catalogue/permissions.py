"""What one may be allowed to do in the catalogue, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class CataloguePermission(StrEnum):
    VIEW = "catalogue.entry.view"
    EDIT = "catalogue.entry.edit"
    SUBMIT = "catalogue.entry.submit"
    PUBLISH = "catalogue.entry.publish"
    WITHDRAW = "catalogue.entry.withdraw"
    GRADE = "catalogue.entry.grade"
    EXEMPT = "catalogue.entry.exempt"
    REPOINT = "catalogue.entry.repoint"
    ASSESS = "catalogue.migration.assess"


P = CataloguePermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    "bureau": {
        P.VIEW: Scope.ALL,
        P.PUBLISH: Scope.ALL,
        P.WITHDRAW: Scope.ALL,
        P.GRADE: Scope.ALL,
        P.EXEMPT: Scope.ALL,
        P.REPOINT: Scope.ALL,
        P.ASSESS: Scope.ALL,
    },
    "steward": {
        P.VIEW: Scope.TREE,
        P.EDIT: Scope.TREE,
        P.SUBMIT: Scope.TREE,
        P.WITHDRAW: Scope.TREE,
        P.GRADE: Scope.TREE,
    },
    "chief": {P.VIEW: Scope.TREE, P.SUBMIT: Scope.TREE},
    "developer": {P.VIEW: Scope.UNIT},
    "auditor": {P.VIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL},
}
