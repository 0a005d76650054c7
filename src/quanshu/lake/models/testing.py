"""Tests of a model as people write them: one a line."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from quanshu.kernel.errors import Invalid
from quanshu.lake.checks import CheckKind, is_limit, is_pattern
from quanshu.lake.sqlcheck import check_select

THIS = "this"
LINE = re.compile(r"(?P<kind>[a-z_]+)\s*(?P<rest>.*)")
RANGE = re.compile(r"(?P<low>\S*)\s*\.\.\s*(?P<high>\S*)")


class BadTest(Invalid):
    code = "lake.bad_test"
    message = "Test %(line)s: %(fault)s"
    remedy = (
        "Write one test a line: “required a”, “unique a, b”, “accepted a: x, y”, “pattern a: [0-9]+”,"
        " “range a: 0 .. 150”, “reference a -> table.column”, “rows 1 .. 1000”, or “sql SELECT …” that finds no row."
    )


@dataclass(frozen=True, slots=True)
class ModelTest:
    """One test: a kind of the lake's checks, `rows` {min, max}, or `sql` {sql} that must find no row of `this`."""

    text: str
    kind: str
    columns: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)


def parse_tests(text: str, *, columns: Collection[str], tables: Collection[str]) -> tuple[ModelTest, ...]:
    """Tests written one a line; empty lines and lines that begin with # are passed over.

    `columns` are the model's, `tables` those it reads from. Raises `lake.bad_test` with the line.
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        written = line.strip()
        if written and not written.startswith("#"):
            found.append(parse_test(written, number, columns, tables))
    return tuple(found)


def parse_test(text: str, number: int, columns: Collection[str], tables: Collection[str]) -> ModelTest:
    """One line. Raises `lake.bad_test`."""
    match = LINE.fullmatch(text)
    if match is None or match["kind"] not in PARSERS:
        raise BadTest(line=number, fault=f"“{text[:60]}” is no test.")
    try:
        kind, named, params = PARSERS[match["kind"]](match["rest"].strip(), tables)
    except ValueError as error:
        raise BadTest(line=number, fault=str(error)) from error
    unknown = [name for name in named if name not in columns]
    if unknown:
        raise BadTest(line=number, fault=f"the model has no column {', '.join(unknown)}.")
    return ModelTest(text, kind, named, params)


def names_of(text: str) -> tuple[str, ...]:
    """Names with commas between. Raises ValueError."""
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    if not names:
        raise ValueError("no column is named.")
    return names


def split_at(text: str, mark: str) -> tuple[str, str]:
    """The parts before and after a mark. Raises ValueError."""
    head, found, rest = text.partition(mark)
    if not found or not head.strip() or not rest.strip():
        raise ValueError(f"“{mark}” with something on both sides is missing.")
    return head.strip(), rest.strip()


Parsed = tuple[str, tuple[str, ...], dict[str, Any]]


def parse_required(rest: str, tables: Collection[str]) -> Parsed:
    """required a"""
    names = names_of(rest)
    if len(names) > 1:
        raise ValueError("name one column; write a line for each.")
    return CheckKind.REQUIRED, names, {}


def parse_unique(rest: str, tables: Collection[str]) -> Parsed:
    """unique a, b"""
    return CheckKind.UNIQUE, names_of(rest), {}


def parse_accepted(rest: str, tables: Collection[str]) -> Parsed:
    """accepted a: x, y"""
    column, values = split_at(rest, ":")
    return CheckKind.CODE_LIST, (column,), {"codes": list(names_of(values))}


def parse_pattern(rest: str, tables: Collection[str]) -> Parsed:
    """pattern a: [0-9]+"""
    column, pattern = split_at(rest, ":")
    if not is_pattern(pattern):
        raise ValueError("this is no pattern the engine knows (RE2).")
    return CheckKind.PATTERN, (column,), {"pattern": pattern}


def limits_of(text: str) -> dict[str, str]:
    """min .. max, one of which may be left out. Raises ValueError."""
    match = RANGE.fullmatch(text)
    if match is None or not (match["low"] or match["high"]):
        raise ValueError("limits are written “0 .. 150”; one of them may be left out.")
    limits = {name: match[part] for name, part in (("min", "low"), ("max", "high")) if match[part]}
    if not all(is_limit(limit) for limit in limits.values()):
        raise ValueError("a limit is a number, a day such as 2026-01-31, or today.")
    return limits


def parse_range(rest: str, tables: Collection[str]) -> Parsed:
    """range a: 0 .. 150"""
    column, limits = split_at(rest, ":")
    return CheckKind.RANGE, (column,), dict(limits_of(limits))


def parse_reference(rest: str, tables: Collection[str]) -> Parsed:
    """reference a -> table.column"""
    column, target = split_at(rest, "->")
    table, _dot, other = target.partition(".")
    if table not in tables or not other:
        raise ValueError(f"“{target}” is no column of a table that the model reads from.")
    return CheckKind.REFERENCE, (column,), {"alias": table, "column": other}


def parse_rows(rest: str, tables: Collection[str]) -> Parsed:
    """rows 1 .. 1000"""
    limits = limits_of(rest)
    if not all(limit.isdigit() for limit in limits.values()):
        raise ValueError("numbers of rows are whole numbers.")
    return "rows", (), {name: int(limit) for name, limit in limits.items()}


def parse_sql(rest: str, tables: Collection[str]) -> Parsed:
    """sql SELECT …"""
    try:
        checked = check_select(rest, tables=[THIS, *tables])
    except Invalid as error:
        raise ValueError(str(error)) from error
    return "sql", (), {"sql": checked.sql}


PARSERS = {
    "required": parse_required,
    "unique": parse_unique,
    "accepted": parse_accepted,
    "pattern": parse_pattern,
    "range": parse_range,
    "reference": parse_reference,
    "rows": parse_rows,
    "sql": parse_sql,
}
