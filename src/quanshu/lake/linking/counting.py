"""Counts that fusion shows, as SQL that DuckDB and Spark answer alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quanshu.lake import Lake
from quanshu.lake.linking.types import FusionCounts
from quanshu.lake.schema import quote

if TYPE_CHECKING:
    from quanshu.lake.distributed import SparkEngine

CERTAIN, PROBABLE = 0.99, 0.9
BY_SOURCE = "SELECT source, count(*) AS n FROM fused_records GROUP BY source ORDER BY source"
BY_PAIR_OF_SOURCES = """
    WITH held AS ({held})
    SELECT l.source AS one, r.source AS two, count(*) AS n
    FROM held AS l JOIN held AS r ON l.party = r.party
    WHERE l.source < r.source GROUP BY l.source, r.source ORDER BY l.source, r.source
"""
BY_IDENTIFIER = "SELECT DISTINCT identifier AS party, source FROM fused_records WHERE identifier IS NOT NULL"
BY_MEMBERSHIP = """
    SELECT DISTINCT m.{party} AS party, f.source AS source
    FROM fused_records AS f JOIN fused_members AS m ON f.record = m.record
"""
BY_LEVEL = f"""
    SELECT level, count(*) AS n FROM (
        SELECT CASE WHEN probability >= {CERTAIN} THEN 'certain'
            WHEN probability >= {PROBABLE} THEN 'probable' ELSE 'possible' END AS level FROM fused_pairs
    ) AS levels GROUP BY level ORDER BY level
"""


def fusion_counts(
    lake: Lake,
    records: str,
    *,
    pairs: str | None = None,
    members: str | None = None,
    party: str = "party",
    engine: SparkEngine | None = None,
) -> FusionCounts:
    """Count the records of each source, the parties that each two sources share, and the pairs by level.

    `pairs` is a table with `probability` (levels: `certain` from 0.99, `probable` from 0.9, `possible` below);
    `members` one with `record` and the column `party`. Without it, records of one valid identifier are one party. With
    `engine`, Spark counts; the answer is the same. Raises `lake.no_table` and `lake.spark_failed`.
    """
    tables = {"fused_records": records, "fused_pairs": pairs, "fused_members": members}
    given = {alias: table for alias, table in tables.items() if table}
    held = BY_MEMBERSHIP.format(party=quote(party)) if members else BY_IDENTIFIER
    queries = [BY_SOURCE, BY_PAIR_OF_SOURCES.format(held=held)]
    queries += [BY_LEVEL] if pairs else []
    by_source, overlaps, *levels = _answers(lake, given, queries, engine)
    return FusionCounts(
        records={row["source"]: int(row["n"]) for row in by_source},
        overlaps={(row["one"], row["two"]): int(row["n"]) for row in overlaps},
        pairs={row["level"]: int(row["n"]) for rows in levels for row in rows},
    )


def _answers(
    lake: Lake, tables: dict[str, str], queries: list[str], engine: SparkEngine | None
) -> list[list[dict[str, Any]]]:
    if engine is not None:
        for alias, table in tables.items():
            engine.register(lake, table, alias=alias)
        return [engine.query(sql).to_pylist() for sql in queries]
    with lake.connect() as connection:
        for alias, table in tables.items():
            lake.register(connection, table, alias=alias)
        return [connection.sql(sql).to_arrow_table().to_pylist() for sql in queries]
