"""Decisions on exceptions: what may be excepted, until when, and which rows that covers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.checks import CheckReport
from quanshu.lake.sqlcheck import BadQuery, check_condition
from quanshu.supply.quality.types import ExceptionData, ExceptionEnded, ExceptionScope, ExceptionState

LONGEST = timedelta(days=366)
USUAL = timedelta(days=180)
SOON = timedelta(days=30)
Key = tuple[str | None, ...]


def check_exception(data: ExceptionData, *, today: date, columns: Sequence[str], keys: Sequence[str]) -> None:
    """An exception that can be kept: a reason, a day within a year, and a key or condition where its scope needs one.

    Raises FieldErrors naming every field at fault.
    """
    faults: list[FieldError] = []
    if data.scope not in {scope.value for scope in ExceptionScope}:
        faults.append(FieldError("scope", N_("This scope is not known."), N_("Choose key, condition or rule.")))
    if not data.reason.strip():
        faults.append(FieldError("reason", N_("This must not be empty."), N_("Say why the value is right as it is.")))
    if not today < data.until <= today + LONGEST:
        faults.append(
            FieldError("until", N_("The last day lies within the next 366 days."), N_("Choose a day in that time."))
        )
    if data.scope == ExceptionScope.KEY and (data.key is None or set(data.key) != set(keys)):
        faults.append(
            FieldError(
                "key",
                N_("The key has the fields %(fields)s."),
                N_("Give a value for each of them, and no other."),
                {"fields": ", ".join(keys)},
            )
        )
    if data.scope == ExceptionScope.CONDITION:
        faults += condition_faults(data.condition, columns)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def condition_faults(condition: str, columns: Sequence[str]) -> list[FieldError]:
    """Faults of a condition: anything but one expression over the row's own columns."""
    remedy = N_("Write one condition over the fields of the row, such as a > 0 OR b IS NULL.")
    try:
        named = check_condition(condition)
    except BadQuery as fault:
        text = N_("The condition cannot be used: %(fault)s")
        return [FieldError("condition", text, remedy, {"fault": fault.params["fault"]})]
    missing = [name for name in named if name not in columns]
    if missing or not named:
        return [
            FieldError(
                "condition", N_("The table has no column %(column)s."), remedy, {"column": ", ".join(missing) or "—"}
            )
        ]
    return []


def check_in_force(state: str) -> None:
    """Only an exception in force is ended."""
    if state != ExceptionState.IN_FORCE:
        raise ExceptionEnded


def is_over(*, state: str, until: date, today: date) -> bool:
    """Whether the last day of an exception in force has passed; it covers that day itself."""
    return state == ExceptionState.IN_FORCE and until < today


def excepted_rows(report: CheckReport, covered: dict[str, set[Key]], whole: Iterable[str]) -> int:
    """Rows all of whose failures are excepted: neither passed nor failed.

    `covered` holds the excepted keys of each rule, `whole` the rules excepted in every row. Of a rule that fails in
    more rows than are kept, the rows beyond the last kept key are unknown and count as failed.
    """
    everywhere, failing = set(whole), {}
    limit: Key | None = None
    for ident, failures in report.failures.items():
        if ident in everywhere:
            for failure in failures:
                failing.setdefault(failure.key, True)
            continue
        if report.results[ident].failed > len(failures) and failures:
            last = max((failure.key for failure in failures), key=in_order)
            limit = last if limit is None or in_order(last) < in_order(limit) else limit
        for failure in failures:
            failing[failure.key] = failing.get(failure.key, True) and failure.key in covered.get(ident, set())
    nameless = {key for key in failing if not any(part is not None for part in key)}
    return sum(
        fine and key not in nameless and (limit is None or in_order(key) <= in_order(limit))
        for key, fine in failing.items()
    )


def in_order(key: Key) -> tuple[tuple[bool, str], ...]:
    """A key as the checks order it: an absent part last."""
    return tuple((part is None, part or "") for part in key)
