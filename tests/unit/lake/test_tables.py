"""The lake's tables: versions, upsert, delete, change feed, names, limits."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from quanshu.lake import Lake, UpsertCounts
from quanshu.lake.errors import (
    BadColumnName,
    BadTableName,
    DuplicateKeys,
    MissingColumn,
    NoTable,
    NoVersion,
    NullKeys,
    SchemaMismatch,
    StoredDuplicates,
    UnsupportedType,
)
from quanshu.lake.storage import Storage


@pytest.fixture
def lake(tmp_path: Path, storage: Storage) -> Lake:
    return Lake(tmp_path / "lake", memory_limit="256MB", storage=storage)


def people(*rows: tuple[str, str, int]) -> pa.Table:
    return pa.Table.from_pylist([{"身份证号": key, "姓名": name, "age": age} for key, name, age in rows])


def sorted_rows(table: pa.Table) -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for row in table.to_pylist())


def test_each_write_is_a_version_that_stays_readable(lake: Lake) -> None:
    assert not lake.exists("ga.person")
    first = lake.append("ga.person", people(("a", "王", 1)), commit={"batch": "b1"})
    second = lake.append("ga.person", people(("b", "李", 2)))
    third = lake.overwrite("ga.person", people(("c", "张", 3)))
    assert [lake.count("ga.person", version) for version in (first, second, third)] == [1, 2, 1]
    assert sorted_rows(lake.read("ga.person", version=second)) == [("a", "王", 1), ("b", "李", 2)]
    assert lake.read("ga.person", columns=["姓名"]).to_pylist() == [{"姓名": "张"}]
    assert lake.tables() == ["ga.person"]
    versions = lake.versions("ga.person")
    assert [entry.version for entry in versions] == [first, second, third]
    assert versions[0].commit == {"batch": "b1"}
    assert versions[0].at.tzinfo is not None


def test_upsert_counts_and_writes_only_what_differs(lake: Lake) -> None:
    start = lake.upsert("p", people(("a", "王", 1), ("b", "李", 2)), ["身份证号"])
    assert start == UpsertCounts(version=0, inserted=2, updated=0, unchanged=0)
    counts = lake.upsert("p", people(("a", "王", 1), ("b", "李", 9), ("c", "张", 3)), ["身份证号"])
    assert counts == UpsertCounts(version=1, inserted=1, updated=1, unchanged=1)
    assert sorted_rows(lake.read("p")) == [("a", "王", 1), ("b", "李", 9), ("c", "张", 3)]
    again = lake.upsert("p", people(("c", "张", 3)), ["身份证号"])
    assert again == UpsertCounts(version=1, inserted=0, updated=0, unchanged=1)
    kinds = sorted(lake.changes("p", 0)["_change_type"].to_pylist())
    assert kinds == ["insert", "update_postimage", "update_preimage"]


def test_a_column_may_be_called_what_the_lake_calls_its_own_working_columns(lake: Lake) -> None:
    for trees in (1, 2):
        rows = pa.table({"id": ["a"], "kind": ["x"], "inserted": ["y"], "trees": [trees]})
        counts = lake.upsert("p", rows, ["id"])
    assert counts == UpsertCounts(version=1, inserted=0, updated=1, unchanged=0)
    assert lake.read("p").column("trees").to_pylist() == [2]


def test_upsert_refuses_keys_it_cannot_decide_on_and_changes_nothing(lake: Lake) -> None:
    lake.append("p", people(("a", "王", 1), ("a", "李", 2)))
    with pytest.raises(DuplicateKeys, match="1 keys"):
        lake.upsert("p", people(("x", "王", 1), ("x", "李", 2)), ["身份证号"])
    no_key = pa.table({"身份证号": pa.array([None], pa.string()), "姓名": ["王"], "age": [1]})
    with pytest.raises(NullKeys):
        lake.upsert("p", no_key, ["身份证号"])
    with pytest.raises(StoredDuplicates):
        lake.upsert("p", people(("a", "王", 1)), ["身份证号"])
    with pytest.raises(MissingColumn, match="code"):
        lake.upsert("p", people(("a", "王", 1)), ["code"])
    assert lake.version("p") == 0


def test_delete_by_keys_and_by_predicate_until_empty(lake: Lake) -> None:
    lake.append("p", people(("a", "王", 1), ("b", "李", 2), ("c", "张", 3)))
    lake.delete("p", pa.table({"身份证号": ["a", "a"]}))
    assert sorted_rows(lake.read("p")) == [("b", "李", 2), ("c", "张", 3)]
    lake.delete("p", predicate="age >= 2")
    assert lake.read("p").num_rows == 0
    assert lake.read("p").schema.names == ["身份证号", "姓名", "age"]
    assert lake.upsert("p", people(("d", "赵", 4)), ["身份证号"]).inserted == 1


def test_changes_follow_a_version(lake: Lake) -> None:
    first = lake.append("p", people(("a", "王", 1)))
    lake.append("p", people(("b", "李", 2)))
    last = lake.delete("p", pa.table({"身份证号": ["a"]}))
    assert lake.changes("p", -1).num_rows == 3
    after = lake.changes("p", first).select(["身份证号", "_change_type"]).to_pylist()
    assert {(row["身份证号"], row["_change_type"]) for row in after} == {("b", "insert"), ("a", "delete")}
    assert lake.changes("p", last).num_rows == 0
    assert lake.changes("p", first, first).num_rows == 0
    with pytest.raises(NoVersion):
        lake.changes("p", 99)


def test_new_columns_are_added_and_old_versions_keep_theirs(lake: Lake) -> None:
    lake.append("p", people(("a", "王", 1)))
    lake.append("p", people(("b", "李", 2)).append_column("phone", pa.array(["139"])))
    assert sorted_rows(lake.read("p").select(["身份证号", "phone"])) == [("a", None), ("b", "139")]
    assert lake.schema("p", 0).names == ["身份证号", "姓名", "age"]
    with pytest.raises(SchemaMismatch, match="age"):
        lake.append("p", pa.table({"身份证号": ["c"], "age": ["three"]}))


def test_types_come_back_as_they_went_in(lake: Lake) -> None:
    row = {
        "text": "泉",
        "day": dt.date(1900, 2, 28),
        "at": dt.datetime(2024, 1, 31, 8, 30),  # noqa: DTZ001 - wall-clock time, as sources write it
        "moment": dt.datetime(2024, 1, 31, 8, 30, tzinfo=dt.UTC),
        "money": Decimal("12.30"),
        "flag": True,
        "number": 1.5,
        "raw": b"\x00\xff",
    }
    data = pa.Table.from_pylist([row, dict.fromkeys(row)])
    lake.append("t", data)
    back = lake.read("t").to_pylist()
    assert back[0] == row
    assert set(back[1].values()) == {None}


def test_compaction_joins_files_and_keeps_rows(lake: Lake) -> None:
    for number in range(5):
        lake.append("p", people((str(number), "王", number)))
    before = sorted_rows(lake.read("p"))
    version = lake.compact("p")
    assert version == 5
    assert sorted_rows(lake.read("p")) == before
    assert lake.count("p", 2) == 3
    assert lake.changes("p", 4).num_rows == 0


@pytest.mark.parametrize(
    "name", ["", "../x", "A", "a/b", ".a", "a.", "a..b", "1a", "a b", "a\n", "表", "a" * 129, "a.\x00"]
)
def test_names_that_are_no_table_names(lake: Lake, name: str) -> None:
    with pytest.raises(BadTableName):
        lake.append(name, people(("a", "王", 1)))
    with pytest.raises(BadTableName):
        lake.exists(name)


@pytest.mark.parametrize("column", ["a b", "", "a;b", "_change_type", 'a"b', "a\nb"])
def test_names_that_are_no_column_names(lake: Lake, column: str) -> None:
    with pytest.raises(BadColumnName):
        lake.append("p", pa.table({column: [1]}))


def test_absent_tables_versions_and_types_are_named(lake: Lake) -> None:
    with pytest.raises(NoTable, match="nowhere"):
        lake.read("nowhere")
    lake.append("p", people(("a", "王", 1)))
    with pytest.raises(NoVersion, match="newest is 0"):
        lake.read("p", version=7)
    with pytest.raises(MissingColumn, match="height"):
        lake.read("p", columns=["height"])
    with pytest.raises(UnsupportedType, match="tags"):
        lake.append("q", pa.table({"tags": [["x"]]}))


def test_connections_have_limits_and_leave_nothing_behind(lake: Lake) -> None:
    lake.append("p", people(("a", "王", 1)))
    with lake.connect() as connection:
        assert lake.register(connection, "p", alias="person") == 0
        assert connection.sql("SELECT sum(age) FROM person").fetchall() == [(1,)]
        limit = connection.sql("SELECT current_setting('memory_limit')").fetchall()[0][0]
        assert limit.startswith("244")  # 256 MB in MiB
        assert list((lake.root / "spill").glob("spill-*"))
    assert not list((lake.root / "spill").glob("spill-*"))


def test_spill_of_a_dead_process_is_swept(lake: Lake) -> None:
    left = lake.root / "spill" / "spill-dead"
    left.mkdir(parents=True)
    (left / "part.tmp").write_text("x")
    with lake.connect():
        assert not left.exists()


def test_a_stream_can_be_written(lake: Lake) -> None:
    batches = (pa.record_batch({"n": pa.array(range(i, i + 10))}) for i in range(0, 100, 10))
    reader = pa.RecordBatchReader.from_batches(pa.schema([("n", pa.int64())]), batches)
    lake.append("numbers", reader)
    with lake.scan("numbers", columns=["n"]) as rows:
        assert sum(batch.num_rows for batch in rows) == 100
