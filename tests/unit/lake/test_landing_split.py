"""Text against a contract: casts, faults, duplicate keys, and the count that always adds up."""

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanshu.lake import Lake
from quanshu.lake.errors import MissingColumn, UnknownColumn
from quanshu.lake.landing import ColumnSpec, DataType, Split, read_csv, split


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with Lake(tmp_path / "lake").connect() as connection:
        yield connection


def one(engine: duckdb.DuckDBPyConnection, column: ColumnSpec, *texts: str | None) -> Split:
    return split(engine, pa.table({column.name: pa.array(texts, pa.string())}), [column])


def values(result: Split) -> list[object]:
    return result.landed.column(0).to_pylist()


def reasons(result: Split) -> list[str]:
    return result.refused["reason"].to_pylist()


CONTRACT = [
    ColumnSpec("身份证号", required=True, max_length=18),
    ColumnSpec("姓名", required=True),
    ColumnSpec("出生日期", DataType.DATE),
    ColumnSpec("金额", DataType.DECIMAL, precision=6, scale=2),
]


def test_a_row_with_several_faults_is_one_refused_row(tmp_path: Path, engine: duckdb.DuckDBPyConnection) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "姓名,身份证号,出生日期,金额\n王,a,1990-01-31,12.50\n,b,1990-02-30,x\nragged\n李,c,,\n赵,a,1991-01-01,1\n",
        encoding="utf-8",
    )
    result = split(engine, read_csv(path), CONTRACT, ["身份证号"])
    assert (result.rows_in, result.landed_rows, result.refused_rows) == (5, 2, 3)
    assert result.landed.to_pylist() == [
        {"身份证号": "a", "姓名": "王", "出生日期": dt.date(1990, 1, 31), "金额": Decimal("12.50")},
        {"身份证号": "c", "姓名": "李", "出生日期": None, "金额": None},
    ]
    refused = [(row["row_number"], row["column"], row["value"], row["reason"]) for row in _rows(result)]
    assert refused == [
        (3, "姓名", None, "missing_value"),
        (3, "出生日期", "1990-02-30", "not_date"),
        (3, "金额", "x", "not_decimal"),
        (4, None, "1 / 4", "ragged_row"),
        (6, "身份证号", "a", "duplicate_key"),
    ]
    record = json.loads(_rows(result)[0]["record_json"])
    assert record == {"姓名": "", "身份证号": "b", "出生日期": "1990-02-30", "金额": "x"}
    assert all(row["message"] for row in _rows(result))


def _rows(result: Split) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = result.refused.to_pylist()
    return rows


def test_the_next_row_of_a_key_lands_when_the_first_does_not_fit(engine: duckdb.DuckDBPyConnection) -> None:
    data = pa.table({"id": ["k", "k", "k"], "n": ["x", "1", "2"]})
    result = split(engine, data, [ColumnSpec("id"), ColumnSpec("n", DataType.INTEGER)], ["id"])
    assert result.landed.to_pylist() == [{"id": "k", "n": 1}]
    assert [(row["row_number"], row["reason"]) for row in _rows(result)] == [
        (1, "not_integer"),
        (3, "duplicate_key"),
    ]


def test_an_empty_key_is_refused(engine: duckdb.DuckDBPyConnection) -> None:
    result = split(engine, pa.table({"id": [" ", "a"]}), [ColumnSpec("id")], ["id"])
    assert reasons(result) == ["missing_value"]
    assert result.landed_rows == 1


def test_missing_and_unknown_columns_are_named(engine: duckdb.DuckDBPyConnection) -> None:
    data = pa.table({"a": ["1"], "z": ["2"]})
    with pytest.raises(MissingColumn, match="b"):
        split(engine, data, [ColumnSpec("a"), ColumnSpec("b")])
    with pytest.raises(UnknownColumn, match="z"):
        split(engine, data, [ColumnSpec("a")])
    assert split(engine, data, [ColumnSpec("a")], extra="ignore").landed.column_names == ["a"]
    with pytest.raises(MissingColumn):
        split(engine, data, [ColumnSpec("a")], ["z"], extra="ignore")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-02-29", dt.date(2024, 2, 29)),
        ("2024/2/9", dt.date(2024, 2, 9)),
        ("2024.2.9", dt.date(2024, 2, 9)),
        ("20240209", dt.date(2024, 2, 9)),
        ("2024年2月9日", dt.date(2024, 2, 9)),
        ("2024-02-09 00:00:00", dt.date(2024, 2, 9)),
        ("\u30002024-02-09 ", dt.date(2024, 2, 9)),
        ("2023-02-29", None),
        ("2024-13-01", None),
        ("02/09/2024", None),
        ("2024-02-09 08:00:00", None),
        ("0001-01-01", None),
        ("45000", None),
        ("infinity", None),
    ],
)
def test_dates(engine: duckdb.DuckDBPyConnection, text: str, day: dt.date | None) -> None:
    result = one(engine, ColumnSpec("d", DataType.DATE), text)
    assert values(result) == ([day] if day else [])
    assert reasons(result) == ([] if day else ["not_date"])


def test_a_contract_may_name_its_own_date_form(engine: duckdb.DuckDBPyConnection) -> None:
    result = one(engine, ColumnSpec("d", DataType.DATE, date_format="%d/%m/%Y"), "09/02/2024", "2024-02-09")
    assert values(result) == [dt.date(2024, 2, 9)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-09 08:30:00", "2024-02-09 08:30:00"),
        ("2024/2/9 8:30", "2024-02-09 08:30:00"),
        ("2024-02-09T08:30:00.5", "2024-02-09 08:30:00.500000"),
        ("20240209083000", "2024-02-09 08:30:00"),
        ("2024-02-09", "2024-02-09 00:00:00"),
        ("2024-02-09T00:30:00Z", "2024-02-09 08:30:00"),
        ("2024-02-09T08:30:00+08:00", "2024-02-09 08:30:00"),
        ("2024-02-09 25:00:00", None),
        ("yesterday", None),
    ],
)
def test_times_are_city_time(engine: duckdb.DuckDBPyConnection, text: str, expected: str | None) -> None:
    result = one(engine, ColumnSpec("t", DataType.DATETIME), text)
    assert [str(value) for value in values(result)] == ([expected] if expected else [])


def test_numbers(engine: duckdb.DuckDBPyConnection) -> None:
    whole = one(engine, ColumnSpec("n", DataType.INTEGER), "12", "-3", "+4", "1.5", "1,000", "1e3", "9" * 30, "")
    assert values(whole) == [12, -3, 4, None]
    assert reasons(whole) == ["not_integer"] * 3 + ["out_of_range"]
    money = ColumnSpec("m", DataType.DECIMAL, precision=6, scale=2)
    result = one(engine, money, "1234.56", "0001.500", "-.5", "12345", "1.239", "1.2.3", "-12345.1")
    assert values(result) == [Decimal("1234.56"), Decimal("1.50"), Decimal("-0.50")]
    assert reasons(result) == ["too_many_digits", "too_many_decimals", "not_decimal", "too_many_digits"]


def test_booleans_and_lengths(engine: duckdb.DuckDBPyConnection) -> None:
    flags = one(engine, ColumnSpec("b", DataType.BOOLEAN), "是", "否", "TRUE", "0", "maybe")
    assert values(flags) == [True, False, True, False]
    assert reasons(flags) == ["not_boolean"]
    names = one(engine, ColumnSpec("s", max_length=2), "欧阳", " 王 ", "欧阳修")
    assert values(names) == ["欧阳", "王"]
    assert reasons(names) == ["too_long"]


def test_landed_rows_keep_their_order(engine: duckdb.DuckDBPyConnection) -> None:
    texts = [str(number) for number in range(50_000)]
    told: list[int] = []
    result = split(engine, pa.table({"n": texts}), [ColumnSpec("n", DataType.INTEGER)], progress=told.append)
    assert values(result) == list(range(50_000))
    assert told == [20_000, 40_000, 50_000]


CELLS = st.none() | st.text(max_size=6) | st.sampled_from(["1", "2", "2024-01-01", "1.25", "是"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8))
def test_counts_always_add_up(engine: duckdb.DuckDBPyConnection, rows: list[tuple[str | None, ...]]) -> None:
    data = pa.table({name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate("abc")})
    contract = [ColumnSpec("a"), ColumnSpec("b", DataType.DECIMAL), ColumnSpec("c", DataType.DATE)]
    result = split(engine, data, contract, ["a"])
    assert result.rows_in == len(rows) == result.landed_rows + result.refused_rows
    assert result.landed.num_rows == result.landed_rows
