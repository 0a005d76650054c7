"""What may be done with the ledger, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class LedgerPermission(StrEnum):
    VIEW = "ledger.checkpoint.view"
    WITNESS = "ledger.witness.edit"
    ANCHOR = "ledger.anchor.edit"


P = LedgerPermission
EVERYTHING: Mapping[str, Scope] = dict.fromkeys((permission.value for permission in P), Scope.ALL)
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": EVERYTHING,
    "bureau": EVERYTHING,
    "auditor": {P.VIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL},
    "chief": {P.VIEW: Scope.ALL},
    "steward": {P.VIEW: Scope.ALL},
}
