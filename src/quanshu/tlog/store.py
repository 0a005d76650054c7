"""Where a log's files lie: a folder that is written, and folders or addresses that are read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import httpx

from quanshu.tlog.errors import TileConflict, TileMissing
from quanshu.tlog.tiles import (
    ENTRIES,
    HASH_BYTES,
    WIDTH,
    TileName,
    pack_entries,
    pack_hashes,
    unpack_entries,
    unpack_hashes,
    width_in,
)

CHECKPOINT = "checkpoint"
SECONDS = 10.0


class Source(Protocol):
    """Whatever hands out a log's files by their path below its prefix."""

    def read(self, path: str) -> bytes | None:
        """The file, or None when it is not there. Raises `tlog.tile_missing` when the source does not answer."""
        ...


class FolderSource:
    """A folder of files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, path: str) -> bytes | None:
        try:
            return (self.folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None


class HttpSource:
    """A log's prefix over HTTP."""

    def __init__(self, prefix: str, client: httpx.Client | None = None) -> None:
        self.prefix = prefix.rstrip("/")
        self.client = client or httpx.Client(timeout=SECONDS)

    def read(self, path: str) -> bytes | None:
        try:
            answer = self.client.get(f"{self.prefix}/{path}")
        except httpx.HTTPError as fault:
            raise TileMissing(path=f"{self.prefix}/{path} ({type(fault).__name__})") from fault
        return answer.content if answer.status_code == 200 else None


def read_width(source: Source, level: int, index: int, width: int) -> bytes | None:
    """A tile's or bundle's file of this width, or the full one that has taken its place."""
    raw = source.read(TileName(level, index, width).path)
    if raw is None and width < WIDTH:
        raw = source.read(TileName(level, index).path)
    return raw


def tile_hashes(source: Source, level: int, index: int, width: int) -> list[bytes]:
    """The first `width` hashes of a tile. Raises `tlog.tile_missing`, `tlog.bad_tile`."""
    raw = read_width(source, level, index, width)
    if raw is None:
        raise TileMissing(path=TileName(level, index, width).path)
    held = WIDTH if len(raw) == WIDTH * HASH_BYTES else width
    return unpack_hashes(raw, held)[:width]


def bundle_entries(source: Source, index: int, width: int) -> list[bytes]:
    """A bundle's entries, at most `width`. Raises `tlog.tile_missing`, `tlog.bad_tile`."""
    raw = read_width(source, ENTRIES, index, width)
    if raw is None:
        raise TileMissing(path=TileName(ENTRIES, index, width).path)
    return unpack_entries(raw)[:width]


class TileStore(FolderSource):
    """A folder that holds a log as static files.

    A file is written beside its place and put there whole. A full tile or bundle never changes; a partial one stays
    until the full one is published. The checkpoint is what commits: files beyond it count for nothing.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._written: list[Path] = []
        self._folders: set[Path] = set()

    def write(self, path: str, raw: bytes) -> None:
        """Put a file in its place at once."""
        target = self.folder / path
        if target.parent not in self._folders:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(target.parent)
        beside = target.with_name(f"{target.name}.{os.getpid()}.new")
        beside.write_bytes(raw)
        os.replace(beside, target)
        self._written.append(target)

    def sync(self) -> None:
        """Have the disk hold everything written so far."""
        for target in [*self._written, *dict.fromkeys(target.parent for target in self._written)]:
            handle = os.open(target, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        self._written.clear()

    def put(self, name: TileName, raw: bytes) -> None:
        """Write a tile or bundle. Raises `tlog.tile_conflict` when a full one is there with other content."""
        held = self.read(name.path)
        if held == raw:
            return
        if held is not None and name.full:
            raise TileConflict(path=name.path)
        self.write(name.path, raw)

    def put_hashes(self, level: int, index: int, hashes: Sequence[bytes]) -> None:
        """Write a tile of one to 256 hashes."""
        self.put(TileName(level, index, len(hashes)), pack_hashes(hashes))

    def put_entries(self, index: int, entries: Sequence[bytes]) -> None:
        """Write a bundle of one to 256 entries."""
        self.put(TileName(ENTRIES, index, len(entries)), pack_entries(entries))

    def checkpoint(self) -> str:
        """The published checkpoint, "" before the first."""
        raw = self.read(CHECKPOINT)
        return raw.decode() if raw is not None else ""

    def publish(self, checkpoint: str) -> None:
        """Show this checkpoint from now on; every file it needs is on the disk before it."""
        self.sync()
        self.write(CHECKPOINT, checkpoint.encode())
        self.sync()

    def drop_partials(self, before: int, size: int) -> None:
        """Take away partial tiles whose full ones are published: those between two sizes."""
        level = ENTRIES
        while level <= 0 or before >> 8 * level:
            index = (before >> 8 * max(level, 0)) // WIDTH
            if width_in(size, level, index) == WIDTH:
                full = self.folder / TileName(level, index).path
                shutil.rmtree(full.with_name(f"{full.name}.p"), ignore_errors=True)
            level += 1
