"""What may be done in monitoring, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class MonitoringPermission(StrEnum):
    VIEW = "monitoring.stage.view"
    ACKNOWLEDGE = "monitoring.alert.acknowledge"
    RULES = "monitoring.rule.edit"
    SILENCE = "monitoring.silence.make"
    ROSTER = "monitoring.roster.edit"
    LEVELS = "monitoring.objective.edit"


P = MonitoringPermission
EVERYTHING: Mapping[str, Scope] = dict.fromkeys((permission.value for permission in P), Scope.ALL)
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": EVERYTHING,
    "bureau": EVERYTHING,
    "steward": {P.VIEW: Scope.TREE, P.ACKNOWLEDGE: Scope.TREE, P.ROSTER: Scope.TREE},
    "chief": {P.VIEW: Scope.TREE, P.ACKNOWLEDGE: Scope.TREE, P.ROSTER: Scope.TREE},
    "auditor": {P.VIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL},
}
