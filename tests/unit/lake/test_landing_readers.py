"""Text files, workbooks and databases become rows of text; no row is lost and no secret leaks."""

import datetime as dt
import json
import sqlite3
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.errors import QuanshuError
from quanshu.lake.landing import Reason, TextRows, detect_encoding, read_csv, read_excel, read_sql
from quanshu.lake.landing.csv_files import _items
from quanshu.lake.landing.types import (
    BadEncoding,
    BadHeader,
    BadWorkbook,
    DatabaseFailed,
    EmptySource,
    NoSheet,
    UnsafeQuery,
    UnsupportedDatabase,
)


def drain(rows: TextRows) -> tuple[list[list[str | None]], list[dict[str, object]]]:
    good = [list(row.values()) for batch in rows.batches() for row in batch.to_pylist()]
    refused = rows.refused().to_pylist()
    assert rows.rows_in == len(good) + len(refused)
    return good, refused


def write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "person.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_are_found(tmp_path: Path, encoding: str, found: str, delimiter: str) -> None:
    text = "身份证号,姓名\r\n370102,王𬭎\r\n370103,李四\r\n".replace(",", delimiter)
    path = write(tmp_path, text.encode(encoding))
    assert detect_encoding(path) == found
    rows = read_csv(path)
    assert rows.columns == ("身份证号", "姓名")
    assert drain(rows) == ([[2, "370102", "王𬭎"], [3, "370103", "李四"]], [])


def test_a_damaged_utf8_file_is_not_taken_for_gb18030(tmp_path: Path) -> None:
    text = "姓名\n" + "济南市历下区泉城路街道趵突泉社区居民委员会\n" * 4
    data = bytearray(text.encode())
    data[-6] = 0xFF
    with pytest.raises(BadEncoding, match="line 5"):
        read_csv(write(tmp_path, bytes(data)))


def test_quoted_fields_may_hold_delimiters_marks_and_line_breaks(tmp_path: Path) -> None:
    path = write(tmp_path, b'id,note\n1,"a, ""b""\nc"\n\n2,\n')
    assert drain(read_csv(path)) == ([[2, "1", 'a, "b"\nc'], [5, "2", ""]], [])


def test_ragged_rows_are_refused_by_line(tmp_path: Path) -> None:
    good, refused = drain(read_csv(write(tmp_path, b"a,b\n1,2\n3\n4,5,6\n7,8\n")))
    assert good == [[2, "1", "2"], [5, "7", "8"]]
    assert [(row["row_number"], row["reason"], row["value"]) for row in refused] == [
        (3, Reason.RAGGED_ROW, "1 / 2"),
        (4, Reason.RAGGED_ROW, "3 / 2"),
    ]
    assert json.loads(str(refused[1]["record_json"])) == {"fields": ["4", "5", "6"]}


@pytest.mark.parametrize("length", [1, 500])
def test_an_unclosed_quotation_mark_costs_one_row(tmp_path: Path, length: int) -> None:
    tail = "".join(f"{i},x\n" for i in range(length))
    good, refused = drain(read_csv(write(tmp_path, f'a,b\n1,2\n3,"oops\n{tail}'.encode())))
    assert len(good) == 1 + length
    assert good[1] == [4, "0", "x"]
    assert [(row["row_number"], row["reason"]) for row in refused] == [(3, Reason.MALFORMED_ROW)]
    assert json.loads(str(refused[0]["record_json"])) == {"text": '3,"oops'}


@given(lines=st.lists(st.text(alphabet='ab,"1', min_size=1, max_size=8), max_size=12))
def test_every_line_is_accounted_for(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_text("\n".join(["a,b", *lines]) + "\n", encoding="utf-8")
    rows = TextRows(("a", "b"), _items(path, ",", 2))
    good, refused = drain(rows)
    covered = sum(1 + sum(str(value).count("\n") for value in row[1:]) for row in good)
    for row in refused:
        record = json.loads(str(row["record_json"]))
        covered += 1 + sum(field.count("\n") for field in record.get("fields", []))
    assert covered == len(lines)


def test_bad_headers_and_empty_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(EmptySource, match=r"person\.csv"):
        read_csv(write(tmp_path, b"\n\n"))
    with pytest.raises(BadHeader, match="column 2 has no name"):
        read_csv(write(tmp_path, b"a,\n1,2\n"))
    with pytest.raises(BadHeader, match="cannot be read"):
        read_csv(write(tmp_path, b'a,"b\n1,2\n'))
    with pytest.raises(BadHeader, match="column 2 repeats the name a"):
        read_csv(write(tmp_path, b"a,a\n1,2\n"))


def workbook(tmp_path: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "人员"
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            sheet.cell(number, column, value)  # type: ignore[arg-type]
    path = tmp_path / "person.xlsx"
    book.save(path)
    return path


def test_cells_become_the_text_a_person_would_type(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [],
        ["身份证号", "n", "x", "日期", "时间", "flag"],
        ["370102199001011234", 12, 0.1 + 0.2, dt.date(2024, 1, 31), dt.datetime(2024, 1, 31, 8, 30), True],  # noqa: DTZ001
        [],
        ["b", -3.5, None, None, None, None],
    )
    rows = read_excel(path, "人员")
    assert rows.columns == ("身份证号", "n", "x", "日期", "时间", "flag")
    good, refused = drain(rows)
    assert good == [
        [3, "370102199001011234", "12", "0.3", "2024-01-31", "2024-01-31 08:30:00", "true"],
        [5, "b", "-3.5", None, None, None, None],
    ]
    assert refused == []


def test_identifiers_that_lost_digits_are_refused(tmp_path: Path) -> None:
    good, refused = drain(read_excel(workbook(tmp_path, ["id", "n"], [370102199001011234, 1], ["x", 2])))
    assert good == [[3, "x", "2"]]
    assert (refused[0]["row_number"], refused[0]["column"], refused[0]["reason"]) == (2, "id", "lost_digits")


def test_cells_beyond_the_header_are_refused(tmp_path: Path) -> None:
    good, refused = drain(read_excel(workbook(tmp_path, ["a", "b"], [1, 2, 3], [4])))
    assert good == [[3, "4", None]]
    assert (refused[0]["reason"], refused[0]["value"]) == ("ragged_row", "3 / 2")


def test_bad_workbooks_and_sheets_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadWorkbook, match=r"person\.csv"):
        read_excel(write(tmp_path, b"no workbook"))
    with pytest.raises(NoSheet, match="人员"):
        read_excel(workbook(tmp_path, ["a"]), "缺")
    with pytest.raises(EmptySource):
        read_excel(workbook(tmp_path, [None]))


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = tmp_path / "ga source.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        """CREATE TABLE "人员" (id TEXT, n INTEGER, x REAL, raw BLOB);
        INSERT INTO "人员" VALUES ('370102199001011234', 900719925474099312, 0.5, x'00ff');
        INSERT INTO "人员" VALUES ('b', NULL, 1e20, NULL);"""
    )
    connection.close()
    return f"sqlite:///{path}"


def test_a_table_and_a_query_are_read(database: str) -> None:
    rows = read_sql(database, table="人员")
    assert rows.columns == ("id", "n", "x", "raw")
    good, _ = drain(rows)
    assert good[0] == [1, "370102199001011234", "900719925474099312", "0.5", "00ff"]
    assert good[1] == [2, "b", None, "100000000000000000000", None]
    asked = read_sql(database, query="""SELECT id, ':x' || '10:30' AS t FROM "人员" WHERE id LIKE 'b%' ; """)
    assert drain(asked)[0] == [[1, "b", ":x10:30"]]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM t",
        "SELECT 1; DROP TABLE t",
        "DROP TABLE t",
        "ATTACH 'x' AS y",
        "PRAGMA journal_mode",
        "",
        "SELECT FROM WHERE",
        "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
        "SELECT * INTO copy FROM t",
    ],
)
def test_only_one_reading_statement_passes(query: str) -> None:
    with pytest.raises(UnsafeQuery):
        read_sql("postgresql://u:p@127.0.0.1:1/x", query=query)


def test_the_source_is_not_written_to(database: str) -> None:
    with pytest.raises(DatabaseFailed):
        read_sql(database, table="absent")
    with pytest.raises(UnsafeQuery):
        read_sql(database)
    with pytest.raises(UnsupportedDatabase):
        read_sql("oracle://u:secret@h/x", table="t")
    with pytest.raises(UnsupportedDatabase):
        read_sql("no address", table="t")


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_credentials_are_in_no_error(kind: str) -> None:
    url = f"{kind}://ga_reader:S3cret%40pw@127.0.0.1:1/ga"
    with pytest.raises(DatabaseFailed) as caught:
        read_sql(url, table="person")
    shown = f"{caught.value}{caught.value.params}{caught.value!r}"
    assert isinstance(caught.value, QuanshuError)
    assert caught.value.__suppress_context__
    for secret in ("S3cret", "ga_reader"):
        assert secret not in shown
