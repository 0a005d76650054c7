"""Writes of bulk sharing."""

from __future__ import annotations

from quanshu.sharing.bulk.services.granting import (
    approve_bulk,
    ask_refresh,
    create_bulk,
    end_due,
    refuse_bulk,
    request_bulk,
    revoke_bulk,
    revoke_not_allowed,
)
from quanshu.sharing.bulk.services.tokens import make_token, profile_of, revoke_token
from quanshu.sharing.bulk.services.viewing import refresh_entry, refresh_view, remove_views

__all__ = [
    "approve_bulk",
    "ask_refresh",
    "create_bulk",
    "end_due",
    "make_token",
    "profile_of",
    "refresh_entry",
    "refresh_view",
    "refuse_bulk",
    "remove_views",
    "request_bulk",
    "revoke_bulk",
    "revoke_not_allowed",
    "revoke_token",
]
