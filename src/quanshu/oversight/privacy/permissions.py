"""What may be done in privacy, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class PrivacyPermission(StrEnum):
    RULE_VIEW = "privacy.rule.view"
    RULE_PROPOSE = "privacy.rule.propose"
    RULE_DECIDE = "privacy.rule.decide"
    RUN = "privacy.run.start"
    HOLD = "privacy.hold.place"
    RECORD_VIEW = "privacy.record.view"
    RECORD_DRAFT = "privacy.record.draft"
    RECORD_REVIEW = "privacy.record.review"
    UNMASK_ASK = "privacy.unmask.ask"
    UNMASK_DECIDE = "privacy.unmask.decide"


P = PrivacyPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.RULE_VIEW: Scope.ALL, P.RULE_DECIDE: Scope.ALL, P.RUN: Scope.ALL, P.RECORD_VIEW: Scope.ALL},
    "bureau": {
        P.RULE_VIEW: Scope.ALL,
        P.RULE_PROPOSE: Scope.ALL,
        P.RULE_DECIDE: Scope.ALL,
        P.RUN: Scope.ALL,
        P.HOLD: Scope.ALL,
        P.RECORD_VIEW: Scope.ALL,
        P.RECORD_REVIEW: Scope.ALL,
        P.UNMASK_ASK: Scope.OWN,
        P.UNMASK_DECIDE: Scope.ALL,
    },
    "steward": {
        P.RULE_VIEW: Scope.TREE,
        P.RULE_PROPOSE: Scope.TREE,
        P.RECORD_VIEW: Scope.TREE,
        P.RECORD_DRAFT: Scope.TREE,
        P.UNMASK_ASK: Scope.OWN,
    },
    "chief": {P.RULE_VIEW: Scope.TREE, P.RECORD_VIEW: Scope.TREE, P.UNMASK_ASK: Scope.OWN},
    "auditor": {P.RULE_VIEW: Scope.ALL, P.RECORD_VIEW: Scope.ALL, P.UNMASK_ASK: Scope.OWN},
    "leader": {P.RULE_VIEW: Scope.ALL, P.RECORD_VIEW: Scope.ALL},
}
