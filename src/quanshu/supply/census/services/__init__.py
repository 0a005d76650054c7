"""Writes of the census."""

from __future__ import annotations

from quanshu.supply.census.services.campaigns import (
    cancel_campaign,
    change_campaign,
    close_campaign,
    create_campaign,
    open_campaign,
)
from quanshu.supply.census.services.filing import (
    add_finding,
    answer_questions,
    change_finding,
    confirm_entries,
    remove_finding,
    start_filing,
    submit_filing,
)
from quanshu.supply.census.services.following import draft_from_finding, follow_entry
from quanshu.supply.census.services.reviewing import (
    accept_filing,
    ask_extension,
    decide_extension,
    reject_filing,
    send_back_filing,
    sign_filing,
)
from quanshu.supply.census.services.telling import escalate, remind_by_hand, remind_due

__all__ = [
    "accept_filing",
    "add_finding",
    "answer_questions",
    "ask_extension",
    "cancel_campaign",
    "change_campaign",
    "change_finding",
    "close_campaign",
    "confirm_entries",
    "create_campaign",
    "decide_extension",
    "draft_from_finding",
    "escalate",
    "follow_entry",
    "open_campaign",
    "reject_filing",
    "remind_by_hand",
    "remind_due",
    "remove_finding",
    "send_back_filing",
    "sign_filing",
    "start_filing",
    "submit_filing",
]
