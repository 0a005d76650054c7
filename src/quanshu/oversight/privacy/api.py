"""The door of privacy."""

from __future__ import annotations

from quanshu.oversight.privacy.models import ErasureRun, ImpactRecord, LegalHold, RetentionRule, Unmasking
from quanshu.oversight.privacy.permissions import PrivacyPermission
from quanshu.oversight.privacy.queries import Stand, preview, sensitive_in, stand_of, stands
from quanshu.oversight.privacy.services import (
    approve_record,
    approve_rule,
    draft_record,
    place_hold,
    propose_rule,
    run_rules,
    start_run,
    submit_record,
    warn_of_gap,
)
from quanshu.oversight.privacy.types import HoldData, RecordData, RecordState, RuleData, RuleState, Standing

__all__ = [
    "ErasureRun",
    "HoldData",
    "ImpactRecord",
    "LegalHold",
    "PrivacyPermission",
    "RecordData",
    "RecordState",
    "RetentionRule",
    "RuleData",
    "RuleState",
    "Stand",
    "Standing",
    "Unmasking",
    "approve_record",
    "approve_rule",
    "draft_record",
    "place_hold",
    "preview",
    "propose_rule",
    "run_rules",
    "sensitive_in",
    "stand_of",
    "stands",
    "start_run",
    "submit_record",
    "warn_of_gap",
]
