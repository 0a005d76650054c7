"""What one may be allowed to do in intake, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class IntakePermission(StrEnum):
    VIEW = "intake.source.view"
    EDIT = "intake.source.edit"
    RUN = "intake.run.start"
    CANCEL = "intake.run.cancel"
    REFUSED = "intake.refused.view"
    CORRECT = "intake.refused.correct"
    DECIDE = "intake.run.decide"
    RESEAL = "intake.secret.reseal"


P = IntakePermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL, P.RESEAL: Scope.ALL},
    "bureau": {P.VIEW: Scope.ALL, P.RUN: Scope.ALL, P.CANCEL: Scope.ALL},
    "steward": {
        P.VIEW: Scope.TREE,
        P.EDIT: Scope.TREE,
        P.RUN: Scope.TREE,
        P.CANCEL: Scope.TREE,
        P.REFUSED: Scope.TREE,
        P.CORRECT: Scope.TREE,
        P.DECIDE: Scope.TREE,
    },
    "chief": {P.VIEW: Scope.TREE},
    "auditor": {P.VIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL},
}
