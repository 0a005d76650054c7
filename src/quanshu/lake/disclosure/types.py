"""Values of a cube: groups, measures, atoms and cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import prod

# The threshold of a cell may be set, never below three: with two records each knows the other's.
LEAST, LEAST_EVER = 10, 3
PERCENT = 10
MOST_GROUPS, MOST_VALUES, MOST_CELLS = 4, 200, 20_000
OTHER, UNKNOWN = "other", "unknown"
ALL = None

Key = tuple[int, ...]
Cell = tuple[int | None, ...]
Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Group:
    """What records are grouped by: a column's value, its first `width` characters, or bands of it.

    `edges` are the lower bounds of bands of a number, or of full years since a date. `values` are the labels told;
    any other value counts as `other`, a missing one as `unknown`.
    """

    name: str
    column: str
    kind: str = "value"
    width: int = 0
    edges: tuple[int, ...] = ()
    dated: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """What is told of a cell: count, share (of all records), or sum or average of a column."""

    name: str
    kind: str = "count"
    column: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """One column within a set of records: total, how many have a value, and the two largest by size."""

    total: Number = 0
    given: int = 0
    first: Number = 0
    second: Number = 0

    def __add__(self, other: Amount) -> Amount:
        first, second = sorted((self.first, self.second, other.first, other.second), reverse=True)[:2]
        return Amount(self.total + other.total, self.given + other.given, first, second)


@dataclass(frozen=True, slots=True)
class Atom:
    """A cell of the finest table. `sizes` are the amounts with absolute values, which the p% rule is asked of."""

    count: int
    amounts: tuple[Amount, ...] = ()
    sizes: tuple[Amount, ...] = ()

    def __add__(self, other: Atom) -> Atom:
        return Atom(
            self.count + other.count,
            tuple(mine + its for mine, its in zip(self.amounts, other.amounts, strict=True)),
            tuple(mine + its for mine, its in zip(self.sizes, other.sizes, strict=True)),
        )


@dataclass(frozen=True, slots=True)
class Cube:
    """Atoms by the numbers of their labels, the sizes of the groups, and the rule of the cube."""

    sizes: tuple[int, ...]
    atoms: dict[Key, Atom]
    least: int = LEAST
    percent: int = PERCENT


def band_labels(edges: Sequence[int]) -> tuple[str, ...]:
    """Labels of bands by their lower bounds: (0, 18) makes <0, 0-17, 18+."""
    inner = tuple(f"{low}-{high - 1}" for low, high in pairwise(edges))
    return (f"<{edges[0]}", *inner, f"{edges[-1]}+")


def labels_of(group: Group) -> tuple[str, ...]:
    """Every label a record can fall under, in the order told."""
    named = band_labels(group.edges) if group.kind == "bands" else (*group.values, OTHER)
    return (*named, UNKNOWN)


def lattice_size(groups: Sequence[Group]) -> int:
    """Cells of the finest table and of all its margins."""
    return prod(len(labels_of(group)) + 1 for group in groups)


def level_name(groups: Sequence[str]) -> str:
    """The table with these groups, in the order of the service."""
    return ",".join(groups)
