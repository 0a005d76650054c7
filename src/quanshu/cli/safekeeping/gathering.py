"""Making a backup: the database first, then what it names, then the manifest."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from quanshu import __version__
from quanshu.cli.safekeeping import database
from quanshu.cli.safekeeping.sealing import seal_keys
from quanshu.cli.safekeeping.sinks import PARTIAL, PREFIX, Sink, bytes_chunks, file_chunks, open_sink, prune
from quanshu.cli.safekeeping.types import CHUNK, MANIFEST, SEALED_KEYS, BackupFailed, Manifest, Part, encode

ATTEMPTS = 3
# What has a place of its own in a backup, or is made anew after a restore; a witness is not the node's to restore.
KNOWN = frozenset({"keys", "lake", "files", "gateway", "serving", "ledger", "witness", "restoring", "backups"})
SQLITE_HEAD = b"SQLite format 3\0"
SECRET_WORDS = ("SECRET", "KEY", "URL", "PASSWORD")
Say = Callable[[str], None]


class TableGone(Exception):
    """A lake table was removed while its files were copied."""


@dataclass
class Gathering:
    """A backup in the making."""

    sink: Sink
    scratch: Path
    parts: list[Part] = field(default_factory=list)
    linked: int = 0

    def file(self, path: str, source: Path) -> None:
        """Add a file that nobody changes."""
        with source.open("rb") as file:
            # Opened before anything is written: one that is gone leaves no trace in the backup.
            size = os.fstat(file.fileno()).st_size
            self.parts.append(self.sink.add(path, size, iter(lambda: file.read(CHUNK), b"")))

    def data(self, path: str, data: bytes) -> None:
        """Add bytes."""
        self.parts.append(self.sink.add(path, len(data), bytes_chunks(data)))

    def lasting(self, path: str, size: int, chunks: Callable[[], Iterator[bytes]]) -> None:
        """Add a file whose name stands for its content: one of an earlier backup does as well."""
        part = self.sink.reuse(path, size)
        self.linked += part is not None
        self.parts.append(part or self.sink.add(path, size, chunks()))


def back_up(target: Path, *, keep: int = 0, passphrase: str = "", now: datetime, say: Say) -> Path:
    """Back the whole node up while it runs; returns where. With `keep`, older backups in the folder are removed.

    Raises `backup.failed`, `backup.busy`, `backup.tool_missing`.
    """
    target = target.absolute()
    for attempt in range(ATTEMPTS):
        try:
            place = attempt_at(target, passphrase, now, say)
        except TableGone as gone:
            if attempt == ATTEMPTS - 1:
                raise BackupFailed(
                    fault=f"the lake table {gone} went away while it was copied, again and again."
                ) from gone
            say(f"The lake table {gone} went away meanwhile; starting over.")
        else:
            break
    for folder in prune(target, keep) if keep else ():
        say(f"removed {folder.name}")
    return place


def attempt_at(target: Path, passphrase: str, now: datetime, say: Say) -> Path:
    """One try at a whole backup."""
    from django.conf import settings

    name = f"{PREFIX}{now.strftime('%Y%m%dT%H%M%SZ')}"
    with (
        open_sink(target, name) as (sink, place),
        tempfile.TemporaryDirectory(prefix=f"{PARTIAL}work-", dir=target if target.is_dir() else target.parent) as text,
    ):
        work = Gathering(sink, Path(text))
        with database.copied(work.scratch) as copy:
            tables = database.table_counts(copy.rows, copy.kind)
            audit, migrations = database.audit_head(copy.rows), database.applied_migrations(copy.rows)
        work.file(copy.name, copy.file)
        say(f"database: {len(tables)} tables, {sum(tables.values()):,} rows")
        copy.file.unlink()
        lake = gather_lake(work, copy.at, say)
        gather_files(work, settings.QUANSHU_FILES_DIR)
        gather_gateway(work, settings.QUANSHU_GATEWAY_DIR, settings.QUANSHU_GATEWAY_JOURNALS)
        gather_keys(work, settings.QUANSHU_KEYS_DIR, passphrase)
        gather_rest(work, settings.QUANSHU_HOME, target)
        manifest = Manifest(
            version=__version__,
            made_at=copy.at.isoformat(),
            node=settings.QUANSHU_NODE_NAME,
            database=copy.kind,
            migrations=migrations,
            tables=tables,
            lake=lake,
            audit=audit,
            sealed=bool(passphrase),
            settings=plain_settings(os.environ),
            parts=tuple(work.parts),
        )
        work.data(MANIFEST, encode(manifest))
        size = sum(part.size for part in work.parts)
        say(f"{len(work.parts):,} parts, {size / 1e6:,.1f} MB; {work.linked:,} were there from the backup before")
    return place


def gather_lake(work: Gathering, until: datetime, say: Say) -> dict[str, dict[str, int]]:
    """Every lake table with its versions up to the moment of the database's copy; {table: version and rows}."""
    from quanshu.lake.copying import table_files
    from quanshu.lake.storage import LOG
    from quanshu.supply.lake_store import get_lake

    lake, found = get_lake(), {}
    for name in lake.tables():
        try:
            table = table_files(lake, name, until=until)
            if table is None:
                continue
            for file, size in table.files.items():
                chunks = lambda file=file: lake.storage.chunks(name, file)  # noqa: E731, B023 - called at once
                path = f"lake/{name}/{file}"
                if LOG in file:
                    work.parts.append(work.sink.add(path, size, chunks()))
                else:
                    work.lasting(path, size, chunks)
        except FileNotFoundError as fault:
            if not lake.exists(name):
                raise TableGone(name) from fault
            raise BackupFailed(fault=f"a file of the lake table {name} is missing: {fault}") from fault
        found[name] = {"version": table.version, "rows": table.rows}
    say(f"lake: {len(found)} tables, {sum(row['rows'] for row in found.values()):,} rows")
    return found


def gather_files(work: Gathering, folder: Path) -> None:
    """Files that people and sources handed in; each is named by its digest."""
    for path in sorted(folder.glob("??/*")):
        if not path.name.startswith("."):
            work.lasting(f"files/{path.parent.name}/{path.name}", path.stat().st_size, partial(file_chunks, path))


def gather_gateway(work: Gathering, folder: Path, journals: list[Path]) -> None:
    """Snapshots, revocations, pushed files, and the journals with every receipt there is by now."""
    for path in sorted(folder.glob("*")):
        if path.is_file() and (path.suffix in {".json", ".sig", ".jsonl"} or path.name == "current"):
            work.data(f"gateway/{path.name}", path.read_bytes())
    for path in [*sorted(folder.glob("push/*.data")), *sorted(folder.glob("push/*.json"))]:
        try:
            work.file(f"gateway/push/{path.name}", path)
        except FileNotFoundError:
            continue  # It has been taken in since: it is in the files.
    for place in journals or [folder]:
        for path in sorted(place.glob("journal-*.sqlite")):
            copy = work.scratch / path.name
            database.copy_sqlite(path, copy)
            work.file(f"journals/{path.name}", copy)
            copy.unlink()
        for path in sorted(place.glob("journal-*.log")):
            work.file(f"journals/{path.name}", path)


def gather_keys(work: Gathering, folder: Path, passphrase: str) -> None:
    """The node's keys, sealed when there is a passphrase."""
    keys = {path.name: path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file()}
    if passphrase:
        work.data(SEALED_KEYS, seal_keys(keys, passphrase))
        return
    for name, data in keys.items():
        work.data(f"keys/{name}", data)


def gather_rest(work: Gathering, home: Path, target: Path) -> None:
    """Whatever else lies in the home folder; the backups themselves and the journals are left out."""
    for top in sorted(home.iterdir()):
        if top.name in KNOWN or top.name.startswith((".", "quanshu.sqlite3")) or top == target:
            continue
        for path in [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file()):
            if not path.is_relative_to(target) and not path.is_symlink() and not is_journal(path):
                gather_one(work, path, f"home/{path.relative_to(home).as_posix()}")


def is_journal(path: Path) -> bool:
    """Whether a file belongs to a journal, or to a database's log beside it."""
    return path.name.startswith("journal-") or path.name.endswith(("-wal", "-shm"))


def gather_one(work: Gathering, path: Path, name: str) -> None:
    """A file that is nobody's here; one that goes away meanwhile was passing."""
    try:
        with path.open("rb") as file:
            is_database = file.read(len(SQLITE_HEAD)) == SQLITE_HEAD
        if not is_database:
            work.file(name, path)
            return
        copy = work.scratch / "other.sqlite"
        database.copy_sqlite(path, copy)
        work.file(name, copy)
        copy.unlink()
    except FileNotFoundError:
        return


def plain_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings the node runs with, those that may hold a secret left out."""
    from quanshu.config.environment import SETTINGS

    return {
        setting.variable: environ[setting.variable]
        for setting in SETTINGS
        if setting.variable in environ and not any(word in setting.name for word in SECRET_WORDS)
    }
