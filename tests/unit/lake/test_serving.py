"""Serving tables: whole, keyed, immutable, named after the version they were copied from."""

import datetime as dt
import sqlite3
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from quanshu.lake import Lake
from quanshu.lake.errors import MissingColumn, NoKeys, NoTable
from quanshu.lake.serving import build_serving_table, remove_serving_tables
from quanshu.lake.storage import Storage


@pytest.fixture
def lake(tmp_path: Path, storage: Storage) -> Lake:
    lake = Lake(tmp_path / "lake", storage=storage)
    rows = {
        "身份证号": ["a", "b"],
        "born": [dt.date(1990, 1, 31), None],
        "paid": [Decimal("12.30"), None],
        "at": [dt.datetime(2024, 1, 31, 8, 30), None],  # noqa: DTZ001 - wall-clock time
        "moment": [dt.datetime(2024, 1, 31, 0, 30, tzinfo=dt.UTC), None],
        "alive": [True, None],
        "age": [34, None],
        "secret": ["x", "y"],
    }
    lake.append("ga.person", pa.table(rows))
    return lake


COLUMNS = ["born", "paid", "at", "moment", "alive", "age"]


def ask(path: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def test_only_named_columns_leave_as_text_and_numbers(lake: Lake, tmp_path: Path) -> None:
    built = build_serving_table(lake, "ga.person", columns=COLUMNS, keys=["身份证号"], target=tmp_path / "serving")
    assert (built.rows, built.lake_version, built.table) == (2, 0, "ga_person")
    assert built.path.name.startswith("ga.person.v0.")
    rows = ask(built.path, 'SELECT * FROM "ga_person" WHERE "身份证号" = ?', "a")
    assert rows == [("1990-01-31", "12.30", "2024-01-31 08:30:00", "2024-01-31 08:30:00", 1, 34, "a")]
    assert ask(built.path, "SELECT * FROM ga_person WHERE 身份证号 = 'b'") == [(*[None] * 6, "b")]
    assert [path.name for path in built.path.parent.iterdir()] == [built.path.name]
    assert built.path.stat().st_mode & 0o222 == 0


def test_each_key_has_an_index(lake: Lake, tmp_path: Path) -> None:
    keys = [["身份证号"], ["age", "born"]]
    built = build_serving_table(lake, "ga.person", columns=COLUMNS, keys=keys, target=tmp_path)
    for condition in ("身份证号 = 'a'", "age = 1 AND born = 'x'"):
        plan = ask(built.path, f"EXPLAIN QUERY PLAN SELECT * FROM ga_person WHERE {condition}")
        assert "USING INDEX" in str(plan)


def test_a_new_version_is_a_new_file_and_the_same_one_is_reused(lake: Lake, tmp_path: Path) -> None:
    def build(version: int | None = None) -> tuple[Path, int]:
        built = build_serving_table(
            lake, "ga.person", columns=["age"], keys=["身份证号"], target=tmp_path, version=version
        )
        return built.path, built.rows

    first, _ = build()
    written = first.stat().st_mtime_ns
    lake.append("ga.person", pa.table({"身份证号": ["c"]}))
    second, rows = build()
    assert first != second
    assert rows == 3
    assert build(0) == (first, 2)
    assert first.stat().st_mtime_ns == written
    assert remove_serving_tables(tmp_path, "ga.person", keep=[second]) == [first]
    assert second.exists()


def test_bad_requests_are_named_and_leave_nothing(lake: Lake, tmp_path: Path) -> None:
    target = tmp_path / "serving"
    with pytest.raises(MissingColumn, match="height"):
        build_serving_table(lake, "ga.person", columns=["height"], keys=["age"], target=target)
    with pytest.raises(NoKeys):
        build_serving_table(lake, "ga.person", columns=["age"], keys=[], target=target)
    with pytest.raises(NoTable):
        build_serving_table(lake, "absent", columns=["age"], keys=["age"], target=target)
    assert not target.exists()
