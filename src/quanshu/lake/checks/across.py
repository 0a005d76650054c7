"""Rules that look beyond the row: at other rows, at another table, at the table as a whole."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from quanshu.lake.checks.specs import CheckKind, CheckSpec
from quanshu.lake.checks.sql import RowRule, filled, text
from quanshu.lake.schema import need_columns, quote
from quanshu.lake.tables import Lake


def across_rule(connection: duckdb.DuckDBPyConnection, lake: Lake, spec: CheckSpec, place: int) -> RowRule:
    """A rule that looks beyond the row: one pass gathers what its rows are compared with."""
    tested = " AND ".join(filled(column) for column in spec.columns)
    value = " || ' · ' || ".join(text(column) for column in spec.columns)
    other = f"compared{place}"
    if spec.kind in {CheckKind.REFERENCE, CheckKind.CONSISTENCY}:
        wanted = [str(spec.params[name]) for name in ("key", "column") if name in spec.params]
        need_columns(lake.schema(spec.params["table"]).names, wanted)
        lake.register(connection, spec.params["table"], alias=f"referred{place}")
    gather, member = GATHERERS[CheckKind(spec.kind)](spec, other, f"referred{place}")
    connection.execute(f"CREATE TEMP TABLE {other} AS {gather}")
    if spec.kind == CheckKind.CONSISTENCY:
        tested = f"({tested} AND {text(spec.columns[0])} IN (SELECT k FROM {other}))"
    return RowRule(tested, f"({tested} AND coalesce({member}, false))", value)


def unique(spec: CheckSpec, other: str, referred: str) -> tuple[str, str]:
    """Rows whose values another row holds too."""
    group = ", ".join(quote(column) for column in spec.columns)
    tested = " AND ".join(filled(column) for column in spec.columns)
    gather = f"SELECT {group} FROM checked WHERE {tested} GROUP BY {group} HAVING count(*) > 1"
    one = f"({group})" if len(spec.columns) > 1 else group
    return gather, f"({group}) IN (SELECT {one} FROM {other})"


def reference(spec: CheckSpec, other: str, referred: str) -> tuple[str, str]:
    """Rows whose value the other table does not hold."""
    column = str(spec.params["column"])
    gather = f"SELECT DISTINCT {text(column)} AS c FROM {referred} WHERE {quote(column)} IS NOT NULL"
    return gather, f"{text(spec.columns[0])} NOT IN (SELECT c FROM {other})"


def dependency(spec: CheckSpec, other: str, referred: str) -> tuple[str, str]:
    """Rows that hold a minority value of their group; where values are equally many, all of the group's rows."""
    decides, depends = (text(column) for column in spec.columns)
    tested = " AND ".join(filled(column) for column in spec.columns)
    counted = f"SELECT {decides} AS k, {depends} AS v, count(*) AS n FROM checked WHERE {tested} GROUP BY 1, 2"
    ranked = (
        "SELECT k, v, n, max(n) OVER (PARTITION BY k) AS most, count(*) OVER (PARTITION BY k) AS kinds,"
        f" count(*) OVER (PARTITION BY k, n) AS equals FROM ({counted})"
    )
    gather = f"SELECT k, v FROM ({ranked}) WHERE kinds > 1 AND (n < most OR equals > 1)"
    return gather, f"({decides}, {depends}) IN (SELECT (k, v) FROM {other})"


def consistency(spec: CheckSpec, other: str, referred: str) -> tuple[str, str]:
    """Rows whose value differs from what the other table says of the same key."""
    key, column = (text(str(spec.params[name])) for name in ("key", "column"))
    gather = (
        f"SELECT DISTINCT {key} AS k, {column} AS v FROM {referred} WHERE {key} IS NOT NULL AND {column} IS NOT NULL"
    )
    mine, value = (text(name) for name in spec.columns)
    return gather, f"({mine}, {value}) NOT IN (SELECT (k, v) FROM {other})"


GATHERERS = {
    CheckKind.UNIQUE: unique,
    CheckKind.REFERENCE: reference,
    CheckKind.DEPENDENCY: dependency,
    CheckKind.CONSISTENCY: consistency,
}


def table_fault(connection: duckdb.DuckDBPyConnection, spec: CheckSpec, *, rows: int, today: date) -> str | None:
    """What is wrong with the table as a whole, as the value measured; None when it holds."""
    if spec.kind == CheckKind.ROW_COUNT:
        low, high = (spec.params.get(name) for name in ("min", "max"))
        short = low not in (None, "") and rows < int(str(low))
        long = high not in (None, "") and rows > int(str(high))
        return str(rows) if short or long else None
    column = f"TRY_CAST({text(spec.columns[0])} AS DATE)"
    newest = connection.sql(
        f"SELECT max({column}) FROM checked WHERE {column} <= DATE '{today.isoformat()}'"
    ).fetchall()
    last: date | None = newest[0][0]
    if last is not None and last >= today - timedelta(days=int(spec.params["days"])):
        return None
    return last.isoformat() if last else "—"
