"""Decisions of data quality. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.checks import CheckKind, CheckReport, is_limit, is_pattern
from quanshu.lake.sqlcheck import BadQuery, check_condition
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.supply.catalogue.api import ShareType, UpdateCycle
from quanshu.supply.quality.events import QualityEvent
from quanshu.supply.quality.permissions import QualityPermission
from quanshu.supply.quality.types import (
    Dimension,
    ExceptionData,
    ExceptionEnded,
    ExceptionScope,
    ExceptionState,
    NoRules,
    NothingLanded,
    ProblemClosed,
    ProblemState,
    RuleData,
    Severity,
)

P, E, S = QualityPermission, QualityEvent, ProblemState
CORRECTION_DAYS = 2
PASS_TARGET = 0.95

MACHINE = Machine(
    name="quality.problem",
    states=ProblemState,
    transitions=(
        Transition(
            "fix",
            frozenset({S.OPEN, S.EXCUSED}),
            S.FIXED,
            P.PROBLEM_HANDLE,
            E.PROBLEMS_FIXED,
            label=N_("Check again"),
        ),
        Transition(
            "lose",
            frozenset({S.OPEN, S.EXCUSED}),
            S.GONE,
            P.PROBLEM_HANDLE,
            E.PROBLEMS_FIXED,
            label=N_("Row deleted"),
        ),
        Transition("excuse", frozenset({S.OPEN}), S.EXCUSED, P.EXCUSE, E.PROBLEM_EXCUSED, label=N_("Excuse")),
        Transition(
            "reopen",
            frozenset({S.FIXED, S.GONE, S.EXCUSED}),
            S.OPEN,
            P.SCAN,
            E.PROBLEM_REOPENED,
            label=N_("Open again"),
        ),
        Transition(
            "uphold", frozenset({S.OPEN}), S.RIGHT, P.PROBLEM_HANDLE, E.PROBLEM_UPHELD, label=N_("Right as it is")
        ),
    ),
)

# The dimension a rule of each kind measures unless the steward says otherwise (GB/T 36344-2018).
DIMENSION_OF: Mapping[str, Dimension] = {
    CheckKind.REQUIRED: Dimension.COMPLETENESS,
    CheckKind.CODE_LIST: Dimension.CONFORMITY,
    CheckKind.PATTERN: Dimension.CONFORMITY,
    CheckKind.RANGE: Dimension.ACCURACY,
    CheckKind.CITIZEN_ID: Dimension.ACCURACY,
    CheckKind.USCC: Dimension.ACCURACY,
    CheckKind.DATE_ORDER: Dimension.CONSISTENCY,
    CheckKind.UNIQUE: Dimension.ACCURACY,
    CheckKind.REFERENCE: Dimension.CONSISTENCY,
    CheckKind.LENGTH: Dimension.CONFORMITY,
    CheckKind.REGION_CODE: Dimension.CONFORMITY,
    CheckKind.PHONE: Dimension.CONFORMITY,
    CheckKind.BIRTH_DATE: Dimension.CONSISTENCY,
    CheckKind.DEPENDENCY: Dimension.CONSISTENCY,
    CheckKind.CONSISTENCY: Dimension.CONSISTENCY,
    CheckKind.PREDICATE: Dimension.ACCURACY,
    CheckKind.FRESHNESS: Dimension.TIMELINESS,
    CheckKind.ROW_COUNT: Dimension.COMPLETENESS,
}
# How many columns a rule of each kind names: (fewest, most).
COLUMNS_OF: Mapping[str, tuple[int, int]] = {
    CheckKind.DATE_ORDER: (2, 2),
    CheckKind.UNIQUE: (1, 10),
    CheckKind.BIRTH_DATE: (2, 2),
    CheckKind.DEPENDENCY: (2, 2),
    CheckKind.CONSISTENCY: (2, 2),
    CheckKind.PREDICATE: (1, 50),
    CheckKind.ROW_COUNT: (0, 0),
}
NEEDS: Mapping[str, tuple[str, ...]] = {
    CheckKind.CODE_LIST: ("codes",),
    CheckKind.PATTERN: ("pattern",),
    CheckKind.REFERENCE: ("table", "column"),
    CheckKind.CONSISTENCY: ("table", "key", "column"),
    CheckKind.PREDICATE: ("expression",),
    CheckKind.FRESHNESS: ("days",),
}
TO_ANOTHER_TABLE = frozenset({CheckKind.REFERENCE, CheckKind.CONSISTENCY})


def check_rule(data: RuleData, *, columns: Sequence[str], tables: Sequence[str]) -> None:
    """A rule that can be compiled: known kind, columns of the table, the parameters its kind needs.

    Raises FieldErrors naming every field at fault.
    """
    faults: list[FieldError] = []
    if not data.name.strip():
        faults.append(FieldError("name", N_("This must not be empty."), N_("Enter a name.")))
    if data.kind not in {kind.value for kind in CheckKind}:
        faults.append(FieldError("kind", N_("This kind of rule is not known."), N_("Choose one.")))
    if data.dimension and data.dimension not in {value.value for value in Dimension}:
        faults.append(FieldError("dimension", N_("This dimension is not in GB/T 36344."), N_("Choose one.")))
    if data.severity not in {value.value for value in Severity}:
        faults.append(FieldError("severity", N_("This severity is not known."), N_("Choose one.")))
    faults.extend(column_faults(data, columns))
    faults.extend(parameter_faults(data, tables))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def column_faults(data: RuleData, columns: Sequence[str]) -> list[FieldError]:
    """Faults of the columns a rule names."""
    faults = [
        FieldError("columns", N_("The table has no column %(column)s."), N_("Choose columns."), {"column": name})
        for name in data.columns
        if name not in columns
    ]
    fewest, most = COLUMNS_OF.get(data.kind, (1, 1))
    if not fewest <= len(data.columns) <= most:
        faults.append(
            FieldError(
                "columns",
                N_("A rule of this kind names %(fewest)s to %(most)s columns."),
                N_("Choose columns."),
                {"fewest": fewest, "most": most},
            )
        )
    return faults


def parameter_faults(data: RuleData, tables: Sequence[str]) -> list[FieldError]:
    """Faults of a rule's parameters."""
    faults = [
        FieldError("params", N_("This kind of rule needs the parameter “%(name)s”."), N_("Enter it."), {"name": name})
        for name in NEEDS.get(data.kind, ())
        if not data.params.get(name)
    ]
    if data.kind == CheckKind.RANGE:
        faults.extend(limit_faults(data.params))
    if data.kind == CheckKind.PATTERN and data.params.get("pattern") and not is_pattern(str(data.params["pattern"])):
        remedy = N_("Correct it; look-around and back-references are not supported.")
        faults.append(FieldError("params", N_("The pattern is not a regular expression."), remedy))
    if data.kind in {CheckKind.LENGTH, CheckKind.ROW_COUNT}:
        faults.extend(count_faults(data.params))
    if data.kind == CheckKind.FRESHNESS and data.params.get("days") and not is_count(data.params["days"]):
        faults.append(FieldError("params", N_("The number of days is no whole number."), N_("Enter one, such as 30.")))
    if data.kind == CheckKind.PREDICATE and data.params.get("expression"):
        faults.extend(expression_faults(str(data.params["expression"])))
    if data.kind in TO_ANOTHER_TABLE and data.params.get("table") and data.params["table"] not in tables:
        faults.append(FieldError("params", N_("The referred table is not in the lake."), N_("Choose another.")))
    return faults


def is_count(value: Any) -> bool:
    """Whether this is a whole number of nought or more, with nine digits at most."""
    return str(value).isdecimal() and str(value).isascii() and len(str(value)) <= 9


def count_faults(params: Mapping[str, Any]) -> list[FieldError]:
    """Faults of whole-number limits: at least one, the lowest not above the highest."""
    limits = [params[name] for name in ("min", "max") if params.get(name) not in (None, "")]
    if not limits:
        return [FieldError("params", N_("A range needs a lowest or a highest value."), N_("Enter one."))]
    if not all(is_count(limit) for limit in limits):
        return [FieldError("params", N_("A limit is no whole number."), N_("Enter whole numbers."))]
    if len(limits) == 2 and int(limits[0]) > int(limits[1]):
        return [FieldError("params", N_("The lowest value is above the highest."), N_("Change one of them."))]
    return []


def expression_faults(expression: str) -> list[FieldError]:
    """Faults of a condition a person wrote: anything but one expression over the row's own columns."""
    try:
        columns_in(expression)
    except BadQuery as fault:
        text = N_("The condition cannot be used: %(fault)s")
        remedy = N_("Write one condition over the fields of the row, such as a > 0 OR b IS NULL.")
        return [FieldError("params", text, remedy, {"fault": fault.params["fault"]})]
    return []


def columns_in(expression: str) -> tuple[str, ...]:
    """Columns a condition names, in alphabetical order. Raises `lake.bad_query`."""
    return check_condition(expression)


def limit_faults(params: Mapping[str, Any]) -> list[FieldError]:
    """Faults of a range: at least one limit, both of one kind, the lowest not above the highest."""
    limits = [params[name] for name in ("min", "max") if params.get(name) not in (None, "")]
    if not limits:
        return [FieldError("params", N_("A range needs a lowest or a highest value."), N_("Enter one."))]
    wrong = [limit for limit in limits if not is_limit(limit)]
    if wrong:
        fault = N_("The limit “%(limit)s” is neither a number nor a date.")
        return [FieldError("params", fault, N_("Enter a number or a date like 2026-01-31."), {"limit": wrong[0]})]
    if len(limits) == 2:
        days = [str(limit) == "today" or str(limit).count("-") == 2 for limit in limits]
        if days[0] != days[1]:
            return [FieldError("params", N_("One limit is a number, the other a date."), N_("Enter two of one kind."))]
        if "today" not in limits and (str(limits[0]) > str(limits[1]) if days[0] else above(*limits)):
            return [FieldError("params", N_("The lowest value is above the highest."), N_("Change one of them."))]
    return []


def above(low: Any, high: Any) -> bool:
    """Whether the first number is greater."""
    return float(low) > float(high)


def check_scannable(*, entry_name: str, landed: bool, rules: int) -> None:
    """A scan needs rows and rules."""
    if not landed:
        raise NothingLanded(entry=entry_name)
    if not rules:
        raise NoRules(entry=entry_name)


def check_open(state: str) -> None:
    """Only an open problem is handled."""
    if state != ProblemState.OPEN:
        raise ProblemClosed


def ordered(key: Mapping[str, str | None], names: Sequence[str]) -> tuple[str | None, ...]:
    """A kept key in the order of its columns: a database may keep it in another."""
    return tuple(key.get(name) for name in names)


def key_text(key: Mapping[str, Any]) -> str:
    """A key as canonical JSON: the identity of a row in a problem."""
    return json.dumps(key, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


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
    everywhere = set(whole)
    failing: dict[Key, bool] = {}
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


# Days within which a table of each update cycle lands again; one day's grace for weekends of the source's job.
CYCLE_DAYS = {
    UpdateCycle.REAL_TIME: 2,
    UpdateCycle.DAILY: 2,
    UpdateCycle.WEEKLY: 8,
    UpdateCycle.MONTHLY: 32,
    UpdateCycle.QUARTERLY: 93,
    UpdateCycle.YEARLY: 367,
}


def access_tests(
    *, landed_on: date | None, cycle: str, published: bool, share_type: str, mounted: bool, today: date
) -> list[dict[str, Any]]:
    """The tests that apply, each with whether it passed.

    `readable` always (whoever asks has just read the table); `in_cycle` where the catalogue names a cycle;
    `answering` where the entry is published and may be shared.
    """
    tests: list[dict[str, Any]] = [{"test": "readable", "passed": True}]
    days = CYCLE_DAYS.get(UpdateCycle(cycle)) if cycle in set(UpdateCycle) else None
    if days is not None and landed_on is not None:
        tests.append({"test": "in_cycle", "passed": (today - landed_on).days <= days})
    if published and share_type != ShareType.NOT_SHARED:
        tests.append({"test": "answering", "passed": mounted})
    return tests
