"""What running the rules asks of an engine, so that the same queries run on the lake's own and on Spark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import duckdb

from quanshu.lake.distributed import SparkEngine
from quanshu.lake.tables import Lake

AT_ONCE = 10_000


class Engine(Protocol):
    """Tables under short names, queries kept under a name, and rows. Queries are DuckDB's SQL."""

    def register(self, lake: Lake, name: str, *, version: int | None = None, alias: str | None = None) -> int: ...

    def define(self, alias: str, sql: str) -> None: ...

    def rows(self, sql: str) -> list[tuple[Any, ...]]: ...

    def stream(self, sql: str) -> Iterator[tuple[Any, ...]]: ...


class LocalEngine:
    """The lake's own engine, over one open connection; what a query keeps may spill to disk."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def register(self, lake: Lake, name: str, *, version: int | None = None, alias: str | None = None) -> int:
        """Show a version of a table under a name."""
        return lake.register(self.connection, name, version=version, alias=alias)

    def define(self, alias: str, sql: str) -> None:
        """Work a query out once and keep its rows under a name."""
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {alias} AS {sql}")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.sql(sql).fetchall()

    def stream(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Rows of a query, some at a time."""
        cursor = self.connection.execute(sql)
        while batch := cursor.fetchmany(AT_ONCE):
            yield from batch


class DistributedEngine:
    """Spark, over a session that is already open."""

    def __init__(self, spark: SparkEngine) -> None:
        self.spark = spark

    def register(self, lake: Lake, name: str, *, version: int | None = None, alias: str | None = None) -> int:
        """Show a version of a table under a name."""
        return self.spark.register(lake, name, version=version, alias=alias)

    def define(self, alias: str, sql: str) -> None:
        """Work a query out once and keep its rows under a name."""
        self.spark.define(alias, sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return list(self.stream(sql))

    def stream(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Rows of a query, batch by batch."""
        for batch in self.spark.query(sql).to_batches(AT_ONCE):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
