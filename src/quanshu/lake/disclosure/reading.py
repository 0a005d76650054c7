"""The cube of a lake table: read by the engine, protected, and laid out as a table that gateways can answer from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pyarrow as pa

from quanshu.lake.disclosure.protecting import protect
from quanshu.lake.disclosure.types import (
    LEAST,
    LEAST_EVER,
    MOST_CELLS,
    OTHER,
    PERCENT,
    UNKNOWN,
    Amount,
    Atom,
    Cell,
    Cube,
    Group,
    Key,
    Measure,
    labels_of,
    lattice_size,
    level_name,
)
from quanshu.lake.errors import CubeTooLarge
from quanshu.lake.schema import literal, need_columns, quote
from quanshu.lake.tables import Lake

_DECIMAL = "TRY_CAST({0} AS DECIMAL(28, 4))"


def read_values(lake: Lake, table: str, group: Group, *, most: int) -> tuple[str, ...]:
    """Values a table holds of a group, sorted; more than `most` raise CubeTooLarge."""
    need_columns(lake.schema(table).names, [group.column])
    with lake.connect() as connection:
        lake.register(connection, table, alias="source")
        sql = f"SELECT DISTINCT {_plain(group)} AS v FROM source WHERE v IS NOT NULL ORDER BY v LIMIT {most + 1}"
        found = tuple(str(row[0]) for row in connection.execute(sql).fetchall())
    if len(found) > most:
        raise CubeTooLarge(group=group.name, most=most)
    return found


def release(
    lake: Lake,
    table: str,
    *,
    groups: Sequence[Group],
    measures: Sequence[Measure],
    on: date,
    least: int = LEAST,
    percent: int = PERCENT,
    version: int | None = None,
) -> pa.Table:
    """The release of a table's version: a row for each cell of the finest table and of every margin.

    Columns: `position` (order), `level` (the groups of the cell's table), `shown` (0 where suppressed), one `g_…` of
    each group and one `m_…` of each measure; a suppressed cell's measures are empty. A record is one contributor;
    bands of dates are full years until `on`. Raises CubeTooLarge, `lake.missing_column`, `lake.no_table`.
    """
    if lattice_size(groups) > MOST_CELLS:
        raise CubeTooLarge(group=level_name([group.name for group in groups]), most=MOST_CELLS)
    columns = list(dict.fromkeys(measure.column for measure in measures if measure.column))
    need_columns(lake.schema(table, version).names, [*(group.column for group in groups), *columns])
    labels = [labels_of(group) for group in groups]
    atoms = _read(lake, table, groups, labels, columns, on=on, version=version)
    cube = Cube(tuple(map(len, labels)), atoms, max(least, LEAST_EVER), percent)
    return _laid_out(protect(cube), groups, labels, measures, columns)


def _read(
    lake: Lake,
    table: str,
    groups: Sequence[Group],
    labels: Sequence[tuple[str, ...]],
    columns: Sequence[str],
    *,
    on: date,
    version: int | None,
) -> dict[Key, Atom]:
    numbers = [{label: number for number, label in enumerate(known)} for known in labels]
    keys = ", ".join(f"{_label(group, on)} AS g{i}" for i, group in enumerate(groups))
    amounts = "".join(
        f", sum({x}), count({x}), max({x}, 2), sum(abs({x})), max(abs({x}), 2)"
        for x in (_DECIMAL.format(quote(column)) for column in columns)
    )
    by = ", ".join(f"g{i}" for i in range(len(groups)))
    with lake.connect() as connection:
        lake.register(connection, table, version=version, alias="source")
        rows = connection.execute(f"SELECT {keys}, count(*){amounts} FROM source GROUP BY {by}").fetchall()
    atoms: dict[Key, Atom] = {}
    for row in rows:
        key = tuple(
            known.get(label, known.get(OTHER, known[UNKNOWN])) for known, label in zip(numbers, row, strict=False)
        )
        atom = _atom(row[len(groups) :])
        atoms[key] = atoms[key] + atom if key in atoms else atom
    return atoms


def _atom(row: Sequence[Any]) -> Atom:
    """Count, then for each column: total, records with a value, two largest, total of sizes, two largest sizes."""
    amounts, sizes = [], []
    for at in range(1, len(row), 5):
        total, given, top, size, tops = row[at : at + 5]
        amounts.append(Amount(total or 0, given, *_two(top)))
        sizes.append(Amount(size or 0, given, *_two(tops)))
    return Atom(int(row[0]), tuple(amounts), tuple(sizes))


def _two(top: Sequence[Decimal] | None) -> tuple[Decimal, Decimal]:
    first, second = (*(top or ()), Decimal(0), Decimal(0))[:2]
    return first, second


def _plain(group: Group) -> str:
    """The text of a group's column, or its first characters; NULL where there is none."""
    text = f"NULLIF(trim(CAST({quote(group.column)} AS VARCHAR)), '')"
    return f"substr({text}, 1, {int(group.width)})" if group.kind == "prefix" else text


def _label(group: Group, on: date) -> str:
    """A record's label as an expression of the engine."""
    if group.kind != "bands":
        return f"coalesce({_plain(group)}, {literal(UNKNOWN)})"
    column = quote(group.column)
    number = (
        f"date_sub('year', TRY_CAST({column} AS DATE), DATE {literal(on.isoformat())})"
        if group.dated
        else f"TRY_CAST({column} AS DOUBLE)"
    )
    names = labels_of(group)
    steps = " ".join(f"WHEN {number} < {edge} THEN {literal(names[i])}" for i, edge in enumerate(group.edges))
    return f"CASE WHEN {number} IS NULL THEN {literal(UNKNOWN)} {steps} ELSE {literal(names[len(group.edges)])} END"


def _laid_out(
    cells: Mapping[Cell, tuple[Atom, bool]],
    groups: Sequence[Group],
    labels: Sequence[tuple[str, ...]],
    measures: Sequence[Measure],
    columns: Sequence[str],
) -> pa.Table:
    whole, whole_told = cells.get((None,) * len(groups), (Atom(0), True))
    empty = Atom(0, (Amount(),) * len(columns), (Amount(),) * len(columns))
    rows: list[dict[str, Any]] = []
    for cell in _all_cells(labels):
        atom, told = cells.get(cell, (empty, True))
        row: dict[str, Any] = {
            "position": len(rows),
            "level": level_name([group.name for group, part in zip(groups, cell, strict=True) if part is not None]),
            "shown": int(told),
        }
        for group, known, part in zip(groups, labels, cell, strict=True):
            row[f"g_{group.name}"] = None if part is None else known[part]
        for measure in measures:
            total = whole.count if whole_told else None
            row[f"m_{measure.name}"] = _measured(measure, atom, columns, total) if told else None
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=_schema(groups, measures))


def _all_cells(labels: Sequence[tuple[str, ...]]) -> Iterator[Cell]:
    """Cells of all tables, empty ones too: from the grand total to the finest table, each in the order of labels."""
    tables = sorted(product((False, True), repeat=len(labels)), key=lambda kept: (sum(kept), [not k for k in kept]))
    for kept in tables:
        yield from product(*(range(len(known)) if keep else (None,) for known, keep in zip(labels, kept, strict=True)))


def _measured(measure: Measure, atom: Atom, columns: Sequence[str], total: int | None) -> float | int | None:
    if measure.kind == "count":
        return atom.count
    if measure.kind == "share":
        return round(atom.count / total, 4) if total else None
    amount = atom.amounts[columns.index(measure.column)]
    if measure.kind == "sum":
        return float(amount.total)
    return round(float(amount.total) / amount.given, 2) if amount.given else None


def _schema(groups: Sequence[Group], measures: Sequence[Measure]) -> pa.Schema:
    return pa.schema(
        [
            ("position", pa.int64()),
            ("level", pa.string()),
            ("shown", pa.int64()),
            *((f"g_{group.name}", pa.string()) for group in groups),
            *((f"m_{m.name}", pa.int64() if m.kind == "count" else pa.float64()) for m in measures),
        ]
    )
