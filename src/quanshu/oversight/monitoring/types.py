"""Values of monitoring; no Django."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import Conflict, Invalid, NotFound, fill


class Stage(StrEnum):
    """汇聚, 审核, 传输, 应用 of clause 2.5.2, and the platform they stand on."""

    INTAKE = "intake"
    REVIEW = "review"
    TRANSFER = "transfer"
    USE = "use"
    PLATFORM = "platform"


FOUR = (Stage.INTAKE, Stage.REVIEW, Stage.TRANSFER, Stage.USE)


class Grain(StrEnum):
    """How long a sample stands for."""

    MINUTE = "m"
    HOUR = "h"
    DAY = "d"


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    SERIOUS = "serious"
    CRITICAL = "critical"


SEVERITY_ORDER = {severity.value: rank for rank, severity in enumerate(Severity)}


class AlertState(StrEnum):
    """Pending: seen, not yet for long enough. Resolved: gone for long enough; the same cause may open it again."""

    PENDING = "pending"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


OPEN = (AlertState.FIRING, AlertState.ACKNOWLEDGED)


class Sense(StrEnum):
    """How a rule reads a measure: a sum or level above a threshold, too little of it, or a share of failures."""

    ABOVE = "above"
    ABSENT = "absent"
    RATE = "rate"


class ObjectiveKind(StrEnum):
    """Availability and delay of a service; freshness of an entry's data (share of days within its update cycle)."""

    AVAILABILITY = "availability"
    DELAY = "delay"
    FRESHNESS = "freshness"


@dataclass(frozen=True, slots=True)
class Point:
    """What one measure counted in one stretch for one unit and subject. `wait` is seconds summed over `waits`."""

    at: datetime
    unit_path: str = ""
    subject: str = ""
    count: int = 0
    failed: int = 0
    amount: int = 0
    wait: float = 0.0
    waits: int = 0
    peak: float = 0.0

    @property
    def mean_wait(self) -> float | None:
        return self.wait / self.waits if self.waits else None


@dataclass(frozen=True, slots=True)
class Finding:
    """A breach that a check found. `cause` names it among those of its rule; `since` is when it began, if known."""

    cause: str
    value: float
    label: str = ""
    unit_path: str = ""
    url: str = ""
    since: datetime | None = None
    text: str = ""
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an alert stands between two looks."""

    state: AlertState
    pending_at: datetime
    fired_at: datetime | None = None
    clear_since: datetime | None = None
    resolved_at: datetime | None = None
    flaps: int = 0


@dataclass(frozen=True, slots=True)
class Holds:
    """How long a breach must last to fire, and how long it must be gone to close."""

    fire: timedelta
    clear: timedelta


@dataclass(frozen=True, slots=True)
class RuleData:
    """What an operator may change of a rule. Times are seconds, escalation minutes (0 = never)."""

    severity: str
    threshold: float
    for_seconds: int
    clear_seconds: int
    escalate_minutes: int
    active: bool = True
    remedy: str = ""
    remedy_en: str = ""


@dataclass(frozen=True, slots=True)
class OwnRuleData:
    """A rule over a measure, made by an operator."""

    name: str
    stage: str
    measure: str
    sense: str
    window_minutes: int
    least: int = 1
    unit_uid: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class SilenceData:
    """What is not to be told: a rule, a stage, a unit's tree, a cause; an empty part means any."""

    until: datetime
    reason: str
    rule_uid: str = ""
    stage: str = ""
    unit_uid: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """A month of an objective: what happened against what was promised. `left`: error budget left, a share."""

    good: int
    total: int
    value: float | None
    target: float
    left: float | None
    met: bool | None


@dataclass(frozen=True, slots=True)
class PartState:
    """One process or part of the node: how it is, since when, what is wrong and what to do."""

    kind: str
    name: str
    ok: bool | None
    since: datetime | None
    seen_at: datetime | None
    facts: dict[str, Any] = field(default_factory=dict)
    advice: str = ""


class AlertNotFound(NotFound):
    code = "monitoring.alert_not_found"
    message = "There is no alert “%(alert)s” that you may see."
    remedy = "Open the list of alerts and choose one."


class RuleNotFound(NotFound):
    code = "monitoring.rule_not_found"
    message = "There is no alert rule “%(rule)s”."
    remedy = "Open the list of rules and choose one."


class ShiftNotFound(NotFound):
    code = "monitoring.shift_not_found"
    message = "There is no duty “%(shift)s” that you may see."
    remedy = "Open the duty roster and choose one."


class SilenceNotFound(NotFound):
    code = "monitoring.silence_not_found"
    message = "There is no silence “%(silence)s”."
    remedy = "Open the list of silences and choose one."


class ObjectiveNotFound(NotFound):
    code = "monitoring.objective_not_found"
    message = "There is no service level “%(objective)s” that you may see."
    remedy = "Open the list of service levels and choose one."


class StageNotFound(NotFound):
    code = "monitoring.stage_not_found"
    message = "There is no stage “%(stage)s”."
    remedy = "The stages are intake, review, transfer and use."


STATE_NAMES = {
    AlertState.PENDING: N_("Seen"),
    AlertState.FIRING: N_("Firing"),
    AlertState.ACKNOWLEDGED: N_("Acknowledged"),
    AlertState.RESOLVED: N_("Closed"),
}


class WrongAlertState(Conflict):
    code = "monitoring.wrong_state"
    message = "The alert is in the state “%(state)s”; it cannot be acknowledged now."
    remedy = "Only an alert that fires is acknowledged; reload the page to see its state."

    def render(self, translate: Callable[[str], str] = str) -> str:
        """The fault with the state by its name; the parameters keep the code."""
        state = self.params["state"]
        return fill(translate(self.message), {"state": translate(STATE_NAMES.get(state, state))})


class ShiftsCross(Conflict):
    code = "monitoring.shifts_cross"
    message = "%(person)s is on duty then already, from %(start)s to %(end)s."
    remedy = "Choose other times, or another person."


class ShiftOver(Conflict):
    code = "monitoring.shift_over"
    message = "This duty has ended."
    remedy = "Choose one that is still to come."


class SilenceOver(Conflict):
    code = "monitoring.silence_over"
    message = "This silence has ended already."
    remedy = "Reload the list of silences."


class ShippedRule(Invalid):
    code = "monitoring.shipped_rule"
    message = "A rule that came with the platform cannot be deleted."
    remedy = "Switch it off instead."
