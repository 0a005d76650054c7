"""What monitoring tells others about."""

from __future__ import annotations

from enum import StrEnum


class MonitoringEvent(StrEnum):
    FIRED = "monitoring.alert.fired"
    ACKNOWLEDGED = "monitoring.alert.acknowledged"
    RESOLVED = "monitoring.alert.resolved"
    REOPENED = "monitoring.alert.reopened"
    ESCALATED = "monitoring.alert.escalated"
    RULE_CHANGED = "monitoring.rule.changed"
    RULE_CREATED = "monitoring.rule.created"
    RULE_DELETED = "monitoring.rule.deleted"
    SILENCED = "monitoring.silence.made"
    UNSILENCED = "monitoring.silence.ended"
    SHIFT_PLANNED = "monitoring.shift.planned"
    SHIFT_SWAPPED = "monitoring.shift.swapped"
    SHIFT_REMOVED = "monitoring.shift.removed"
    OBJECTIVE_SET = "monitoring.objective.set"
