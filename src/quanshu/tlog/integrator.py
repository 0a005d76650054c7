"""Appending to a log of tiles in bulk."""

from __future__ import annotations

from collections.abc import Sequence

from quanshu.kernel.merkle import EMPTY_ROOT
from quanshu.tlog.store import TileStore, read_width, tile_hashes
from quanshu.tlog.tiles import ENTRIES, HEIGHT, WIDTH, unpack_entries
from quanshu.tlog.trees import fold, leaf_hashes, root_of


class Integrator:
    """A log that grows from `size` entries: hashes many at once and writes each tile once.

    Kept in memory is the right edge alone: fewer than 256 hashes a level and fewer than 256 entries. Raises
    `tlog.tile_missing` when the store has not the edge of `size`.
    """

    def __init__(self, store: TileStore, size: int = 0) -> None:
        self.store, self.size = store, size
        self._edges: list[list[bytes]] = []
        self._entries: list[bytes] = []
        level = 0
        while size >> HEIGHT * level:
            index, width = divmod(size >> HEIGHT * level, WIDTH)
            self._edges.append(tile_hashes(store, level, index, width) if width else [])
            level += 1
        index, width = divmod(size, WIDTH)
        # An edge without a bundle is of entries that stand in the tree by their hash alone.
        bundle = read_width(store, ENTRIES, index, width) if width else None
        if bundle is not None:
            self._entries = unpack_entries(bundle)[:width]

    @property
    def whole(self) -> bool:
        """Whether the entries of the partial bundle are at hand, so that those that come can follow them."""
        return len(self._entries) == self.size % WIDTH

    def append(self, entries: Sequence[bytes], hashes: Sequence[bytes] | None = None) -> int:
        """Add entries; returns the new size. Full tiles are written at once, the edge by `flush`.

        `hashes` are the entries' leaf hashes where the caller has them.
        """
        known = leaf_hashes(entries) if hashes is None else hashes
        self._entries += entries
        return self._take(known, with_entries=True)

    def append_hashes(self, hashes: Sequence[bytes]) -> int:
        """Add entries by their leaf hashes alone: no bundle holds them. Only in whole bundles' places."""
        return self._take(hashes, with_entries=False)

    def _take(self, hashes: Sequence[bytes], *, with_entries: bool) -> int:
        if not self._edges:
            self._edges.append([])
        first = self.size // WIDTH
        self._edges[0] += hashes
        self.size += len(hashes)
        if with_entries:
            whole = len(self._entries) // WIDTH
            for number in range(whole):
                self.store.put_entries(first + number, self._entries[number * WIDTH : (number + 1) * WIDTH])
            self._entries = self._entries[whole * WIDTH :]
        self._raise(0, first)
        return self.size

    def _raise(self, level: int, first: int) -> None:
        """Write a level's full tiles, whose first is `first`, and take their roots to the level above."""
        edge = self._edges[level]
        whole = len(edge) // WIDTH
        if not whole:
            return
        if level + 1 == len(self._edges):
            self._edges.append([])
        for number in range(whole):
            tile = edge[number * WIDTH : (number + 1) * WIDTH]
            self.store.put_hashes(level, first + number, tile)
            self._edges[level + 1].append(fold(tile))
        self._edges[level] = edge[whole * WIDTH :]
        self._raise(level + 1, first // WIDTH)

    def flush(self) -> None:
        """Write the partial tiles and bundle of this size; the disk has them when the store is synced."""
        for level, edge in enumerate(self._edges):
            if edge:
                self.store.put_hashes(level, (self.size >> HEIGHT * level) // WIDTH, edge)
        if self._entries:
            self.store.put_entries(self.size // WIDTH, self._entries)

    def root(self) -> bytes:
        """The tree head."""
        return root_of(self.size, self._edges) if self.size else EMPTY_ROOT
