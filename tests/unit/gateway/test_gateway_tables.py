"""A serving table's file is let go of with the table, whatever the collector does."""

from __future__ import annotations

import gc
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from quanshu.gateway.tables import FileTable, TableMissing


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "person.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE person (id TEXT)")
        connection.execute("INSERT INTO person VALUES ('1')")
    connection.close()
    return path


@pytest.fixture(autouse=True)
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def held(path: Path) -> int:
    """How often this process has the file open."""
    links = (Path("/proc/self/fd") / name for name in os.listdir("/proc/self/fd"))
    return sum(link.is_symlink() and os.readlink(link) == str(path) for link in links)


def test_a_dropped_table_lets_go_of_its_file(file: Path) -> None:
    for _snapshot in range(5):
        table = FileTable(file, "person", sid="s")
        assert table.rows('SELECT id FROM "person" WHERE id = ?', ["1"]) == [("1",)]
    assert held(file) == 1
    del table
    assert held(file) == 0


def test_a_failed_query_lets_go_and_the_next_opens_anew(file: Path) -> None:
    table = FileTable(file, "person", sid="s")
    for _turn in range(3):
        with pytest.raises(TableMissing):
            table.rows("SELECT none FROM person", [])
        assert held(file) == 0
    assert table.rows("SELECT id FROM person", []) == [("1",)]
