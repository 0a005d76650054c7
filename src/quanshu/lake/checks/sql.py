"""Rules as DuckDB expressions: whether a row is tested, whether it fails, and the value at fault."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from quanshu.kernel.identifiers.citizen_id import CHECK_CHARACTERS, OLDEST_YEAR, PROVINCES
from quanshu.kernel.identifiers.citizen_id import WEIGHTS as CITIZEN_WEIGHTS
from quanshu.kernel.identifiers.uscc import ALPHABET
from quanshu.kernel.identifiers.uscc import WEIGHTS as USCC_WEIGHTS
from quanshu.lake.checks.specs import CheckKind, CheckSpec
from quanshu.lake.schema import literal, quote

TODAY = "today"
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class RowRule:
    """A rule compiled: two boolean expressions that are never null, and the value shown."""

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
    if spec.kind == CheckKind.BIRTH_DATE:
        return birth_date(*spec.columns)
    if spec.kind == CheckKind.PREDICATE:
        shown = " || ' · ' || ".join(f"coalesce({text(name)}, '')" for name in spec.columns)
        # As in a CHECK of the SQL standard, what is neither true nor false passes.
        return RowRule("true", f"coalesce(TRY({spec.params['expression']}) = false, false)", shown)
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
    """Outside the limits: numbers, ISO dates, or `today`. Not a number or date at all also fails."""
    given = {name: params.get(name) for name in ("min", "max") if params.get(name) not in (None, "")}
    limits = {name: today.isoformat() if limit == TODAY else limit for name, limit in given.items()}
    kind = "DATE" if any(ISO_DAY.fullmatch(str(limit)) for limit in limits.values()) else "DOUBLE"
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

    check = citizen_check(value)
    old = f"('19' || substr({value}, 7, 6))"
    return (
        f"CASE WHEN regexp_full_match({value}, '({provinces})[0-9]{{15}}[0-9X]')"
        f" THEN {no_day(f'substr({value}, 7, 8)')} OR {check} <> substr({value}, 18, 1)"
        f" WHEN regexp_full_match({value}, '({provinces})[0-9]{{13}}')"
        f" THEN {no_day(old)}"
        " ELSE true END"
    )


def citizen_check(value: str) -> str:
    """The check character (ISO 7064 MOD 11-2) of the first 17 digits of an expression."""
    total = " + ".join(
        f"{weight} * coalesce(TRY_CAST(substr({value}, {place}, 1) AS INTEGER), 0)"
        for place, weight in enumerate(CITIZEN_WEIGHTS, start=1)
    )
    return f"substr('{CHECK_CHARACTERS}', CAST(({total}) % 11 AS INTEGER) + 1, 1)"


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


def length(column: str, params: Mapping[str, Any], schema: pa.Schema, today: date) -> str:
    """Fewer or more characters than allowed."""
    size = f"length({text(column)})"
    low, high = (params.get(name) for name in ("min", "max"))
    parts = [f"{size} < {int(low)}"] if low not in (None, "") else []
    parts += [f"{size} > {int(high)}"] if high not in (None, "") else []
    return f"({' OR '.join(parts)})"


def region_code(column: str, params: Mapping[str, Any], schema: pa.Schema, today: date) -> str:
    """Not a division code of six, nine or twelve digits (GB/T 2260, GB/T 10114), or of no county that is known."""
    value = f"trim({text(column)})"
    form = f"NOT regexp_full_match({value}, '[1-9][0-9]{{5}}([0-9]{{3}}([0-9]{{3}})?)?')"
    codes = ", ".join(literal(str(code)) for code in params.get("codes", ()))
    return f"({form} OR substr({value}, 1, 6) NOT IN ({codes}))" if codes else form


def phone(column: str, params: Mapping[str, Any], schema: pa.Schema, today: date) -> str:
    """Neither a mobile number nor a fixed line of mainland China, spaces and hyphens apart."""
    value = f"replace(replace(trim({text(column)}), '-', ''), ' ', '')"
    return f"NOT regexp_full_match({value}, '((\\+?86)?1[3-9][0-9]{{9}})|(0[1-9][0-9]{{1,2}}[2-8][0-9]{{6,7}})')"


def birth_date(identity: str, born: str) -> RowRule:
    """The birth date inside a citizen ID (GB 11643) is not the one of the row."""
    value = f"upper(trim({text(identity)}))"
    digits = f"CASE length({value}) WHEN 18 THEN substr({value}, 7, 8) WHEN 15 THEN '19' || substr({value}, 7, 6) END"
    parts = " || '-' || ".join(f"substr({digits}, {start}, {size})" for start, size in ((1, 4), (5, 2), (7, 2)))
    inside, outside = f"TRY_CAST({parts} AS DATE)", f"TRY_CAST({text(born)} AS DATE)"
    tested = f"({inside} IS NOT NULL AND {outside} IS NOT NULL)"
    shown = f"{text(identity)} || ' · ' || {text(born)}"
    return RowRule(tested, f"coalesce({inside} <> {outside}, false)", shown)


Compiler = Callable[[str, Mapping[str, Any], pa.Schema, date], str]
COMPILERS: Mapping[str, Compiler] = {
    CheckKind.CODE_LIST: code_list,
    CheckKind.PATTERN: pattern,
    CheckKind.RANGE: value_range,
    CheckKind.CITIZEN_ID: citizen_id,
    CheckKind.USCC: uscc,
    CheckKind.LENGTH: length,
    CheckKind.REGION_CODE: region_code,
    CheckKind.PHONE: phone,
}


def is_pattern(text: str) -> bool:
    """Whether the engine can match the pattern: RE2, which has no look-around and no back-references."""
    with duckdb.connect(":memory:") as connection:
        try:
            connection.execute("SELECT regexp_full_match('', ?)", [text]).fetchall()
        except duckdb.Error:
            return False
    return True


def is_limit(limit: object) -> bool:
    """Whether this is a limit of a range: a finite number, an ISO date or `today`."""
    if isinstance(limit, bool) or limit is None:
        return False
    if isinstance(limit, int | float):
        return math.isfinite(limit)
    try:
        return limit == TODAY or math.isfinite(float(str(limit)))
    except ValueError:
        return bool(ISO_DAY.fullmatch(str(limit))) and is_day(str(limit))


def is_day(text: str) -> bool:
    """Whether an ISO date is a real day."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
