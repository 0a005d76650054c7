"""Receipts: durable when `write` returns, read once after a cursor, from every journal in the folder."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
from pathlib import Path

import pytest

from quanshu.gateway.journal import Journal, JournalFailed, Receipt, read_after


def a_receipt(number: int, **changes: object) -> Receipt:
    receipt = Receipt(
        receipt_id=f"r{number:04d}",
        at_ms=1_767_225_600_000 + number,
        rid="app",
        sid="jn-person",
        service_version=1,
        grant_uid="g1",
        outcome="ok",
        status=200,
        rows=3,
        duration_us=250,
        request_hash="aa",
        response_hash="bb",
        snapshot_version=7,
        purpose="社保待遇认证",
        case_number="",
        parameters="id",
        fields="name,sex",
        sign=f"sign-{number}",
    )
    return dataclasses.replace(receipt, **changes)


async def write_all(journal: Journal, receipts: list[Receipt]) -> list[object]:
    return await asyncio.gather(*map(journal.write, receipts), return_exceptions=True)


def test_a_receipt_comes_back_as_it_was_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    try:
        asyncio.run(journal.write(a_receipt(1)))
        ((file, number, found),) = read_after(tmp_path, {})
        assert (file, number, found) == (journal.path.name, 1, a_receipt(1))
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
        assert [number for _file, number, _receipt in found] == list(range(1, 601))
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
        assert read_after(tmp_path, {journal.path.name: 10}) == []
    finally:
        journal.close()


def test_each_process_has_a_file_of_its_own_and_takes_up_one_left_behind(tmp_path: Path) -> None:
    first, second = Journal(tmp_path), Journal(tmp_path)
    assert first.path != second.path
    asyncio.run(first.write(a_receipt(1)))
    asyncio.run(second.write(a_receipt(2)))
    first.close()
    third = Journal(tmp_path)
    try:
        assert third.path == first.path
        asyncio.run(third.write(a_receipt(3)))
        found = {receipt.receipt_id: (file, number) for file, number, receipt in read_after(tmp_path, {})}
        assert found == {
            "r0001": (first.path.name, 1),
            "r0002": (second.path.name, 1),
            "r0003": (first.path.name, 2),
        }
    finally:
        second.close()
        third.close()


def test_what_cannot_be_kept_is_told_and_the_journal_goes_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    try:
        asyncio.run(journal.write(a_receipt(1)))
        with pytest.raises(JournalFailed):
            asyncio.run(journal.write(a_receipt(1)))
        with pytest.raises(JournalFailed):
            asyncio.run(journal.write(a_receipt(2, purpose="\ud800")))
        asyncio.run(journal.write(a_receipt(3)))
        assert [receipt.receipt_id for _file, _number, receipt in read_after(tmp_path, {})] == ["r0001", "r0003"]
    finally:
        journal.close()


def test_after_a_restart_signatures_and_the_day_s_volume_are_known(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    receipts = [a_receipt(number, outcome="ok" if number % 2 else "gateway.bad_parameter") for number in range(6)]
    asyncio.run(write_all(journal, receipts))
    journal.close()
    again = Journal(tmp_path)
    try:
        since = receipts[2].at_ms
        assert sorted(again.recent_signs(since)) == ["sign-2", "sign-3", "sign-4", "sign-5"]
        assert again.used_since(since) == {"g1": 2}
        assert again.used_since(receipts[-1].at_ms + 1) == {}
    finally:
        again.close()


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    journal = Journal(tmp_path)

    async def write_and_close() -> list[object]:
        waiting = [asyncio.ensure_future(journal.write(a_receipt(number))) for number in range(50)]
        await asyncio.sleep(0)
        await asyncio.get_running_loop().run_in_executor(None, journal.close)
        return await asyncio.gather(*waiting)

    assert asyncio.run(write_and_close()) == [None] * 50
    assert len(read_after(tmp_path, {})) == 50


def test_each_commit_is_synced(tmp_path: Path) -> None:
    """WAL with synchronous=FULL: a commit returns when its pages are on disk."""
    journal = Journal(tmp_path)
    try:
        assert journal._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert journal._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    finally:
        journal.close()


def test_a_reader_meets_a_file_without_its_table(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "journal-new.sqlite").close()
    (tmp_path / "journal-new.sqlite").touch()
    assert read_after(tmp_path, {}) == []
