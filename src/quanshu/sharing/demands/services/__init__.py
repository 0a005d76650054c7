"""Writes of demands."""

from __future__ import annotations

from quanshu.sharing.demands.services.asking import (
    change_demand,
    contest_demand,
    create_demand,
    submit_demand,
    withdraw_demand,
)
from quanshu.sharing.demands.services.deciding import (
    check_demand,
    confirm_demand,
    overrule_refusal,
    refuse_demand,
    return_demand,
)
from quanshu.sharing.demands.services.granting import (
    close_demand,
    close_expired,
    grant_demand,
    grant_waiting,
    note_built,
)
from quanshu.sharing.demands.services.moving import holder as holder_of
from quanshu.sharing.demands.services.timing import escalate, pause_demand, record_meeting, resume_demand

__all__ = [
    "change_demand",
    "check_demand",
    "close_demand",
    "close_expired",
    "confirm_demand",
    "contest_demand",
    "create_demand",
    "escalate",
    "grant_demand",
    "grant_waiting",
    "holder_of",
    "note_built",
    "overrule_refusal",
    "pause_demand",
    "record_meeting",
    "refuse_demand",
    "resume_demand",
    "return_demand",
    "submit_demand",
    "withdraw_demand",
]
