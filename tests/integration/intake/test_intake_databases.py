"""Departments' databases as they are: PostgreSQL and MariaDB servers, read in every way of loading."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from quanshu.supply.intake.api import Run
from support_intake import Supply

pytestmark = pytest.mark.django_db
SERVERS = {
    "postgresql": ("QUANSHU_TEST_POSTGRESQL_URL", "postgresql+psycopg"),
    "mariadb": ("QUANSHU_TEST_MARIADB_URL", "mysql+pymysql"),
}
KEY = "370102199001010{:03}"


@pytest.fixture(params=sorted(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, sa.Engine]]:
    """The address a steward enters, and an engine to fill the source with."""
    variable, driver = SERVERS[request.param]
    url = os.environ.get(variable, "")
    if not url:
        pytest.skip(f"NOT TESTED: intake from {request.param}; {variable} names no server")
    engine = sa.create_engine(sa.engine.make_url(url).set(drivername=driver), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS intake_people"))
        connection.execute(
            sa.text(
                "CREATE TABLE intake_people (citizen_id VARCHAR(18) PRIMARY KEY, name VARCHAR(20), "
                "registered_on DATE, amount DECIMAL(12, 2))"
            )
        )
    yield url, engine
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE intake_people"))
    engine.dispose()


def put(engine: sa.Engine, *rows: tuple[int, str, str]) -> None:
    """Rows of the source, old ones replaced."""
    with engine.begin() as connection:
        for number, name, day in rows:
            key = KEY.format(number)
            connection.execute(sa.text("DELETE FROM intake_people WHERE citizen_id = :key"), {"key": key})
            values = {"key": key, "name": name, "day": day}
            connection.execute(sa.text("INSERT INTO intake_people VALUES (:key, :name, :day, 1.50)"), values)


def counts(run: Run) -> tuple[Any, ...]:
    assert run.state == "landed", (run.state, run.error)
    return run.inserted, run.updated, run.unchanged, run.deleted


def test_every_way_of_loading(supply: Supply, server: tuple[str, sa.Engine]) -> None:
    url, engine = server
    put(engine, (1, "张三", "2024-01-01"), (2, "李四", "2024-01-05"))
    options = {"cursor": "registered_on", "overlap": 1}
    source = supply.source(kind="sql", mode="incremental", url=url, table="intake_people", options=options)
    first = supply.load(source)
    assert (counts(first), first.cursor) == ((2, 0, 0, 0), "2024-01-05")
    put(engine, (3, "王五", "2024-01-04"), (4, "赵六", "2024-01-07"), (1, "旧", "2024-01-02"))
    second = supply.load(source)
    assert (counts(second), second.rows_in, second.cursor) == ((2, 0, 1, 0), 3, "2024-01-07")
    query = "SELECT citizen_id, name, registered_on, amount FROM intake_people WHERE amount > 1 -- all"
    by_query = supply.source(
        kind="sql", mode="incremental", url=url, table=query.removesuffix(" -- all"), options=options
    )
    assert counts(supply.load(by_query)) == (0, 1, 3, 0)
    mirror = supply.source(kind="sql", mode="mirror", url=url, table="intake_people", options={"delete_share": 50})
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM intake_people WHERE name = '王五'"))
    assert counts(supply.load(mirror)) == (0, 0, 3, 1)
    full = supply.source(kind="sql", url=url, table="intake_people")
    assert counts(supply.load(full)) == (0, 0, 3, 0)
    row = supply.rows()[0]
    assert (row["name"], str(row["registered_on"]), str(row["amount"])) == ("旧", "2024-01-02", "1.5000")


def test_a_feed_of_changes_from_a_table(supply: Supply, server: tuple[str, sa.Engine]) -> None:
    url, engine = server
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS intake_feed"))
        connection.execute(
            sa.text(
                "CREATE TABLE intake_feed (seq BIGINT PRIMARY KEY, op CHAR(1), citizen_id VARCHAR(18), "
                "name VARCHAR(20), registered_on DATE, amount DECIMAL(12, 2))"
            )
        )

    def change(seq: int, op: str, number: int, name: str | None) -> None:
        with engine.begin() as connection:
            values = {"seq": seq, "op": op, "key": KEY.format(number), "name": name}
            connection.execute(sa.text("INSERT INTO intake_feed VALUES (:seq, :op, :key, :name, NULL, NULL)"), values)

    try:
        change(1, "I", 1, "张三")
        change(2, "I", 2, "李四")
        source = supply.source(kind="sql", mode="changes", url=url, table="intake_feed")
        assert counts(supply.load(source)) == (2, 0, 0, 0)
        change(3, "U", 1, "张三三")
        change(4, "D", 2, None)
        run = supply.load(source)
        assert (counts(run), run.rows_in, run.cursor) == ((0, 1, 0, 1), 2, "4")
        assert [row["name"] for row in supply.rows()] == ["张三三"]
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE intake_feed"))
