"""A query nobody vouches for: what it may do, and all it tries to do besides."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pyarrow as pa
import pytest

from quanshu.lake import Lake
from quanshu.lake.masking import Mask
from quanshu.lake.sandbox import (
    Limits,
    SandboxFailed,
    SandboxMemory,
    SandboxTable,
    SandboxTime,
    child,
    parent,
    run_sandboxed,
)
from quanshu.lake.sqlcheck import BadQuery, check_select

SMALL = Limits(seconds=8, memory_mib=128, rows=100, bytes=20_000)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    lake.append(
        "city.people",
        pa.table(
            {
                "id_number": ["11010519491231002X", "370102199001011234"],
                "name": ["王小明", "欧阳娜"],
                "age": [77, 36],
                "income": [1200, 5400],
            }
        ),
    )
    lake.append("other.secrets", pa.table({"secret": ["the other tenant's"]}))
    return lake


@pytest.fixture(scope="module")
def granted(lake: Lake) -> list[SandboxTable]:
    return [SandboxTable("people", "city.people", {"id_number": Mask.CITIZEN_ID, "name": Mask.NAME, "age": Mask.NONE})]


def test_a_query_sees_the_granted_columns_masked(lake: Lake, granted: list[SandboxTable]) -> None:
    answer = run_sandboxed(lake, granted, "SELECT * FROM people ORDER BY age")
    assert [name for name, _ in answer.columns] == ["id_number", "name", "age"]
    assert answer.rows == (("370102********1234", "欧阳*", 36), ("110105********002X", "王**", 77))
    assert answer.sampled == {"people": 2}
    assert not answer.truncated


def test_joins_groups_and_functions_work(lake: Lake, granted: list[SandboxTable]) -> None:
    sql = """
        WITH older AS (SELECT substr(id_number, 1, 6) AS region, age FROM people WHERE age > 30)
        SELECT region, count(*) AS n, round(avg(age), 1) AS age FROM older GROUP BY ALL
        ORDER BY region
    """
    assert run_sandboxed(lake, granted, sql).rows == (("110105", 1, 77.0), ("370102", 1, 36.0))


def test_a_sample_is_what_drafts_run_on(lake: Lake) -> None:
    lake.overwrite("city.many", pa.table({"n": list(range(5_000))}))
    table = SandboxTable("many", "city.many", {"n": Mask.NONE})
    answer = run_sandboxed(lake, [table], "SELECT count(*) FROM many", limits=Limits(sample_rows=100))
    assert answer.rows == ((100,),)
    assert run_sandboxed(lake, [table], "SELECT count(*) FROM many", limits=Limits(sample_rows=0)).rows == ((5_000,),)


def test_rows_outside_the_grant_are_not_copied(lake: Lake) -> None:
    table = SandboxTable("people", "city.people", {"age": Mask.NONE}, row_filter="age < 50")
    assert run_sandboxed(lake, [table], "SELECT age FROM people").rows == ((36,),)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT income FROM people",
        "SELECT * FROM secrets",
        "SELECT * FROM other.secrets",
        'SELECT * FROM "other.secrets"',
        "SELECT * FROM source0",
        "SELECT * FROM people p, source0",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM pragma_version()",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('/tmp/*.parquet')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT (SELECT content FROM read_text('/etc/passwd'))",
        "SELECT getenv('HOME')",
        "SELECT current_setting('memory_limit')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('people')",
        "COPY people TO '/tmp/out.csv'",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "ATTACH '/tmp/x.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "PRAGMA database_list",
        "CREATE TABLE t AS SELECT 1",
        "INSERT INTO people SELECT * FROM people",
        "DELETE FROM people",
        "UPDATE people SET age = 1",
        "DROP TABLE people",
        "EXPORT DATABASE '/tmp/x'",
        "CALL pragma_version()",
        "SELECT 1; SELECT 2",
        "SELECT * FROM people WHERE age = ?",
        "SELECT * FROM people WHERE age = $1",
        "WITH x AS (DELETE FROM people RETURNING *) SELECT * FROM x",
        "EXPLAIN SELECT 1",
        "DESCRIBE people",
        "SELECT nextval('s')",
        "",
        "-- nothing",
        "SELECT",
        "SELECT * FROM people WHERE (",
    ],
)
def test_more_than_reading_the_granted_is_refused(lake: Lake, granted: list[SandboxTable], sql: str) -> None:
    with pytest.raises((BadQuery, SandboxFailed)):
        run_sandboxed(lake, granted, sql, limits=SMALL)


def test_the_refusal_names_the_place() -> None:
    with pytest.raises(BadQuery) as caught:
        check_select("SELECT *\nFROM secrets", tables=["people"])
    assert caught.value.params["line"] == 2
    assert "secrets" in caught.value.params["fault"]


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(BadQuery):
        check_select("SELECT " + "(" * 3_000 + "1" + ")" * 3_000)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT content FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM read_csv('/proc/self/environ')",
        "COPY (SELECT 1) TO '/out.csv'",
        "ATTACH '/etc/other.duckdb'",
        "INSTALL json",
        "LOAD '/tmp/x.duckdb_extension'",
        "SET enable_external_access = true",
        "SET memory_limit = '64GB'",
        "RESET lock_configuration",
        "CREATE TABLE t AS SELECT 1",
        "SELECT * FROM read_csv('http://127.0.0.1:1/x')",
    ],
)
def test_the_process_refuses_what_the_check_would_have_let_through(
    lake: Lake, granted: list[SandboxTable], sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second wall: even an unchecked text gets nowhere."""
    checked = check_select("SELECT * FROM people", tables=["people"])
    monkeypatch.setattr(parent, "check_select", lambda text, tables: type(checked)(sql, checked.tables))
    with pytest.raises((SandboxFailed, SandboxMemory)):
        run_sandboxed(lake, granted, sql, limits=SMALL)


def test_a_query_that_does_not_end_is_stopped(lake: Lake, granted: list[SandboxTable]) -> None:
    began = time.monotonic()
    sql = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    with pytest.raises(SandboxTime):
        run_sandboxed(lake, granted, sql, limits=Limits(seconds=2, memory_mib=128))
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT list(range) FROM range(100000000)",
        "SELECT a.range, b.range FROM range(30000) a, range(30000) b ORDER BY hash(a.range + b.range)",
        "SELECT length(repeat('x', 2000000000))",
    ],
)
def test_a_query_that_needs_too_much_memory_is_stopped(lake: Lake, granted: list[SandboxTable], sql: str) -> None:
    with pytest.raises((SandboxMemory, SandboxFailed, SandboxTime)):
        run_sandboxed(lake, granted, sql, limits=Limits(seconds=20, memory_mib=64))


def test_a_huge_answer_is_cut(lake: Lake, granted: list[SandboxTable]) -> None:
    answer = run_sandboxed(lake, granted, "SELECT range FROM range(100000000)", limits=SMALL)
    assert len(answer.rows) == SMALL.rows
    assert answer.truncated
    wide = run_sandboxed(lake, granted, "SELECT repeat('x', 9000) FROM range(100)", limits=SMALL)
    assert wide.truncated
    assert len(wide.rows) == 2


def test_nothing_is_left_behind(
    lake: Lake, granted: list[SandboxTable], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run_sandboxed(lake, granted, "SELECT 1 FROM people", limits=SMALL)
    with pytest.raises(SandboxFailed):
        run_sandboxed(lake, granted, "SELECT 1 / 'x'::INTEGER FROM people", limits=SMALL)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only an administrator can shut these doors")
def test_an_administrator_node_leaves_no_door_open(lake: Lake, granted: list[SandboxTable]) -> None:
    assert run_sandboxed(lake, granted, "SELECT 1 FROM people", limits=SMALL).open_doors == ()


def test_the_child_imports_nothing_of_the_platform() -> None:
    assert "quanshu" not in Path(child.__file__).read_text(encoding="utf-8").replace("quanshu-sandbox", "")
