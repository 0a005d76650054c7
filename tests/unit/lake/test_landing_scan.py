"""A file that the engine reads itself lands exactly as one that is read line by line."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quanshu.kernel.errors import QuanshuError
from quanshu.lake import Lake, engine
from quanshu.lake.landing import ColumnSpec, DataType, read_csv, split
from quanshu.lake.landing.splitting import _scanned

COLUMNS = (ColumnSpec("a", required=True, max_length=4), ColumnSpec("b", DataType.INTEGER))


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with Lake(tmp_path_factory.mktemp("lake"), threads=4).connect() as connection:
        yield connection


def landed(connection: duckdb.DuckDBPyConnection, path: Path, *, scan: bool, keys: tuple[str, ...] = ("a",)) -> Any:
    """What lands and what is refused, or the code of the refusal of the whole file."""
    try:
        rows = read_csv(path)
        if not scan:
            rows.scan = None
        done = split(connection, rows, COLUMNS, keys)
        return done.rows_in, done.landed_rows, done.landed.to_pylist(), done.refused.to_pylist()
    except QuanshuError as fault:
        return fault.code, dict(fault.params)


LINE = st.text(alphabet='ab1,"\n\r \t中\u3000;', max_size=10)


@settings(max_examples=80, deadline=None)
@given(lines=st.lists(LINE, max_size=8), end=st.sampled_from(["\n", "\r\n", "\r"]), last=st.booleans())
@example(lines=[",,"], end="\n", last=False)
@example(lines=["x,1", "", "y,2"], end="\n", last=True)
@example(lines=["x,1", "x,2", "x,3"], end="\r\n", last=True)
@example(lines=['"x\ny",1', "", "z,2"], end="\n", last=True)
@example(lines=['x"y,1', 'x,"1"', '"x" ,1'], end="\n", last=False)
def test_both_ways_agree(connection: duckdb.DuckDBPyConnection, lines: list[str], end: str, last: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_text(end.join(["a,b", *lines]) + (end if last else ""), encoding="utf-8", newline="")
        assert landed(connection, path, scan=True) == landed(connection, path, scan=False)


def test_a_clean_file_takes_the_short_way_and_keeps_its_order(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + "".join(f"{number % 7000:04d},{number}\n" for number in range(60_000)), encoding="utf-8")
    rows = read_csv(path)
    told: list[int] = []
    assert _scanned(connection, rows, COLUMNS, ("a",), told.append)
    done = split(connection, rows, COLUMNS, ("a",))
    assert [row["b"] for row in done.landed.to_pylist()] == list(range(7000))
    refused = done.refused.to_pylist()
    assert told[-1] == 60_000
    assert [row["row_number"] for row in refused] == list(range(7002, 60_002))
    assert refused[0]["record_json"] == '{"a":"0000","b":"7000"}'
    assert landed(connection, path, scan=True) == landed(connection, path, scan=False)


def test_damage_far_into_a_file_is_found(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    text = "a,b\n" + "中,1\n" * 200_000
    path.write_bytes(text.encode() + b"\xff,2\n")
    assert landed(connection, path, scan=True, keys=()) == landed(connection, path, scan=False, keys=())
    assert landed(connection, path, scan=True, keys=())[0] == "lake.bad_encoding"


def test_a_long_statement_can_be_stopped(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def look(share: float) -> None:
        raise Stop

    with Lake(tmp_path).connect() as connection, pytest.raises(Stop):
        engine.watched(connection, "CREATE TABLE t AS SELECT count(*) FROM range(100000) a, range(1000000) b", look)
