"""Running the rules of a table over one of its versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pyarrow as pa

from quanshu.lake.checks.across import across_rule, table_fault
from quanshu.lake.checks.engines import DistributedEngine, Engine, LocalEngine
from quanshu.lake.checks.specs import ACROSS_ROWS, OF_TABLE, CheckReport, CheckResult, CheckSpec, Failure
from quanshu.lake.checks.sql import RowRule, compile_row_rule, text, with_forms
from quanshu.lake.distributed import SparkEngine
from quanshu.lake.schema import need_columns, quote
from quanshu.lake.tables import Lake

KEEP = 20_000
# Bits of one number of 64, the sign and a few left alone.
BITS = 60
# Chance keeps an engine from moving the test of the sum below the sum, where each expression would be worked out
# once for the test and again for the rows that fail it.
NOTHING = "CAST(random() * 0 AS BIGINT)"
Keyed = Mapping[str, Collection[tuple[str | None, ...]]]


def run_checks(
    lake: Lake,
    table: str,
    specs: Sequence[CheckSpec],
    *,
    keys: Sequence[str],
    today: date,
    version: int | None = None,
    keep: int = KEEP,
    watched: Keyed | None = None,
    spark: SparkEngine | None = None,
) -> CheckReport:
    """Check a version of a table, by default the newest, on the lake's own engine or on Spark.

    A row is named by its key columns (all columns when `keys` is empty). At most `keep` failures of a rule
    are returned, those with the lowest keys, and beyond them any of the `watched` keys of that rule; the
    counts are always whole. Raises `lake.no_table`, `lake.missing_column`.
    """
    version = lake.version(table) if version is None else version
    schema = lake.schema(table, version)
    named = tuple(keys) or tuple(schema.names)
    need_columns(schema.names, [*named, *(column for spec in specs for column in spec.columns)])
    with engine_for(lake, spark) as engine:
        engine.register(lake, table, version=version, alias="checked")
        whole = [spec for spec in specs if spec.kind in OF_TABLE]
        specs = [spec for spec in specs if spec.kind not in OF_TABLE]
        rules = [
            across_rule(engine, lake, spec, place, schema)
            if spec.kind in ACROSS_ROWS
            else compile_row_rule(spec, schema, today)
            for place, spec in enumerate(specs)
        ]
        broken = keep_broken(engine, rules, named)
        rows, counts = count_rows(engine, rules)
        found = {
            spec.id: failures_of(engine, place, keep, (watched or {}).get(spec.id, ()))
            for place, spec in enumerate(specs)
        }
        faults = {spec.id: table_fault(engine, spec, rows=rows, today=today) for spec in whole}
    results = {spec.id: result for spec, result in zip(specs, counts, strict=True)}
    results |= {ident: CheckResult(1, int(fault is not None)) for ident, fault in faults.items()}
    nameless = (None,) * len(named)
    found |= {ident: (Failure(nameless, fault),) if fault is not None else () for ident, fault in faults.items()}
    return CheckReport(table, version, named, rows, rows - broken, results, found)


@contextmanager
def engine_for(lake: Lake, spark: SparkEngine | None) -> Iterator[Engine]:
    """The engine that is to run the rules."""
    if spark is not None:
        yield DistributedEngine(spark)
        return
    with lake.connect() as connection:
        yield LocalEngine(connection)


def keep_broken(engine: Engine, rules: Sequence[RowRule], named: Sequence[str]) -> int:
    """Set aside the rows that fail any rule, with the value at fault for each; returns how many there are.

    They are kept by the engine, which may spill them to disk, so that a table that fails whole fits too. Which rules a
    row fails is a number, a bit for each rule, so that each expression is worked out once.
    """
    if not rules:
        return 0
    masks = [f"{' + '.join([NOTHING, *bits])} AS {mask(at)}" for at, bits in enumerate(bits_of(rules))]
    parts = ["[" + ", ".join(text(name) for name in named) + "] AS k"]
    parts += [mask(at) for at in range(len(masks))]
    parts += [f"{rule.value} AS v{place}" for place, rule in enumerate(rules)]
    marked = f"SELECT checked.*, {', '.join(masks)} FROM {source_of(rules)}"
    failing = " OR ".join(f"{mask(at)} <> 0" for at in range(len(masks)))
    engine.define("broken", f"SELECT {', '.join(parts)} FROM ({marked}) AS marked WHERE {failing}")
    return int(engine.rows("SELECT count(*) AS n FROM broken")[0][0])


def mask(group: int) -> str:
    """The number that tells which rules of a group a row fails; no column of the city has such a name."""
    return f'"fails {group}"'


def source_of(rules: Sequence[RowRule]) -> str:
    """The checked rows with the forms of these rules, and beside them what they are held against."""
    return f"{with_forms(rules, 'checked')} AS checked{''.join(rule.join for rule in rules)}"


def bits_of(rules: Sequence[RowRule]) -> list[list[str]]:
    """For each group of rules, what each adds to the number of a row that fails it: a bit of its own."""
    groups = [rules[start : start + BITS] for start in range(0, len(rules), BITS)]
    return [[f"CASE WHEN {rule.failed} THEN {1 << bit} ELSE 0 END" for bit, rule in enumerate(part)] for part in groups]


def fails(place: int) -> str:
    """True of the rows set aside that fail the rule at this place."""
    return f"({mask(place // BITS)} & {1 << place % BITS}) <> 0"


def count_rows(engine: Engine, rules: Sequence[RowRule]) -> tuple[int, list[CheckResult]]:
    """Rows of the table, and for each rule how many it tested and how many failed it."""
    tested = list(dict.fromkeys(rule.tested for rule in rules))
    parts = ["count(*) AS n", *(f"count(*) FILTER (WHERE {text}) AS t{at}" for at, text in enumerate(tested))]
    looked = [rule if rule.joined else replace(rule, join="") for rule in rules]
    rows, *counts = (int(value) for value in engine.rows(f"SELECT {', '.join(parts)} FROM {source_of(looked)}")[0])
    if not rules:
        return rows, []
    failed = ", ".join(f"count(*) FILTER (WHERE {fails(place)}) AS f{place}" for place in range(len(rules)))
    found = engine.rows(f"SELECT {failed} FROM broken")[0]
    numbers = dict(zip(tested, counts, strict=True))
    return rows, [CheckResult(numbers[rule.tested], int(number)) for rule, number in zip(rules, found, strict=True)]


def failures_of(
    engine: Engine, place: int, keep: int, watched: Collection[tuple[str | None, ...]]
) -> tuple[Failure, ...]:
    """The lowest failing keys of a rule, and beyond them those watched."""
    query = f"SELECT k, v{place} AS v FROM broken WHERE {fails(place)} ORDER BY k"
    found = [Failure(tuple(key), value) for key, value in engine.rows(f"{query} LIMIT {int(keep)}")]
    if watched and len(found) == keep:
        wanted = set(watched) - {failure.key for failure in found}
        beyond = engine.stream(f"{query} OFFSET {int(keep)}")
        found += [Failure(tuple(key), value) for key, value in beyond if tuple(key) in wanted]
    return tuple(found)


def existing_keys(
    lake: Lake,
    table: str,
    *,
    keys: Sequence[str],
    wanted: Collection[tuple[str | None, ...]],
    version: int | None = None,
) -> set[tuple[str | None, ...]]:
    """Which of the wanted keys the table holds at a version. A key without any value names the table itself."""
    if not wanted:
        return set()
    version = lake.version(table) if version is None else version
    named = tuple(keys) or tuple(lake.schema(table, version).names)
    columns = {f"k{place}": pa.array([key[place] for key in wanted], pa.string()) for place in range(len(named))}
    with lake.connect() as connection:
        lake.register(connection, table, version=version, alias="checked")
        connection.register("wanted", pa.table(columns))
        matching = " AND ".join(
            f"w.k{place} IS NOT DISTINCT FROM CAST(c.{quote(name)} AS VARCHAR)" for place, name in enumerate(named)
        )
        shown = ", ".join(f"w.k{place}" for place in range(len(named)))
        rows = connection.sql(
            f"SELECT {shown} FROM wanted w WHERE EXISTS (SELECT 1 FROM checked c WHERE {matching})"
        ).fetchall()
    return {tuple(row) for row in rows} | {key for key in wanted if not any(part is not None for part in key)}
