"""What may be done with the official table, and who may by default. Reading is the catalogue's own right."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class ExchangePermission(StrEnum):
    IMPORT = "exchange.import.make"


P = ExchangePermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {"steward": {P.IMPORT: Scope.TREE}}
