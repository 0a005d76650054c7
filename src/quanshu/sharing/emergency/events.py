"""What happens in emergencies."""

from __future__ import annotations

from enum import StrEnum


class EmergencyEvent(StrEnum):
    DECLARED = "emergency.emergency.declared"
    EXTENDED = "emergency.emergency.extended"
    ENDED = "emergency.emergency.ended"
    CLOSED = "emergency.emergency.closed"
    ESCALATED = "emergency.emergency.escalated"
    ASKED = "emergency.request.asked"
    GRANTED = "emergency.request.granted"
    GIVEN_BACK = "emergency.request.given_back"
    OVER = "emergency.request.over"
    LAPSED = "emergency.request.lapsed"
    LATE = "emergency.request.late"
    REVIEWED = "emergency.request.reviewed"
    ALERTED = "emergency.alert.sent"
    ACKNOWLEDGED = "emergency.alert.acknowledged"
    DUTY_ADDED = "emergency.duty.added"
    DUTY_CHANGED = "emergency.duty.changed"
    DUTY_REMOVED = "emergency.duty.removed"
