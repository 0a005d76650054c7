"""Where table files lie: below a folder, or below a prefix of a bucket in an object store that speaks S3.

Everything that depends on the place is here. In a folder, a version's commit file appears by an atomic rename; in a
bucket by a conditional put (`If-None-Match: *`), so that of two writers at once one is told to look again.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlsplit

import duckdb
from deltalake import DeltaTable
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from quanshu.lake import engine
from quanshu.lake.errors import NotReachable, WriteConflict
from quanshu.lake.schema import quote

LOG = "_delta_log/"
REMOVED_AT_ONCE = 1000
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Mark:
    """A file as it is found: bytes, when it was written in epoch milliseconds, and what its place knows it by."""

    size: int
    written_ms: float
    identity: str


class Storage(Protocol):
    """A place for tables; names have been checked by the caller."""

    @property
    def local(self) -> bool:
        """Whether the tables lie in a folder of this machine."""
        ...

    def address(self, name: str) -> str:
        """The table's address, as delta-rs takes it."""
        ...

    def options(self, name: str) -> dict[str, str] | None:
        """What delta-rs needs to reach it; None in a folder."""
        ...

    def names(self) -> list[str]:
        """What may be tables."""
        ...

    def prepare(self, name: str) -> None:
        """Make room for a table that is about to be written."""
        ...

    def remove(self, name: str) -> None:
        """Take a table away with all its versions; one that is not there is left alone."""
        ...

    def adopt(self, name: str, folder: Path) -> None:
        """Put a table that was written in a scratch folder in its place, in one step. Raises `lake.write_conflict`."""
        ...

    def rows(self, connection: duckdb.DuckDBPyConnection, table: DeltaTable) -> str:
        """SQL that reads the rows of an opened version on this connection."""
        ...

    def files(self, name: str) -> dict[str, int]:
        """A table's files by their path below it, with their sizes in bytes."""
        ...

    def local_path(self, name: str, file: str) -> Path | None:
        """Where a file lies on this machine; None in an object store."""
        ...

    def chunks(self, name: str, file: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """A file's bytes, or those from `start` up to and without `end`. Raises FileNotFoundError."""
        ...

    def mark(self, name: str, file: str) -> Mark | None:
        """What tells a file from another that has taken its name; None when there is none."""
        ...

    def put_back(self, name: str, file: str, source: BinaryIO) -> None:
        """Write a file of a table that is restored."""
        ...

    def erase(self, name: str, files: Sequence[str]) -> None:
        """Take files of a table away; those that are not there are left alone."""
        ...


def exists(storage: Storage, name: str) -> bool:
    """Whether the table has a version. Raises `lake.not_reachable` when the store does not answer."""
    try:
        return bool(DeltaTable.is_deltatable(storage.address(name), storage.options(name)))
    except OSError as error:
        raise NotReachable(fault=first_line(error)) from error


def open_table(storage: Storage, name: str) -> DeltaTable:
    """The table's newest version."""
    return DeltaTable(storage.address(name), storage_options=storage.options(name))


@dataclass(frozen=True)
class Folder:
    """Tables below `<root>/tables` of this machine, or of a file system that several machines share."""

    root: Path
    local: bool = field(default=True, init=False)

    def address(self, name: str) -> str:
        return str(self.root / "tables" / name)

    def options(self, name: str) -> dict[str, str] | None:
        return None

    def names(self) -> list[str]:
        folder = self.root / "tables"
        return [entry.name for entry in folder.iterdir()] if folder.is_dir() else []

    def prepare(self, name: str) -> None:
        Path(self.address(name)).parent.mkdir(parents=True, exist_ok=True)

    def remove(self, name: str) -> None:
        path = Path(self.address(name))
        if path.is_dir():
            away = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=scratch(self.root)))
            path.rename(away / "dropped")
            shutil.rmtree(away, ignore_errors=True)

    def adopt(self, name: str, folder: Path) -> None:
        self.prepare(name)
        folder.rename(self.address(name))

    def rows(self, connection: duckdb.DuckDBPyConnection, table: DeltaTable) -> str:
        return engine.parquet_sql(sorted(table.file_uris()))

    def files(self, name: str) -> dict[str, int]:
        folder = Path(self.address(name))
        found = (path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.stat().st_size for path in found}

    def local_path(self, name: str, file: str) -> Path | None:
        return Path(self.address(name)) / file

    def chunks(self, name: str, file: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        with (Path(self.address(name)) / file).open("rb") as handle:
            handle.seek(start)
            at = start
            while chunk := handle.read(CHUNK if end is None else min(CHUNK, end - at)):
                at += len(chunk)
                yield chunk

    def mark(self, name: str, file: str) -> Mark | None:
        try:
            found = (Path(self.address(name)) / file).stat()
        except FileNotFoundError:
            return None
        return Mark(found.st_size, found.st_mtime * 1000, f"{found.st_ino} {found.st_mtime_ns}")

    def put_back(self, name: str, file: str, source: BinaryIO) -> None:
        path = Path(self.address(name)) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as handle:
            shutil.copyfileobj(source, handle, CHUNK)

    def erase(self, name: str, files: Sequence[str]) -> None:
        for file in files:
            (Path(self.address(name)) / file).unlink(missing_ok=True)


@dataclass(frozen=True)
class Bucket:
    """Tables below `s3://bucket/prefix/tables`. `endpoint` is empty for the provider's own address."""

    url: str
    endpoint: str = ""
    region: str = ""
    key_id: str = ""
    secret: str = field(default="", repr=False)
    allow_http: bool = False
    local: bool = field(default=False, init=False)

    def address(self, name: str) -> str:
        return f"{self.url.rstrip('/')}/tables/{name}"

    def options(self, name: str) -> dict[str, str] | None:
        given = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region or "us-east-1",
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_ALLOW_HTTP": "true" if self.allow_http else "",
        }
        return {**{key: value for key, value in given.items() if value}, "aws_conditional_put": "etag"}

    @cached_property
    def store(self) -> S3Store:
        """The bucket below its prefix."""
        parts = urlsplit(self.url)
        config: Any = {"region": self.region or "us-east-1", "conditional_put": "etag"}
        given = {"endpoint": self.endpoint, "access_key_id": self.key_id, "secret_access_key": self.secret}
        config |= {key: value for key, value in given.items() if value}
        return S3Store(
            parts.netloc,
            prefix=f"{parts.path.strip('/')}/tables".lstrip("/"),
            config=config,
            client_options={"allow_http": self.allow_http},
        )

    def names(self) -> list[str]:
        found = self.store.list_with_delimiter()
        return [str(prefix).strip("/").rpartition("/")[2] for prefix in found["common_prefixes"]]

    def prepare(self, name: str) -> None:
        return None

    def remove(self, name: str) -> None:
        paths = [str(entry["path"]) for batch in self.store.list(f"{name}/") for entry in batch]
        # Without its log there is no table: what is left when this is cut short is only space.
        paths.sort(key=lambda path: LOG not in path)
        for first in range(0, len(paths), REMOVED_AT_ONCE):
            self.store.delete(paths[first : first + REMOVED_AT_ONCE])

    def adopt(self, name: str, folder: Path) -> None:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        keys = {f"{name}/{path.relative_to(folder).as_posix()}": path for path in files}
        try:
            for key in sorted(keys, key=lambda key: LOG in key):
                if LOG in key:
                    self.store.put(key, keys[key].read_bytes(), mode="create")
                else:
                    self.store.put(key, keys[key])
        except AlreadyExistsError as error:
            self.store.delete([key for key in keys if LOG not in key])
            raise WriteConflict(table=name) from error

    def rows(self, connection: duckdb.DuckDBPyConnection, table: DeltaTable) -> str:
        """Through Arrow's reader: the engine's own would need an extension from the network.

        The engine hands it the wanted columns and conditions; files and row groups that cannot match are not read.
        """
        alias = f"files {table.table_uri} {table.version()}"
        connection.register(alias, table.to_pyarrow_dataset())
        return f"SELECT * FROM {quote(alias)}"

    def files(self, name: str) -> dict[str, int]:
        found = (entry for batch in self.store.list(f"{name}/") for entry in batch)
        return {str(entry["path"]).removeprefix(f"{name}/"): int(entry["size"]) for entry in found}

    def local_path(self, name: str, file: str) -> Path | None:
        return None

    def chunks(self, name: str, file: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        asked: Any = {"range": {"offset": start} if end is None else (start, end)} if start or end else {}
        with self._answering():
            found = self.store.get(f"{name}/{file}", options=asked)
            yield from (bytes(chunk) for chunk in found.stream(min_chunk_size=CHUNK))

    def mark(self, name: str, file: str) -> Mark | None:
        try:
            with self._answering():
                found = self.store.head(f"{name}/{file}")
        except FileNotFoundError:
            return None
        when = found["last_modified"]
        return Mark(int(found["size"]), when.timestamp() * 1000, f"{found.get('e_tag') or ''} {when.isoformat()}")

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except BaseError as error:
            raise NotReachable(fault=first_line(error)) from error

    def put_back(self, name: str, file: str, source: BinaryIO) -> None:
        self.store.put(f"{name}/{file}", source)

    def erase(self, name: str, files: Sequence[str]) -> None:
        for first in range(0, len(files), REMOVED_AT_ONCE):
            self.store.delete([f"{name}/{file}" for file in files[first : first + REMOVED_AT_ONCE]])


@dataclass(frozen=True)
class Beside:
    """Another storage, with one table in a scratch folder of this machine instead."""

    other: Storage
    name: str
    folder: Folder

    @property
    def local(self) -> bool:
        return self.other.local

    def _of(self, name: str) -> Storage:
        return self.folder if name == self.name else self.other

    def address(self, name: str) -> str:
        return self._of(name).address(name)

    def options(self, name: str) -> dict[str, str] | None:
        return self._of(name).options(name)

    def names(self) -> list[str]:
        return [*self.other.names(), self.name]

    def prepare(self, name: str) -> None:
        self._of(name).prepare(name)

    def remove(self, name: str) -> None:
        self._of(name).remove(name)

    def adopt(self, name: str, folder: Path) -> None:
        self._of(name).adopt(name, folder)

    def files(self, name: str) -> dict[str, int]:
        return self._of(name).files(name)

    def local_path(self, name: str, file: str) -> Path | None:
        return self._of(name).local_path(name, file)

    def chunks(self, name: str, file: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        return self._of(name).chunks(name, file, start, end)

    def mark(self, name: str, file: str) -> Mark | None:
        return self._of(name).mark(name, file)

    def put_back(self, name: str, file: str, source: BinaryIO) -> None:
        self._of(name).put_back(name, file, source)

    def erase(self, name: str, files: Sequence[str]) -> None:
        self._of(name).erase(name, files)

    def rows(self, connection: duckdb.DuckDBPyConnection, table: DeltaTable) -> str:
        own = Path(self.folder.address(self.name)).absolute()
        uri = str(table.table_uri).removeprefix("file://").rstrip("/")
        return (self.folder if uri == str(own) else self.other).rows(connection, table)


def scratch(root: Path) -> Path:
    """The folder where tables are written that are not in their place yet."""
    folder = root / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def open_storage(url: str, root: Path, given: Mapping[str, Any]) -> Storage:
    """The storage a node's settings name: `s3://bucket/prefix`, else the folder."""
    return Bucket(url, **given) if url else Folder(root)


def first_line(error: Exception) -> str:
    """The first line of a fault, at most 300 characters: the rest of such texts is the request."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]
