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
