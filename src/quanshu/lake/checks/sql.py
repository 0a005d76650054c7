"""Rules as DuckDB expressions: whether a row is tested, whether it fails, and the value at fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from quanshu.kernel.identifiers.citizen_id import CHECK_CHARACTERS, OLDEST_YEAR, PROVINCES
from quanshu.kernel.identifiers.citizen_id import WEIGHTS as CITIZEN_WEIGHTS
from quanshu.kernel.identifiers.uscc import ALPHABET
from quanshu.kernel.identifiers.uscc import WEIGHTS as USCC_WEIGHTS
from quanshu.lake.checks.specs import CheckKind, CheckSpec
from quanshu.lake.schema import literal, quote


@dataclass(frozen=True, slots=True)
class RowRule:
    """A row rule compiled: two boolean expressions that are never null, and the value shown."""

    tested: str
    failed: str
    value: str


def text(column: str) -> str:
    """A column as text."""
    return f"CAST({quote(column)} AS VARCHAR)"


def filled(column: str) -> str:
    """True when the column holds more than blanks."""
    return f"coalesce(length(trim({text(column)})) > 0, false)"


def compile_row_rule(spec: CheckSpec, schema: pa.Schema, today: date) -> RowRule:
    """A row rule as expressions over the table's columns."""
    column = spec.columns[0]
    if spec.kind == CheckKind.REQUIRED:
        return RowRule("true", f"NOT {filled(column)}", text(column))
    if spec.kind == CheckKind.DATE_ORDER:
        earlier, later = (f"TRY_CAST({text(name)} AS TIMESTAMP)" for name in spec.columns)
        tested = f"({earlier} IS NOT NULL AND {later} IS NOT NULL)"
        shown = f"{text(spec.columns[0])} || ' > ' || {text(spec.columns[1])}"
        return RowRule(tested, f"coalesce({earlier} > {later}, false)", shown)
    fails = COMPILERS[spec.kind](column, spec.params, schema, today)
    tested = filled(column)
    return RowRule(tested, f"({tested} AND coalesce({fails}, true))", text(column))


def code_list(column: str, params: Mapping[str, Any], schema: pa.Schema, today: date) -> str:
    """Not one of the codes."""
    codes = ", ".join(literal(str(code)) for code in params["codes"])
    return f"{text(column)} NOT IN ({codes})"


def pattern(column: str, params: Mapping[str, Any], schema: pa.Schema, today: date) -> str:
    """Not of the form."""
    return f"NOT regexp_full_match({text(column)}, {literal(str(params['pattern']))})"


def value_range(column: str, params: Mapping[str, Any], schema: pa.Schema, today: date) -> str:
    """Outside the limits, which are numbers or ISO dates; not a number or date at all also fails."""
    limits = {name: params.get(name) for name in ("min", "max") if params.get(name) is not None}
    kind = "DATE" if any(isinstance(limit, str) and "-" in limit[1:] for limit in limits.values()) else "DOUBLE"
    value = f"TRY_CAST({text(column)} AS {kind})"
    parts = []
    for name, limit in limits.items():
        shown = f"CAST({literal(str(limit))} AS {kind})"
        parts.append(f"{value} {'<' if name == 'min' else '>'} {shown}")
    return f"({' OR '.join(parts)})"


def citizen_id(column: str, params: Mapping[str, Any], schema: pa.Schema, today: date) -> str:
    """Not a number of GB 11643, in the 18-character form or the 15-digit one of before 1999."""
    value = f"upper(trim({text(column)}))"
    provinces = "|".join(sorted(PROVINCES))

    def no_day(digits: str) -> str:
        parts = [f"substr({digits}, {start}, {length})" for start, length in ((1, 4), (5, 2), (7, 2))]
        joined = " || '-' || ".join(parts)
        day = f"TRY_CAST({joined} AS DATE)"
        first, last = (f"CAST({literal(limit)} AS DATE)" for limit in (f"{OLDEST_YEAR}-01-01", today.isoformat()))
        return f"coalesce({day} NOT BETWEEN {first} AND {last}, true)"

    total = " + ".join(
        f"{weight} * coalesce(TRY_CAST(substr({value}, {place}, 1) AS INTEGER), 0)"
        for place, weight in enumerate(CITIZEN_WEIGHTS, start=1)
    )
    check = f"substr('{CHECK_CHARACTERS}', CAST(({total}) % 11 AS INTEGER) + 1, 1)"
    old = f"('19' || substr({value}, 7, 6))"
    return (
        f"CASE WHEN regexp_full_match({value}, '({provinces})[0-9]{{15}}[0-9X]')"
        f" THEN {no_day(f'substr({value}, 7, 8)')} OR {check} <> substr({value}, 18, 1)"
        f" WHEN regexp_full_match({value}, '({provinces})[0-9]{{13}}')"
        f" THEN {no_day(old)}"
        " ELSE true END"
    )


def uscc(column: str, params: Mapping[str, Any], schema: pa.Schema, today: date) -> str:
    """Not a unified social credit code of GB 32100."""
    value = f"upper(trim({text(column)}))"
    total = " + ".join(
        f"{weight} * (strpos('{ALPHABET}', substr({value}, {place}, 1)) - 1)"
        for place, weight in enumerate(USCC_WEIGHTS, start=1)
    )
    check = f"substr('{ALPHABET}', CAST((31 - ({total}) % 31) % 31 AS INTEGER) + 1, 1)"
    form = f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}"
    return f"NOT regexp_full_match({value}, '{form}') OR {check} <> substr({value}, 18, 1)"


Compiler = Callable[[str, Mapping[str, Any], pa.Schema, date], str]
COMPILERS: Mapping[str, Compiler] = {
    CheckKind.CODE_LIST: code_list,
    CheckKind.PATTERN: pattern,
    CheckKind.RANGE: value_range,
    CheckKind.CITIZEN_ID: citizen_id,
    CheckKind.USCC: uscc,
}
