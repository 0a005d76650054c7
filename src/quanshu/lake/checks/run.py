"""Running the rules of a table over one of its versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import duckdb
import pyarrow as pa

from quanshu.lake.checks.specs import ACROSS_ROWS, CheckKind, CheckReport, CheckResult, CheckSpec, Failure
from quanshu.lake.checks.sql import RowRule, compile_row_rule, filled, text
from quanshu.lake.schema import need_columns, quote
from quanshu.lake.tables import Lake

KEEP = 20_000
Keyed = Mapping[str, Collection[tuple[str | None, ...]]]


def run_checks(
    lake: Lake,
    table: str,
    specs: Sequence[CheckSpec],
    *,
    keys: Sequence[str],
    today: date,
    version: int | None = None,
    keep: int = KEEP,
    watched: Keyed | None = None,
) -> CheckReport:
    """Check a version of a table, by default the newest.

    A row is named by its key columns (all columns when `keys` is empty). At most `keep` failures of a rule
    are returned, those with the lowest keys, and beyond them any of the `watched` keys of that rule; the
    counts are always whole. Raises `lake.no_table`, `lake.missing_column`.
    """
    version = lake.version(table) if version is None else version
    schema = lake.schema(table, version)
    named = tuple(keys) or tuple(schema.names)
    need_columns(schema.names, [*named, *(column for spec in specs for column in spec.columns)])
    across = [spec for spec in specs if spec.kind in ACROSS_ROWS]
    compiled = {spec.id: compile_row_rule(spec, schema, today) for spec in specs if spec.kind not in ACROSS_ROWS}
    with lake.connect() as connection:
        lake.register(connection, table, version=version, alias="checked")
        key = "[" + ", ".join(text(name) for name in named) + "]"
        rows, results = scan_rows(connection, compiled, key)
        for spec in across:
            results[spec.id] = scan_across(connection, lake, spec, key)
        failing = connection.sql("SELECT count(DISTINCT key) FROM failure").fetchall()[0][0]
        found = {spec.id: failures_of(connection, spec.id, keep, (watched or {}).get(spec.id, ())) for spec in specs}
    return CheckReport(table, version, named, rows, rows - int(failing), results, found)


def scan_rows(
    connection: duckdb.DuckDBPyConnection, compiled: Mapping[str, RowRule], key: str
) -> tuple[int, dict[str, CheckResult]]:
    """All row rules in one scan: counts, and failing keys with their values into the table `failure`."""
    connection.execute("CREATE TEMP TABLE failure (check_id VARCHAR, key VARCHAR[], value VARCHAR)")
    parts = ["count(*) AS rows"]
    for place, rule in enumerate(compiled.values()):
        parts.append(f"count(*) FILTER (WHERE {rule.tested}) AS t{place}")
        parts.append(f"list({{'k': {key}, 'v': {rule.value}}}) FILTER (WHERE {rule.failed}) AS l{place}")
    connection.execute(f"CREATE TEMP TABLE outcome AS SELECT {', '.join(parts)} FROM checked")
    rows = int(connection.sql("SELECT rows FROM outcome").fetchall()[0][0])
    results = {}
    for place, name in enumerate(compiled):
        tested, failed = connection.sql(f"SELECT t{place}, coalesce(len(l{place}), 0) FROM outcome").fetchall()[0]
        results[name] = CheckResult(int(tested), int(failed))
        connection.execute(
            f"INSERT INTO failure SELECT ?, item.k, item.v FROM (SELECT unnest(l{place}) AS item FROM outcome)", [name]
        )
    return rows, results


def scan_across(connection: duckdb.DuckDBPyConnection, lake: Lake, spec: CheckSpec, key: str) -> CheckResult:
    """A rule that looks beyond the row: one pass of its own."""
    tested = " AND ".join(filled(column) for column in spec.columns)
    value = " || ' · ' || ".join(text(column) for column in spec.columns)
    if spec.kind == CheckKind.UNIQUE:
        group = ", ".join(quote(column) for column in spec.columns)
        repeated = f"count(*) OVER (PARTITION BY {group}) > 1"
        failing = f"SELECT {key} AS k, {value} AS v FROM checked WHERE {tested} QUALIFY {repeated}"
    else:
        column = str(spec.params["column"])
        need_columns(lake.schema(spec.params["table"]).names, [column])
        lake.register(connection, spec.params["table"], alias="referred")
        failing = (
            f"SELECT {key} AS k, {value} AS v FROM checked WHERE {tested} AND {text(spec.columns[0])} NOT IN "
            f"(SELECT {text(column)} FROM referred WHERE {quote(column)} IS NOT NULL)"
        )
    count = connection.sql(f"SELECT count(*) FROM checked WHERE {tested}").fetchall()[0][0]
    connection.execute(f"INSERT INTO failure SELECT ?, k, v FROM ({failing})", [spec.id])
    failed = connection.execute("SELECT count(*) FROM failure WHERE check_id = ?", [spec.id]).fetchall()[0][0]
    return CheckResult(int(count), int(failed))


def failures_of(
    connection: duckdb.DuckDBPyConnection, check_id: str, keep: int, watched: Collection[tuple[str | None, ...]]
) -> tuple[Failure, ...]:
    """The lowest failing keys of a rule, and beyond them those watched."""
    query = "SELECT key, value FROM failure WHERE check_id = ? ORDER BY key"
    rows = connection.execute(f"{query} LIMIT {int(keep)}", [check_id]).fetchall()
    found = [Failure(tuple(key), value) for key, value in rows]
    if watched and len(rows) == keep:
        seen = {failure.key for failure in found}
        wanted = set(watched) - seen
        cursor = connection.execute(f"{query} OFFSET {int(keep)}", [check_id])
        while batch := cursor.fetchmany(10_000):
            found += [Failure(tuple(key), value) for key, value in batch if tuple(key) in wanted]
    return tuple(found)


def existing_keys(
    lake: Lake,
    table: str,
    *,
    keys: Sequence[str],
    wanted: Collection[tuple[str | None, ...]],
    version: int | None = None,
) -> set[tuple[str | None, ...]]:
    """Which of the wanted keys the table holds at a version."""
    if not wanted:
        return set()
    version = lake.version(table) if version is None else version
    named = tuple(keys) or tuple(lake.schema(table, version).names)
    columns = {f"k{place}": pa.array([key[place] for key in wanted], pa.string()) for place in range(len(named))}
    with lake.connect() as connection:
        lake.register(connection, table, version=version, alias="checked")
        connection.register("wanted", pa.table(columns))
        matching = " AND ".join(
            f"w.k{place} IS NOT DISTINCT FROM CAST(c.{quote(name)} AS VARCHAR)" for place, name in enumerate(named)
        )
        shown = ", ".join(f"w.k{place}" for place in range(len(named)))
        rows = connection.sql(
            f"SELECT {shown} FROM wanted w WHERE EXISTS (SELECT 1 FROM checked c WHERE {matching})"
        ).fetchall()
    return {tuple(row) for row in rows}
