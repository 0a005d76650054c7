"""What residents and enterprises may do with what is their own, and who keeps their mandates."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class SubjectPermission(StrEnum):
    SELF = "subjects.self.use"
    ENROL = "subjects.subject.enrol"
    MANDATE_REVIEW = "subjects.mandate.review"


P = SubjectPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "resident": {P.SELF: Scope.OWN},
    "bureau": {P.MANDATE_REVIEW: Scope.ALL},
}
