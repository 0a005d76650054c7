"""What may be done in the census, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class CensusPermission(StrEnum):
    VIEW = "census.filing.view"
    DECLARE = "census.campaign.edit"
    FILL = "census.filing.edit"
    SIGN = "census.filing.sign"
    REVIEW = "census.filing.review"


P = CensusPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    "bureau": {P.VIEW: Scope.ALL, P.DECLARE: Scope.ALL, P.REVIEW: Scope.ALL},
    "steward": {P.VIEW: Scope.TREE, P.FILL: Scope.TREE},
    "chief": {P.VIEW: Scope.TREE, P.SIGN: Scope.TREE},
    "auditor": {P.VIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL},
}
