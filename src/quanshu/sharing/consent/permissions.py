"""Who asks for consents, who decides on them, and who records orders that delay the display of a use."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class ConsentPermission(StrEnum):
    VIEW = "consent.consent.view"
    ASK = "consent.consent.ask"
    OWN = "consent.own.decide"
    ORDER_VIEW = "consent.order.view"
    ORDER = "consent.order.record"


P = ConsentPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "resident": {P.OWN: Scope.OWN},
    "developer": {P.VIEW: Scope.UNIT, P.ASK: Scope.UNIT},
    "steward": {P.VIEW: Scope.TREE, P.ASK: Scope.TREE},
    "chief": {P.VIEW: Scope.TREE},
    "bureau": {P.VIEW: Scope.ALL, P.ORDER_VIEW: Scope.ALL, P.ORDER: Scope.ALL},
    "auditor": {P.VIEW: Scope.ALL, P.ORDER_VIEW: Scope.ALL},
}
