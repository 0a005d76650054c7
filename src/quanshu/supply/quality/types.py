"""Values of data quality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from quanshu.kernel.errors import Conflict, NotFound


class Dimension(StrEnum):
    """Quality dimensions of GB/T 36344-2018."""

    CONFORMITY = "conformity"
    COMPLETENESS = "completeness"
    ACCURACY = "accuracy"
    CONSISTENCY = "consistency"
    TIMELINESS = "timeliness"
    ACCESSIBILITY = "accessibility"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class ScanState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class ProblemState(StrEnum):
    """`excused` is a problem accepted as it is until a day; `gone` one whose row was deleted at source; `right`
    a reported value that the source unit answers for as it is."""

    OPEN = "open"
    FIXED = "fixed"
    EXCUSED = "excused"
    GONE = "gone"
    RIGHT = "right"


class Origin(StrEnum):
    """Who found a problem: a rule, or a consumer who received the value."""

    RULE = "rule"
    REPORTED = "reported"


class ExceptionScope(StrEnum):
    """What an exception covers: the row of one key, the rows a condition holds for, or every row."""

    KEY = "key"
    CONDITION = "condition"
    RULE = "rule"


class ExceptionState(StrEnum):
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class RuleData:
    """What a steward enters for a rule. `columns` and `params` fit the kind (see lake.checks)."""

    name: str
    kind: str
    columns: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    dimension: str = ""
    severity: str = Severity.ERROR


@dataclass(frozen=True, slots=True)
class ExceptionData:
    """What an approver enters for an exception. `key` or `condition` by scope; `until` is its last day."""

    scope: str
    reason: str
    until: date
    evidence: str = ""
    key: Mapping[str, str | None] | None = None
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who received a row: the call that carried it."""

    unit_uid: str
    unit_name: str
    unit_path: str
    application: str
    at: datetime
    case_number: str
    receipt_id: str


@dataclass(frozen=True, slots=True)
class TableFigures:
    """A table's latest finished scan: rows checked that are not excepted, and rows that failed no rule."""

    entry_uid: str
    entry_name: str
    unit_uid: str
    unit_name: str
    rows: int
    passed: int
    scanned_at: datetime
    excepted: int = 0

    @property
    def pass_rate(self) -> float | None:
        return self.passed / self.rows if self.rows else None


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """A unit's tables taken together."""

    unit_uid: str
    unit_name: str
    rows: int
    passed: int
    open_problems: int

    @property
    def pass_rate(self) -> float | None:
        return self.passed / self.rows if self.rows else None


@dataclass(frozen=True, slots=True)
class QualityFigures:
    """质检合格率 and 纠错时间 over all tables. Rates are None while there is nothing to divide by."""

    rows: int
    passed: int
    open_problems: int
    overdue_problems: int
    corrected: int
    corrected_on_time: int
    mean_correction_days: float | None
    by_table: tuple[TableFigures, ...]
    by_unit: tuple[UnitFigures, ...]
    excepted: int = 0

    @property
    def pass_rate(self) -> float | None:
        """Rows that failed no rule / rows checked."""
        return self.passed / self.rows if self.rows else None

    @property
    def on_time_rate(self) -> float | None:
        """Problems corrected within two working days / problems corrected."""
        return self.corrected_on_time / self.corrected if self.corrected else None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One landed table: its latest finished check, if any, its active rules and its problems not yet closed."""

    entry_uid: str
    entry_name: str
    unit_name: str
    rules: int
    open_problems: int
    overdue_problems: int
    rows: int | None = None
    passed: int | None = None
    scanned_at: datetime | None = None
    excepted: int = 0

    @property
    def pass_rate(self) -> float | None:
        """Rows that failed no rule / rows checked."""
        return self.passed / self.rows if self.rows and self.passed is not None else None


@dataclass(frozen=True, slots=True)
class DimensionFigures:
    """The rules of one dimension in one check: values tested and values that failed."""

    dimension: str
    rules: int
    tested: int
    failed: int

    @property
    def pass_rate(self) -> float | None:
        """Values that passed / values tested."""
        return 1 - self.failed / self.tested if self.tested else None


class RuleNotFound(NotFound):
    code = "quality.rule_not_found"
    message = "There is no quality rule “%(rule)s” that you may see."
    remedy = "Open the table's scorecard and choose one."


class KindNotFound(NotFound):
    code = "quality.kind_not_found"
    message = "There is no kind of rule “%(kind)s”."
    remedy = "Choose one of the kinds listed."


class TableNotFound(NotFound):
    code = "quality.table_not_found"
    message = "There is no table “%(table)s” whose quality you may see."
    remedy = "Open the scorecards and choose one."


class ProblemNotFound(NotFound):
    code = "quality.problem_not_found"
    message = "There is no problem record “%(problem)s” that you may see."
    remedy = "Open the list of problems and choose one."


class ScanNotFound(NotFound):
    code = "quality.scan_not_found"
    message = "There is no quality scan “%(scan)s” that you may see."
    remedy = "Open the list of scans and choose one."


class NothingLanded(Conflict):
    code = "quality.nothing_landed"
    message = "Nothing has landed for %(entry)s yet, so there is nothing to check."
    remedy = "Run its source first."


class NoRules(Conflict):
    code = "quality.no_rules"
    message = "%(entry)s has no active quality rule."
    remedy = "Add rules, or take up the suggested ones."


class ProblemClosed(Conflict):
    code = "quality.problem_closed"
    message = "The problem is already closed."
    remedy = "It opens again by itself if the rule fails again."


class StillFailing(Conflict):
    code = "quality.still_failing"
    message = "The same rule still fails on this record, so the problem stays open."
    remedy = "Correct the record in the source system, load it again, then check again."


class ExceptionNotFound(NotFound):
    code = "quality.exception_not_found"
    message = "There is no exception “%(exception)s” that you may see."
    remedy = "Open the list of exceptions and choose one."


class ExceptionEnded(Conflict):
    code = "quality.exception_ended"
    message = "The exception is no longer in force."
    remedy = "Make a new one if the rows are still right as they are."


class ReportedOnly(Conflict):
    code = "quality.reported_only"
    message = "A consumer reported this record; no rule finds it, so there is no rule to except it from."
    remedy = "Answer the report: corrected, or right as it is with the reason."


class ValueUnchanged(Conflict):
    code = "quality.value_unchanged"
    message = "The table still holds the value that was reported, so it is not corrected yet."
    remedy = "Correct the record in the source system and load it; or say why it is right as it is."
