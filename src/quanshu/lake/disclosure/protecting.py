"""Which cells of a cube may be told: threshold, p% rule, and complementary suppression with a witness.

The threshold and the p% rule are those of Hundepool et al., Handbook on Statistical Disclosure Control (ESSnet SDC /
Eurostat), chapter 4: a cell with fewer than `least` records is sensitive, and so is one in which what remains of the
total without its two largest contributions is less than `percent` per cent of the largest.

Complementary suppression keeps a *witness*: another table of counts, reached by moves of records between cells. A
cell, of the finest table or of a margin, is told only if true table and witness agree on it. Hence:

* whatever is computed from the release, by whatever means, holds for the witness as well;
* in the witness each cell with 1 to least-1 records has at least `least`; a set of cells with 1 to least-1 records
  has none but such cells (and empty ones), so its count in the witness is another, and cannot be told from the release;
* on each dominated cell the witness differs too, so its indicator is no linear combination of the cells told, and
  no sum over it can be computed from the sums told, which are told for the same cells.

Moves run along hypercubes (as in GHMITER of tau-ARGUS): corners are raised and lowered in turn, so that margins which
drop one of the move's directions stay as they are and can be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations, product

from quanshu.lake.disclosure.types import LEAST_EVER, Atom, Cell, Cube, Key

# Partners tried along each direction, by the number of groups: so many that the work stays small.
_CANDIDATES = {1: 8, 2: 6, 3: 4, 4: 3}
_ROUNDS = 40


def protect(cube: Cube) -> dict[Cell, tuple[Atom, bool]]:
    """Every non-empty cell of the finest table and of all margins: what is in it, and whether it may be told."""
    work = _Protection(cube)
    work.run()
    return {cell: (atom, not work.moved.get(cell)) for cell, atom in work.cells.items()}


def dominated(atom: Atom, percent: int) -> bool:
    """The p% rule: the second largest contributor could come within `percent` of the largest by subtraction.

    One or two contributions are dominated whatever they are.
    """
    return any(
        0 < size.given < LEAST_EVER
        or (size.first > 0 and 100 * (size.total - size.first - size.second) < percent * size.first)
        for size in atom.sizes
    )


@cache
def _kept(groups: int) -> tuple[tuple[bool, ...], ...]:
    return tuple(product((True, False), repeat=groups))


def margins(key: Key) -> Iterator[Cell]:
    """A cell of the finest table and every margin it counts in."""
    for kept in _kept(len(key)):
        yield tuple(value if keep else None for value, keep in zip(key, kept, strict=True))


class _Protection:
    """The witness in the making. `moved` is witness less truth, of every cell that was touched."""

    def __init__(self, cube: Cube) -> None:
        self.cube, self.least = cube, cube.least
        self.atoms = {key: atom for key, atom in sorted(cube.atoms.items()) if atom.count}
        self.witness = {key: atom.count for key, atom in self.atoms.items()}
        self.cells: dict[Cell, Atom] = {}
        self.largest: dict[Cell, Key] = {}
        self.moved: dict[Cell, int] = {}
        for key, atom in self.atoms.items():
            for cell in margins(key):
                before = self.cells.get(cell)
                self.cells[cell] = atom if before is None else before + atom
        self.closed = {key for key, atom in self.atoms.items() if self._sensitive(atom)}

    def _sensitive(self, atom: Atom) -> bool:
        return atom.count < self.least or dominated(atom, self.cube.percent)

    def run(self) -> None:
        """Move until every sensitive cell and every sensitive remainder differs."""
        whole = range(len(self.cube.sizes))
        for key in sorted(self.closed, key=lambda key: (self.atoms[key].count, key)):
            lack = self.least - self.witness[key]
            if self.moved.get(key, 0) <= 0 or lack > 0:
                self._move(key, tuple(whole), max(lack, 1))
        # A margin is dominated only if the finest cell with its largest contribution is (see the tests).
        bad = [cell for cell, atom in self.cells.items() if None in cell and dominated(atom, self.cube.percent)]
        for _ in range(_ROUNDS):
            open_still = [cell for cell in bad if not self.moved.get(cell)]
            for cell in open_still:
                self._move(self._top(cell), tuple(i for i in whole if cell[i] is not None), 1)
            rests = list(self._bad_remainders())
            for key, direction in rests:
                self._move(key, (direction,), 1, fresh=True)
            if not open_still and not rests:
                return
        self._close(bad)

    def _close(self, bad: Iterable[Cell]) -> None:
        """What did not settle is closed with everything around it, by raises too large to cancel."""
        for cell in [*bad, *(key for key, _ in self._bad_remainders())]:
            if not self.moved.get(cell) or None not in cell:
                self._shift(self._top(cell), 1 + sum(map(abs, self.moved.values())))

    def _top(self, cell: Cell) -> Key:
        """The sensitive finest cell of a margin with the largest contribution."""
        inside = [key for key in self.closed if all(part in (None, own) for part, own in zip(cell, key, strict=True))]
        return max(inside, key=lambda key: max((size.first for size in self.atoms[key].sizes), default=0))

    def _bad_remainders(self) -> Iterator[tuple[Key, int]]:
        """What is left of a told cell when its told parts along one group are taken away, where that is dominated."""
        if not any(atom.sizes for atom in self.atoms.values()):
            return
        rests: dict[tuple[Cell, int], list[Cell]] = {}
        for cell in self.cells:
            if self.moved.get(cell):
                for i, part in enumerate(cell):
                    parent = (*cell[:i], None, *cell[i + 1 :])
                    if part is not None and not self.moved.get(parent):
                        rests.setdefault((parent, i), []).append(cell)
        for (_parent, i), hidden in rests.items():
            total = self.cells[hidden[0]]
            for cell in hidden[1:]:
                total = total + self.cells[cell]
            if dominated(total, self.cube.percent):
                tops = [cell for cell in hidden if dominated(self.cells[cell], self.cube.percent)]
                if tops:
                    yield self._top(tops[0]), i

    def _shift(self, key: Key, by: int) -> None:
        self.witness[key] += by
        for cell in margins(key):
            self.moved[cell] = self.moved.get(cell, 0) + by

    def _move(self, key: Key, directions: tuple[int, ...], by: int, *, fresh: bool = False) -> None:
        """Raise a cell and balance it over as many directions as can be; where none can, the totals move too."""
        for size in range(len(directions), 0, -1):
            found = [
                move for chosen in combinations(directions, size) for move in self._moves(key, chosen, by, fresh=fresh)
            ]
            if found:
                _cost, corners = min(found)
                for corner, sign in corners:
                    self._shift(corner, sign * by)
                return
        self._shift(key, by if not fresh else 1 + sum(map(abs, self.moved.values())))

    def _moves(
        self, key: Key, directions: tuple[int, ...], by: int, *, fresh: bool
    ) -> Iterator[tuple[int, list[tuple[Key, int]]]]:
        """(cost, corners with signs) of the hypercubes a cell can be balanced over."""
        choices = [self._partners(key, i, by, fresh=fresh) for i in directions]
        for partners in product(*choices):
            corners = []
            for taken in product((False, True), repeat=len(directions)):
                other = list(key)
                for i, part, take in zip(directions, partners, taken, strict=True):
                    if take:
                        other[i] = part
                corners.append((tuple(other), -1 if sum(taken) % 2 else 1))
            if all(self._may(corner, sign, by) for corner, sign in corners[1:]):
                cost = sum(self.atoms[corner].count for corner, _sign in corners if not self.moved.get(corner))
                yield cost, corners

    def _may(self, corner: Key, sign: int, by: int) -> bool:
        """Empty cells stay empty, sensitive ones are only raised, others never fall below nothing."""
        if corner not in self.atoms:
            return False
        return sign > 0 or (corner not in self.closed and self.witness[corner] >= by)

    def _partners(self, key: Key, direction: int, by: int, *, fresh: bool) -> list[int]:
        """Values along one direction whose cell can be lowered: those touched already first, then the smallest."""
        found = []
        for part in range(self.cube.sizes[direction]):
            other = (*key[:direction], part, *key[direction + 1 :])
            if part != key[direction] and self._may(other, -1, by) and not (fresh and self.moved.get(other)):
                found.append((not self.moved.get(other), self.atoms[other].count, part))
        return [part for _new, _count, part in sorted(found)[: _CANDIDATES[len(self.cube.sizes)]]]
