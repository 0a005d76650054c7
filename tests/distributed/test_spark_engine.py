"""Spark answers as DuckDB does: the same files, the same compiled queries, two workers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.lake import Lake
from quanshu.lake.checks import run_checks
from quanshu.lake.checks.specs import CheckSpec
from quanshu.lake.checks.sql import compile_row_rule, with_forms
from quanshu.lake.distributed import SparkEngine, SparkFailed, to_spark
from quanshu.lake.errors import WriteConflict
from support_spark import CLUSTER, why_not

TODAY = date(2026, 1, 1)
ROW_RULES = (
    CheckSpec("required", "required", ("a",)),
    CheckSpec("codes", "code_list", ("a",), {"codes": ["123", "it's"]}),
    CheckSpec("pattern", "pattern", ("a",), {"pattern": r"\d{3}|[^\d]+"}),
    CheckSpec("numbers", "range", ("a",), {"min": "1", "max": "500"}),
    CheckSpec("days", "range", ("a",), {"min": "2000-01-01", "max": "today"}),
    CheckSpec("person", "citizen_id", ("a",)),
    CheckSpec("company", "uscc", ("a",)),
    CheckSpec("order", "date_order", ("a", "b")),
)
TEXTS = ("37010219900101123X", "110105194912310021", "11010519491231002X", "123", None, " ", "2020", "2020-01-05",
         "91370100MA3C1234X1", "it's", "12\n3", "2020-02-30", "370102900101123", "9" * 400)  # fmt: skip

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkEngine]:
    engine = SparkEngine(CLUSTER)
    yield engine
    engine.close()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    rows = len(TEXTS)
    lake.append(
        "city.people",
        pa.table(
            {
                "a": list(TEXTS),
                "b": [date(2020, 1, 1 + place) for place in range(rows)],
                "n": pa.array([Decimal(place) for place in range(rows - 1)] + [None], pa.decimal128(18, 2)),
                "seen_at": [datetime(2020, 1, 1, place, tzinfo=UTC) for place in range(rows)],
            }
        ),
    )
    return lake


def both(spark: SparkEngine, lake: Lake, sql: str) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """The rows of one query by each engine over the table as `t`."""
    spark.register(lake, "city.people", alias="t")
    with lake.connect() as connection:
        lake.register(connection, "city.people", alias="t")
        return spark.query(sql).to_pylist(), connection.sql(sql).to_arrow_table().to_pylist()


def test_two_workers_take_part(spark: SparkEngine) -> None:
    assert spark.query("SELECT 1 AS one").to_pylist() == [{"one": 1}]
    assert spark.workers() == 2


@pytest.mark.parametrize("spec", ROW_RULES, ids=lambda spec: spec.id)
def test_a_compiled_rule_finds_the_same_rows(spark: SparkEngine, lake: Lake, spec: CheckSpec) -> None:
    rule = compile_row_rule(spec, lake.schema("city.people"), TODAY)
    source = with_forms([rule], "t")
    sql = f"SELECT b, {rule.tested} AS tested, {rule.failed} AS failed FROM {source} AS t ORDER BY b"
    ours, theirs = both(spark, lake, sql)
    assert ours == theirs


def test_a_whole_scan_finds_the_same_on_both_engines(spark: SparkEngine, lake: Lake) -> None:
    lake.append("city.known", pa.table({"a": ["123", "it's", "110105194912310021"], "n": ["1", "2", "3"]}))
    specs = [
        *ROW_RULES,
        CheckSpec("length", "length", ("a",), {"min": 2, "max": 18}),
        CheckSpec("place", "region_code", ("a",), {"codes": ["370102"]}),
        CheckSpec("phone", "phone", ("a",)),
        CheckSpec("birth", "birth_date", ("a", "b")),
        CheckSpec("once", "unique", ("a",)),
        CheckSpec("known", "reference", ("a",), {"table": "city.known", "column": "a"}),
        CheckSpec("decides", "dependency", ("a", "n")),
        CheckSpec("agrees", "consistency", ("a", "n"), {"table": "city.known", "key": "a", "column": "n"}),
        CheckSpec("own", "predicate", ("n",), {"expression": "n < 5"}),
        CheckSpec("fresh", "freshness", ("b",), {"days": 1}),
        CheckSpec("many", "row_count", ("a",), {"min": 100}),
    ]
    asked = {"keys": ["b"], "today": TODAY}
    ours = run_checks(lake, "city.people", specs, **asked)
    theirs = run_checks(lake, "city.people", specs, spark=spark, **asked)
    assert ours == theirs
    assert sum(result.failed > 0 for result in ours.results.values()) > 8
    kept = {"keep": 2, "watched": {"known": [("2020-01-09",), ("2020-01-01",)]}}
    assert run_checks(lake, "city.people", specs, **asked, **kept) == run_checks(
        lake, "city.people", specs, spark=spark, **asked, **kept
    )


def test_grouping_windows_and_types_agree(spark: SparkEngine, lake: Lake) -> None:
    sql = """
        SELECT length(a) AS l, count(*) AS c, sum(n) AS s, min(b) AS first, max(seen_at) AS last
        FROM t GROUP BY length(a) QUALIFY row_number() OVER (ORDER BY length(a) NULLS LAST) <= 5 ORDER BY l NULLS LAST
    """
    ours, theirs = both(spark, lake, sql)
    assert ours == theirs


def test_an_older_version_is_read_as_it_was(spark: SparkEngine, lake: Lake) -> None:
    lake.delete("city.people", predicate="b > '2020-01-02'")
    assert spark.register(lake, "city.people", version=0, alias="old") == 0
    spark.register(lake, "city.people", alias="new")
    counts = spark.query("SELECT (SELECT count(*) FROM old) AS old, (SELECT count(*) FROM new) AS new")
    assert counts.to_pylist() == [{"old": len(TEXTS), "new": 2}]


def test_workers_write_a_table_that_duckdb_reads(spark: SparkEngine, lake: Lake) -> None:
    spark.register(lake, "city.people", alias="t")
    sql = "SELECT a, b, n, seen_at FROM t WHERE a IS NOT NULL"
    rows = spark.create(lake, "made.people", sql, commit={"build": "7"})
    assert rows == len(TEXTS) - 1
    made, base = lake.read("made.people"), lake.read("city.people")
    assert made.schema.names == base.schema.names
    assert made.sort_by("b").to_pylist() == [row for row in base.sort_by("b").to_pylist() if row["a"] is not None]
    assert lake.versions("made.people")[0].commit == {"build": "7"}
    with pytest.raises(WriteConflict):
        spark.create(lake, "made.people", "SELECT 1 AS a")


def test_a_query_that_fails_leaves_no_table(spark: SparkEngine, lake: Lake) -> None:
    spark.register(lake, "city.people", alias="t")
    with pytest.raises(SparkFailed) as caught:
        spark.create(lake, "made.nothing", "SELECT missing FROM t")
    assert "missing" in str(caught.value.params["cause"])
    assert not lake.exists("made.nothing")
    assert not list((lake.root / "incoming").glob("*"))


@given(text=st.text(max_size=12), pattern=st.sampled_from([r"\d{2,3}", r"[A-Z]+", r"a.c", r"(x|y)z?"]))
def test_a_whole_match_is_anchored(text: str, pattern: str) -> None:
    escaped = text.replace("'", "''")
    assert f"^(?:{pattern})$".replace("\\", "\\\\") in to_spark(
        f"SELECT regexp_full_match('{escaped}', '{pattern}') AS m"
    )
