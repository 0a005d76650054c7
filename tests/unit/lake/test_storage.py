"""A lake in an object store: no commit lost by two writers, tables put and taken away, one answer in both places."""

import datetime as dt
import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from obstore.exceptions import AlreadyExistsError

from quanshu.lake import Lake
from quanshu.lake.checks import CheckKind, CheckSpec
from quanshu.lake.checks.waiting import check_waiting
from quanshu.lake.errors import NotReachable, WriteConflict
from quanshu.lake.landing import ColumnSpec, DataType, read_csv, split
from quanshu.lake.storage import Bucket, Storage, open_storage
from support_object_store import a_bucket

ROWS = pa.table({"id": ["a", "b"], "n": [1, 2]})


def unqueued(root: Path, storage: Storage) -> Lake:
    """A lake as another machine has it: it shares the store and no lock."""
    return Lake(root, memory_limit="256MB", storage=storage, hold=lambda _name: nullcontext())


def together(*works: Callable[[], object]) -> list[object]:
    """Run functions at the same moment; what each answered or raised."""
    gate, found = threading.Barrier(len(works)), [None] * len(works)

    def run(number: int) -> None:
        gate.wait()
        try:
            found[number] = works[number]()
        except Exception as fault:  # noqa: BLE001 - the fault is the answer
            found[number] = fault

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_the_store_of_these_tests_refuses_to_put_what_is_there(store_url: str) -> None:
    bucket = a_bucket(store_url)
    bucket.store.put("x", b"1", mode="create")
    with pytest.raises(AlreadyExistsError):
        bucket.store.put("x", b"2", mode="create")


def test_two_machines_that_write_at_once_lose_no_commit(tmp_path: Path, store_url: str) -> None:
    bucket = a_bucket(store_url)
    first, second = unqueued(tmp_path / "1", bucket), unqueued(tmp_path / "2", bucket)
    first.append("p", ROWS)

    def write(lake: Lake, mark: str) -> int:
        done = 0
        for number in range(6):
            try:
                rows = pa.table({"id": [f"{mark}{number}"], "n": [number]})
                lake.append("p", rows, commit={"batch": f"{mark}{number}"})
                done += 1
            except WriteConflict:
                continue
        return done

    done = together(lambda: write(first, "x"), lambda: write(second, "y"))
    assert done == [6, 6]
    assert first.count("p") == 14
    noted = {entry.commit.get("batch") for entry in second.versions("p")}
    assert noted == {None, *(f"{mark}{number}" for mark in "xy" for number in range(6))}


def test_of_two_machines_that_replace_rows_one_is_told(tmp_path: Path, store_url: str) -> None:
    bucket = a_bucket(store_url)
    lakes = [unqueued(tmp_path / str(number), bucket) for number in (1, 2)]
    lakes[0].append("p", ROWS)
    changes = [pa.table({"id": ["a"], "n": [number]}) for number in (10, 20)]
    found = together(
        *(
            lambda lake=lake, rows=rows: lake.upsert("p", rows, ["id"])
            for lake, rows in zip(lakes, changes, strict=True)
        )
    )
    refused = [answer for answer in found if isinstance(answer, WriteConflict)]
    kept = [answer for answer in found if not isinstance(answer, Exception)]
    assert len(refused) + len(kept) == 2
    assert kept
    assert lakes[0].count("p") == 2
    assert lakes[0].version("p") == len(kept)


def test_of_two_machines_that_make_a_table_one_does(tmp_path: Path, store_url: str) -> None:
    bucket = a_bucket(store_url)
    lakes = [unqueued(tmp_path / str(number), bucket) for number in (1, 2)]
    found = together(*(lambda lake=lake: lake.create("p", ROWS) for lake in lakes))
    assert sorted(isinstance(answer, WriteConflict) for answer in found) == [False, True], found
    assert lakes[0].count("p") == 2


def test_a_table_is_adopted_and_dropped(tmp_path: Path, storage: Storage) -> None:
    lake = Lake(tmp_path / "own", storage=storage)
    with lake.new_table("spark.made", commit={"run": "1"}) as folder:
        pq.write_table(ROWS, folder / "part-0.parquet")
        (folder / "_SUCCESS").write_bytes(b"")
    assert lake.read("spark.made").num_rows == 2
    assert lake.versions("spark.made")[0].commit == {"run": "1"}
    with pytest.raises(WriteConflict), lake.new_table("spark.made"):
        pytest.fail("a table that is there must not be made again")
    lake.drop("spark.made")
    assert not lake.exists("spark.made")
    assert lake.tables() == []
    lake.append("spark.made", ROWS)
    assert lake.version("spark.made") == 0


def test_conditions_find_the_same_rows_in_both_places(tmp_path: Path, storage: Storage) -> None:
    lake = Lake(tmp_path / "own", storage=storage)
    moment = dt.datetime(2024, 1, 31, 16, 30, tzinfo=dt.UTC)
    rows = {
        "text": ["泉", "a'b", "", None],
        "n": [1, 2, 3, None],
        "day": [dt.date(1990, 1, 31), dt.date(2020, 2, 29), None, None],
        "moment": [moment, moment + dt.timedelta(hours=1), None, None],
    }
    lake.append("t", pa.table(rows))
    conditions = {
        "text = '泉'": 1,
        "text LIKE 'a%'": 1,
        "text IS NULL": 1,
        "n IN (1, 3)": 2,
        "n > 1 AND day IS NOT NULL": 1,
        "NOT (n = 1)": 2,
        "day < DATE '2000-01-01'": 1,
        "moment::DATE = DATE '2024-02-01'": 2,
    }
    with lake.connect() as connection:
        lake.register(connection, "t")
        found = {text: connection.sql(f"SELECT count(*) FROM t WHERE {text}").fetchall()[0][0] for text in conditions}
    assert found == conditions


def test_a_csv_file_lands_and_rows_that_wait_are_checked(tmp_path: Path, storage: Storage) -> None:
    lake = Lake(tmp_path / "own", storage=storage)
    path = tmp_path / "people.csv"
    path.write_text("id,n\na,1\nb,zwei\nc,3\n", encoding="utf-8")
    contract = [ColumnSpec("id", required=True), ColumnSpec("n", DataType.INTEGER)]
    with lake.connect() as engine:
        parted = split(engine, read_csv(path), contract, ["id"])
        assert (parted.rows_in, parted.landed_rows, parted.refused_rows) == (3, 2, 1)
        lake.append("p", parted.landed)
    assert sorted(lake.read("p").column("n").to_pylist()) == [1, 3]
    spec = CheckSpec("1", CheckKind.RANGE, ("n",), {"max": 2})
    waiting = lake.read("p").append_column("row", pa.array([1, 2])).to_reader()
    report = check_waiting(lake, "p", waiting, [spec], number="row", today=dt.date(2026, 1, 1))
    assert [failure.key[0] for failure in report.failures["1"]] == ["2"]
    assert lake.version("p") == 0


def test_a_store_that_does_not_answer_is_named(tmp_path: Path) -> None:
    nowhere = Bucket("s3://lake/x", endpoint="http://127.0.0.1:9", key_id="k", secret="s", allow_http=True)
    with pytest.raises(NotReachable, match="object store"):
        Lake(tmp_path, storage=nowhere).exists("p")


def test_settings_choose_the_place(tmp_path: Path) -> None:
    assert open_storage("", tmp_path, {}).local
    bucket = open_storage("s3://lake/city", tmp_path, {"secret": "very secret"})
    assert bucket.address("ga.person") == "s3://lake/city/tables/ga.person"
    assert "very secret" not in repr(bucket)
