"""A table's files up to a moment, copied to another place, are the table as it was with all its versions."""

import datetime as dt
import io
import time
from pathlib import Path

import pyarrow as pa
import pytest

from quanshu.lake import Lake
from quanshu.lake.copying import table_files
from quanshu.lake.storage import Folder, Storage


def rows(*names: str) -> pa.Table:
    return pa.table({"id": list(names), "n": list(range(len(names)))})


def moment() -> dt.datetime:
    """Now, apart from what is written before and after."""
    time.sleep(0.01)
    found = dt.datetime.now(dt.UTC)
    time.sleep(0.01)
    return found


def copied(lake: Lake, until: dt.datetime, other: Lake, name: str = "p") -> None:
    table = table_files(lake, name, until=until)
    assert table is not None
    for file in table.files:
        other.storage.put_back(name, file, io.BytesIO(b"".join(lake.storage.chunks(name, file))))


def test_versions_up_to_the_moment_come_along_and_no_later_one(tmp_path: Path, storage: Storage) -> None:
    lake, other = Lake(tmp_path / "own", storage=storage), Lake(tmp_path / "other")
    lake.append("p", rows("a", "b"))
    lake.upsert("p", pa.table({"id": ["b", "c"], "n": [9, 3]}), ["id"])
    until = moment()
    lake.delete("p", predicate="id = 'a'")
    found = table_files(lake, "p", until=until)
    assert found is not None
    assert (found.version, found.rows) == (1, 3)
    assert set(found.files) < set(lake.storage.files("p"))
    copied(lake, until, other)
    assert other.version("p") == 1
    for version in (0, 1):
        assert other.read("p", version=version).sort_by("id") == lake.read("p", version=version).sort_by("id")
    assert other.changes("p", 0).num_rows == lake.changes("p", 0, 1).num_rows
    assert other.upsert("p", pa.table({"id": ["d"], "n": [4]}), ["id"]).version == 2


def test_a_table_comes_back_into_a_bucket(tmp_path: Path, storage: Storage) -> None:
    lake, back = Lake(tmp_path / "folder", storage=Folder(tmp_path / "folder")), Lake(tmp_path / "own", storage=storage)
    lake.append("p", rows("a", "b"))
    copied(lake, moment(), back)
    assert back.read("p").sort_by("id") == lake.read("p").sort_by("id")


def test_a_table_younger_than_the_moment_is_left_out_and_a_missing_file_is_named(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    until = moment()
    lake.append("p", rows("a"))
    assert table_files(lake, "p", until=until) is None
    next((tmp_path / "lake" / "tables" / "p").glob("*.parquet")).unlink()
    with pytest.raises(FileNotFoundError, match="p: part-"):
        table_files(lake, "p", until=moment())
