"""Writes of development."""

from __future__ import annotations

from quanshu.sharing.development.services.building import attach_draft, hand_over, take_order, try_draft
from quanshu.sharing.development.services.deciding import accept_order, cancel_order, send_back
from quanshu.sharing.development.services.following import (
    cancel_order_of,
    check_may_publish,
    keep_sandbox,
    mark_published,
    tell_of_version,
    warn_last_callers,
)
from quanshu.sharing.development.services.opening import open_order
from quanshu.sharing.development.services.rolling import roll_probes
from quanshu.sharing.development.services.sandbox import issue_sandbox_key
from quanshu.sharing.development.services.talking import comment_order, read_file

__all__ = [
    "accept_order",
    "attach_draft",
    "cancel_order",
    "cancel_order_of",
    "check_may_publish",
    "comment_order",
    "hand_over",
    "issue_sandbox_key",
    "keep_sandbox",
    "mark_published",
    "open_order",
    "read_file",
    "roll_probes",
    "send_back",
    "take_order",
    "tell_of_version",
    "try_draft",
    "warn_last_callers",
]
