"""Where a backup is written: a folder among earlier ones, or one .tar file. Whole under its name, or not there."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from quanshu.cli.safekeeping.types import CHUNK, MANIFEST, BackupBusy, BackupFailed, Part
from quanshu.cli.safekeeping.types import decode as decode_manifest

PREFIX = "quanshu-"
PARTIAL = ".partial-"


class Sink(Protocol):
    """Takes the parts of a backup."""

    def add(self, path: str, size: int, chunks: Iterable[bytes]) -> Part:
        """Write a part of a known size; its bytes are hashed as they pass."""
        ...

    def reuse(self, path: str, size: int) -> Part | None:
        """A part of an earlier backup that never changes, linked into this one; None when there is none."""
        ...


def file_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


class Metered:
    """Chunks as a readable file, hashed; exactly `size` bytes or an error."""

    def __init__(self, chunks: Iterable[bytes], size: int, name: str) -> None:
        self.chunks, self.left, self.name = iter(chunks), size, name
        self.digest, self.rest = hashlib.sha256(), b""

    def read(self, amount: int = CHUNK) -> bytes:
        while not self.rest and self.left:
            chunk = next(self.chunks, None)
            if chunk is None:
                raise BackupFailed(fault=f"{self.name} became shorter while it was copied")
            self.rest = bytes(chunk)
        part, self.rest = self.rest[: min(amount, self.left)], self.rest[min(amount, self.left) :]
        self.left -= len(part)
        self.digest.update(part)
        return part


class FolderSink:
    """Parts as files below a folder that gets its name at the end."""

    def __init__(self, folder: Path, earlier: Path | None) -> None:
        self.folder, self.earlier = folder, earlier
        self.known = (
            {part.path: part for part in decode_manifest((earlier / MANIFEST).read_bytes(), str(earlier)).parts}
            if earlier
            else {}
        )

    def add(self, path: str, size: int, chunks: Iterable[bytes]) -> Part:
        target, source = self.folder / path, Metered(chunks, size, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            while data := source.read():
                file.write(data)
        return Part(path, size, source.digest.hexdigest())

    def reuse(self, path: str, size: int) -> Part | None:
        known = self.known.get(path)
        if known is None or self.earlier is None or known.size != size:
            return None
        source, target = self.earlier / path, self.folder / path
        try:
            if source.stat().st_size != size:
                return None
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, target)
        except OSError:
            return None
        return known


class TarSink:
    """Parts as members of one archive (POSIX pax, uncompressed: table files are compressed already)."""

    def __init__(self, file: IO[bytes]) -> None:
        self.archive = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by its maker

    def add(self, path: str, size: int, chunks: Iterable[bytes]) -> Part:
        member, source = tarfile.TarInfo(path), Metered(chunks, size, path)
        member.size, member.mode = size, 0o600
        self.archive.addfile(member, source)  # type: ignore[arg-type]
        return Part(path, size, source.digest.hexdigest())

    def reuse(self, path: str, size: int) -> Part | None:
        return None


@contextmanager
def open_sink(target: Path, name: str) -> Iterator[tuple[Sink, Path]]:
    """A sink, and the place the backup has when the context ends well. On a fault all of it is removed.

    Raises `backup.failed` when the disk is full or cannot be written, `backup.busy`.
    """
    with only_one(target.parent if target.suffix == ".tar" else target):
        try:
            if target.suffix == ".tar":
                with tar_sink(target) as sink:
                    yield sink, target
            else:
                with folder_sink(target, name) as sink:
                    yield sink, target / name
        except OSError as fault:
            raise BackupFailed(fault=f"{fault.strerror or fault} ({fault.filename or target}).") from fault


@contextmanager
def tar_sink(target: Path) -> Iterator[Sink]:
    """One archive, renamed into place when it is on disk."""
    if target.exists():
        raise BackupFailed(fault=f"{target} is there already.")
    partial = target.with_name(f"{PARTIAL}{target.name}")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            sink = TarSink(file)
            yield sink
            sink.archive.close()
            file.flush()
            os.fsync(file.fileno())
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def folder_sink(target: Path, name: str) -> Iterator[Sink]:
    """A folder among earlier ones, renamed into place when it is on disk."""
    for left in target.glob(f"{PARTIAL}*"):
        shutil.rmtree(left, ignore_errors=True)
    partial = target / f"{PARTIAL}{name}"
    partial.mkdir(mode=0o700)
    try:
        earlier = complete(target)
        yield FolderSink(partial, earlier[-1] if earlier else None)
        os.sync()
        partial.rename(target / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def complete(target: Path) -> list[Path]:
    """Whole backups in a folder, oldest first."""
    return sorted(path.parent for path in target.glob(f"{PREFIX}*/{MANIFEST}"))


def prune(target: Path, keep: int) -> list[Path]:
    """Remove all but the newest backups; those removed. Linked files stay in the backups that hold them."""
    gone = complete(target)[:-keep]
    for folder in gone:
        away = folder.with_name(f"{PARTIAL}{folder.name}")
        folder.rename(away)
        shutil.rmtree(away, ignore_errors=True)
    return gone


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold other backups into the folder off."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / ".quanshu-backup.lock").open("a")
    except OSError as fault:
        raise BackupFailed(fault=f"{fault.strerror or fault} ({folder}).") from fault
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupBusy(target=folder) from None
        yield


def bytes_chunks(data: bytes) -> Iterator[bytes]:
    """Bytes in memory, in chunks."""
    stream = io.BytesIO(data)
    while chunk := stream.read(CHUNK):
        yield chunk
