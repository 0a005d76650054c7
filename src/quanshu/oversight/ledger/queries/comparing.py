"""The published log held against the database."""

from __future__ import annotations

from dataclasses import dataclass

from quanshu.kernel.errors import QuanshuError
from quanshu.kernel.merkle import leaf_hash
from quanshu.oversight.ledger.queries.standing import own_policy, published_checkpoint, store
from quanshu.shared.audit.api import published_rows
from quanshu.tlog.checkpoints import Checkpoint
from quanshu.tlog.monitor import check_bundle, check_upper_tiles
from quanshu.tlog.notes import Note
from quanshu.tlog.store import bundle_entries
from quanshu.tlog.tiles import WIDTH, width_in
from quanshu.tlog.trees import TileTree


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared, and every fault by name."""

    size: int
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not self.faults

    def as_rows(self) -> list[tuple[str, str]]:
        """(name, value) pairs for the terminal."""
        return [("published", str(self.size)), ("published log", "; ".join(self.faults) or "matches the database")]


def compare_published() -> Comparison:
    """Hold checkpoint, tiles and bundles of the published log against the database's leaves and entries."""
    found = published_checkpoint()
    if found is None:
        return Comparison(0, ())
    faults: list[str] = []
    tree = TileTree(store(), found.size)
    try:
        note = Note.parse(store().checkpoint())
        note.opened(own_policy().logs)
        shown = Checkpoint.parse(note.body)
        if (shown.size, shown.root) != (found.size, bytes(found.root)):
            faults.append(f"the file checkpoint shows {shown.size} entries, the database published {found.size}")
        if tree.root() != bytes(found.root):
            faults.append("the tiles lead to another root than the checkpoint")
        check_upper_tiles(tree)
    except QuanshuError as fault:
        faults.append(f"{fault.code}: {fault.render()}")
    for index in range(-(-found.size // WIDTH)):
        faults += bundle_faults(tree, index, width_in(found.size, 0, index))
    return Comparison(found.size, tuple(faults))


def bundle_faults(tree: TileTree, index: int, width: int) -> list[str]:
    """What differs in one tile and its bundle."""
    start = index * WIDTH
    rows = published_rows(start, start + width)
    try:
        hashes = tree.tile(0, index)
        if rows and rows[0].entry is not None:
            check_bundle(bundle_entries(tree.source, index, width), hashes, start)
    except QuanshuError as fault:
        return [f"{fault.code}: {fault.render()}"]
    held = {row.sequence: row for row in rows}
    faults = []
    for place, published in enumerate(hashes, start):
        row = held.get(place)
        if row is None:
            faults.append(f"entry {place} is published, and its leaf is missing in the database")
        elif row.leaf != published:
            faults.append(f"leaf {place} differs between the database and the published log")
        elif row.entry is not None and leaf_hash(row.entry) != published:
            faults.append(f"entry {place} was changed in the database after it was published")
    return faults
