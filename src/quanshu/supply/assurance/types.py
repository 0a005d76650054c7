"""Values of quality assurance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from quanshu.kernel.errors import Conflict, Invalid, NotFound
from quanshu.supply.quality.api import RuleData, Severity


class Verdict(StrEnum):
    """What a failing rule of a set does to a load before it lands."""

    WARN = "warn"
    REFUSE = "refuse"
    STOP = "stop"


class Outcome(StrEnum):
    """What a check before landing came to."""

    PASSED = "passed"
    WARNED = "warned"
    REFUSED = "refused"
    STOPPED = "stopped"


class ReportState(StrEnum):
    OPEN = "open"
    CORRECTED = "corrected"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule that items or data speak for. `evidence` is a code with its figures; `failed` of `tested` fail now."""

    data: RuleData
    evidence: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    tested: int | None = None
    failed: int | None = None


@dataclass(frozen=True, slots=True)
class ReportData:
    """What a consumer says of a value it received; `key` names the row by all key columns of the entry."""

    key: Mapping[str, str]
    column: str
    fault: str
    value_seen: str = ""
    evidence: str = ""
    sid: str = ""
    receipt_id: str = ""


@dataclass(frozen=True, slots=True)
class SetData:
    """A rule set as entered: rules by uid; `threshold` is the pass rate below which `stop` stops a load."""

    name: str
    rule_uids: tuple[str, ...]
    severity: str = Severity.ERROR
    before_landing: bool = False
    verdict: str = Verdict.WARN
    threshold: float = 0.95


@dataclass(frozen=True, slots=True)
class CallFacts:
    """A call through the gateway, as far as a report of a value needs it."""

    sid: str
    entry_uid: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month of a unit, table, dimension or rule. Rates are None while there is nothing to divide by."""

    month: date
    kind: str
    subject: str
    name: str
    unit_uid: str
    unit_name: str
    tested: int
    passed: int
    excepted: int = 0
    corrected: int = 0
    on_time: int = 0
    days: int = 0

    @property
    def pass_rate(self) -> float | None:
        """Passed / tested (rows of a unit or table, values of a dimension or rule)."""
        return self.passed / self.tested if self.tested else None

    @property
    def on_time_rate(self) -> float | None:
        """Corrected within two working days / corrected."""
        return self.on_time / self.corrected if self.corrected else None

    @property
    def mean_days(self) -> float | None:
        """Working days / corrected."""
        return self.days / self.corrected if self.corrected else None


class SetNotFound(NotFound):
    code = "assurance.set_not_found"
    message = "There is no rule set “%(rule_set)s” that you may see."
    remedy = "Open the list of rule sets and choose one."


class ReportNotFound(NotFound):
    code = "assurance.report_not_found"
    message = "There is no report “%(report)s” that you may see."
    remedy = "Open the list of reports and choose one."


class CallNotFound(NotFound):
    code = "assurance.call_not_found"
    message = "There is no call or service “%(call)s” of yours."
    remedy = "Take the receipt id from the answer, or the service's code."


class NotReported(Conflict):
    code = "assurance.not_reported"
    message = "No consumer has reported this problem, so there is nobody to answer."
    remedy = "Correct the record at its source, or excuse the problem."


class LoadStopped(Conflict):
    code = "assurance.load_stopped"
    message = (
        "The rule set “%(rule_set)s” stopped the load: %(passed)s of %(rows)s rows pass, %(threshold)s are needed."
    )
    remedy = "Open the rule set's checks to see what fails, correct the rows at the source, and load again."


class NothingChosen(Invalid):
    code = "assurance.nothing_chosen"
    message = "No rule was chosen."
    remedy = "Tick one or more."


class BadMonth(Invalid):
    code = "assurance.bad_month"
    message = "“%(month)s” is no month up to the present one."
    remedy = "Give a month such as 2026-11."
