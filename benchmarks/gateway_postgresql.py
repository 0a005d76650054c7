"""A signed look-up over serving tables in PostgreSQL, against a bare asyncpg application on the same table."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg
from tools.run_tests import postgresql

from benchmarks.gateway_lookup import ROUNDS, check_refused, fire_floor, fire_ours, people, prepare
from benchmarks.load import Heard
from benchmarks.result import Result, median

TABLE = "quanshu_serving.person"


def fill(url: str) -> None:
    """A million people."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS quanshu_serving")
        connection.execute(f"DROP TABLE IF EXISTS {TABLE}")
        connection.execute(f'CREATE TABLE {TABLE} (id text COLLATE "C", name text COLLATE "C", age bigint)')
        with connection.cursor().copy(f"COPY {TABLE} FROM STDIN") as copy:
            for row in people():
                copy.write_row(row)
        connection.execute(f"CREATE INDEX ON {TABLE} (id)")
        connection.execute(f"ANALYZE {TABLE}")


def run() -> list[Result]:
    """Rates, turn by turn; nothing is measured where there is no server."""
    with postgresql() as url, tempfile.TemporaryDirectory(prefix="quanshu-bench-") as folder:
        if not url:
            raise SystemExit("PostgreSQL is missing: install it, or name one in QUANSHU_TEST_POSTGRESQL_URL.")
        fill(url)
        prepare(Path(folder), table_file="pg:person", table="person")
        ours: list[Heard] = []
        floor: list[Heard] = []
        for turn in range(ROUNDS):
            ours.append(fire_ours(Path(folder), turn, QUANSHU_SERVING_URL=url))
            floor.append(fire_floor("benchmarks.floor_postgresql:app", FLOOR_URL=url, FLOOR_TABLE=TABLE))
    check_refused([*ours, *floor])
    rate, bare = median([heard.rate for heard in ours]), median([heard.rate for heard in floor])
    against = "floor: granian ASGI, HMAC, the same query by asyncpg"
    return [Result("signed look-up on PostgreSQL, 1 M rows, 16 connections", rate, against, bare, 0.40, "calls/s")]
