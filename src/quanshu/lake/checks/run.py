"""Running the rules of a table over one of its versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import duckdb
import pyarrow as pa

from quanshu.lake.checks.across import across_rule, table_fault
from quanshu.lake.checks.specs import ACROSS_ROWS, OF_TABLE, CheckReport, CheckResult, CheckSpec, Failure
from quanshu.lake.checks.sql import RowRule, compile_row_rule, text
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
    with lake.connect() as connection:
        lake.register(connection, table, version=version, alias="checked")
        whole = [spec for spec in specs if spec.kind in OF_TABLE]
        specs = [spec for spec in specs if spec.kind not in OF_TABLE]
        rules = []
        for place, spec in enumerate(specs):
            if spec.kind in ACROSS_ROWS:
                rules.append(across_rule(connection, lake, spec, place))
            else:
                rules.append(compile_row_rule(spec, schema, today))
        rows, counts = count_rows(connection, rules)
        broken = keep_broken(connection, rules, named)
        found = {
            spec.id: failures_of(connection, place, keep, (watched or {}).get(spec.id, ()))
            for place, spec in enumerate(specs)
        }
        faults = {spec.id: table_fault(connection, spec, rows=rows, today=today) for spec in whole}
    results = {spec.id: result for spec, result in zip(specs, counts, strict=True)}
    results |= {ident: CheckResult(1, int(fault is not None)) for ident, fault in faults.items()}
    nameless = (None,) * len(named)
    found |= {ident: (Failure(nameless, fault),) if fault is not None else () for ident, fault in faults.items()}
    return CheckReport(table, version, named, rows, rows - broken, results, found)


def count_rows(connection: duckdb.DuckDBPyConnection, rules: Sequence[RowRule]) -> tuple[int, list[CheckResult]]:
    """Rows of the table, and for each rule how many it tested and how many failed it, all in one scan."""
    parts = ["count(*)"]
    for rule in rules:
        parts.append(f"count(*) FILTER (WHERE {rule.tested})")
        parts.append(f"count(*) FILTER (WHERE {rule.failed})")
    rows, *counts = (int(value) for value in connection.sql(f"SELECT {', '.join(parts)} FROM checked").fetchall()[0])
    return rows, [CheckResult(*pair) for pair in zip(counts[::2], counts[1::2], strict=True)]


def keep_broken(connection: duckdb.DuckDBPyConnection, rules: Sequence[RowRule], named: Sequence[str]) -> int:
    """Set aside the rows that fail any rule, with the value at fault for each; returns how many there are.

    They go into a temporary table, which the engine spills to disk, so that a table that fails whole fits too.
    """
    if not rules:
        return 0
    parts = ["[" + ", ".join(text(name) for name in named) + "] AS k"]
    parts += [f"{rule.failed} AS f{place}" for place, rule in enumerate(rules)]
    parts += [f"{rule.value} AS v{place}" for place, rule in enumerate(rules)]
    failing = " OR ".join(f"f{place}" for place in range(len(rules)))
    connection.execute(
        f"CREATE TEMP TABLE broken AS SELECT * FROM (SELECT {', '.join(parts)} FROM checked) WHERE {failing}"
    )
    return int(connection.sql("SELECT count(*) FROM broken").fetchall()[0][0])


def failures_of(
    connection: duckdb.DuckDBPyConnection, place: int, keep: int, watched: Collection[tuple[str | None, ...]]
) -> tuple[Failure, ...]:
    """The lowest failing keys of a rule, and beyond them those watched."""
    query = f"SELECT k, v{place} FROM broken WHERE f{place} ORDER BY k"
    rows = connection.execute(f"{query} LIMIT {int(keep)}").fetchall()
    found = [Failure(tuple(key), value) for key, value in rows]
    if watched and len(rows) == keep:
        wanted = set(watched) - {failure.key for failure in found}
        cursor = connection.execute(f"{query} OFFSET {int(keep)}")
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
    """Which of the wanted keys the table holds at a version. A key without any value names the table itself."""
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
    return {tuple(row) for row in rows} | {key for key in wanted if not any(part is not None for part in key)}
