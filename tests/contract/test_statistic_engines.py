"""A statistic's release is answered alike from SQLite and from PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from quanshu.gateway.execution import Answer
from quanshu.gateway.shape_specs import GroupSpec, MeasureSpec, StatisticSpec
from quanshu.gateway.snapshot import FieldSpec, ServiceSpec
from quanshu.gateway.statistic import Statistic
from quanshu.gateway.tables import Server
from support_postgresql import MINE, URL, make_schema, needs_postgresql

pytestmark = needs_postgresql
TABLE = f"cube_of_engines_{MINE}"
CUBE = StatisticSpec(
    (GroupSpec("district", ("370102", "370103")), GroupSpec("sex", ("1", "2"))),
    (MeasureSpec("count", "count"), MeasureSpec("average_pay", "average")),
    10,
    10,
)
SERVICE = ServiceSpec(
    "jn-statistic",
    1,
    "统计",
    "statistic",
    "cube.sqlite",
    "cube",
    (),
    tuple(FieldSpec(n, n) for n in ("district", "sex")),
)
CELLS = [
    (0, "", 1, None, None, 100, 12.5),
    (1, "district", 1, "370102", None, 60, 12.0),
    (2, "district", 0, "370103", None, None, None),
    (3, "district,sex", 1, "370102", "1", 30, 11.25),
    (4, "district,sex", 1, "370102", "2", 30, None),
]
COLUMNS = "position {0}, level text, shown {0}, g_district text, g_sex text, m_count {0}, m_average_pay {1}"
CALLS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"groups": []}, ("count", "average_pay")),
    ({"groups": ["district"]}, ("district", "count")),
    ({"groups": ["sex"], "district": "370102"}, ("district", "sex", "count", "average_pay")),
]


@pytest.mark.parametrize(("values", "fields"), CALLS)
def test_both_engines_tell_the_same_cells(tmp_path: Path, values: dict[str, Any], fields: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(tmp_path / "cube.sqlite")) as connection, connection:
        connection.execute(f"CREATE TABLE cube ({COLUMNS.format('INTEGER', 'REAL')})")
        connection.executemany("INSERT INTO cube VALUES (?, ?, ?, ?, ?, ?, ?)", CELLS)
    with psycopg.connect(URL, autocommit=True) as server, server.cursor() as cursor:
        make_schema(server)
        cursor.execute(f"DROP TABLE IF EXISTS quanshu_serving.{TABLE}".encode())
        columns = COLUMNS.format("bigint", "double precision")
        cursor.execute(f"CREATE TABLE quanshu_serving.{TABLE} ({columns})".encode())
        cursor.executemany(f"INSERT INTO quanshu_serving.{TABLE} VALUES (%s, %s, %s, %s, %s, %s, %s)".encode(), CELLS)
    at_once = Statistic(SERVICE, CUBE, tmp_path).run(values, fields)
    assert isinstance(at_once, Answer)
    assert at_once.data
    there = replace(SERVICE, table_file=f"pg:{TABLE}", table=TABLE)

    async def later() -> Answer:
        server = Server(URL)
        try:
            found = Statistic(there, CUBE, tmp_path, server=server).run(values, fields)
            assert not isinstance(found, Answer)
            return await found
        finally:
            await server.close()

    assert asyncio.run(later()) == at_once
