"""What one may be allowed to do about landing, and who may by default. Reading is the catalogue's own right."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class LandingPermission(StrEnum):
    DECIDE = "landing.exception.decide"


P = LandingPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {"bureau": {P.DECIDE: Scope.ALL}}
