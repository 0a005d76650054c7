"""Proofs of RFC 6962 read from tiles, and hashing in bulk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from quanshu.kernel.merkle import EMPTY_ROOT, CompactRange, node_hash, split_point
from quanshu.tlog.store import Source, tile_hashes
from quanshu.tlog.tiles import HEIGHT, WIDTH, width_in


def leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    """RFC 6962 leaf hashes of many entries."""
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return hashes[0]


class TileTree:
    """A tree of `size` entries as its tiles tell it; each tile is read once.

    Every method raises `tlog.tile_missing` or `tlog.bad_tile` for tiles that are not there or are none. What it
    answers is only as true as the tiles: compare with a signed root.
    """

    def __init__(self, source: Source, size: int) -> None:
        self.source, self.size = source, size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def tile(self, level: int, index: int) -> list[bytes]:
        """The tile's hashes, as many as this size has."""
        key = (level, index)
        if key not in self._tiles:
            self._tiles[key] = tile_hashes(self.source, level, index, width_in(self.size, level, index))
        return self._tiles[key]

    def subtree(self, start: int, end: int) -> bytes:
        """The hash over entries `start` to `end` (exclusive), a subtree of this tree."""
        count = end - start
        if count & (count - 1):
            middle = start + split_point(count)
            return node_hash(self.subtree(start, middle), self.subtree(middle, end))
        level, rest = divmod(count.bit_length() - 1, HEIGHT)
        index, offset = divmod(start >> HEIGHT * level, WIDTH)
        return fold(self.tile(level, index)[offset : offset + (1 << rest)])

    def root(self) -> bytes:
        """The tree head."""
        return self.subtree(0, self.size) if self.size else EMPTY_ROOT

    def leaf(self, index: int) -> bytes:
        """The hash of one entry."""
        return self.subtree(index, index + 1)

    def inclusion(self, index: int) -> list[bytes]:
        """Audit path of an entry, from its sibling up (RFC 6962, section 2.1.1). IndexError when there is none."""
        if not 0 <= index < self.size:
            raise IndexError(f"no entry {index} in a log of {self.size}")
        return path_to(self.subtree, index, 0, self.size)

    def consistency(self, old: int) -> list[bytes]:
        """Proof that the first `old` entries were the log (RFC 6962, section 2.1.2); IndexError when they were not."""
        if not 0 <= old <= self.size:
            raise IndexError(f"no log of {old} inside one of {self.size}")
        return [] if old == 0 else subproof(self.subtree, old, 0, self.size, complete=True)


Subtree = Callable[[int, int], bytes]


def path_to(subtree: Subtree, index: int, start: int, end: int) -> list[bytes]:
    """PATH of RFC 6962 within entries `start` to `end`."""
    if end - start == 1:
        return []
    middle = start + split_point(end - start)
    if index < middle:
        return [*path_to(subtree, index, start, middle), subtree(middle, end)]
    return [*path_to(subtree, index, middle, end), subtree(start, middle)]


def subproof(subtree: Subtree, old: int, start: int, end: int, *, complete: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 within entries `start` to `end`."""
    if old == end:
        return [] if complete else [subtree(start, end)]
    middle = start + split_point(end - start)
    if old <= middle:
        return [*subproof(subtree, old, start, middle, complete=complete), subtree(middle, end)]
    return [*subproof(subtree, old, middle, end, complete=False), subtree(start, middle)]


def root_of(size: int, edges: Sequence[Sequence[bytes]]) -> bytes:
    """The root of a tree by its right edge: for each level of tiles, the hashes of its partial tile."""
    parts: list[bytes] = []
    for hashes in reversed(edges):
        start = 0
        for bit in reversed(range(HEIGHT)):
            if len(hashes) >> bit & 1:
                parts.append(fold(hashes[start : start + (1 << bit)]))
                start += 1 << bit
    return CompactRange.from_list(size, parts).root()
