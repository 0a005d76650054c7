"""The feed of consents holds under writers, readers and tampering; uses are never more than granted."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.gateway.consenting import Consents
from quanshu.gateway.consents import (
    CONSENTS,
    Consented,
    ConsentFeed,
    append_consents,
    feed_key,
    read_consents,
    write_consents,
)
from quanshu.gateway.journal import Receipt, read_after, read_line
from quanshu.gateway.limits import DAY_MS, ConsentTooOften, ConsentUsedUp, Uses, uses_after

KEY = feed_key(b"k" * 32)
ROW = Consented("c1", "app", "sid", ("name",), "贷款审批", "d" * 64, "granted", 0.0, 1e12)
quick = settings(max_examples=25, deadline=None)


def rows(count: int) -> list[Consented]:
    return [replace(ROW, uid=f"c{number}") for number in range(count)]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["granted", "revoked", "used_up"])), max_size=12), st.data()
)
@quick
def test_the_last_line_of_a_consent_counts(changes: list[tuple[int, str]], data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        folder, feed, expected = Path(name), ConsentFeed(), {}
        for number, state in changes:
            row = replace(ROW, uid=f"c{number}", state=state)
            append_consents(folder, KEY, [row])
            expected[row.uid] = row
            if data.draw(st.booleans()):
                feed = read_consents(folder, KEY, feed)
            if data.draw(st.integers(0, 9)) == 0:
                write_consents(folder, KEY, expected.values())
        feed = read_consents(folder, KEY, feed)
        assert (feed.rows, feed.fault) == (expected, "")


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=1), st.sampled_from(["change", "drop", "swap"]))
@quick
def test_a_feed_that_was_tampered_with_is_believed_no_further(place: int, byte: bytes, how: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        append_consents(folder, KEY, rows(4))
        lines = (folder / CONSENTS).read_bytes().splitlines(keepends=True)
        if how == "change":
            data = bytearray(b"".join(lines))
            place %= len(data)
            if data[place : place + 1] in (byte, b"\n") or byte == b"\n":
                return
            data[place : place + 1] = byte
            (folder / CONSENTS).write_bytes(data)
        elif how == "drop":
            del lines[place % 3]
            (folder / CONSENTS).write_bytes(b"".join(lines))
        else:
            at = place % 3
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
            (folder / CONSENTS).write_bytes(b"".join(lines))
        assert read_consents(folder, KEY, ConsentFeed()).fault
        write_consents(folder, KEY, rows(2))
        assert len(read_consents(folder, KEY, ConsentFeed()).rows) == 2


def test_another_key_and_a_torn_line(tmp_path: Path) -> None:
    assert read_consents(tmp_path, KEY, ConsentFeed()).rows == {}
    append_consents(tmp_path, KEY, rows(1))
    assert read_consents(tmp_path, feed_key(b"x" * 32), ConsentFeed()).fault
    with (tmp_path / CONSENTS).open("ab") as file:
        file.write(b"half a li")
    assert set(read_consents(tmp_path, KEY, ConsentFeed()).rows) == {"c0"}
    append_consents(tmp_path, KEY, [replace(ROW, uid="after")])
    feed = read_consents(tmp_path, KEY, ConsentFeed())
    assert (set(feed.rows), feed.fault) == ({"c0", "after"}, "")
    (tmp_path / CONSENTS).unlink()
    gone = read_consents(tmp_path, KEY, feed)
    assert (gone.rows, bool(gone.fault)) == ({}, True)
    assert read_consents(tmp_path, KEY, gone).fault
    append_consents(tmp_path, KEY, rows(1))
    assert read_consents(tmp_path, KEY, gone).fault == ""


def test_writers_take_turns(tmp_path: Path) -> None:
    def write(who: int) -> None:
        for number in range(10):
            append_consents(tmp_path, KEY, [replace(ROW, uid=f"{who}-{number}")])

    writers = [Thread(target=write, args=(who,)) for who in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    feed = read_consents(tmp_path, KEY, ConsentFeed())
    assert (len(feed.rows), feed.fault) == (40, "")


@given(st.integers(1, 8), st.none() | st.integers(1, 3), st.lists(st.integers(0, 3 * DAY_MS), max_size=25).map(sorted))
@quick
def test_uses_are_never_more_than_granted(most: int, per_day: int | None, moments: list[int]) -> None:
    with TemporaryDirectory() as name:
        consent = replace(ROW, most_uses=most, per_day=per_day)
        # Two processes of one host.
        processes = [Consents(Path(name)), Consents(Path(name))]
        answered: dict[int, int] = {}
        for turn, at in enumerate(moments):
            try:
                processes[turn % 2].count(consent, now_ms=at)
            except ConsentUsedUp:
                assert sum(answered.values()) == most
            except ConsentTooOften:
                assert answered[(at + 8 * 3_600_000) // DAY_MS] == per_day
            else:
                day = (at + 8 * 3_600_000) // DAY_MS
                answered[day] = answered.get(day, 0) + 1
        assert sum(answered.values()) <= most
        assert all(count <= (per_day or most) for count in answered.values())


@given(st.integers(1, 3), st.lists(st.integers(0, 2 * DAY_MS), max_size=25))
@quick
def test_a_day_never_comes_back(per_day: int, moments: list[int]) -> None:
    """Calls that began before midnight, and hosts whose clocks are behind, give no day more uses than granted."""
    with TemporaryDirectory() as name:
        consent, consents = replace(ROW, per_day=per_day), Consents(Path(name))
        answered: dict[int, int] = {}
        for at in moments:
            try:
                consents.count(consent, now_ms=at)
            except ConsentTooOften:
                continue
            day = (at + 8 * 3_600_000) // DAY_MS
            answered[day] = answered.get(day, 0) + 1
        assert all(count <= per_day for count in answered.values())


def test_what_a_host_knows_holds_where_the_shared_counts_were_lost(tmp_path: Path) -> None:
    consent, consents = replace(ROW, most_uses=3), Consents(tmp_path)
    consents.keep(consent, Uses(2, 0, 2))
    consents.keep(consent, Uses(1, 0, 1))
    assert uses_after(consents.known(consent), Uses(), now_ms=0).total == 3
    consents.keep(consent, Uses(3, 0, 3))
    with pytest.raises(ConsentUsedUp):
        uses_after(consents.known(consent), Uses(), now_ms=0)


def test_receipts_give_the_least_there_were() -> None:
    consent = replace(ROW, most_uses=3, used=2)
    assert uses_after(consent, Uses(), now_ms=0) == Uses(3, 0, 1)
    with pytest.raises(ConsentUsedUp):
        uses_after(consent, Uses(3, 0, 0), now_ms=0)


def test_a_journal_of_before_is_read(tmp_path: Path) -> None:
    """Receipts without the column of consents are those of calls without one."""
    texts = ["p", "", "id", "name", "s", "", "", "", ""]
    values = ["r1", 1, "rid", "sid", 1, "g", "ok", 200, 1, 5, "h", "h", 1, *texts, 1]
    line = json.dumps(values).encode()
    (tmp_path / "journal-1.log").write_bytes(b"%08x %b\n" % (zlib.crc32(line), line))
    assert read_line(b"%08x %b" % (zlib.crc32(line), line)) == values
    ((_file, _at, receipt),) = read_after(tmp_path, {})
    assert (receipt.consent_uid, receipt.items, type(receipt)) == ("", 1, Receipt)
