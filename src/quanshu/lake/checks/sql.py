"""Rules as DuckDB expressions: whether a row is tested, whether it fails, and the value at fault."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from quanshu.kernel.clock import iso_day
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
    """A rule compiled: two boolean expressions that are never null, and the value shown.

    `forms` are expressions over a column that rules share, by name: each is worked out once a row. `join` brings in
    what rows are compared with, `joined` says whether `tested` needs it.
    """

    tested: str
    failed: str
    value: str
    forms: Mapping[str, str] = field(default_factory=dict)
    join: str = ""
    joined: bool = False


def text(column: str) -> str:
    """A column as text."""
    return f"CAST({quote(column)} AS VARCHAR)"


def is_text(column: str, schema: pa.Schema) -> bool:
    """Whether the column holds texts."""
    kind = schema.field(column).type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def filled(column: str, schema: pa.Schema | None = None) -> str:
    """True when the column holds more than blanks; of a table whose columns are not known, too."""
    if schema is not None and not is_text(column, schema):
        return f"({quote(column)} IS NOT NULL)"
    value = text(column) if schema is None else quote(column)
    # Nearly every text begins with more than a blank, which a comparison of its first byte tells at once.
    return f"CASE WHEN {value} >= '!' THEN true ELSE coalesce(length(trim({value})) > 0, false) END"


def guarded(tested: str, fails: str) -> str:
    """A failure only of rows that are tested; what cannot be told fails."""
    return f"CASE WHEN {tested} THEN coalesce({fails}, true) ELSE false END"


def compile_row_rule(spec: CheckSpec, schema: pa.Schema, today: date) -> RowRule:
    """A row rule as expressions over the table's columns."""
    column = spec.columns[0]
    if spec.kind == CheckKind.REQUIRED:
        return RowRule("true", f"NOT {filled(column, schema)}", text(column))
    if spec.kind == CheckKind.DATE_ORDER:
        earlier, later = (f"TRY_CAST({text(name)} AS TIMESTAMP)" for name in spec.columns)
        tested = f"({earlier} IS NOT NULL AND {later} IS NOT NULL)"
        shown = f"{text(spec.columns[0])} || ' > ' || {text(spec.columns[1])}"
        return RowRule(tested, f"coalesce({earlier} > {later}, false)", shown)
    if spec.kind == CheckKind.BIRTH_DATE:
        return birth_date(*spec.columns)
    if spec.kind == CheckKind.CITIZEN_ID:
        return citizen_id(column, schema, today)
    if spec.kind == CheckKind.USCC:
        return uscc(column, schema)
    if spec.kind == CheckKind.PREDICATE:
        shown = " || ' · ' || ".join(f"coalesce({text(name)}, '')" for name in spec.columns)
        # As in a CHECK of the SQL standard, what is neither true nor false passes.
        return RowRule("true", f"coalesce(TRY({spec.params['expression']}) = false, false)", shown)
    fails = COMPILERS[spec.kind](column, spec.params, schema, today)
    tested = filled(column, schema)
    return RowRule(tested, guarded(tested, fails), text(column))


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
    stored = schema.field(column).type
    typed = pa.types.is_date(stored) if kind == "DATE" else pa.types.is_integer(stored) or pa.types.is_decimal(stored)
    value = quote(column) if typed else f"TRY_CAST({text(column)} AS {kind})"
    parts = []
    for name, limit in limits.items():
        shown = f"CAST({literal(str(limit))} AS {kind})"
        parts.append(f"{value} {'<' if name == 'min' else '>'} {shown}")
    return f"({' OR '.join(parts)})"


def day_of(digits: str) -> str:
    """The day that eight digits of year, month and day name, or null."""
    return f"CAST(try_strptime({digits}, '%Y%m%d') AS DATE)"


def code_form(column: str) -> tuple[str, str]:
    """(name, expression) of a column as a code: capitals, without blanks around it."""
    return f"code of {column}", f"upper(trim({text(column)}))"


def number_form(column: str, first: int, size: int) -> tuple[str, str]:
    """(name, expression) of some digits of a code as one number.

    Its digits come by division: a cut and a cast for each digit would take ten times as long.
    """
    code = quote(code_form(column)[0])
    return f"number {first} of {column}", f"TRY_CAST(substr({code}, {first}, {size}) AS BIGINT)"


def citizen_id(column: str, schema: pa.Schema, today: date) -> RowRule:
    """Not a number of GB 11643, in the 18-character form or the 15-digit one of before 1999."""
    forms = dict((code_form(column), number_form(column, 1, 17)))
    value, number = (quote(name) for name in forms)
    provinces = ", ".join(literal(code) for code in sorted(PROVINCES))
    first, last = (f"CAST({literal(limit)} AS DATE)" for limit in (f"{OLDEST_YEAR}-01-01", today.isoformat()))

    def unlikely(digits: str) -> str:
        born = day_of(digits)
        return f"substr({value}, 1, 2) NOT IN ({provinces}) OR coalesce({born} NOT BETWEEN {first} AND {last}, true)"

    check = citizen_check(number)
    old = f"('19' || substr({value}, 7, 6))"
    fails = (
        f"CASE WHEN regexp_full_match({value}, '[0-9]{{17}}[0-9X]')"
        f" THEN {unlikely(f'substr({value}, 7, 8)')} OR {check} <> substr({value}, 18, 1)"
        f" WHEN regexp_full_match({value}, '[0-9]{{15}}')"
        f" THEN {unlikely(old)}"
        " ELSE true END"
    )
    tested = filled(column, schema)
    return RowRule(tested, guarded(tested, fails), text(column), forms)


def citizen_check(number: str) -> str:
    """The check character (ISO 7064 MOD 11-2) of the first 17 digits, given as an expression of one number."""
    total = " + ".join(
        f"{weight} * ({number} // {10 ** (17 - place)} % 10)" for place, weight in enumerate(CITIZEN_WEIGHTS, start=1)
    )
    return f"substr('{CHECK_CHARACTERS}', CAST(({total}) % 11 AS INTEGER) + 1, 1)"


def written_out(rule: RowRule) -> str:
    """When the rule fails, as one expression over the table's own columns."""
    failed = rule.failed
    for name, expression in reversed(list(rule.forms.items())):
        failed = failed.replace(quote(name), f"({expression})")
    return failed


def uscc(column: str, schema: pa.Schema) -> RowRule:
    """Not a unified social credit code of GB 32100."""
    # Places three to eight are digits of the division.
    forms = dict((code_form(column), number_form(column, 3, 6)))
    value, region = (quote(name) for name in forms)
    total = " + ".join(
        f"{weight} * ({region} // {10 ** (8 - place)} % 10)"
        if 3 <= place <= 8
        else f"{weight} * (strpos('{ALPHABET}', substr({value}, {place}, 1)) - 1)"
        for place, weight in enumerate(USCC_WEIGHTS, start=1)
    )
    check = f"substr('{ALPHABET}', CAST((31 - ({total}) % 31) % 31 AS INTEGER) + 1, 1)"
    form = f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}"
    fails = f"CASE WHEN regexp_full_match({value}, '{form}') THEN {check} <> substr({value}, 18, 1) ELSE true END"
    tested = filled(column, schema)
    return RowRule(tested, guarded(tested, fails), text(column), forms)


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
    either = f"regexp_full_match({value}, '((\\+?86)?1[3-9][0-9]{{9}})|(0[1-9][0-9]{{1,2}}[2-8][0-9]{{6,7}})')"
    # Most are mobile numbers as they should be, told without rewriting them.
    return f"CASE WHEN regexp_full_match({text(column)}, '1[3-9][0-9]{{9}}') THEN false ELSE NOT {either} END"


def birth_date(identity: str, born: str) -> RowRule:
    """The birth date inside a citizen ID (GB 11643) is not the one of the row."""
    name, expression = code_form(identity)
    value = quote(name)
    digits = f"CASE length({value}) WHEN 18 THEN substr({value}, 7, 8) WHEN 15 THEN '19' || substr({value}, 7, 6) END"
    forms = {
        name: expression,
        f"birth of {identity}": day_of(digits),
        f"day of {born}": f"TRY_CAST({text(born)} AS DATE)",
    }
    _code, inside, outside = (quote(form) for form in forms)
    tested = f"({inside} IS NOT NULL AND {outside} IS NOT NULL)"
    shown = f"{text(identity)} || ' · ' || {text(born)}"
    return RowRule(tested, f"coalesce({inside} <> {outside}, false)", shown, forms)


def with_forms(rules: Iterable[RowRule], source: str) -> str:
    """The source with every form the rules share as a column beside its own, each worked out once a row."""
    forms: dict[str, str] = {}
    for rule in rules:
        forms |= rule.forms
    first = {name: sql for name, sql in forms.items() if name.startswith("code ")}
    for layer in (first, {name: sql for name, sql in forms.items() if name not in first}):
        if layer:
            source = f"(SELECT *, {', '.join(f'{sql} AS {quote(name)}' for name, sql in layer.items())} FROM {source})"
    return source


Compiler = Callable[[str, Mapping[str, Any], pa.Schema, date], str]
COMPILERS: Mapping[str, Compiler] = {
    CheckKind.CODE_LIST: code_list,
    CheckKind.PATTERN: pattern,
    CheckKind.RANGE: value_range,
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
        return bool(ISO_DAY.fullmatch(str(limit))) and iso_day(str(limit)) is not None
