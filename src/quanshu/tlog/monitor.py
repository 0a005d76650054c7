"""Following a log from outside: its checkpoints, tiles and entries held against each other and against memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quanshu.kernel.merkle import verify_consistency
from quanshu.tlog.checkpoints import Checkpoint
from quanshu.tlog.errors import (
    EntriesMissing,
    EntriesReordered,
    EntryChanged,
    Forked,
    NotIncluded,
    RolledBack,
    TileMissing,
    TreeChanged,
)
from quanshu.tlog.notes import Note
from quanshu.tlog.policies import Policy
from quanshu.tlog.proofs import Proof, open_checkpoint
from quanshu.tlog.store import CHECKPOINT, Source, bundle_entries
from quanshu.tlog.tiles import WIDTH, width_in
from quanshu.tlog.trees import TileTree, fold, leaf_hashes


@dataclass(frozen=True, slots=True)
class Seen:
    """What a log showed: keep it, and hold what it shows next against it."""

    size: int
    root: bytes


class Monitor:
    """A client of one log that trusts nothing but the policy's keys and its own memory."""

    def __init__(self, source: Source, policy: Policy, seen: Seen | None = None) -> None:
        self.source, self.policy, self.seen = source, policy, seen

    def checkpoint(self) -> Checkpoint:
        """The log's checkpoint now, checked by the policy.

        Raises `tlog.tile_missing` and what `open_checkpoint` raises.
        """
        return self.note()[1]

    def note(self) -> tuple[Note, Checkpoint]:
        """The signed note beside it."""
        raw = self.source.read(CHECKPOINT)
        if raw is None:
            raise TileMissing(path=CHECKPOINT)
        note = Note.parse(raw)
        return note, open_checkpoint(note, self.policy)[0]

    def follow(self) -> Checkpoint:
        """Take the log's checkpoint as seen when it continues what was seen before.

        Raises `tlog.rolled_back`, `tlog.forked`, and what `checkpoint` raises.
        """
        found = self.checkpoint()
        if self.seen is not None:
            check_continues(self.source, self.seen, found)
        self.seen = Seen(found.size, found.root)
        return found

    def audit(self, start: int = 0) -> Checkpoint:
        """Read every entry from `start` (a multiple of 256) on and hold it against the tree, and the tree against the
        checkpoint.

        Raises `tlog.tree_changed`, `tlog.entry_changed`, `tlog.entries_missing`, `tlog.entries_reordered`.
        """
        found = self.follow()
        tree = TileTree(self.source, found.size)
        if tree.root() != found.root:
            raise TreeChanged(size=found.size)
        check_upper_tiles(tree)
        for index in range(start // WIDTH, -(-found.size // WIDTH)):
            width = width_in(found.size, 0, index)
            check_bundle(bundle_entries(self.source, index, width), tree.tile(0, index), index * WIDTH)
        return found

    def prove(self, index: int, extra: bytes | None = None) -> Proof:
        """A proof file's content for one entry at the log's present checkpoint. Raises `tlog.not_included`."""
        note, found = self.note()
        if index >= found.size:
            raise NotIncluded(index=index, origin=found.origin)
        return Proof(index, tuple(TileTree(self.source, found.size).inclusion(index)), note, extra)


def check_continues(source: Source, seen: Seen, found: Checkpoint) -> None:
    """Raises `tlog.rolled_back`, `tlog.forked`."""
    if found.size < seen.size:
        raise RolledBack(origin=found.origin, size=found.size, seen=seen.size)
    proof = TileTree(source, found.size).consistency(seen.size) if seen.size else []
    holds = seen.size == 0 or verify_consistency(
        old_size=seen.size, new_size=found.size, old_root=seen.root, new_root=found.root, proof=proof
    )
    if not holds:
        raise Forked(origin=found.origin, size=found.size, seen=seen.size)


def check_upper_tiles(tree: TileTree) -> None:
    """Every hash of a tile above the lowest is the root of the full tile below it. Raises `tlog.tree_changed`."""
    level = 1
    while tree.size >> 8 * level:
        for place in range(tree.size >> 8 * level):
            index, offset = divmod(place, WIDTH)
            if tree.tile(level, index)[offset] != fold(tree.tile(level - 1, place)):
                raise TreeChanged(size=tree.size)
        level += 1


def check_bundle(entries: Sequence[bytes], hashes: Sequence[bytes], start: int) -> None:
    """Entries against their leaf hashes. Raises `tlog.entry_changed`, `…entries_missing`, `…entries_reordered`."""
    found = leaf_hashes(entries)
    if found == list(hashes):
        return
    first = next((place for place, pair in enumerate(zip(found, hashes, strict=False)) if pair[0] != pair[1]), None)
    if len(found) < len(hashes):
        raise EntriesMissing(start=start, count=len(found), expected=len(hashes))
    place = start + (first or 0)
    if sorted(found) == sorted(hashes):
        raise EntriesReordered(index=place)
    raise EntryChanged(index=place)
