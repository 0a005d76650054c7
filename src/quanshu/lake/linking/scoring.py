"""Pairs of records compared and weighed by a model."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import duckdb
import pyarrow as pa

from quanshu.lake import Lake
from quanshu.lake.linking.settings import Settings, rare_columns
from quanshu.lake.linking.splinking import NoRecord, link, open_records, plain_failures
from quanshu.lake.linking.types import Evidence, LeftOut, LinkModel, Pair, Scored
from quanshu.lake.schema import literal, quote

MAX_BLOCK = 200
PAIRS_SCHEMA = pa.schema(
    {
        "left": pa.string(),
        "right": pa.string(),
        "probability": pa.float64(),
        "evidence": pa.list_(pa.struct({"attribute": pa.string(), "level": pa.string(), "weight": pa.float64()})),
    }
)


def score(
    lake: Lake,
    model: LinkModel,
    records: str,
    *,
    new: Collection[str] | None = None,
    threshold: float,
    version: int | None = None,
    max_block: int = MAX_BLOCK,
) -> Scored:
    """Compare the pairs that share a blocking value, and give those whose probability reaches `threshold`.

    With `new`, only pairs with at least one of these records are compared: in two batches, for one model, the same
    pairs are found as in one, as long as no blocking value grows over `max_block` in between. A blocking value held
    by more than `max_block` records is left out and reported. Raises `lake.no_table` and `lake.linking_failed`.
    """
    with lake.connect() as connection, plain_failures():
        open_records(lake, connection, records, version)
        _mark_new(connection, new)
        left_out = _block(connection, model.settings, max_block)
        compared = int(connection.execute("SELECT count(*) FROM blocked").fetchall()[0][0])
        return Scored(_weigh(connection, model.settings, threshold), compared, left_out)


def explain(lake: Lake, model: LinkModel, records: str, left: str, right: str, *, version: int | None = None) -> Pair:
    """Compare two records whatever the blocking, and say what each attribute spoke for.

    Evidence comes in the order of the model's comparisons; `level` is one of `LEVELS` for the shipped settings.
    Raises `lake.no_record` when one is not in the table.
    """
    left, right = sorted((left, right))
    with lake.connect() as connection, plain_failures():
        open_records(lake, connection, records, version)
        both = f"record IN ({literal(left)}, {literal(right)})"
        if left == right or connection.execute(f"SELECT count(*) FROM records WHERE {both}").fetchall()[0][0] != 2:
            raise NoRecord(table=records)
        connection.execute(
            "CREATE TEMP TABLE blocked AS SELECT ? AS join_key_l, ? AS join_key_r, '0' AS match_key", [left, right]
        )
        found = _weigh(connection, model.settings, 0.0).to_pylist()[0]
    evidence = tuple(Evidence(**one) for one in found["evidence"])
    return Pair(left, right, found["probability"], evidence)


def _mark_new(connection: duckdb.DuckDBPyConnection, new: Collection[str] | None) -> None:
    """Make `fresh`, the records that must be on one side of each pair."""
    if new is None:
        connection.execute("CREATE TEMP VIEW fresh AS SELECT record FROM records")
        return
    connection.register("given", pa.table({"record": pa.array(new, pa.string())}))
    connection.execute("CREATE TEMP TABLE fresh AS SELECT DISTINCT record FROM given")
    connection.unregister("given")


def _block(connection: duckdb.DuckDBPyConnection, settings: Settings, max_block: int) -> tuple[LeftOut, ...]:
    """Make `blocked`, the pairs to compare, each once; say what the guard against skew left out."""
    connection.execute("CREATE TEMP TABLE found (join_key_l VARCHAR, join_key_r VARCHAR)")
    left_out = []
    for name, columns in settings["blocking"].items():
        filled = " AND ".join(f"{column} IS NOT NULL" for column in columns)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE keyed AS SELECT record, md5(concat_ws('|', {', '.join(columns)})) AS block,"
            f" record IN (FROM fresh) AS is_new FROM records WHERE {filled}"
        )
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE sized AS SELECT block, count(*) AS n, bool_or(is_new) AS is_new"
            " FROM keyed GROUP BY block HAVING n > 1"
        )
        values, held = connection.execute(
            f"SELECT count(*), coalesce(sum(n), 0) FROM sized WHERE n > {int(max_block)} AND is_new"
        ).fetchall()[0]
        if values:
            left_out.append(LeftOut(name, int(values), int(held)))
        connection.execute(
            f"""
            INSERT INTO found
            SELECT least(l.record, r.record), greatest(l.record, r.record)
            FROM keyed l JOIN sized USING (block) JOIN keyed r USING (block)
            WHERE n <= {int(max_block)} AND l.is_new AND l.record <> r.record
                AND (NOT r.is_new OR l.record < r.record)
            """
        )
    connection.execute("CREATE TEMP TABLE blocked AS SELECT DISTINCT *, '0' AS match_key FROM found")
    for table in ("found", "keyed", "sized"):
        connection.execute(f"DROP TABLE {table}")
    return tuple(left_out)


def _weigh(connection: duckdb.DuckDBPyConnection, settings: Settings, threshold: float) -> pa.Table:
    """The pairs of `blocked` with their probability and what each attribute said."""
    connection.execute(
        "CREATE TEMP TABLE compared AS SELECT * FROM records WHERE record IN (SELECT join_key_l FROM blocked"
        " UNION SELECT join_key_r FROM blocked)"
    )
    linker, api = link(connection, "compared", settings)
    for column in rare_columns(settings):
        _register_frequencies(connection, settings["frequencies"][column], column)
        linker.table_management.register_term_frequency_lookup(api.register(f"frequency_of_{column}"), column)
    linker.table_management.register_blocked_pairs_for_predict(api.register("blocked"))
    # Splink keeps what reaches a weight, which no number stands for at 0 and 1.
    kept = threshold if 0 < threshold < 1 else None
    weighed = linker.inference.predict(threshold_match_probability=kept, warning_mode="never")
    evidence = ", ".join(_evidence(compared) for compared in settings["comparisons"])
    query = (
        "SELECT record_l AS left, record_r AS right, match_probability AS probability,"
        f" [{evidence}] AS evidence FROM {weighed.physical_name} WHERE match_probability >= {float(threshold)}"
        " ORDER BY record_l, record_r"
    )
    return connection.sql(query).to_arrow_table().cast(PAIRS_SCHEMA)


def _register_frequencies(connection: duckdb.DuckDBPyConnection, frequencies: Settings, column: str) -> None:
    """The frequency of every value among the records: the model's own, or that of the others."""
    name, table = quote(column), f"frequency_of_{column}"
    values = frequencies["values"]
    connection.register(
        "told",
        pa.table({"value": pa.array(values.keys(), pa.string()), "share": pa.array(values.values(), pa.float64())}),
    )
    share = f"coalesce(share, {frequencies['others'] or 'NULL'}) AS {quote('tf_' + column)}"
    connection.execute(
        f"CREATE TEMP TABLE {quote(table)} AS SELECT {name}, {share}"
        f" FROM (SELECT DISTINCT {name} FROM compared WHERE {name} IS NOT NULL) LEFT JOIN told ON {name} = value"
    )
    connection.unregister("told")


def _evidence(compared: Settings) -> str:
    """What one attribute said, as a struct of SQL."""
    name, levels = str(compared["output_column_name"]), compared["comparison_levels"]
    weight = f"mw_{name}" + (f" + mw_tf_adj_{name}" if _weighs_rare(levels) else "")
    # Splink numbers levels from the last, 0, upwards; an unknown one is -1.
    known = [one for one in levels if not one.get("is_null_level")]
    cases = " ".join(
        f"WHEN {place} THEN {literal(one['label_for_charts'])}" for place, one in enumerate(reversed(known))
    )
    unknown = next((one["label_for_charts"] for one in levels if one.get("is_null_level")), "not known")
    return (
        f"struct_pack(attribute := {literal(name)}, level := CASE gamma_{name} {cases} ELSE {literal(unknown)} END,"
        f" weight := round(CAST({weight} AS DOUBLE), 6))"
    )


def _weighs_rare(levels: Iterable[Settings]) -> bool:
    return any("tf_adjustment_column" in one for one in levels)
