"""Receipts: durable when `write` returns, read once after a cursor, from every journal in the folder."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.gateway.journal import Journal, JournalFailed, Receipt, look_back, read_after
from support_gateway import a_receipt


async def write_all(journal: Journal, receipts: list[Receipt]) -> list[object]:
    return await asyncio.gather(*map(journal.write, receipts), return_exceptions=True)


def test_a_receipt_comes_back_as_it_was_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    try:
        asyncio.run(journal.write(a_receipt(1)))
        ((file, number, found),) = read_after(tmp_path, {})
        assert (file, found) == (journal.path.name, a_receipt(1))
        assert number == journal.path.read_bytes().index(b"\n") + 1
        assert isinstance(found.rows, int)
    finally:
        journal.close()


def test_every_write_that_returned_is_there_once_and_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    receipts = [a_receipt(number) for number in range(600)]
    try:
        assert asyncio.run(write_all(journal, receipts)) == [None] * 600
        found = read_after(tmp_path, {})
        assert [receipt for _file, _number, receipt in found] == receipts
        numbers = [number for _file, number, _receipt in found]
        assert numbers == sorted(set(numbers))
    finally:
        journal.close()


def test_a_reader_goes_on_after_its_cursor(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    try:
        asyncio.run(write_all(journal, [a_receipt(number) for number in range(10)]))
        first = read_after(tmp_path, {}, 4)
        cursors = {journal.path.name: first[-1][1]}
        second = read_after(tmp_path, cursors, 4)
        ids = [receipt.receipt_id for _file, _number, receipt in [*first, *second]]
        assert ids == [f"r{number:04d}" for number in range(8)]
        assert read_after(tmp_path, {journal.path.name: journal.path.read_bytes().rindex(b"\n") + 1}) == []
    finally:
        journal.close()


def test_each_process_has_a_file_of_its_own_that_nobody_writes_after_it(tmp_path: Path) -> None:
    first, second = Journal(tmp_path), Journal(tmp_path)
    assert first.path != second.path
    asyncio.run(first.write(a_receipt(1)))
    asyncio.run(second.write(a_receipt(2)))
    first.close()
    third = Journal(tmp_path)
    try:
        assert third.path not in {first.path, second.path}
        asyncio.run(third.write(a_receipt(3)))
        found = {receipt.receipt_id: file for file, _number, receipt in read_after(tmp_path, {})}
        assert found == {"r0001": first.path.name, "r0002": second.path.name, "r0003": third.path.name}
    finally:
        second.close()
        third.close()


def test_a_file_without_a_receipt_is_not_left_behind(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_kept_is_told_and_the_journal_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    write, sync = os.pwrite, os.fdatasync
    try:
        asyncio.run(journal.write(a_receipt(1)))
        with pytest.raises(JournalFailed):
            asyncio.run(journal.write(a_receipt(2, purpose="\ud800")))
        with monkeypatch.context() as full:
            full.setattr(os, "pwrite", lambda handle, data, offset: write(handle, data[:100], offset))
            with pytest.raises(JournalFailed):
                asyncio.run(journal.write(a_receipt(3)))
        with monkeypatch.context() as broken:

            def fail(handle: int) -> None:
                raise OSError("Input/output error")

            broken.setattr(os, "fdatasync", fail)
            with pytest.raises(JournalFailed):
                asyncio.run(journal.write(a_receipt(4)))
        assert os.fdatasync is sync
        asyncio.run(journal.write(a_receipt(5)))
        assert [receipt.receipt_id for _file, _number, receipt in read_after(tmp_path, {})] == ["r0001", "r0005"]
    finally:
        journal.close()


def test_receipts_of_a_process_that_was_killed_are_read_and_what_lies_ahead_is_not(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    asyncio.run(write_all(journal, [a_receipt(number) for number in range(3)]))
    ((_file, _number, _receipt), *_, (_last, end, _other)) = read_after(tmp_path, {})
    assert journal.path.stat().st_size > end + (1 << 20)
    assert read_after(tmp_path, {journal.path.name: end}) == []
    data = journal.path.read_bytes()
    journal.close()
    assert journal.path.read_bytes() == data[:end]


@given(cut=st.integers(0, 2000))
def test_a_file_cut_anywhere_tells_its_whole_receipts(cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder))
        asyncio.run(write_all(journal, [a_receipt(number) for number in range(5)]))
        journal.close()
        data = journal.path.read_bytes()[:cut]
        journal.path.write_bytes(data)
        found = [receipt.receipt_id for _file, _number, receipt in read_after(Path(folder), {})]
        assert found == [f"r{number:04d}" for number in range(data.count(b"\n"))]


def test_a_spoiled_line_is_passed_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    asyncio.run(write_all(journal, [a_receipt(number) for number in range(3)]))
    journal.close()
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(lines[0] + lines[1].replace(b"jn-person", b"jn-perso\0") + b"nonsense\n" + lines[2])
    assert [receipt.receipt_id for _file, _number, receipt in read_after(tmp_path, {})] == ["r0000", "r0002"]


def test_a_file_that_has_grown_is_left_for_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quanshu.gateway.journal.MOST_BYTES", 300)
    journal = Journal(tmp_path)
    try:
        for number in range(6):
            asyncio.run(journal.write(a_receipt(number)))
        assert len(list(tmp_path.glob("*.log"))) > 2
        found = [receipt.receipt_id for _file, _number, receipt in read_after(tmp_path, {})]
        assert found == [f"r{number:04d}" for number in range(6)]
    finally:
        journal.close()


def test_after_a_restart_signatures_and_the_day_s_use_are_known(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    receipts = [a_receipt(number, outcome="ok" if number % 2 else "gateway.bad_parameter") for number in range(6)]
    asyncio.run(write_all(journal, receipts))
    journal.close()
    since, end = receipts[2].at_ms, receipts[-1].at_ms + 1
    before = look_back(tmp_path, signs_since=since, used_since=since)
    assert sorted(before.signs) == ["sign-2", "sign-3", "sign-4", "sign-5"]
    assert before.used == {"g1": (2, 6)}
    assert look_back(tmp_path, signs_since=end, used_since=end).used == {}


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    journal = Journal(tmp_path)

    async def write_and_close() -> list[object]:
        waiting = [asyncio.ensure_future(journal.write(a_receipt(number))) for number in range(50)]
        await asyncio.sleep(0)
        journal.close()
        return await asyncio.gather(*waiting)

    assert asyncio.run(write_and_close()) == [None] * 50
    assert len(read_after(tmp_path, {})) == 50


def test_a_turn_of_the_loop_is_one_sync_and_it_comes_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, sync, seen = Journal(tmp_path), os.fdatasync, []

    def watch(handle: int) -> None:
        sync(handle)
        seen.append(len(read_after(tmp_path, {})))

    monkeypatch.setattr(os, "fdatasync", watch)
    try:
        asyncio.run(write_all(journal, [a_receipt(number) for number in range(20)]))
        assert seen == [20]
    finally:
        journal.close()


def test_a_reader_meets_a_file_without_its_table(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "journal-new.sqlite").close()
    (tmp_path / "journal-new.sqlite").touch()
    assert read_after(tmp_path, {}) == []
