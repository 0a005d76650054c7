"""What may be entered: rules, silences, duties, service levels."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.oversight.monitoring.types import (
    ObjectiveKind,
    OwnRuleData,
    RuleData,
    Sense,
    Severity,
    ShiftOver,
    ShiftsCross,
    SilenceData,
    Stage,
)

MOST_HOLD = 7 * 86_400
MOST_SHIFT = timedelta(days=7)
MOST_SILENCE = timedelta(days=30)
MOST_WINDOW = 24 * 60


def _raise(errors: list[FieldError]) -> None:
    if errors:
        raise FieldErrors(errors=tuple(errors))


def check_rule(data: RuleData) -> None:
    """Raises FieldErrors for a rule's settings that make no sense."""
    errors = []
    if data.severity not in set(Severity):
        errors.append(FieldError("severity", N_("This severity does not exist."), N_("Choose one of the list.")))
    if not data.threshold >= 0:
        errors.append(FieldError("threshold", N_("A threshold is zero or more."), N_("Enter a number from 0 up.")))
    for name in ("for_seconds", "clear_seconds"):
        if not 0 <= getattr(data, name) <= MOST_HOLD:
            errors.append(
                FieldError(name, N_("This time is not between 0 and 7 days."), N_("Enter seconds, 0 to 604800."))
            )
    if not 0 <= data.escalate_minutes <= 10_080:
        errors.append(
            FieldError(
                "escalate_minutes", N_("This time is not between 0 and 7 days."), N_("Enter minutes; 0 means never.")
            )
        )
    _raise(errors)


def check_own_rule(data: OwnRuleData, measures: Iterable[str]) -> None:
    """Raises FieldErrors for a rule over a measure that cannot be looked at."""
    errors = []
    if not data.name.strip():
        errors.append(FieldError("name", N_("The rule has no name."), N_("Say in a few words what it watches.")))
    if data.stage not in set(Stage):
        errors.append(FieldError("stage", N_("This stage does not exist."), N_("Choose one of the list.")))
    if data.measure not in set(measures):
        errors.append(FieldError("measure", N_("This measure does not exist."), N_("Choose one of the list.")))
    if data.sense not in set(Sense):
        errors.append(FieldError("sense", N_("This way of reading does not exist."), N_("Choose one of the list.")))
    if not 1 <= data.window_minutes <= MOST_WINDOW:
        errors.append(
            FieldError("window_minutes", N_("The window is not between 1 minute and 24 hours."), N_("Enter 1 to 1440."))
        )
    _raise(errors)


def check_silence(data: SilenceData, *, now: datetime) -> None:
    """Raises FieldErrors: a silence has a reason, a scope and an end within thirty days."""
    errors = []
    if not data.reason.strip():
        errors.append(FieldError("reason", N_("The reason is missing."), N_("Say why nobody is to be told.")))
    if not now < data.until <= now + MOST_SILENCE:
        errors.append(
            FieldError(
                "until", N_("The end is not within the next 30 days."), N_("Choose a time within 30 days from now.")
            )
        )
    if not (data.rule_uid or data.stage or data.unit_uid or data.cause):
        errors.append(
            FieldError("rule_uid", N_("Nothing says what is silenced."), N_("Choose a rule, a stage or a unit."))
        )
    _raise(errors)


def check_shift(
    starts_at: datetime, ends_at: datetime, person: str, others: Iterable[tuple[datetime, datetime]]
) -> None:
    """Raises FieldErrors for times in the wrong order or too long, ShiftsCross when the person is on duty then."""
    if not starts_at < ends_at <= starts_at + MOST_SHIFT:
        _raise([FieldError("ends_at", N_("A duty ends after it begins, within seven days."), N_("Correct the times."))])
    for start, end in others:
        if start < ends_at and starts_at < end:
            raise ShiftsCross(person=person, start=f"{start:%Y-%m-%d %H:%M}", end=f"{end:%Y-%m-%d %H:%M}")


def check_swap(ends_at: datetime, *, now: datetime) -> None:
    """Raises ShiftOver: only a duty that has not ended is handed over."""
    if ends_at <= now:
        raise ShiftOver


def check_objective(kind: str, target: float, limit_ms: int) -> None:
    """Raises FieldErrors: a target is a share below or equal to 1; a delay has a limit."""
    errors = []
    if kind not in set(ObjectiveKind):
        errors.append(FieldError("kind", N_("This kind does not exist."), N_("Choose one of the list.")))
    if not 0.5 <= target <= 1:
        errors.append(
            FieldError("target", N_("The target is not between 50 and 100 per cent."), N_("For example 99.5."))
        )
    if kind == ObjectiveKind.DELAY and not 1 <= limit_ms <= 600_000:
        errors.append(
            FieldError("limit_ms", N_("The delay has no sensible limit."), N_("Enter milliseconds, 1 to 600000."))
        )
    _raise(errors)
