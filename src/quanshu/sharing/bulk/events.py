"""What happens in bulk sharing; names of audit actions and outbox events."""

from __future__ import annotations

from enum import StrEnum


class BulkEvent(StrEnum):
    REQUESTED = "bulk.grant.requested"
    GRANTED = "bulk.grant.created"
    APPROVED = "bulk.grant.approved"
    REFUSED = "bulk.grant.refused"
    REVOKED = "bulk.grant.revoked"
    ENDED = "bulk.grant.ended"
    REFRESH_ASKED = "bulk.view.refresh_asked"
    REFRESHED = "bulk.view.refreshed"
    REMOVED = "bulk.view.removed"
    TOKEN_MADE = "bulk.token.made"  # noqa: S105 - an event's name
    TOKEN_REVOKED = "bulk.token.revoked"  # noqa: S105 - an event's name
