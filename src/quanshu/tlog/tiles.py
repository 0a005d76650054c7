"""Tiles and entry bundles (c2sp.org/tlog-tiles): their paths, widths and bytes. Height 8, 256 hashes wide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from quanshu.tlog.errors import BadTile

HEIGHT = 8
WIDTH = 1 << HEIGHT
HASH_BYTES = 32
MOST_ENTRY_BYTES = 0xFFFF
# The level under which entry bundles are named here; their path says "entries".
ENTRIES = -1
PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class TileName:
    """Which tile: its level (ENTRIES for a bundle), its place in the level, and how many hashes it holds."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it lies below the log's prefix."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        tail = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{index_path(self.index)}{tail}"

    @classmethod
    def parse(cls, path: str) -> TileName:
        """Read a path. Raises `tlog.bad_tile` for one that names no tile in its one form."""
        match = PATH.fullmatch(path)
        if match is None:
            raise BadTile(fault="its path has not the form tile/level/index.")
        level = ENTRIES if match["level"] == "entries" else int(match["level"])
        index = int(match["index"].replace("x", "").replace("/", ""))
        found = cls(level, index, int(match["width"] or WIDTH))
        if found.level > 63 or (match["width"] and found.width >= WIDTH) or found.path != path:
            raise BadTile(fault="its path is not in its one form.")
        return found

    @property
    def full(self) -> bool:
        return self.width == WIDTH


def index_path(index: int) -> str:
    """1234067 as x001/x234/067."""
    text = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        text = f"x{index % 1000:03d}/{text}"
    return text


def width_in(size: int, level: int, index: int) -> int:
    """How many hashes the tile has in a tree of `size` entries; 0 when it is not there."""
    wide = size >> HEIGHT * max(level, 0)
    return max(0, min(WIDTH, wide - index * WIDTH))


def tiles_of(size: int) -> list[TileName]:
    """The partial tiles and bundle that a tree of `size` entries has: its right edge."""
    found, level = [], 0
    while size >> HEIGHT * level:
        index, width = divmod(size >> HEIGHT * level, WIDTH)
        if width:
            found.append(TileName(level, index, width))
            found += [TileName(ENTRIES, index, width)] if level == 0 else []
        level += 1
    return found


def pack_hashes(hashes: Sequence[bytes]) -> bytes:
    """A tile's bytes."""
    return b"".join(hashes)


def unpack_hashes(raw: bytes, width: int) -> list[bytes]:
    """A tile's hashes. Raises `tlog.bad_tile` when there are not `width` of them."""
    if len(raw) != width * HASH_BYTES:
        raise BadTile(fault=f"it has {len(raw)} bytes, not {width * HASH_BYTES}.")
    return [raw[start : start + HASH_BYTES] for start in range(0, len(raw), HASH_BYTES)]


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """A bundle's bytes: each entry after its length in two bytes. Raises `tlog.bad_tile` for an entry too long."""
    parts = []
    for entry in entries:
        if len(entry) > MOST_ENTRY_BYTES:
            raise BadTile(fault=f"an entry has {len(entry)} bytes; at most 65,535 fit.")
        parts.append(len(entry).to_bytes(2, "big") + entry)
    return b"".join(parts)


def unpack_entries(raw: bytes) -> list[bytes]:
    """A bundle's entries. Raises `tlog.bad_tile` when the bytes do not come out even."""
    found, start = [], 0
    while start < len(raw):
        end = start + 2 + int.from_bytes(raw[start : start + 2], "big")
        if start + 2 > len(raw) or end > len(raw):
            raise BadTile(fault="a bundle ends within an entry.")
        found.append(raw[start + 2 : end])
        start = end
    return found
