"""What happens in data quality."""

from __future__ import annotations

from enum import StrEnum


class QualityEvent(StrEnum):
    RULE_CREATED = "quality.rule.created"
    RULE_REVISED = "quality.rule.revised"
    RULE_SWITCHED = "quality.rule.switched"
    SCAN_QUEUED = "quality.scan.queued"
    SCAN_STARTED = "quality.scan.started"
    SCAN_FINISHED = "quality.scan.finished"
    SCAN_FAILED = "quality.scan.failed"
    PROBLEMS_OPENED = "quality.problem.opened"
    PROBLEMS_FIXED = "quality.problem.fixed"
    PROBLEM_REOPENED = "quality.problem.reopened"
    PROBLEM_EXCUSED = "quality.problem.excused"
    PROBLEM_REVEALED = "quality.problem.revealed"
    PROBLEM_ASSIGNED = "quality.problem.assigned"
    PROBLEM_UPHELD = "quality.problem.upheld"
    PROBLEMS_OVERDUE = "quality.problem.overdue"
    CORRECTED_FOR_RECEIVERS = "quality.problem.corrected_for_receivers"
    EXCEPTION_MADE = "quality.exception.made"
    EXCEPTION_ENDED = "quality.exception.ended"
    EXCEPTION_EXPIRED = "quality.exception.expired"
