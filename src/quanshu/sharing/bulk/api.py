"""The door of bulk."""

from __future__ import annotations

from quanshu.sharing.bulk.models import BulkGrant
from quanshu.sharing.bulk.permissions import BulkPermission
from quanshu.sharing.bulk.queries import get_bulk, list_bulk, reads_of
from quanshu.sharing.bulk.services import (
    approve_bulk,
    create_bulk,
    make_token,
    profile_of,
    refresh_view,
    request_bulk,
    revoke_bulk,
    revoke_token,
)
from quanshu.sharing.bulk.types import BulkData, BulkState

__all__ = [
    "BulkData",
    "BulkGrant",
    "BulkPermission",
    "BulkState",
    "approve_bulk",
    "create_bulk",
    "get_bulk",
    "list_bulk",
    "make_token",
    "profile_of",
    "reads_of",
    "refresh_view",
    "request_bulk",
    "revoke_bulk",
    "revoke_token",
]
