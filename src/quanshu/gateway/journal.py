"""Receipts on disk before the answer leaves: an SQLite journal of the gateway's own, committed in groups.

Each gateway process writes its own file; a worker of the control plane reads all of them after a cursor
per file and carries every receipt into the audit trail exactly once.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from quanshu.kernel.errors import Unavailable
from quanshu.kernel.ids import new_uid

MOST_IN_GROUP = 256


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is kept of a call: names of parameters and fields, never their values. `at_ms` is epoch milliseconds.

    `row_marks` are the marks of the rows answered with, joined by commas, at most 200 of a single call; `items` is
    how many calls it counts as, more than one for a batch.
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
    items: int = 1


COLUMNS = tuple(part.name for part in fields(Receipt))
TYPES = {"at_ms", "service_version", "status", "rows", "duration_us", "snapshot_version", "items"}
# What a receipt of before a column was there is read as.
BEFORE = {"row_marks": "''", "items": "1"}
CREATE = (
    "CREATE TABLE IF NOT EXISTS receipt (number INTEGER PRIMARY KEY AUTOINCREMENT, "
    + ", ".join(f"{name} {'INTEGER' if name in TYPES else 'TEXT'} NOT NULL" for name in COLUMNS)
    + ", UNIQUE (receipt_id))"
)
INSERT = f"INSERT INTO receipt ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - fixed names


class JournalFailed(Unavailable):
    code = "gateway.journal_failed"


def connect(path: Path) -> sqlite3.Connection:
    """A journal file opened for writing, each commit synced to disk."""
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(CREATE)
    for name in missing_columns(connection):
        # A journal of an earlier version goes on as it is, with more columns.
        kind = "INTEGER" if name in TYPES else "TEXT"
        connection.execute(f"ALTER TABLE receipt ADD COLUMN {name} {kind} NOT NULL DEFAULT {BEFORE[name]}")
    connection.execute("CREATE INDEX IF NOT EXISTS receipt_at ON receipt (at_ms)")
    return connection


def missing_columns(connection: sqlite3.Connection) -> set[str]:
    """Columns of a receipt that an older journal file has not; none of a file without receipts yet."""
    present = {row[1] for row in connection.execute("PRAGMA table_info(receipt)")}
    return set(COLUMNS) - present if present else set()


class Journal:
    """Writes receipts from a thread of its own, for one event loop; many that arrive together share one sync."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.path, self._lock = take_file(directory)
        self._queue: queue.SimpleQueue[tuple[Receipt, asyncio.Future[None], asyncio.AbstractEventLoop] | None]
        self._queue = queue.SimpleQueue()
        self._connection = connect(self.path)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    async def write(self, receipt: Receipt) -> None:
        """Return when the receipt is durable. Raises JournalFailed when it cannot be kept."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._queue.put((receipt, done, loop))
        await done

    def recent_signs(self, since_ms: int) -> list[str]:
        """Signatures accepted since a time, from every journal in the folder: the replay cache after a restart."""
        signs: list[str] = []
        for path in self.directory.glob("journal-*.sqlite"):
            opened = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
            with contextlib.closing(opened) as connection, contextlib.suppress(sqlite3.OperationalError):
                rows = connection.execute("SELECT sign FROM receipt WHERE at_ms >= ?", (since_ms,)).fetchall()
                signs.extend(sign for (sign,) in rows if sign)
        return signs

    def used_since(self, since_ms: int) -> dict[str, int]:
        """Answered calls of each grant since a time, from every journal: the day's volume after a restart."""
        used: dict[str, int] = {}
        for path in self.directory.glob("journal-*.sqlite"):
            opened = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
            with contextlib.closing(opened) as connection, contextlib.suppress(sqlite3.OperationalError):
                calls = "count(*)" if "items" in missing_columns(connection) else "sum(items)"
                where = "WHERE at_ms >= ? AND outcome = 'ok' GROUP BY grant_uid"
                sql = f"SELECT grant_uid, {calls} FROM receipt {where}"  # noqa: S608 - fixed words
                for grant_uid, count in connection.execute(sql, (since_ms,)):
                    used[grant_uid] = used.get(grant_uid, 0) + count
        return used

    def close(self) -> None:
        """Write what waits, then close."""
        self._queue.put(None)
        self._thread.join(timeout=10)
        self._connection.close()
        os.close(self._lock)

    def _run(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            group, last = [first], False
            while len(group) < MOST_IN_GROUP:
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    last = True
                    break
                group.append(item)
            fault = self._commit([receipt for receipt, _done, _loop in group])
            loop = group[0][2]
            with contextlib.suppress(RuntimeError):
                # One wake-up for the whole group: waking the loop costs more than the row.
                loop.call_soon_threadsafe(settle, [done for _receipt, done, _loop in group], fault)
            if last:
                return

    def _commit(self, receipts: list[Receipt]) -> Exception | None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(INSERT, [astuple(receipt) for receipt in receipts])
            self._connection.execute("COMMIT")
        except (sqlite3.Error, ValueError, OverflowError) as fault:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            return fault
        return None


def settle(group: list[asyncio.Future[None]], fault: Exception | None) -> None:
    """Tell waiting calls how their receipts fared."""
    for done in group:
        if done.done():
            continue
        if fault is None:
            done.set_result(None)
        else:
            done.set_exception(JournalFailed(fault=str(fault)))


def take_file(directory: Path) -> tuple[Path, int]:
    """A journal file no living process writes, or a new one, with the lock that holds it."""
    names = sorted(directory.glob("journal-*.sqlite")) or []
    for path in [*names, directory / f"journal-{new_uid()}.sqlite"]:
        handle = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        return path, handle
    raise JournalFailed(fault="every journal is in use")


def read_after(directory: Path, cursors: Mapping[str, int], limit: int = 1000) -> list[tuple[str, int, Receipt]]:
    """Receipts after each file's cursor: (file name, number, receipt), oldest first in each file."""
    found: list[tuple[str, int, Receipt]] = []
    for path in sorted(directory.glob("journal-*.sqlite")):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
            try:
                missing = missing_columns(connection)
                names = (BEFORE[name] if name in missing else name for name in COLUMNS)
                rows = connection.execute(
                    f"SELECT number, {', '.join(names)} FROM receipt WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608
                    (cursors.get(path.name, 0), limit),
                ).fetchall()
            except sqlite3.OperationalError:
                continue
        found.extend((path.name, number, Receipt(*values)) for number, *values in rows)
    return found
