"""What the census tells others about."""

from __future__ import annotations

from enum import StrEnum


class CensusEvent(StrEnum):
    DRAFTED = "census.campaign.drafted"
    CHANGED = "census.campaign.changed"
    OPENED = "census.campaign.opened"
    CLOSED = "census.campaign.closed"
    CANCELLED = "census.campaign.cancelled"
    STARTED = "census.filing.started"
    FILLED = "census.filing.filled"
    SUBMITTED = "census.filing.submitted"
    SENT_BACK = "census.filing.sent_back"
    SIGNED = "census.filing.signed"
    REJECTED = "census.filing.rejected"
    ACCEPTED = "census.filing.accepted"
    REMINDED = "census.filing.reminded"
    ESCALATED = "census.filing.escalated"
    EXTENSION_ASKED = "census.extension.asked"
    EXTENSION_DECIDED = "census.extension.decided"
    FOLLOWED = "census.entry.followed"
    FOUND_DRAFTED = "census.finding.drafted"
