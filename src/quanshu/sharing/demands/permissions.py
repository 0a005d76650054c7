"""What one may be allowed to do with demands, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class DemandPermission(StrEnum):
    VIEW = "demands.demand.view"
    LEDGER = "demands.ledger.view"
    SUBMIT = "demands.demand.submit"
    CHECK = "demands.demand.check"
    CONFIRM = "demands.demand.confirm"
    GRANT = "demands.demand.grant"
    PAUSE = "demands.clock.pause"
    MEET = "demands.meeting.record"
    NEGOTIATE = "demands.demand.negotiate"
    POLICY = "demands.policy.edit"
    SHRINK = "demands.shrink.review"
    ESCALATION = "demands.escalation.receive"


P = DemandPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL, P.LEDGER: Scope.ALL},
    "bureau": {
        P.VIEW: Scope.ALL,
        P.LEDGER: Scope.ALL,
        P.CHECK: Scope.ALL,
        P.GRANT: Scope.ALL,
        P.PAUSE: Scope.ALL,
        P.MEET: Scope.ALL,
        P.POLICY: Scope.ALL,
        P.SHRINK: Scope.ALL,
    },
    "steward": {
        P.VIEW: Scope.TREE,
        P.LEDGER: Scope.TREE,
        P.SUBMIT: Scope.TREE,
        P.CONFIRM: Scope.TREE,
        P.GRANT: Scope.TREE,
        P.PAUSE: Scope.TREE,
        P.MEET: Scope.TREE,
        P.NEGOTIATE: Scope.TREE,
    },
    "developer": {P.VIEW: Scope.TREE, P.SUBMIT: Scope.TREE, P.NEGOTIATE: Scope.TREE},
    "chief": {P.VIEW: Scope.TREE, P.LEDGER: Scope.TREE, P.ESCALATION: Scope.UNIT},
    "auditor": {P.VIEW: Scope.ALL, P.LEDGER: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL, P.LEDGER: Scope.ALL},
}
