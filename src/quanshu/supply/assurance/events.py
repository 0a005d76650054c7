"""What happens in quality assurance."""

from __future__ import annotations

from enum import StrEnum


class AssuranceEvent(StrEnum):
    PROFILE_QUEUED = "assurance.profile.queued"
    PROFILE_MADE = "assurance.profile.made"
    PROFILE_FAILED = "assurance.profile.failed"
    SET_KEPT = "assurance.rule_set.kept"
    SET_SWITCHED = "assurance.rule_set.switched"
    LOAD_CHECKED = "assurance.load.checked"
    REPORTED = "assurance.report.filed"
    ANSWERED = "assurance.report.answered"
