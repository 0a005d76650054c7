"""What hosting tells others about."""

from __future__ import annotations

from enum import StrEnum


class HostingEvent(StrEnum):
    DRAFTED = "hosting.agreement.drafted"
    PROPOSED = "hosting.agreement.proposed"
    RETURNED = "hosting.agreement.returned"
    ACCEPTED = "hosting.agreement.accepted"
    WITHDRAWN = "hosting.agreement.withdrawn"
    RENEWED = "hosting.agreement.renewed"
    ENDING = "hosting.agreement.ending"
    ENDED = "hosting.agreement.ended"
    TAKEN_BACK = "hosting.data.taken_back"
    DELETED = "hosting.data.deleted"
    CHANGE_PROPOSED = "hosting.change.proposed"
    CHANGE_APPROVED = "hosting.change.approved"
    CHANGE_APPLIED = "hosting.change.applied"
    CHANGE_REFUSED = "hosting.change.refused"
    CHANGE_FAILED = "hosting.change.failed"
