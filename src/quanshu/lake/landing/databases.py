"""SQL databases as sources: one table or one SELECT, read only, streamed; errors carry no credentials."""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote as url_quote

import sqlalchemy as sa
import sqlglot
from sqlalchemy.engine import URL, Connection, CursorResult, Engine, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlglot import exp
from sqlglot.errors import SqlglotError

from quanshu.lake.landing.types import (
    DatabaseFailed,
    Refusal,
    TextRow,
    TextRows,
    UnsafeQuery,
    UnsupportedDatabase,
    check_header,
)

_CHUNK_ROWS = 5_000
_CONNECT_SECONDS = 15
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres", "mysql": "mysql"}
# Further options of an address could point the driver at files of this machine.
_OPTIONS = frozenset({"application_name", "charset", "client_encoding", "connect_timeout", "sslmode"})
# Statements and clauses that write, lock or leave the database's query language.
_NOT_READING = (exp.Into, exp.Lock, exp.Insert, exp.Update, exp.Delete, exp.Create, exp.Drop, exp.Command)


def read_sql(
    url: str, *, table: str | None = None, query: str | None = None, since: tuple[str, object] | None = None
) -> TextRows:
    """Read one table (`name` or `schema.name`) or the answer of one SELECT.

    With `since` (column, value) only the rows from that value on. The transaction is read-only.
    Raises `lake.unsupported_database`, `lake.unsafe_query`,
    `lake.database_failed`.
    """
    address = _address(url)
    kind = address.get_backend_name()
    if (table is None) == (query is None):
        raise UnsafeQuery
    statement: sa.Executable
    if since is not None:
        statement = _since(_checked(query, kind) if query is not None else None, table or "", *since, kind)
    else:
        statement = sa.text(_checked(query, kind)) if query is not None else _whole(table or "")
    rows = _answer(address, statement)
    columns = check_header(_shown(address), [name or "" for name in next(rows)])
    return TextRows(columns, _numbered(rows))


def database_file(url: str) -> Path | None:
    """The file an SQLite address reads, None for a server; raises `lake.unsupported_database`."""
    address = _address(url)
    return Path(address.database or "").absolute() if address.get_backend_name() == "sqlite" else None


def _address(url: str) -> URL:
    try:
        address = make_url(url)
        driver = _DRIVERS[address.get_backend_name()]
    except (SQLAlchemyError, ValueError, KeyError):
        # The address itself may hold a password, so the cause is not chained.
        raise UnsupportedDatabase from None
    if not _OPTIONS.issuperset(address.query):
        raise UnsupportedDatabase
    return address.set(drivername=driver)


def _checked(query: str, kind: str) -> str:
    """Return the query if it is one reading statement."""
    try:
        statements = sqlglot.parse(query, read=_DIALECTS[kind])
    except SqlglotError:
        raise UnsafeQuery from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise UnsafeQuery
    if statements[0].find(*_NOT_READING):
        raise UnsafeQuery
    # A colon would be taken for a bound parameter.
    return query.strip().rstrip(";").replace(":", r"\:")


def _whole(table: str) -> sa.Select[tuple[object, ...]]:
    schema, _, name = table.rpartition(".")
    return sa.select(sa.text("*")).select_from(sa.table(name, schema=schema or None))


def _since(query: str | None, table: str, column: str, value: object, kind: str) -> sa.Select[tuple[object, ...]]:
    """The rows of a table or query from a value of a column on."""
    base = _whole(table) if query is None else sa.select(sa.text("*")).select_from(sa.text(f"({query}) AS taken"))
    # SQLite keeps dates and times as text.
    bound = str(value) if kind == "sqlite" and isinstance(value, date) else value
    condition: sa.ColumnElement[bool] = sa.column(column) >= sa.bindparam("since", bound)
    return base.where(condition)


def _engine(address: URL) -> Engine:
    if address.get_backend_name() == "sqlite":
        path = url_quote(str(Path(address.database or "").absolute()))
        return sa.create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False),
            poolclass=sa.NullPool,
        )
    options = {"connect_timeout": _CONNECT_SECONDS}
    return sa.create_engine(address, poolclass=sa.NullPool, connect_args=options, hide_parameters=True)


def _execute(connection: Connection, address: URL, statement: sa.Executable) -> CursorResult[tuple[object, ...]]:
    kind = address.get_backend_name()
    if kind == "mysql":
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        connection.commit()
    streaming = connection.execution_options(stream_results=True, yield_per=_CHUNK_ROWS)
    if kind == "postgresql":
        streaming = streaming.execution_options(postgresql_readonly=True)
    return streaming.execute(statement)


def _answer(address: URL, statement: sa.Executable) -> Iterator[list[str | None]]:
    """Column names first, then the rows; the connection closes with the generator."""
    try:
        engine = _engine(address)
        with engine.connect() as connection:
            result = _execute(connection, address, statement)
            yield list(result.keys())
            for row in result:
                yield [value_text(value) for value in row]
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        _fail(address, error)


def _numbered(rows: Iterator[list[str | None]]) -> Iterator[TextRow | Refusal]:
    yield from enumerate(rows, start=1)


def _fail(address: URL, error: Exception) -> NoReturn:
    """Raise a failure that says what the database said, without account, password or address."""
    cause = getattr(error, "orig", None) or error
    text = (str(cause).strip() or type(cause).__name__).splitlines()[0]
    for secret in _secrets(address):
        text = text.replace(secret, "***")
    raise DatabaseFailed(database=_shown(address), fault=text[:300]) from None


def _secrets(address: URL) -> list[str]:
    values = [address.password, address.username, *_query_values(address.query)]
    plain = [str(value) for value in values if value]
    return sorted({*plain, *(url_quote(value, safe="") for value in plain)}, key=len, reverse=True)


def _query_values(query: Mapping[str, tuple[str, ...] | str]) -> list[str]:
    return [part for value in query.values() for part in ([value] if isinstance(value, str) else value)]


def _shown(address: URL) -> str:
    """The database's name for messages: no host, no account."""
    return Path(address.database or "").name or address.get_backend_name()


def value_text(value: object) -> str | None:
    """The text of a database value."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    return str(value)
