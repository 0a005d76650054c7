"""Models of the lake: what their query gives, where its columns come from, their order, their tests, their build."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.lake import Lake
from quanshu.lake.errors import WriteConflict
from quanshu.lake.models import (
    BadTest,
    CircularModels,
    build_order,
    build_table,
    describe_model,
    drop_table,
    parse_tests,
    run_model_tests,
    schema_of_table,
    trace_columns,
)
from quanshu.lake.sqlcheck import BadQuery

SCHEMAS = {
    "people": [("id", "VARCHAR"), ("name", "VARCHAR"), ("born", "DATE")],
    "deaths": [("id", "VARCHAR"), ("died_on", "DATE")],
}
STATUS = """
    WITH last AS (SELECT id, max(died_on) AS died_on FROM deaths GROUP BY id)
    SELECT p.id, p.name, upper(p.name) AS shown, last.died_on,
           CASE WHEN last.died_on IS NULL THEN 'alive' ELSE 'dead' END AS status, count(*) OVER () AS n
    FROM people p LEFT JOIN last ON last.id = p.id
"""
TODAY = date(2026, 3, 2)


def test_a_query_is_described_without_data() -> None:
    checked, columns = describe_model(STATUS, SCHEMAS)
    assert checked.tables == ("deaths", "people")
    assert [(column.name, column.type) for column in columns] == [
        ("id", "VARCHAR"),
        ("name", "VARCHAR"),
        ("shown", "VARCHAR"),
        ("died_on", "DATE"),
        ("status", "VARCHAR"),
        ("n", "BIGINT"),
    ]


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("SELECT wage FROM people", "wage"),
        ("SELECT * FROM wages", "wages"),
        ("SELECT upper(name) FROM people", "AS name"),
        ("SELECT id, id FROM people", "twice"),
        ("SELECT list(id) AS ids FROM people", "cast it to text"),
        ("DELETE FROM people", "only a SELECT"),
        ("SELECT id FROM people WHERE born > name + 1", ""),
    ],
)
def test_a_faulty_query_is_refused_with_its_fault(sql: str, fault: str) -> None:
    with pytest.raises(BadQuery) as caught:
        describe_model(sql, SCHEMAS)
    assert fault in caught.value.params["fault"]


def test_each_column_is_traced_to_its_sources() -> None:
    traced = trace_columns(STATUS, SCHEMAS)
    assert traced["id"] == ((("people", "id"),), True)
    assert traced["name"] == ((("people", "name"),), True)
    assert traced["shown"] == ((("people", "name"),), False)
    assert traced["died_on"] == ((("deaths", "died_on"),), False)
    assert traced["status"] == ((("deaths", "died_on"),), False)
    assert traced["n"][0] == ()


def test_a_union_has_the_sources_of_both_sides() -> None:
    traced = trace_columns("SELECT id FROM people UNION ALL SELECT id FROM deaths", SCHEMAS)
    assert traced["id"][0] == (("deaths", "id"), ("people", "id"))


@given(edges=st.dictionaries(st.integers(0, 12), st.sets(st.integers(0, 12), max_size=4), max_size=13))
def test_a_model_is_built_after_what_it_reads(edges: dict[int, set[int]]) -> None:
    reads = {str(model): {str(source) for source in sources if source < model} for model, sources in edges.items()}
    order = build_order(reads)
    assert sorted(order) == sorted(reads)
    for model, sources in reads.items():
        assert all(order.index(source) < order.index(model) for source in sources if source in reads)


def test_a_circle_is_named() -> None:
    with pytest.raises(CircularModels) as caught:
        build_order({"a": ["b"], "b": ["c"], "c": ["a"], "d": []})
    assert set(caught.value.params["cycle"].split(" → ")) == {"a", "b", "c"}


@pytest.mark.parametrize(
    "line",
    [
        "required",
        "required a, b",
        "required nothing",
        "unique",
        "accepted status",
        "accepted status:",
        "pattern id: (?=x)",
        "range n: ..",
        "range n: a .. b",
        "reference id people.id",
        "reference id -> wages.id",
        "rows few",
        "rows 1.5 .. 2",
        "sql DELETE FROM this",
        "sql SELECT * FROM wages",
        "clean id",
        "!",
    ],
)
def test_a_faulty_test_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(BadTest) as caught:
        parse_tests(f"required id\n\n{line}", columns=["id", "status", "n"], tables=["people"])
    assert caught.value.params["line"] == 3


@given(text=st.text(max_size=60))
def test_any_text_is_tests_or_refused(text: str) -> None:
    try:
        tests = parse_tests(text, columns=["id"], tables=["people"])
    except BadTest:
        return
    assert all(test.kind for test in tests)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    lake.append(
        "src.people",
        pa.table({"id": ["1", "2", "3"], "name": ["a", "b", None], "born": [TODAY] * 3}),
    )
    lake.append("src.deaths", pa.table({"id": ["2", "9"], "died_on": [TODAY] * 2}))
    return lake


INPUTS = {"people": ("src.people", 0), "deaths": ("src.deaths", 0)}


def built(lake: Lake, target: str = "lib.status", **more: Any) -> int:
    schemas = {alias: schema_of_table(lake, table, version) for alias, (table, version) in INPUTS.items()}
    checked, columns = describe_model(STATUS, schemas)
    return build_table(lake, checked.sql, columns=columns, inputs=INPUTS, target=target, **more).rows


def test_a_build_reads_the_versions_it_was_given(lake: Lake) -> None:
    lake.append("src.people", pa.table({"id": ["4"], "name": ["d"], "born": [TODAY]}))
    assert built(lake, commit={"build": "b1"}) == 3
    rows = {row["id"]: row["status"] for row in lake.read("lib.status").to_pylist()}
    assert rows == {"1": "alive", "2": "dead", "3": "alive"}
    assert lake.versions("lib.status")[0].commit == {"build": "b1"}
    with pytest.raises(WriteConflict):
        built(lake)
    drop_table(lake, "lib.status")
    drop_table(lake, "lib.status")
    assert not lake.exists("lib.status")


def test_tests_find_what_is_wrong_and_where(lake: Lake) -> None:
    built(lake)
    text = """
        # what must hold
        required id
        required name
        unique id
        accepted status: alive
        range died_on: .. 2026-03-01
        reference id -> deaths.id
        rows 4 ..
        rows .. 3
        sql SELECT * FROM this t JOIN deaths d ON d.id = t.id WHERE t.status <> 'dead'
        sql SELECT id FROM this WHERE status = 'alive'
    """
    tests = parse_tests(text, columns=["id", "name", "died_on", "status"], tables=INPUTS)
    results = run_model_tests(lake, "lib.status", tests, keys=["id"], inputs=INPUTS, today=TODAY)
    assert [result.failed for result in results] == [0, 1, 0, 1, 1, 2, 1, 0, 0, 2]
    assert results[1].keys == (("3",),)
    assert results[3].keys == (("2",),)
