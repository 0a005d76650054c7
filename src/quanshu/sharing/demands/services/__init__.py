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
    grant_composites,
    grant_demand,
    grant_waiting,
    note_built,
)
from quanshu.sharing.demands.services.meeting import attach_file, propose_meeting, record_meeting, sign_meeting
from quanshu.sharing.demands.services.moving import holder as holder_of
from quanshu.sharing.demands.services.negotiating import accept_terms, decline_terms, propose_terms
from quanshu.sharing.demands.services.timing import escalate, escalate_again, pause_demand, resume_demand
from quanshu.sharing.demands.services.using import (
    accept_shrink,
    answer_rating,
    ask_ratings,
    decide_shrink,
    detect_unused,
    keep_grant,
    rate_demand,
    remind_unused,
    set_policy,
)

__all__ = [
    "accept_shrink",
    "accept_terms",
    "answer_rating",
    "ask_ratings",
    "attach_file",
    "change_demand",
    "check_demand",
    "close_demand",
    "close_expired",
    "confirm_demand",
    "contest_demand",
    "create_demand",
    "decide_shrink",
    "decline_terms",
    "detect_unused",
    "escalate",
    "escalate_again",
    "grant_composites",
    "grant_demand",
    "grant_waiting",
    "holder_of",
    "keep_grant",
    "note_built",
    "overrule_refusal",
    "pause_demand",
    "propose_meeting",
    "propose_terms",
    "rate_demand",
    "record_meeting",
    "refuse_demand",
    "remind_unused",
    "resume_demand",
    "return_demand",
    "set_policy",
    "sign_meeting",
    "submit_demand",
    "withdraw_demand",
]
