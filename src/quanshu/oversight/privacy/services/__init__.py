"""Writes of privacy."""

from __future__ import annotations

from quanshu.oversight.privacy.services.erasing import check_startable, erase_due, run_rules, start_run
from quanshu.oversight.privacy.services.impact import (
    approve_record,
    change_record,
    draft_record,
    return_record,
    submit_record,
    warn_of_gap,
    withdraw_record,
)
from quanshu.oversight.privacy.services.keeping import (
    approve_rule,
    end_rule,
    lift_hold,
    place_hold,
    propose_rule,
    refuse_rule,
)
from quanshu.oversight.privacy.services.unmasking import (
    ask_unmasking,
    end_unmasking,
    grant_unmasking,
    refuse_unmasking,
)

__all__ = [
    "approve_record",
    "approve_rule",
    "ask_unmasking",
    "change_record",
    "check_startable",
    "draft_record",
    "end_rule",
    "end_unmasking",
    "erase_due",
    "grant_unmasking",
    "lift_hold",
    "place_hold",
    "propose_rule",
    "refuse_rule",
    "refuse_unmasking",
    "return_record",
    "run_rules",
    "start_run",
    "submit_record",
    "warn_of_gap",
    "withdraw_record",
]
