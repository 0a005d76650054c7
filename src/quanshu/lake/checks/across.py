"""Rules that look beyond the row: at other rows, at another table, at the table as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pyarrow as pa

from quanshu.lake.checks.engines import Engine
from quanshu.lake.checks.specs import CheckKind, CheckSpec
from quanshu.lake.checks.sql import RowRule, filled, text
from quanshu.lake.schema import need_columns, quote
from quanshu.lake.tables import Lake


def across_rule(engine: Engine, lake: Lake, spec: CheckSpec, place: int, schema: pa.Schema) -> RowRule:
    """A rule that looks beyond the row: one pass gathers the values at fault, and the rows are held against them."""
    tested = " AND ".join(f"({filled(column, schema)})" for column in spec.columns)
    value = " || ' · ' || ".join(text(column) for column in spec.columns)
    compared, referred = f"compared{place}", f"referred{place}"
    if spec.kind in {CheckKind.REFERENCE, CheckKind.CONSISTENCY}:
        wanted = [str(spec.params[name]) for name in ("key", "column") if name in spec.params]
        need_columns(lake.schema(spec.params["table"]).names, wanted)
        engine.register(lake, spec.params["table"], alias=referred)
    if spec.kind == CheckKind.CONSISTENCY:
        return consistency(engine, spec, tested, value, place)
    # Columns of names that no table of the city has: where the rows meet these, none is in doubt.
    names = [f"{compared}_{at}" for at in range(len(spec.columns))]
    engine.define(compared, GATHERERS[CheckKind(spec.kind)](spec, tested, referred, names))
    if not engine.rows(f"SELECT 1 AS one FROM {compared} LIMIT 1"):
        return RowRule(tested, "false", value)
    join = joined_to(compared, {text(column): name for column, name in zip(spec.columns, names, strict=True)})
    return RowRule(tested, f"({tested} AND {names[0]} IS NOT NULL)", value, join=join)


def joined_to(compared: str, equal: Mapping[str, str]) -> str:
    """Bring in what the rows are held against; each row meets at most one."""
    return f" LEFT JOIN {compared} ON {' AND '.join(f'{mine} = {theirs}' for mine, theirs in equal.items())}"


def unique(spec: CheckSpec, tested: str, referred: str, names: Sequence[str]) -> str:
    """Values that more than one row holds."""
    group = ", ".join(quote(column) for column in spec.columns)
    repeated = f"SELECT {group} FROM checked WHERE {tested} GROUP BY {group} HAVING count(*) > 1"
    shown = ", ".join(f"{text(column)} AS {name}" for column, name in zip(spec.columns, names, strict=True))
    return f"SELECT DISTINCT {shown} FROM ({repeated})"


def reference(spec: CheckSpec, tested: str, referred: str, names: Sequence[str]) -> str:
    """Values that the other table does not hold."""
    there, name = f"{referred}_there", names[0]
    held = f"SELECT DISTINCT {text(str(spec.params['column']))} AS {there} FROM {referred}"
    mine = text(spec.columns[0])
    rows = f"SELECT {mine} AS {name} FROM checked LEFT JOIN ({held}) AS held ON {mine} = {there}"
    return f"SELECT DISTINCT {name} FROM ({rows} WHERE {there} IS NULL AND {tested})"


def dependency(spec: CheckSpec, tested: str, referred: str, names: Sequence[str]) -> str:
    """Minority values of their group; where values are equally many, all of the group's."""
    decides, depends = (text(column) for column in spec.columns)
    counted = f"SELECT {decides} AS k, {depends} AS v, count(*) AS n FROM checked WHERE {tested} GROUP BY 1, 2"
    ranked = (
        "SELECT k, v, n, max(n) OVER (PARTITION BY k) AS most, count(*) OVER (PARTITION BY k) AS kinds,"
        f" count(*) OVER (PARTITION BY k, n) AS equals FROM ({counted})"
    )
    return f"SELECT k AS {names[0]}, v AS {names[1]} FROM ({ranked}) WHERE kinds > 1 AND (n < most OR equals > 1)"


def consistency(engine: Engine, spec: CheckSpec, tested: str, value: str, place: int) -> RowRule:
    """Rows whose value differs from everything that the other table says of the same key."""
    key, column = (text(str(spec.params[name])) for name in ("key", "column"))
    said, known = f"compared{place}", f"known{place}"
    filled_in = f"{key} IS NOT NULL AND {column} IS NOT NULL"
    engine.define(
        said, f"SELECT DISTINCT {key} AS {said}_0, {column} AS {said}_1 FROM referred{place} WHERE {filled_in}"
    )
    engine.define(known, f"SELECT DISTINCT {said}_0 AS {known}_0 FROM {said}")
    mine, held = (text(name) for name in spec.columns)
    join = joined_to(known, {mine: f"{known}_0"}) + joined_to(said, {mine: f"{said}_0", held: f"{said}_1"})
    tested = f"({tested} AND {known}_0 IS NOT NULL)"
    return RowRule(tested, f"({tested} AND {said}_0 IS NULL)", value, join=join, joined=True)


GATHERERS = {
    CheckKind.UNIQUE: unique,
    CheckKind.REFERENCE: reference,
    CheckKind.DEPENDENCY: dependency,
}


def table_fault(engine: Engine, spec: CheckSpec, *, rows: int, today: date) -> str | None:
    """What is wrong with the table as a whole, as the value measured; None when it holds."""
    if spec.kind == CheckKind.ROW_COUNT:
        low, high = (spec.params.get(name) for name in ("min", "max"))
        short = low not in (None, "") and rows < int(str(low))
        long = high not in (None, "") and rows > int(str(high))
        return str(rows) if short or long else None
    column = f"TRY_CAST({text(spec.columns[0])} AS DATE)"
    newest = engine.rows(f"SELECT max({column}) AS newest FROM checked WHERE {column} <= DATE '{today.isoformat()}'")
    last: date | None = newest[0][0]
    if last is not None and last >= today - timedelta(days=int(spec.params["days"])):
        return None
    return last.isoformat() if last else "—"
