"""Loads by key against a simple model: a dictionary to which the same rows are applied one after another."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanshu.lake import Lake
from quanshu.lake.landing import ColumnSpec, DataType
from quanshu.supply.intake.types import Outcome
from quanshu.supply.loads import prelanding
from quanshu.supply.loads.load import Load
from quanshu.supply.loads.loading import perform


@pytest.fixture(autouse=True, scope="module")
def no_rooms_above() -> Iterator[None]:
    """Rooms above may look at rows before they land; here there is no database for them to look into."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prelanding, "checks", [])
        yield


COLUMNS = (ColumnSpec("k", required=True), ColumnSpec("v", required=True), ColumnSpec("at", DataType.INTEGER))
FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def load(lake: Lake, number: int, mode: str, lines: list[str], since: str, options: dict[str, Any]) -> Outcome:
    path = lake.root / f"{number}.csv"
    lake.root.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    work = Load(f"run-{number}", 1, "csv", mode, "t", COLUMNS, ("k",), file=path, options=options, since=since)
    first = perform(lake, work, lambda stage, rows: None)
    again = perform(lake, work, lambda stage, rows: None)
    assert (again.lake_version, again.cursor) == (first.lake_version, first.cursor), "a second attempt changes nothing"
    return first


def table(lake: Lake) -> dict[str, tuple[str, int | None]]:
    rows = lake.read("t").to_pylist()
    assert len({row["k"] for row in rows}) == len(rows)
    return {row["k"]: (row["v"], row["at"]) for row in rows}


change = st.tuples(st.sampled_from("IUD"), st.sampled_from("abcd"), st.sampled_from("xyz"))


@FEW
@given(changes=st.lists(change, min_size=1, max_size=12), cuts=st.lists(st.integers(1, 12), max_size=2), data=st.data())
def test_a_feed_in_any_order_with_repeats_ends_where_the_changes_do(
    changes: list[tuple[str, str, str]], cuts: list[int], data: st.DataObject
) -> None:
    wanted: dict[str, tuple[str, None]] = {}
    for op, key, value in changes:
        if op == "D":
            wanted.pop(key, None)
        else:
            wanted[key] = (value, None)
    numbered = list(enumerate(changes, start=1))
    ends = [*sorted({cut for cut in cuts if cut < len(changes)}), len(changes)]
    with tempfile.TemporaryDirectory() as folder:
        lake, since, begin = Lake(Path(folder), threads=1), "", 0
        for number, end in enumerate(ends):
            # A batch comes out of order, and some of what was applied before comes again.
            again = data.draw(st.lists(st.sampled_from(numbered[:begin]), max_size=3)) if begin else []
            batch = data.draw(st.permutations([*numbered[begin:end], *again]))
            lines = [f"{key},{'' if op == 'D' else value},,{op},{seq}" for seq, (op, key, value) in batch]
            done = load(lake, number, "changes", ["k,v,at,op,seq", *lines], since, {})
            assert done.cursor == str(end)
            assert done.notes["repeated"] == len(again)
            since, begin = done.cursor, end
        assert table(lake) == wanted


row = st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz"), st.integers(0, 9))


@FEW
@given(batches=st.lists(st.lists(row, min_size=1, max_size=6), min_size=1, max_size=3))
def test_an_incremental_load_keeps_the_newest_of_each_key(batches: list[list[tuple[str, str, int]]]) -> None:
    wanted: dict[str, tuple[str, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        lake, since, highest = Lake(Path(folder), threads=1), "", -1
        for number, batch in enumerate(batches):
            for key, value, at in batch:
                if key not in wanted or at >= wanted[key][1]:
                    wanted[key] = (value, at)
            lines = [f"{key},{value},{at}" for key, value, at in batch]
            done = load(lake, number, "incremental", ["k,v,at", *lines], since, {"cursor": "at"})
            highest = max(highest, *(at for _key, _value, at in batch))
            assert done.cursor == str(highest)
            since = done.cursor
        assert table(lake) == wanted


@FEW
@given(batches=st.lists(st.sets(st.sampled_from("abcdef"), min_size=1), min_size=1, max_size=3))
def test_a_mirror_is_what_the_source_is(batches: list[set[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder), threads=1)
        for number, keys in enumerate(batches):
            lines = [f"{key},{number},{number}" for key in sorted(keys)]
            load(lake, number, "mirror", ["k,v,at", *lines], "", {"delete_share": 100})
            assert table(lake) == {key: (str(number), number) for key in keys}
