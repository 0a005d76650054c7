"""A serving table, open for reading: an immutable SQLite file, or a table of a PostgreSQL server.

Both answer `rows(sql, bound)`. SQLite answers at once: an indexed look-up is quicker than the way to another thread
and back. PostgreSQL answers an awaitable. Values are bound as texts, as calls bring them, and compared as the
column's type has it on both engines.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import weakref
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import asyncpg  # type: ignore[import-untyped]

from quanshu.kernel.errors import Unavailable
from quanshu.lake.masking import add_functions
from quanshu.lake.serving_place import ON_SERVER, SCHEMA

MOST_STATEMENTS = 200
# Of a table in a file as much is mapped into memory; more is read.
MAPPED = 4 << 30
CONNECT_SECONDS = 5.0
QUERY_SECONDS = 5.0

Rows = list[tuple[Any, ...]]


class TableMissing(Unavailable):
    code = "gateway.table_missing"


class OpenTable(Protocol):
    """What an executor reads from. `source` is what stands behind FROM; `dialect` is what masks are written in."""

    dialect: Literal["sqlite", "postgres"]
    source: str

    def slot(self, number: int) -> str:
        """The place of the bound value `number`, counted from 1."""
        ...

    def rows(self, sql: str, bound: Sequence[str]) -> Rows | Awaitable[Rows]:
        """The rows of a query. Raises TableMissing while the table cannot be read."""
        ...


def quote(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


class FileTable:
    """A table of an SQLite file, opened read-only once a thread.

    Its connections are closed with it: each refers to itself, and left to the collector those of every snapshot since
    would stay open and mapped.
    """

    dialect: Literal["sqlite", "postgres"] = "sqlite"

    def __init__(self, path: Path, table: str, *, sid: str) -> None:
        self.path, self.sid = path, sid
        self.source = quote(table)
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        weakref.finalize(self, close_all, self._open)

    def slot(self, number: int) -> str:
        return "?"

    def rows(self, sql: str, bound: Sequence[str]) -> Rows:
        try:
            return self._connection().execute(sql, bound).fetchall()
        except sqlite3.Error as fault:
            self._let_go()
            raise TableMissing(sid=self.sid) from fault

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            if not self.path.is_file():
                raise TableMissing(sid=self.sid)
            connection = sqlite3.connect(f"file:{self.path}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            connection.execute(f"PRAGMA mmap_size={MAPPED}")
            add_functions(connection)
            self._local.connection = connection
            self._open.append(connection)
        return connection

    def _let_go(self) -> None:
        """Close the thread's connection, if it has one; the next call opens another."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            self._open.remove(connection)
            connection.close()


def close_all(connections: list[sqlite3.Connection]) -> None:
    """Close what a table had open."""
    while connections:
        connections.pop().close()


class ServerTable:
    """A table of the PostgreSQL server."""

    dialect: Literal["sqlite", "postgres"] = "postgres"

    def __init__(self, server: Server, table: str, *, sid: str) -> None:
        self.server, self.sid = server, sid
        self.source = f"{SCHEMA}.{quote(table)}"

    def slot(self, number: int) -> str:
        return f"${number}"

    async def rows(self, sql: str, bound: Sequence[str]) -> Rows:
        try:
            return await self.server.rows(sql, bound)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as fault:
            raise TableMissing(sid=self.sid) from fault


def as_integer(text: str) -> int:
    """A text as the 64-bit number it is. Raises ValueError."""
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError("it has more than 64 bits")
    return number


READERS: dict[str, Callable[[str], Any]] = {"int8": as_integer, "float8": float, "bytea": str.encode}


@dataclass(slots=True)
class Lane:
    """One connection, with the statements prepared on it and how each reads its bound texts."""

    connection: asyncpg.Connection
    statements: dict[str, tuple[Any, tuple[Callable[[str], Any], ...]]] = field(default_factory=dict)

    async def rows(self, sql: str, bound: Sequence[str]) -> Rows:
        """The rows of a query; a text that is no value of its column's type finds none."""
        known = self.statements.get(sql)
        if known is None:
            prepared = await self.connection.prepare(sql, timeout=QUERY_SECONDS)
            readers = tuple(READERS.get(kind.name, str) for kind in prepared.get_parameters())
            if len(self.statements) >= MOST_STATEMENTS:
                self.statements.clear()
            known = self.statements[sql] = prepared, readers
        prepared, readers = known
        try:
            values = [read(text) for read, text in zip(readers, bound, strict=True)]
        except ValueError:
            return []
        try:
            return [tuple(row) for row in await prepared.fetch(*values, timeout=QUERY_SECONDS)]
        except asyncpg.DataError:
            return []


class Pool:
    """Connections of one event loop; each is used by one call at a time, the last used first."""

    def __init__(self, url: str, most: int) -> None:
        self.url = url
        self._free = asyncio.Semaphore(most)
        self._idle: list[Lane] = []

    async def rows(self, sql: str, bound: Sequence[str]) -> Rows:
        """The rows of a query. A connection that failed is thrown away; one that had died while idle is replaced."""
        async with self._free:
            lane = await self._lane()
            try:
                found = await lane.rows(sql, bound)
            except BaseException:
                lane.connection.terminate()
                raise
            self._idle.append(lane)
            return found

    async def _lane(self) -> Lane:
        while self._idle:
            lane = self._idle.pop()
            if not lane.connection.is_closed():
                return lane
        return Lane(await asyncpg.connect(self.url, timeout=CONNECT_SECONDS, statement_cache_size=0))

    async def close(self) -> None:
        """Let go of the idle connections."""
        while self._idle:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._idle.pop().connection.close(timeout=CONNECT_SECONDS)


class Server:
    """The PostgreSQL server that holds serving tables, reached by connections of each event loop's own."""

    def __init__(self, url: str, *, most: int = 16) -> None:
        self.url, self.most = url, most
        self._pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pool] = weakref.WeakKeyDictionary()

    async def rows(self, sql: str, bound: Sequence[str]) -> Rows:
        """The rows of a query. Raises OSError or an error of asyncpg while the server cannot answer."""
        return await self._pool().rows(sql, bound)

    def _pool(self) -> Pool:
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            pool = self._pools[loop] = Pool(self.url, self.most)
        return pool

    async def close(self) -> None:
        """Close what the running loop has open."""
        pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await pool.close()


def open_table(table_file: str, table: str, directory: Path, server: Server | None, *, sid: str) -> OpenTable:
    """The serving table a service names: `table_file` in the folder, or `pg:` for one on the server.

    Nothing is opened before the first call; a file or server that is not there is TableMissing then.
    """
    if not table_file.startswith(ON_SERVER):
        return FileTable(directory / table_file, table, sid=sid)
    return ServerTable(server, table, sid=sid) if server is not None else FileTable(directory / "none", table, sid=sid)
