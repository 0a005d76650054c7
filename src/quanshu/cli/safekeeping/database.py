"""The control plane's database: copied as it was at one moment while the node runs, and put back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from quanshu.cli.safekeeping.types import BackupFailed, RestoreFailed, ToolMissing
from quanshu.kernel.clock import now
from quanshu.lake.serving_place import SCHEMA

Rows = Callable[[str], list[tuple[Any, ...]]]
SQLITE_NAME, POSTGRESQL_NAME = "database/quanshu.sqlite3", "database/quanshu.dump"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy: its kind (sqlite, postgresql), path in the backup, file, moment, and a reader of that moment's rows."""

    kind: str
    name: str
    file: Path
    at: datetime
    rows: Rows


def kind() -> str:
    """The database this node is set to."""
    from django.db import connection

    return str(connection.vendor)


def own_rows(sql: str) -> list[tuple[Any, ...]]:
    """Rows of the node's own database."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


@contextmanager
def copied(scratch: Path) -> Iterator[Copy]:
    """The database copied into a scratch folder; the copy's moment stays readable within the context.

    Raises `backup.tool_missing`, `backup.failed`.
    """
    with copied_sqlite(scratch) if kind() == "sqlite" else copied_postgresql(scratch) as copy:
        yield copy


@contextmanager
def copied_sqlite(scratch: Path) -> Iterator[Copy]:
    """By SQLite's online backup, within one read transaction."""
    from django.conf import settings

    path, file = Path(settings.DATABASES["default"]["NAME"]), scratch / "quanshu.sqlite3"
    if not path.exists():
        raise BackupFailed(fault=f"there is no database at {path}.")
    at = copy_sqlite(path, file)
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        yield Copy("sqlite", SQLITE_NAME, file, at, lambda sql: copy.execute(sql).fetchall())


def copy_sqlite(path: Path, file: Path) -> datetime:
    """Copy a database that others may be writing to, as it was at the moment answered.

    The copy is one file without a log beside it. Raises `backup.failed`.
    """
    source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30, isolation_level=None)
    with closing(source), closing(sqlite3.connect(file)) as target:
        try:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            at = now()
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as fault:
            raise BackupFailed(fault=f"{path.name} cannot be copied: {fault}") from fault
    return at


@contextmanager
def copied_postgresql(scratch: Path) -> Iterator[Copy]:
    """By pg_dump, at an exported snapshot that is also counted in."""
    import psycopg
    from django.db import connection

    tool, file = find_tool("pg_dump"), scratch / "quanshu.dump"
    parameters = connection.get_connection_params()
    wanted = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if parameters.get(key)}
    with psycopg.connect(**wanted, autocommit=True) as own:
        own.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = own.execute("SELECT pg_export_snapshot()").fetchone()
        at = now()
        command = [tool, "--format=custom", f"--snapshot={snapshot[0] if snapshot else ''}", f"--file={file}", *PLAIN]
        # Serving tables are made anew after a restore.
        command.append(f"--exclude-schema={SCHEMA}")
        done = run_tool(command)
        if done.returncode:
            raise BackupFailed(fault=f"pg_dump: {last_line(done.stderr)}")

        def rows(sql: str) -> list[tuple[Any, ...]]:
            return own.execute(sql.encode()).fetchall()

        yield Copy("postgresql", POSTGRESQL_NAME, file, at, rows)


PLAIN = ("--no-owner", "--no-privileges", "--no-password")


def put_back(file: Path) -> None:
    """Make the node's empty database what the copy is. Raises `backup.tool_missing`, `restore.failed`."""
    from django.conf import settings

    if kind() == "sqlite":
        target = Path(settings.DATABASES["default"]["NAME"])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        with closing(sqlite3.connect(target)) as opened:
            opened.execute("PRAGMA journal_mode = WAL")
        return
    command = [find_tool("pg_restore"), "--single-transaction", "--exit-on-error", *PLAIN]
    done = run_tool([*command, f"--dbname={settings.DATABASES['default']['NAME']}", str(file)])
    if done.returncode:
        raise RestoreFailed(fault=f"pg_restore: {last_line(done.stderr)}")


def find_tool(name: str) -> str:
    """The newest of PostgreSQL's client programs: an older one refuses a newer server."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0,
    )
    found = next((str(folder / name) for folder in reversed(folders) if (folder / name).exists()), shutil.which(name))
    if not found:
        raise ToolMissing(tool=name)
    return found


def run_tool(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a client program; it gets the address and the password by its environment, not on its line."""
    from django.conf import settings

    database: dict[str, Any] = dict(settings.DATABASES["default"])
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    given = {name: str(database[key]) for name, key in names.items() if database.get(key)}
    return subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, check=False)  # noqa: S603


def last_line(text: str) -> str:
    """The last line of a program's complaint."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


def table_names(rows: Rows, vendor: str) -> list[str]:
    """Tables of a database, sorted."""
    if vendor == "sqlite":
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    else:
        sql = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    return sorted(name for (name,) in rows(sql))


def table_counts(rows: Rows, vendor: str) -> dict[str, int]:
    """Rows of every table."""
    return {name: int(rows(f'SELECT count(*) FROM "{name}"')[0][0]) for name in table_names(rows, vendor)}  # noqa: S608


def audit_head(rows: Rows) -> dict[str, Any]:
    """Size and root of the newest tree head, and how many entries there are."""
    head = rows("SELECT size, root FROM audit_treehead ORDER BY size DESC LIMIT 1")
    entries = int(rows("SELECT count(*) FROM audit_auditentry")[0][0])
    return {"size": int(head[0][0]) if head else 0, "root": bytes(head[0][1]).hex() if head else "", "entries": entries}


def applied_migrations(rows: Rows) -> tuple[str, ...]:
    """Migrations a database has, `app.name` each."""
    return tuple(sorted(f"{app}.{name}" for app, name in rows("SELECT app, name FROM django_migrations")))
