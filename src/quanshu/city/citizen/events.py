"""What happens in the resident's portal; names of audit actions and outbox events."""

from __future__ import annotations

from enum import StrEnum


class CitizenEvent(StrEnum):
    VIEWED = "citizen.data.viewed"
    USES_VIEWED = "citizen.data.uses_viewed"
    DOWNLOADED = "citizen.data.downloaded"
    FILED = "citizen.correction.filed"
    ACCEPTED = "citizen.correction.accepted"
    CORRECTED = "citizen.correction.corrected"
    REJECTED = "citizen.correction.rejected"
    REVIEW_ASKED = "citizen.correction.review_asked"
    OVERTURNED = "citizen.correction.overturned"
    UPHELD = "citizen.correction.upheld"
    WITHDRAWN = "citizen.correction.withdrawn"
    REOPENED = "citizen.correction.reopened"
    REVEALED = "citizen.correction.revealed"
    LANDED = "citizen.correction.landed"
    EVIDENCE_READ = "citizen.correction.evidence_read"
