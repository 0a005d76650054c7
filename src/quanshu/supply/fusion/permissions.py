"""What may be done in fusion, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class FusionPermission(StrEnum):
    VIEW = "fusion.scheme.view"
    EDIT = "fusion.scheme.edit"
    PUBLISH = "fusion.scheme.publish"
    RUN = "fusion.run.start"
    REVIEW = "fusion.review.view"
    DECIDE = "fusion.review.decide"
    SEARCH = "fusion.identity.search"
    REVEAL = "fusion.identity.reveal"


P = FusionPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    "bureau": dict.fromkeys(FusionPermission, Scope.ALL),
    "steward": {P.VIEW: Scope.ALL, P.REVIEW: Scope.TREE, P.DECIDE: Scope.TREE, P.REVEAL: Scope.TREE},
    "chief": {P.VIEW: Scope.ALL, P.REVIEW: Scope.TREE},
    "auditor": {P.VIEW: Scope.ALL, P.REVIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL},
}
