"""What happens to a demand."""

from __future__ import annotations

from enum import StrEnum


class DemandEvent(StrEnum):
    CREATED = "demands.demand.created"
    CHANGED = "demands.demand.changed"
    SUBMITTED = "demands.demand.submitted"
    RETURNED = "demands.demand.returned"
    PASSED = "demands.demand.passed"
    CONFIRMED = "demands.demand.confirmed"
    REFUSED = "demands.demand.refused"
    CONTESTED = "demands.demand.contested"
    PROPOSED = "demands.demand.proposed"
    AGREED = "demands.demand.agreed"
    BROKEN_OFF = "demands.demand.broken_off"
    OVERRULED = "demands.demand.overruled"
    GRANTED = "demands.demand.granted"
    CLOSED = "demands.demand.closed"
    WITHDRAWN = "demands.demand.withdrawn"
    PAUSED = "demands.demand.paused"
    RESUMED = "demands.demand.resumed"
    ESCALATED = "demands.demand.escalated"
    MET = "demands.demand.met"
    MEETING_PROPOSED = "demands.meeting.proposed"
    FILED = "demands.meeting.filed"
    MEETING_SIGNED = "demands.meeting.signed"
    SHRINK_PROPOSED = "demands.shrink.proposed"
    SHRINK_REMINDED = "demands.shrink.reminded"
    SHRINK_KEPT = "demands.shrink.kept"
    SHRINK_UPHELD = "demands.shrink.upheld"
    SHRUNK = "demands.demand.shrunk"
    RATED = "demands.rating.given"
    RATING_ANSWERED = "demands.rating.answered"
    POLICY_SET = "demands.policy.changed"
