"""Writes of emergencies."""

from __future__ import annotations

from quanshu.sharing.emergency.services.alerting import acknowledge_alert, tell_late
from quanshu.sharing.emergency.services.asking import ask_at_once, give_back, grant_waiting
from quanshu.sharing.emergency.services.declaring import (
    declare_emergency,
    end_emergency,
    end_run_out,
    extend_emergency,
)
from quanshu.sharing.emergency.services.duty import add_duty, change_duty, remove_duty
from quanshu.sharing.emergency.services.reviewing import close_emergency, escalate_review, judge_request

__all__ = [
    "acknowledge_alert",
    "add_duty",
    "ask_at_once",
    "change_duty",
    "close_emergency",
    "declare_emergency",
    "end_emergency",
    "end_run_out",
    "escalate_review",
    "extend_emergency",
    "give_back",
    "grant_waiting",
    "judge_request",
    "remove_duty",
    "tell_late",
]
