"""Receipts on disk before the answer leaves: an append-only file of the process's own, synced once a group.

A line is a CRC-32, a blank and the receipt as a JSON array. The file is filled with NULs ahead of the lines, so that a
sync writes these alone and no new length, which is quicker and waits for no other file. Calls that finish in the same
turns of the event loop share one write and one sync (fdatasync): the group is closed by a turn that adds none to it.
Both are done in the loop's own thread: on a disk that syncs within a millisecond this is quicker than the way to a
thread and back, and nobody could be answered meanwhile anyhow. A file is written by one process, which holds its lock,
and never again after it; a worker of the control plane reads all of them after a cursor per file, the offset in bytes,
and carries every receipt into the audit trail exactly once. What has been carried whole can be removed
(`remove_carried`).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import orjson

from quanshu.gateway import journal_before
from quanshu.kernel.errors import Unavailable
from quanshu.kernel.ids import new_uid

# A file that has grown to this is left, and the next begun.
MOST_BYTES = 256 << 20
AHEAD = 4 << 20
CHUNK = 256 << 10
MOST_TURNS = 8


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is kept of a call: names of parameters and fields, never their values. `at_ms` is epoch milliseconds.

    `row_marks` are the marks of the rows answered with, joined by commas, at most 200. `kid` is the caller's key and
    `scheme` the profile the call was signed by. `consent_uid` is the consent it was made under.
    """

    receipt_id: str
    at_ms: int
    rid: str
    sid: str
    service_version: int
    grant_uid: str
    outcome: str
    status: int
    rows: int
    duration_us: int
    request_hash: str
    response_hash: str
    snapshot_version: int
    purpose: str
    case_number: str
    parameters: str
    fields: str
    sign: str
    row_marks: str = ""
    kid: str = ""
    scheme: str = ""
    trace_id: str = ""
    items: int = 1
    consent_uid: str = ""


COLUMNS = tuple(part.name for part in fields(Receipt))


class JournalFailed(Unavailable):
    code = "gateway.journal_failed"


class Journal:
    """Writes the receipts of one event loop."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._open()
        self._lines: list[bytes] = []
        self._waiting: list[asyncio.Future[None]] = []

    def _open(self) -> None:
        self.path = self.directory / f"journal-{new_uid()}.log"
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        # Held while the file is written: whoever clears carried journals leaves it alone.
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._good = self._end = 0
        folder = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    async def write(self, receipt: Receipt) -> None:
        """Return when the receipt is durable. Raises JournalFailed when it cannot be kept."""
        await self.keep(astuple(receipt))

    def keep(self, values: Sequence[Any]) -> asyncio.Future[None]:
        """A receipt's values in their order; the future ends when they are durable. Raises JournalFailed."""
        try:
            line = orjson.dumps(values)
        except TypeError as fault:
            raise JournalFailed(fault=str(fault)) from fault
        loop = asyncio.get_running_loop()
        if not self._lines:
            loop.call_soon(self._turned, loop, 1)
        self._lines.append(b"%08x %b\n" % (zlib.crc32(line), line))
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append(done)
        return done

    def _turned(self, loop: asyncio.AbstractEventLoop, held: int, turns: int = 1) -> None:
        """A turn of the loop is over: a group that has grown in it waits for another, up to eight."""
        if len(self._lines) > held and turns < MOST_TURNS:
            loop.call_soon(self._turned, loop, len(self._lines), turns + 1)
        else:
            self.flush()

    def flush(self) -> None:
        """Write and sync what waits."""
        if not self._lines:
            return
        lines, waiting = self._lines, self._waiting
        self._lines, self._waiting = [], []
        fault = self._commit(b"".join(lines))
        for done in waiting:
            if done.done():
                continue
            if fault is None:
                done.set_result(None)
            else:
                done.set_exception(JournalFailed(fault=str(fault)))

    def _commit(self, data: bytes) -> OSError | None:
        try:
            if self._good + len(data) > self._end:
                self._extend(self._good + len(data) + AHEAD)
            if os.pwrite(self._file, data, self._good) != len(data):
                raise OSError("the disk took a part only")
            os.fdatasync(self._file)
            self._good += len(data)
        except OSError as fault:
            # What was refused must not be carried later. A file that cannot be cut is left as it is.
            self._end = self._good
            try:
                os.ftruncate(self._file, self._good)
            except OSError:
                self._turn()
            return fault
        if self._good >= MOST_BYTES:
            self._turn()
        return None

    def _extend(self, end: int) -> None:
        """Fill the file with NULs up to `end`."""
        if os.pwrite(self._file, bytes(end - self._end), self._end) != end - self._end:
            raise OSError("the disk took a part only")
        os.fsync(self._file)
        self._end = end

    def _turn(self) -> None:
        """Leave the file for a new one, if one can be made."""
        old, length = self._file, self._good
        with contextlib.suppress(OSError):
            self._open()
            os.ftruncate(old, length)
            os.close(old)

    def close(self) -> None:
        """Write what waits, then close; a file without a receipt is not left behind."""
        self.flush()
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, self._good)
        os.close(self._file)
        if self._good == 0:
            self.path.unlink(missing_ok=True)


def read_line(line: bytes) -> list[Any] | None:
    """A receipt's values; None of a line that is not whole."""
    if line[8:9] != b" ":
        return None
    try:
        if int(line[:8], 16) != zlib.crc32(line[9:]):
            return None
        values: list[Any] = orjson.loads(line[9:])
    except ValueError:
        return None
    return values


def lines_after(path: Path, offset: int) -> Iterator[tuple[int, list[Any]]]:
    """(offset behind it, values) of each receipt after an offset; an unfinished last line is left for later."""
    with path.open("rb") as file:
        file.seek(offset)
        if file.peek(1)[:1] in (b"", b"\0"):
            return
        rest = b""
        while chunk := file.read(CHUNK):
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            for line in lines:
                offset += len(line) + 1
                values = read_line(line)
                if values is not None:
                    yield offset, values
            if rest.startswith(b"\0"):
                return


def read_after(directory: Path, cursors: Mapping[str, int], limit: int = 1000) -> list[tuple[str, int, Receipt]]:
    """Receipts after each file's cursor: (file name, number, receipt), at most `limit` of a file, in order."""
    found: list[tuple[str, int, Receipt]] = []
    for path in sorted(directory.glob("journal-*.log")):
        cursor = cursors.get(path.name, 0)
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size <= cursor:
                continue
            for _, (offset, values) in zip(range(limit), lines_after(path, cursor), strict=False):
                found.append((path.name, offset, Receipt(*values)))
    for name, number, row in journal_before.read_after(directory, COLUMNS, cursors, limit):
        found.append((name, number, Receipt(*row)))
    return found


def remove_carried(path: Path, offset: int) -> int | None:
    """Delete a journal whose receipts end before `offset`; answer its size in bytes, None when it has to stay.

    It stays while a process writes it, and where anything but NULs stands behind the offset: a receipt not carried
    yet, or the torn line of a process that died. On return the deletion is durable.
    """
    with contextlib.ExitStack() as opened:
        try:
            file = opened.enter_context(path.open("rb"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, FileNotFoundError):
            return None
        file.seek(offset)
        while chunk := file.read(CHUNK):
            if chunk.strip(b"\0"):
                return None
        size = file.tell()
        path.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return size


@dataclass(slots=True)
class Before:
    """What happened before a start: signatures of the last minutes, and the day's (calls, rows) of each grant."""

    signs: list[str]
    used: dict[str, tuple[int, int]]


def look_back(directory: Path, *, signs_since: int, used_since: int) -> Before:
    """Read what every journal in the folder tells since two times, in epoch milliseconds."""
    before = Before([], {})
    since = min(signs_since, used_since)
    names = ("at_ms", "grant_uid", "outcome", "rows", "sign", "items")
    at, grant, outcome, rows, sign, item = map(COLUMNS.index, names)
    for path in directory.glob("journal-*.log"):
        if path.stat().st_mtime * 1000 < since:
            continue
        for _offset, values in lines_after(path, 0):
            if values[at] >= signs_since and values[sign]:
                before.signs.append(values[sign])
            if values[at] >= used_since and values[outcome] == "ok":
                calls, told = before.used.get(values[grant], (0, 0))
                # A receipt of before batches is one call.
                items = values[item] if len(values) > item else 1
                before.used[values[grant]] = calls + items, told + values[rows]
    return before
