"""Entries integrated into the audit tree, against hashing the same leaves once."""

from __future__ import annotations

import hashlib
import time

from benchmarks.result import Result, median
from quanshu.kernel.merkle import CompactRange, leaf_hash

ENTRIES = 200_000
ROUNDS = 3


def ours(leaves: list[bytes]) -> float:
    """Seconds to append every leaf to a compact range."""
    began = time.perf_counter()
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    tree.root()
    return time.perf_counter() - began


def floor(leaves: list[bytes]) -> float:
    """Seconds to hash every leaf and as many inner nodes, with nothing around it."""
    began = time.perf_counter()
    for leaf in leaves:
        hashlib.sha256(b"\x01" + hashlib.sha256(b"\x00" + leaf).digest() * 2).digest()
    return time.perf_counter() - began


def run() -> list[Result]:
    """Entries a second."""
    leaves = [f"entry {number}".encode() for number in range(ENTRIES)]
    pairs = [(ours(leaves), floor(leaves)) for _ in range(ROUNDS)]
    rate = ENTRIES / median([pair[0] for pair in pairs])
    bare = ENTRIES / median([pair[1] for pair in pairs])
    return [Result("audit entries appended to the tree", rate, "floor: the hashes alone", bare, 0.30, "entries/s")]
