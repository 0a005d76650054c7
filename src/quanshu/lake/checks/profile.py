"""What a table's columns hold: one pass for the figures of every column, one more for the frequent values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, permutations

import duckdb
import pyarrow as pa

from quanshu.lake.checks.specs import CheckKind, CheckSpec
from quanshu.lake.checks.sql import RowRule, compile_row_rule, filled, text, with_forms
from quanshu.lake.schema import quote
from quanshu.lake.tables import Lake

# Up to so many rows the distinct values are counted, beyond them they are estimated (within about 2 %).
EXACT_ROWS = 200_000
TOP = 10
# A column of so few distinct values is looked into value by value.
FEW = 500
MOST_PAIRS = 156
SAMPLE = 5_000
MOST_REFERENCES = 120
FORMS = (CheckKind.CITIZEN_ID, CheckKind.USCC, CheckKind.PHONE, CheckKind.REGION_CODE)


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column. `top` is (value, rows), most frequent first, of columns with few values; `forms` counts the
    values of known forms; empty and blank values are not filled."""

    name: str
    type: str
    filled: int
    distinct: int
    minimum: str | None
    maximum: str | None
    shortest: int | None
    longest: int | None
    top: tuple[tuple[str, int], ...] = ()
    forms: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dependency:
    """Rows in which one column decides another: `agreeing` of `rows` hold the most frequent value of their group."""

    decides: str
    follows: str
    groups: int
    rows: int
    agreeing: int


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Values of a column that occur in a column of another table: `found` of the `values` looked up."""

    column: str
    table: str
    other: str
    values: int
    found: int


@dataclass(frozen=True, slots=True)
class TableProfile:
    """A version of a table. `approximate` says that distinct values are estimated."""

    table: str
    version: int
    rows: int
    approximate: bool
    columns: tuple[ColumnProfile, ...]
    keys: tuple[tuple[str, ...], ...]
    dependencies: tuple[Dependency, ...]
    inclusions: tuple[Inclusion, ...]


def profile_table(
    lake: Lake,
    table: str,
    *,
    today: date,
    version: int | None = None,
    others: Sequence[tuple[str, str]] = (),
) -> TableProfile:
    """Look over a version of a table, by default the newest.

    `others` are (table, key column) that columns may refer to. Raises `lake.no_table`, `lake.missing_column`.
    """
    version = lake.version(table) if version is None else version
    schema = lake.schema(table, version)
    with lake.connect() as connection:
        lake.register(connection, table, version=version, alias="profiled")
        rows = int(str(one(connection, "SELECT count(*) FROM profiled")[0]))
        exact = rows <= EXACT_ROWS
        columns = figures(connection, schema, today=today, exact=exact)
        columns = with_top(connection, columns)
        return TableProfile(
            table=table,
            version=version,
            rows=rows,
            approximate=not exact,
            columns=columns,
            keys=candidate_keys(connection, columns, rows),
            dependencies=dependencies(connection, columns),
            inclusions=inclusions(connection, lake, columns, others),
        )


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, ...]:
    """The one row of an answer."""
    return tuple(connection.sql(sql).fetchall()[0])


def is_text(kind: pa.DataType) -> bool:
    """Whether values of this type may have a known form."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind))


def figures(
    connection: duckdb.DuckDBPyConnection, schema: pa.Schema, *, today: date, exact: bool
) -> tuple[ColumnProfile, ...]:
    """The figures of every column, in one pass."""
    parts: list[str] = []
    rules: list[RowRule] = []
    counted = "count(DISTINCT {})" if exact else "approx_count_distinct({})"
    for column in schema:
        name, whole = quote(column.name), filled(column.name, schema)
        shown, within = text(column.name), f"FILTER (WHERE {whole})"
        parts += [f"count(*) FILTER (WHERE {whole})", f"{counted.format(shown)} {within}"]
        parts += [f"CAST(min({name}) {within} AS VARCHAR)", f"CAST(max({name}) {within} AS VARCHAR)"]
        parts += [f"min(length({shown})) {within}", f"max(length({shown})) {within}"]
        for form in FORMS:
            rule = compile_row_rule(CheckSpec(form, form, (column.name,)), schema, today)
            rules.append(rule)
            fits = f"count(*) FILTER (WHERE {rule.tested} AND NOT {rule.failed})"
            parts.append(fits if is_text(column.type) else "0")
    source = with_forms(rules, "profiled")
    found = list(one(connection, f"SELECT {', '.join(parts)} FROM {source} AS profiled")) if parts else []
    width = 6 + len(FORMS)
    profiles = []
    for place, column in enumerate(schema):
        own = found[place * width : (place + 1) * width]
        forms = {str(form): int(str(count)) for form, count in zip(FORMS, own[6:], strict=True) if count}
        profiles.append(
            ColumnProfile(
                name=column.name,
                type=str(column.type),
                filled=int(str(own[0])),
                distinct=min(int(str(own[1])), int(str(own[0]))),
                minimum=None if own[2] is None else str(own[2]),
                maximum=None if own[3] is None else str(own[3]),
                shortest=None if own[4] is None else int(str(own[4])),
                longest=None if own[5] is None else int(str(own[5])),
                forms=forms,
            )
        )
    return tuple(profiles)


def few(column: ColumnProfile) -> bool:
    """Whether the column repeats few values."""
    return 0 < column.distinct <= FEW and column.distinct * 2 <= column.filled


def with_top(connection: duckdb.DuckDBPyConnection, columns: tuple[ColumnProfile, ...]) -> tuple[ColumnProfile, ...]:
    """The same columns, those of few values with their most frequent ones: all in one pass."""
    chosen = [column.name for column in columns if few(column)]
    if not chosen:
        return columns
    names = [f"c{place}" for place in range(len(chosen))]
    picked = ", ".join(
        f"CASE WHEN {filled(name)} THEN {text(name)} END AS {short}" for name, short in zip(chosen, names, strict=True)
    )
    sets = ", ".join(f"({short})" for short in names)
    rows = connection.sql(
        f"SELECT grouping({', '.join(names)}) AS mark, coalesce({', '.join(names)}) AS v, count(*) AS n"
        f" FROM (SELECT {picked} FROM profiled) GROUP BY GROUPING SETS ({sets}) HAVING v IS NOT NULL"
        " ORDER BY n DESC, v"
    ).fetchall()
    everything = (1 << len(names)) - 1
    tops: dict[str, list[tuple[str, int]]] = {name: [] for name in chosen}
    for mark, value, count in rows:
        # The bit of the column grouped by is the one not set; the first column has the highest.
        place = len(names) - (everything ^ int(mark)).bit_length()
        tops[chosen[place]].append((str(value), int(count)))
    return tuple(
        ColumnProfile(
            column.name,
            column.type,
            column.filled,
            column.distinct,
            column.minimum,
            column.maximum,
            column.shortest,
            column.longest,
            tuple(tops.get(column.name, ())),
            column.forms,
        )
        for column in columns
    )


def candidate_keys(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[ColumnProfile], rows: int
) -> tuple[tuple[str, ...], ...]:
    """Columns that are filled and different in every row; pairs of columns only where no single one is."""
    if rows < 2:
        return ()
    whole = [column for column in columns if column.filled == rows]
    likely = [(column.name,) for column in whole if column.distinct >= 0.95 * rows]
    found = tuple(key for key in likely if different(connection, key) == rows)
    if found:
        return found
    pairs = [
        (first.name, second.name)
        for first, second in combinations(whole[:10], 2)
        if first.distinct * second.distinct >= rows
    ]
    return tuple(pair for pair in pairs if different(connection, pair) == rows)[:3]


def different(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> int:
    """How many different rows these columns make."""
    listed = ", ".join(text(name) for name in names)
    return int(str(one(connection, f"SELECT count(*) FROM (SELECT DISTINCT {listed} FROM profiled)")[0]))


def dependencies(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[ColumnProfile], *, least: float = 0.98
) -> tuple[Dependency, ...]:
    """Pairs of columns of few values of which the first decides the second in nearly all rows."""
    chosen = [column for column in columns if few(column) and column.distinct > 1]
    pairs = [pair for pair in permutations(chosen, 2) if pair[1].distinct <= pair[0].distinct][:MOST_PAIRS]
    found = []
    for first, second in pairs:
        k, v = text(first.name), text(second.name)
        where = f"{filled(first.name)} AND {filled(second.name)}"
        groups, rows, agreeing = one(
            connection,
            "SELECT count(*), coalesce(sum(total), 0), coalesce(sum(most), 0) FROM"
            " (SELECT k, sum(n) AS total, max(n) AS most FROM"
            f" (SELECT {k} AS k, {v} AS v, count(*) AS n FROM profiled WHERE {where} GROUP BY 1, 2) GROUP BY k)",
        )
        row = Dependency(first.name, second.name, int(str(groups)), int(str(rows)), int(str(agreeing)))
        if row.rows >= 3 * row.groups > 3 and row.agreeing >= least * row.rows:
            found.append(row)
    return tuple(found)


def inclusions(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    columns: Sequence[ColumnProfile],
    others: Sequence[tuple[str, str]],
    *,
    least: float = 0.9,
) -> tuple[Inclusion, ...]:
    """Columns nearly all of whose values (of a sample of 5,000) occur in a key of another table."""
    likely = [column for column in columns if column.distinct > 1 and (column.longest or 0) >= 4]
    found = []
    for place, (table, other) in enumerate(others[:MOST_REFERENCES]):
        alias = f"other{place}"
        lake.register(connection, table, alias=alias)
        size = one(connection, f"SELECT min(length({text(other)})), max(length({text(other)})) FROM {alias}")
        for column in likely:
            if (
                size[0] is None
                or (column.shortest or 0) > int(str(size[1]))
                or (column.longest or 0) < int(str(size[0]))
            ):
                continue
            sample = (
                f"SELECT v FROM (SELECT DISTINCT {text(column.name)} AS v FROM profiled WHERE {filled(column.name)})"
                f" ORDER BY hash(v) LIMIT {SAMPLE}"
            )
            values, hits = one(
                connection,
                f"SELECT count(*), count(*) FILTER (WHERE v IN (SELECT {text(other)} FROM {alias})) FROM ({sample})",
            )
            row = Inclusion(column.name, table, other, int(str(values)), int(str(hits)))
            if row.found >= least * row.values:
                found.append(row)
    return tuple(found)
