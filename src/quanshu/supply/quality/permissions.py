"""What one may be allowed to do in data quality, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class QualityPermission(StrEnum):
    VIEW = "quality.scorecard.view"
    EDIT = "quality.rule.edit"
    SCAN = "quality.scan.start"
    PROBLEM_VIEW = "quality.problem.view"
    PROBLEM_HANDLE = "quality.problem.handle"
    EXCUSE = "quality.problem.excuse"
    ASSIGN = "quality.problem.assign"


P = QualityPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    "bureau": {
        P.VIEW: Scope.ALL,
        P.EDIT: Scope.ALL,
        P.SCAN: Scope.ALL,
        P.PROBLEM_VIEW: Scope.ALL,
        P.EXCUSE: Scope.ALL,
        P.ASSIGN: Scope.ALL,
    },
    "steward": {
        P.VIEW: Scope.TREE,
        P.EDIT: Scope.TREE,
        P.SCAN: Scope.TREE,
        P.PROBLEM_VIEW: Scope.TREE,
        P.PROBLEM_HANDLE: Scope.TREE,
        P.ASSIGN: Scope.TREE,
    },
    "chief": {P.VIEW: Scope.TREE, P.PROBLEM_VIEW: Scope.TREE, P.EXCUSE: Scope.TREE, P.ASSIGN: Scope.TREE},
    "auditor": {P.VIEW: Scope.ALL, P.PROBLEM_VIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL},
}
