"""The door of notices."""

from __future__ import annotations

from quanshu.shared.notify.mail import register_addresses
from quanshu.shared.notify.models import Notice
from quanshu.shared.notify.services import mark_all_read, notices_of, notify, unread_count

__all__ = ["Notice", "mark_all_read", "notices_of", "notify", "register_addresses", "unread_count"]
