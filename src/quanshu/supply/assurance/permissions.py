"""What one may be allowed to do in quality assurance beyond data quality, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class AssurancePermission(StrEnum):
    REPORT = "assurance.report.file"


P = AssurancePermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    role: {P.REPORT: Scope.UNIT} for role in ("bureau", "steward", "developer")
}
