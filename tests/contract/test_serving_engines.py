"""SQLite and PostgreSQL serve alike: the same masks, the same rows, the same verifications."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.gateway.execution import Answer, Executor, TableMissing
from quanshu.gateway.snapshot import FieldSpec, ParameterSpec, ServiceSpec
from quanshu.gateway.tables import Server
from quanshu.lake.masking import COMPOUND_SURNAMES, Mask, add_functions, mask_sql
from support_postgresql import MINE, URL, make_schema, needs_postgresql

pytestmark = needs_postgresql
TEXT = st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
PLACES = st.text(alphabet="济南市历下区县小社园路号1场", max_size=18)
NAMES = st.tuples(st.sampled_from(COMPOUND_SURNAMES), st.text(alphabet="修小明", max_size=3)).map("".join)
DIGITS = st.text(alphabet="0123456789X", max_size=19)
DATES = st.dates().map(str)
VALUES = st.lists(st.none() | TEXT | PLACES | NAMES | DIGITS | DATES, min_size=1, max_size=60)
SALT = "salt'of"
TABLE = f"person of engines {MINE}"
SERVICE = ServiceSpec(
    sid="jn-person",
    version=1,
    name="人口查询",
    shape="query",
    table_file="person.sqlite",
    table="person",
    parameters=(
        ParameterSpec("id", "身份证号", required=False),
        ParameterSpec("age", "age", "integer", required=False),
        ParameterSpec("weight", "weight", "decimal", required=False),
        ParameterSpec("name", "姓名", compare=True),
        ParameterSpec("years", "age", "integer", compare=True),
    ),
    fields=(
        FieldSpec("id", "身份证号", mask="citizen_id"),
        FieldSpec("name", "姓名", mask="name"),
        FieldSpec("age", "age", "integer"),
        FieldSpec("weight", "weight", "decimal"),
        FieldSpec("hashed", "身份证号", mask="hash"),
        FieldSpec("shown", "age", mask="full"),
    ),
    entry_uid="entry",
    key=("身份证号",),
)
PEOPLE = [
    ("370102199001010018", "张三丰", 35, 61.5),
    ("370102199001010026", "欧阳修", 36, None),
    ("370102199001010034", None, None, 70.0),
]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(URL, autocommit=True) as connection:
        make_schema(connection)
        connection.execute(f'DROP TABLE IF EXISTS quanshu_serving."{TABLE}"'.encode())
        connection.execute(
            f'CREATE TABLE quanshu_serving."{TABLE}" '
            '("身份证号" text, "姓名" text, age bigint, weight double precision)'.encode()
        )
        with connection.cursor() as cursor:
            cursor.executemany(f'INSERT INTO quanshu_serving."{TABLE}" VALUES (%s, %s, %s, %s)'.encode(), PEOPLE)
        yield connection
        connection.execute(f'DROP TABLE quanshu_serving."{TABLE}"'.encode())


@pytest.fixture(scope="module")
def sqlite() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    add_functions(connection)
    yield connection
    connection.close()


@pytest.mark.parametrize("mask", list(Mask))
@settings(max_examples=40, deadline=None)
@given(values=VALUES)
def test_masks_show_the_same_on_both_engines(
    mask: Mask, values: list[str | None], postgresql: psycopg.Connection[Any], sqlite: sqlite3.Connection
) -> None:
    shown = mask_sql(mask, "列 1", "postgres", salt=SALT).replace("%", "%%")
    sql = f'SELECT {shown} FROM unnest(%s::text[]) WITH ORDINALITY AS given("列 1", n) ORDER BY n'
    on_server = [row[0] for row in postgresql.execute(sql, [values]).fetchall()]
    expression = mask_sql(mask, "列 1", "sqlite", salt=SALT)
    in_file = [
        sqlite.execute(f'SELECT {expression} FROM (SELECT ? AS "列 1")', [value]).fetchone()[0] for value in values
    ]
    assert on_server == in_file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serving")
    with sqlite3.connect(folder / "person.sqlite") as connection:
        connection.execute('CREATE TABLE person ("身份证号" TEXT, "姓名" TEXT, age INTEGER, weight REAL)')
        connection.executemany("INSERT INTO person VALUES (?, ?, ?, ?)", PEOPLE)
    connection.close()
    return folder


def both(folder: Path, service: ServiceSpec, values: dict[str, str], fields: tuple[str, ...]) -> tuple[Answer, Answer]:
    """The answers of the file and of the server."""
    at_once = Executor(service, folder, salt="s", marking=b"m" * 32).run(values, fields)
    assert isinstance(at_once, Answer)
    there = dataclasses.replace(service, table_file=f"pg:{TABLE}", table=TABLE)

    async def later() -> Answer:
        server = Server(URL)
        try:
            found = Executor(there, folder, salt="s", marking=b"m" * 32, server=server).run(values, fields)
            assert not isinstance(found, Answer)
            return await found
        finally:
            await server.close()

    return at_once, asyncio.run(later())


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        ({"id": "370102199001010018"}, 1),
        ({"id": "370102199001010034"}, 1),
        ({"id": "nobody"}, 0),
        ({"id": "' OR '1'='1"}, 0),
        ({"id": "\x00"}, 0),
        ({"age": "36"}, 1),
        ({"age": "036"}, 1),
        ({"age": "999999999999999999"}, 0),
        ({"weight": "61.50"}, 1),
        ({"weight": "70"}, 1),
        ({"id": "370102199001010018", "age": "36"}, 0),
    ],
)
def test_queries_answer_the_same(
    folder: Path, postgresql: psycopg.Connection[Any], values: dict[str, str], rows: int
) -> None:
    fields = tuple(field.name for field in SERVICE.fields)
    in_file, on_server = both(folder, SERVICE, values, fields)
    assert in_file == on_server
    assert in_file.rows == len(in_file.marks) == rows


@pytest.mark.parametrize(
    ("name", "years", "result"), [("张三丰", "35", "match"), ("张三", "35", "mismatch"), ("张三丰", "36", "mismatch")]
)
def test_verifications_answer_the_same(
    folder: Path, postgresql: psycopg.Connection[Any], name: str, years: str, result: str
) -> None:
    service = dataclasses.replace(SERVICE, shape="verify", fields=())
    given = {"id": "370102199001010018", "name": name, "years": years}
    in_file, on_server = both(folder, service, given, ())
    assert in_file == on_server
    assert in_file.result == result


@pytest.mark.parametrize("url", [URL, "postgresql://quanshu@127.0.0.1:1/postgres"])
def test_a_table_or_a_server_that_is_not_there_is_told(tmp_path: Path, url: str) -> None:
    service = dataclasses.replace(SERVICE, table_file="pg:never built", table="never built")

    async def ask() -> None:
        server = Server(url)
        found = Executor(service, tmp_path, server=server).run({"id": "1"}, ("name",))
        assert not isinstance(found, Answer)
        try:
            await found
        finally:
            await server.close()

    with pytest.raises(TableMissing):
        asyncio.run(ask())


def test_a_server_that_no_setting_names_is_told(tmp_path: Path) -> None:
    service = dataclasses.replace(SERVICE, table_file=f"pg:{TABLE}", table=TABLE)
    with pytest.raises(TableMissing):
        Executor(service, tmp_path).run({"id": "1"}, ("name",))
