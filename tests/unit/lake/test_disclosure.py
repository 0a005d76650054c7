"""What a release tells: nothing small, nothing dominated, by no combination of its cells."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.lake.disclosure import (
    Amount,
    Atom,
    Cell,
    Cube,
    Group,
    Measure,
    protect,
    read_values,
    release,
)
from quanshu.lake.disclosure.protecting import dominated
from quanshu.lake.errors import CubeTooLarge
from quanshu.lake.tables import Lake

Key = tuple[int, ...]
SIZES = st.sampled_from([(3,), (4,), (2, 2), (3, 3), (2, 4), (2, 2, 2)])


@st.composite
def cubes(draw: st.DrawFn) -> Cube:
    """Small populations with a threshold of 3 to 6; some with amounts that one contributor may dominate."""
    sizes = draw(SIZES)
    amounts = draw(st.booleans())
    atoms = {}
    for key in product(*map(range, sizes)):
        count = draw(st.sampled_from([0, 0, 1, 2, 3, 5, 8, 13, 40]))
        if amounts:
            values = draw(st.lists(st.sampled_from([0, 1, 2, 5, 100]), min_size=count, max_size=count))
            tops = (*sorted(values, reverse=True), 0, 0)
            amount = Amount(sum(values), count, tops[0], tops[1])
            atoms[key] = Atom(count, (amount,), (amount,))
        else:
            atoms[key] = Atom(count)
    return Cube(sizes, atoms, draw(st.integers(3, 6)), 10)


def indicator(cell: Cell, keys: list[Key]) -> list[int]:
    return [int(all(part in (None, own) for part, own in zip(cell, key, strict=True))) for key in keys]


def reduced(rows: list[list[int]]) -> list[tuple[int, list[Fraction]]]:
    """Row echelon form over the rationals: (pivot, row)."""
    basis: list[tuple[int, list[Fraction]]] = []
    for row in rows:
        rest = remainder([Fraction(value) for value in row], basis)
        pivot = next((i for i, value in enumerate(rest) if value), None)
        if pivot is not None:
            basis.append((pivot, [value / rest[pivot] for value in rest]))
            basis.sort()
    return basis


def remainder(row: list[Fraction], basis: list[tuple[int, list[Fraction]]]) -> list[Fraction]:
    for pivot, known in basis:
        if row[pivot]:
            row = [value - row[pivot] * part for value, part in zip(row, known, strict=True)]
    return row


def derivable(wanted: list[int], basis: list[tuple[int, list[Fraction]]]) -> bool:
    """Whether the count (or sum) of a set of finest cells is a linear combination of told ones."""
    return not any(remainder([Fraction(value) for value in wanted], basis))


@settings(max_examples=150, deadline=None)
@given(cubes())
def test_no_small_count_follows_from_any_calls(cube: Cube) -> None:
    """Every sequence of calls is answered from the told cells; no set of 1 to k-1 records follows from all of them.

    The known empty cells are left out of the unknowns: whoever knows them to be empty learns no more.
    """
    keys = [key for key, atom in cube.atoms.items() if atom.count]
    told = protect(cube)
    basis = reduced([indicator(cell, keys) for cell, (_atom, shown) in told.items() if shown])
    small = [i for i, key in enumerate(keys) if cube.atoms[key].count < cube.least]
    for size in range(1, min(len(small), cube.least - 1) + 1):
        for chosen in combinations(small, size):
            if sum(cube.atoms[keys[i]].count for i in chosen) < cube.least:
                assert not derivable([int(i in chosen) for i in range(len(keys))], basis)
    for cell, (atom, shown) in told.items():
        assert not shown or atom.count >= cube.least
        if dominated(atom, cube.percent):
            assert not derivable(indicator(cell, keys), basis)


@settings(max_examples=150, deadline=None)
@given(cubes())
def test_no_remainder_is_dominated(cube: Cube) -> None:
    """A told margin less its told parts leaves no sum from which the largest contributor can be estimated."""
    told = protect(cube)
    for cell, (_atom, shown) in told.items():
        for i in range(len(cell)):
            if not shown or cell[i] is not None:
                continue
            parts = [part for part in told if part[i] is not None and (*part[:i], None, *part[i + 1 :]) == cell]
            hidden = [told[part][0] for part in parts if not told[part][1]]
            if hidden:
                rest = hidden[0]
                for atom in hidden[1:]:
                    rest = rest + atom
                assert not dominated(rest, cube.percent)


@given(cubes(), st.randoms(use_true_random=False))
def test_what_is_dominated_has_a_dominated_part(cube: Cube, random: object) -> None:
    """The p% rule looks the same way up and down: a dominated margin has a dominated cell with its largest."""
    atoms = [atom for atom in cube.atoms.values() if atom.count]
    if atoms:
        whole = atoms[0]
        for atom in atoms[1:]:
            whole = whole + atom
        if dominated(whole, 10):
            assert any(dominated(atom, 10) for atom in atoms)


def test_margins_of_a_large_table_stay() -> None:
    """One small cell costs a hypercube of the finest table and no margin."""
    atoms = {key: Atom(100 + sum(key)) for key in product(range(12), range(2), range(5))}
    atoms[3, 1, 4] = Atom(2)
    told = protect(Cube((12, 2, 5), atoms))
    hidden = [cell for cell, (_atom, shown) in told.items() if not shown]
    assert len(hidden) == 8
    assert all(None not in cell for cell in hidden)


def test_one_small_group_of_two_closes_both_or_the_total() -> None:
    """Two cells, one small: neither is told, the total is."""
    told = protect(Cube((2,), {(0,): Atom(4), (1,): Atom(90)}))
    assert {cell for cell, (_atom, shown) in told.items() if shown} == {(None,)}
    nothing = protect(Cube((2,), {(0,): Atom(4), (1,): Atom(5)}))
    assert not any(shown for _atom, shown in nothing.values())


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    people = [
        {"district": f"37010{2 + i % 3}00000{i % 7}", "sex": str(1 + i % 2), "born": f"{1930 + i % 90}-05-05", "pay": i}
        for i in range(600)
    ]
    people += [{"district": "370112000000", "sex": "2", "born": "1990-01-01", "pay": 5}] * 3
    people += [{"district": None, "sex": "1", "born": "no date", "pay": None}] * 40
    lake.overwrite("a.person", pa.Table.from_pylist(people))
    return lake


def test_a_release_is_read_from_the_lake(lake: Lake) -> None:
    prefix = Group("district", "district", "prefix", 6)
    values = read_values(lake, "a.person", prefix, most=10)
    assert values == ("370102", "370103", "370104", "370112")
    with pytest.raises(CubeTooLarge):
        read_values(lake, "a.person", Group("born", "born"), most=10)
    groups = (
        Group("district", "district", "prefix", 6, values=values),
        Group("age", "born", "bands", edges=(18, 60), dated=True),
    )
    measures = (Measure("n"), Measure("part", "share"), Measure("pay", "average", "pay"), Measure("all", "sum", "pay"))
    table = release(lake, "a.person", groups=groups, measures=measures, on=date(2026, 5, 4))
    rows = {(row["level"], row["g_district"], row["g_age"]): row for row in table.to_pylist()}
    whole = rows["", None, None]
    assert (whole["m_n"], whole["m_part"], whole["shown"]) == (643, 1.0, 1)
    assert rows["district", "unknown", None]["m_n"] is None or rows["district", "unknown", None]["shown"]
    small = rows["district", "370112", None]
    assert (small["shown"], small["m_n"], small["m_all"]) == (0, None, None)
    ages = {age: rows["age", None, age] for age in ("<18", "18-59", "60+", "unknown")}
    assert all(row["m_n"] is None for row in ages.values() if not row["shown"])
    assert whole["m_all"] == float(sum(range(600)) + 15)


def test_bands_count_full_years(lake: Lake) -> None:
    """Born on 5 May 2008: 17 on 4 May 2026 and 18 a day later."""
    lake.overwrite("a.person", pa.table({"born": ["2008-05-05"] * 30, "pay": [Decimal(i) for i in range(1, 31)]}))
    groups = (Group("age", "born", "bands", edges=(18,), dated=True),)
    for day, label in ((4, "<18"), (5, "18+")):
        table = release(lake, "a.person", groups=groups, measures=(Measure("n"),), on=date(2026, 5, day))
        assert [row["g_age"] for row in table.to_pylist() if row["m_n"] == 30] == [None, label]
