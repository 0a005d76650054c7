"""Pushing a view into a receiver's PostgreSQL: each version takes effect there exactly once.

The table `quanshu_delivery` beside the target says which version of which view the target shows. It is written in the
transaction that writes the rows, under a lock, so that a push that is killed, or run twice, changes nothing twice.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from quanshu.lake.delivering.files import Told, csv_bytes
from quanshu.lake.delivering.rows import CHANGE, Counts, Span, can_follow, counts_of, delivered, reader_of
from quanshu.lake.delivering.texts import postgresql_type, sent_sql
from quanshu.lake.delivering.types import TargetDiffers, TargetFailed, TargetNotAllowed, TargetTaken
from quanshu.lake.landing.network import HostNotAllowed, PrivateAddress, Reach, check_host
from quanshu.lake.tables import Lake

BOOK = "quanshu_delivery"
_SECONDS = 15
# Classes of faults whose text names no value: sign-in, no such database, rights and names, resources.
_TOLD = frozenset({"28", "3D", "42", "53"})
_NOTES = ("table_name", "source_view", "version", "batch", "mode", "inserted", "updated", "deleted", "bytes", "digest")
_MAKE_BOOK = """CREATE TABLE IF NOT EXISTS {book} (
    delivery text PRIMARY KEY, table_name text NOT NULL UNIQUE, source_view text, version bigint, batch text, mode text,
    inserted bigint, updated bigint, deleted bigint, bytes bigint, digest text,
    delivered_at timestamp with time zone)"""


@dataclass(frozen=True, slots=True)
class Target:
    """A table in a PostgreSQL database, and the account that writes it. `sslmode` is libpq's."""

    host: str
    port: int
    database: str
    username: str
    password: str
    table: str
    schema: str = "public"
    sslmode: str = "prefer"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did. `mode` is `whole`, `changes` or `none`; bytes and digest are those of the rows as sent."""

    mode: str
    version: int
    counts: Counts
    bytes: int
    digest: str


def push(
    lake: Lake,
    span: Span,
    target: Target,
    reach: Reach,
    *,
    delivery: str,
    batch: str,
    whole: bool,
    admit: Callable[[Counts], None],
    still: Callable[[], None],
    told: Told,
) -> Pushed:
    """Bring the target to the span's version: by what has changed since the version it shows, else whole.

    `admit` is asked once with the rows that are to go out, `still` before the commit; both refuse by raising.
    Safe to run again with the same batch, and by two at once. Raises `lake.target_*`, and what they raise.
    """
    with connected(target, reach) as connection:
        _see_to_book(connection, target, delivery)
        with connection.transaction():
            note = _held(connection, target, delivery)
            schema = lake.schema(span.table, span.version)
            ours = note["version"] is not None and note["table_name"] == target.table
            made = _see_to_table(connection, target, schema, span.keys, ours=ours)
            if ours and not made and note["batch"] == batch:
                return _told_before(note)
            mode, span = _way(lake, span, note, whole=whole or made or not ours)
            with delivered(lake, span) as rows:
                counts = counts_of(rows, span)
                admit(counts)
                sent = _staged(connection, rows, schema, span, told)
            _merge(connection, target, schema, span)
            still()
            done = Pushed(mode, span.version, counts, *sent)
            _noted(connection, target, delivery, span, batch, done)
    return done


def try_target(target: Target, reach: Reach, schema: pa.Schema | None) -> str:
    """Sign in and see whether the account may write; the server's version. Raises `lake.target_*`."""
    with connected(target, reach) as connection:
        row = connection.execute(
            "SELECT has_schema_privilege(%s, 'CREATE'), current_setting('server_version')", [target.schema]
        ).fetchone()
        if not row or not row[0]:
            raise TargetFailed(database=target.database, fault=f"may not create tables in {target.schema}")
        if schema is not None and _columns(connection, target):
            _check_columns(connection, target, schema)
        return str(row[1])


@contextmanager
def connected(target: Target, reach: Reach) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the address that was checked; faults carry neither account nor values."""
    try:
        address = check_host(target.host, target.port, reach)
    except (HostNotAllowed, PrivateAddress) as fault:
        raise TargetNotAllowed(host=f"{target.host}:{target.port}") from fault
    try:
        connection = psycopg.connect(
            host=target.host,
            hostaddr=address,
            port=target.port,
            dbname=target.database,
            user=target.username,
            password=target.password,
            sslmode=target.sslmode,
            # No credential of this node's own account is offered to a receiver's server.
            passfile=os.devnull,
            gssencmode="disable",
            connect_timeout=_SECONDS,
            application_name="quanshu delivery",
            options="-c datestyle=ISO -c timezone=UTC -c lock_timeout=60s",
            autocommit=True,
        )
    except psycopg.Error as fault:
        told = (str(fault).strip().splitlines() or [type(fault).__name__])[0]
        secret = target.password
        told = told.replace(secret, "***") if secret else told
        raise TargetFailed(database=target.database, fault=told[:200]) from None
    try:
        with connection:
            yield connection
    except psycopg.Error as fault:
        raise TargetFailed(database=target.database, fault=_fault_of(fault)) from None


def _fault_of(fault: psycopg.Error) -> str:
    """What went wrong, by its class: the server's own text may hold values of a row."""
    told = (fault.diag.message_primary or "") if str(fault.sqlstate or "")[:2] in _TOLD else ""
    return (told or f"{type(fault).__name__} {fault.sqlstate or ''}").strip()[:200]


def named(target: Target, table: str = "") -> sql.Identifier:
    """A table of the target's schema."""
    return sql.Identifier(target.schema, table or target.table)


def _see_to_book(connection: psycopg.Connection[Any], target: Target, delivery: str) -> None:
    """The bookkeeping table, with a row of this delivery. Raises TargetTaken when the target is another's."""
    book = named(target, BOOK)
    with connection.transaction():
        # Two that create one table at once would disturb each other.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('quanshu_delivery'))")
        connection.execute(sql.SQL(_MAKE_BOOK).format(book=book))
        others = sql.SQL("SELECT 1 FROM {} WHERE table_name = %s AND delivery <> %s").format(book)
        if connection.execute(others, [target.table, delivery]).fetchone():
            raise TargetTaken(table=target.table)
        row = sql.SQL("INSERT INTO {} (delivery, table_name) VALUES (%s, %s) ON CONFLICT (delivery) DO NOTHING")
        connection.execute(row.format(book), [delivery, target.table])


def _held(connection: psycopg.Connection[Any], target: Target, delivery: str) -> dict[str, Any]:
    """What the target shows, held against every other push of this delivery until the transaction ends."""
    columns = sql.SQL(", ").join(map(sql.Identifier, _NOTES))
    text = sql.SQL("SELECT {} FROM {} WHERE delivery = %s FOR UPDATE").format(columns, named(target, BOOK))
    row = connection.execute(text, [delivery]).fetchone()
    return dict(zip(_NOTES, row or (), strict=True))


def _told_before(note: dict[str, Any]) -> Pushed:
    inserted, updated, deleted = (int(note[name]) for name in ("inserted", "updated", "deleted"))
    counts = Counts(inserted + updated + deleted, inserted, updated, deleted)
    return Pushed(note["mode"], int(note["version"]), counts, int(note["bytes"]), note["digest"])


def _way(lake: Lake, span: Span, note: dict[str, Any], *, whole: bool) -> tuple[str, Span]:
    """By changes where the target shows an earlier version of the same view that can be compared with."""
    shown = note["version"]
    if whole or shown is None or note["source_view"] != span.table or not span.keys or shown > span.version:
        return "whole", replace(span, since=None)
    changes = replace(span, since=int(shown))
    if not can_follow(lake, changes):
        return "whole", replace(span, since=None)
    return ("none" if shown == span.version else "changes"), changes


def _columns(connection: psycopg.Connection[Any], target: Target) -> dict[str, str]:
    """The columns of the target as it is; empty when there is none."""
    return dict(
        connection.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass(%s) "
            "AND attnum > 0 AND NOT attisdropped",
            [named(target).as_string(connection)],
        ).fetchall()
    )


def _check_columns(connection: psycopg.Connection[Any], target: Target, schema: pa.Schema) -> None:
    there = _columns(connection, target)
    wanted = {field.name: postgresql_type(field.type) for field in schema}
    wrong = {name: kind for name, kind in wanted.items() if there.get(name) != kind}
    faults = [f"{name} is {there.get(name, 'missing')}, not {kind}" for name, kind in wrong.items()]
    faults += [f"{name} is not of the view" for name in there if name not in wanted]
    if faults:
        raise TargetDiffers(table=target.table, difference="; ".join(faults[:5]))


def _see_to_table(
    connection: psycopg.Connection[Any], target: Target, schema: pa.Schema, keys: Sequence[str], *, ours: bool
) -> bool:
    """Create the target, or hold what is there against the view; whether it was created."""
    if not _columns(connection, target):
        parts = [
            sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(postgresql_type(field.type)))
            for field in schema
        ]
        if keys:
            parts.append(sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(map(sql.Identifier, keys))))
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(named(target), sql.SQL(", ").join(parts)))
        return True
    _check_columns(connection, target, schema)
    if not ours and connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(named(target))).fetchone():
        raise TargetTaken(table=target.table)
    return False


def _staged(
    connection: psycopg.Connection[Any], rows: Any, schema: pa.Schema, span: Span, told: Told
) -> tuple[int, str]:
    """Send the rows into a staging table of this session; (bytes, SHA-256)."""
    columns = [(field.name, postgresql_type(field.type)) for field in schema]
    sent = [sent_sql(field) for field in schema]
    if span.since is not None:
        columns.append((CHANGE, "text"))
        sent.append(CHANGE)
    parts = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns)
    connection.execute(sql.SQL("CREATE TEMP TABLE quanshu_staged ({}) ON COMMIT DROP").format(parts))
    digest, size, count = hashlib.sha256(), 0, 0
    with connection.cursor().copy("COPY pg_temp.quanshu_staged FROM STDIN (FORMAT csv)") as copy:
        for batch in reader_of(rows, sent):
            content = csv_bytes(batch)
            copy.write(content)
            digest.update(content)
            size, count = size + len(content), count + batch.num_rows
            told(count)
    return size, digest.hexdigest()


def _merge(connection: psycopg.Connection[Any], target: Target, schema: pa.Schema, span: Span) -> None:
    """Staged rows take the place of those in the target. Readers see the rows before until the commit."""
    table = named(target)
    if span.since is None:
        connection.execute(sql.SQL("DELETE FROM {}").format(table))
    else:
        on = sql.SQL(" AND ").join(sql.SQL("t.{0} = s.{0}").format(sql.Identifier(key)) for key in span.keys)
        connection.execute(sql.SQL("DELETE FROM {} t USING pg_temp.quanshu_staged s WHERE {}").format(table, on))
    names = sql.SQL(", ").join(sql.Identifier(field.name) for field in schema)
    where = sql.SQL("" if span.since is None else f" WHERE {CHANGE} <> 'delete'")
    connection.execute(
        sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM pg_temp.quanshu_staged{2}").format(table, names, where)
    )


def _noted(
    connection: psycopg.Connection[Any], target: Target, delivery: str, span: Span, batch: str, done: Pushed
) -> None:
    counts = done.counts
    values = (
        target.table, span.table, span.version, batch, done.mode, counts.inserted, counts.updated, counts.deleted,
        done.bytes, done.digest,
    )  # fmt: skip
    sets = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in _NOTES)
    connection.execute(
        sql.SQL("UPDATE {} SET {}, delivered_at = now() WHERE delivery = %s").format(named(target, BOOK), sets),
        [*values, delivery],
    )
