"""Old versions are erased for good: from the files, the change feed and the log."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanshu.lake import Lake
from quanshu.lake.erasing import erase_versions, oldest_kept, superseded
from quanshu.lake.errors import NoVersion, VersionErased

GONE, KEPT = "370102199001010018", "370102199001010026"


def table(*ids: str) -> pa.Table:
    return pa.table({"id": list(ids), "name": [f"n{id}" for id in ids]})


def bytes_of(lake: Lake, name: str) -> bytes:
    """Everything that lies on disk of a table, unpacked as far as its own engine packs it."""
    folder = Path(lake.storage.address(name))
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_a_deleted_row_is_nowhere_on_the_disk(lake: Lake) -> None:
    lake.overwrite("t", table(GONE, KEPT))
    lake.delete("t", predicate=f"id = '{GONE}'")
    assert GONE.encode() in bytes_of(lake, "t")
    later = now() + timedelta(seconds=1)
    found = superseded(lake, "t", later)
    assert list(found.versions) == [0]
    assert found.since is not None
    erase_versions(lake, "t", found.oldest)
    assert GONE.encode() not in bytes_of(lake, "t")
    assert lake.read("t").column("id").to_pylist() == [KEPT]
    assert [version.version for version in lake.versions("t")] == [0, 1]
    with pytest.raises(VersionErased):
        lake.read("t", version=0)
    assert not superseded(lake, "t", later).versions
    # Doing it again, and writing on, is as before; what is erased does not come back.
    erase_versions(lake, "t", 1)
    erase_versions(lake, "t", 0)
    assert oldest_kept(lake.storage, "t") == 1
    lake.upsert("t", table(KEPT, "x"), ["id"])
    assert sorted(lake.read("t").column("id").to_pylist()) == [KEPT, "x"]
    assert lake.changes("t", 1).num_rows == 1


def test_versions_that_were_in_force_at_the_moment_stay(lake: Lake) -> None:
    lake.overwrite("t", table(GONE))
    time.sleep(0.01)
    lake.upsert("t", table(KEPT), ["id"])
    time.sleep(0.01)
    moment = now()
    time.sleep(0.01)
    lake.delete("t", predicate=f"id = '{GONE}'")
    found = superseded(lake, "t", moment)
    assert list(found.versions) == [0]
    erase_versions(lake, "t", found.oldest)
    assert lake.read("t", version=1).num_rows == 2
    assert lake.changes("t", 1).num_rows == 1
    assert not superseded(lake, "t", moment - timedelta(days=1)).versions
    with pytest.raises(NoVersion):
        erase_versions(lake, "t", 3)


def test_checkpoints_of_the_log_give_nothing_away(lake: Lake) -> None:
    lake.overwrite("t", table(GONE, KEPT))
    DeltaTable(lake.storage.address("t")).create_checkpoint()
    lake.delete("t", predicate=f"id = '{GONE}'")
    assert any("checkpoint" in file for file in lake.storage.files("t"))
    erase_versions(lake, "t", 1)
    assert GONE.encode() not in bytes_of(lake, "t")
    assert lake.read("t").column("id").to_pylist() == [KEPT]
    lake.append("t", table("more"))
    assert lake.count("t") == 2


STEPS = st.lists(st.tuples(st.sampled_from(["append", "upsert", "overwrite", "delete"]), st.integers(0, 5)), max_size=6)


@given(STEPS, st.integers(0, 7))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_erasing_changes_no_version_that_stays(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]], pick: int
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    lake.overwrite("t", table("k0", "k1", "k2"))
    for place, (step, key) in enumerate(steps):
        time.sleep(0.002)
        if step == "delete":
            lake.delete("t", predicate=f"id = 'k{key}'")
        elif step == "upsert":
            lake.upsert("t", table(f"k{key}"), ["id"])
        else:
            getattr(lake, step)("t", table(f"{step}{place}"))
    versions = lake.versions("t")
    moment = versions[min(pick, len(versions) - 1)].at + timedelta(milliseconds=1)
    before = {v.version: lake.read("t", version=v.version).sort_by("id") for v in versions}
    found = superseded(lake, "t", moment)
    erase_versions(lake, "t", found.oldest)
    for version, rows in before.items():
        if version < found.oldest:
            with pytest.raises(VersionErased):
                lake.read("t", version=version)
        else:
            assert lake.read("t", version=version).sort_by("id") == rows
