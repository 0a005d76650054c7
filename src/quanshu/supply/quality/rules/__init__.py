"""Decisions of data quality. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.checks import CheckKind, is_limit, is_pattern
from quanshu.lake.sqlcheck import BadQuery, check_condition
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.supply.quality.events import QualityEvent
from quanshu.supply.quality.permissions import QualityPermission
from quanshu.supply.quality.types import (
    Dimension,
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
