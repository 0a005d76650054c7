"""Writes of hosting."""

from __future__ import annotations

from quanshu.supply.hosting.services.agreements import (
    accept_agreement,
    change_agreement,
    draft_agreement,
    propose_agreement,
    remind_terms,
    renew_agreement,
    return_agreement,
    withdraw_agreement,
)
from quanshu.supply.hosting.services.changing import (
    add_row,
    approve_change,
    delete_row,
    edit_row,
    refuse_change,
    settle_left,
    undo_change,
    upload_file,
)
from quanshu.supply.hosting.services.ending import confirm_return, delete_kept, end_agreement, take_back

__all__ = [
    "accept_agreement",
    "add_row",
    "approve_change",
    "change_agreement",
    "confirm_return",
    "delete_kept",
    "delete_row",
    "draft_agreement",
    "edit_row",
    "end_agreement",
    "propose_agreement",
    "refuse_change",
    "remind_terms",
    "renew_agreement",
    "return_agreement",
    "settle_left",
    "take_back",
    "undo_change",
    "upload_file",
    "withdraw_agreement",
]
