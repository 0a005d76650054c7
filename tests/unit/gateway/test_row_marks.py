"""Marks of rows in receipts: the same for the same row, nothing for a journal of before."""

from __future__ import annotations

import asyncio
import hmac
import sqlite3
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from quanshu.gateway.journal import COLUMNS, Journal, Receipt, read_after
from quanshu.gateway.marks import LENGTH, Marker, mark_key, row_mark

parts = st.lists(st.none() | st.text(max_size=8) | st.integers(), max_size=3)


@given(parts, parts)
def test_a_mark_is_of_its_row_and_entry(one: list[object], two: list[object]) -> None:
    key = mark_key(b"seal" * 8)
    first, second = row_mark(key, "e1", one), row_mark(key, "e1", two)
    assert len(first) == LENGTH
    same = [str(part) if part is not None else "" for part in one] == [
        str(part) if part is not None else "" for part in two
    ]
    assert (first == second) or not same
    assert first == row_mark(key, "e1", one)
    assert first != row_mark(key, "e2", one)
    assert first != row_mark(mark_key(b"other" * 7), "e1", one)


def test_marks_stand_once_in_order() -> None:
    marker = Marker(b"k" * 32, "e")
    assert marker.of_rows([("1",), ("2",), ("1",)]) == (marker.of(["1"]), marker.of(["2"]))
    whole = hmac.digest(b"k" * 32, b"e\x1f1\x1f\x1f2", "sha256")
    assert marker.of(["1", None, 2]) == whole.hex()[:LENGTH], "it is HMAC-SHA256"


def a_receipt(name: str, marks: str = "") -> Receipt:
    values = dict.fromkeys(COLUMNS, "") | {"receipt_id": name, "row_marks": marks}
    numbers = {"at_ms": 1, "service_version": 1, "status": 200, "rows": 1, "duration_us": 1, "snapshot_version": 1}
    return Receipt(**(values | numbers))  # type: ignore[arg-type]


def test_a_journal_of_before_is_read_beside_the_new(tmp_path: Path) -> None:
    path = tmp_path / "journal-old.sqlite"
    old = [name for name in COLUMNS if name != "row_marks"]
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE receipt (number INTEGER PRIMARY KEY AUTOINCREMENT, {', '.join(old)})")
        values = [getattr(a_receipt("before"), name) for name in old]
        marks = ", ".join("?" * len(old))
        connection.execute(f"INSERT INTO receipt ({', '.join(old)}) VALUES ({marks})", values)
    connection.close()
    assert [receipt.row_marks for _file, _number, receipt in read_after(tmp_path, {})] == [""]

    async def write() -> None:
        journal = Journal(tmp_path)
        await journal.write(a_receipt("after", "aa,bb"))
        journal.close()

    asyncio.run(write())
    found = {receipt.receipt_id: receipt.row_marks for _file, _number, receipt in read_after(tmp_path, {})}
    assert found == {"before": "", "after": "aa,bb"}
