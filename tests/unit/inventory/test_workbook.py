"""The workbook: what is written is read again, and cells that do not fit are named."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from quanshu.supply.inventory.rules.assets import has_control
from quanshu.supply.inventory.services import workbook
from quanshu.supply.inventory.services.workbook import COLUMNS, SHEETS, read_workbook, write_workbook
from quanshu.supply.inventory.types import NoSheet, NotAWorkbook, TooManyRows

TEXTS = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)
    .map(str.strip)
    # Texts that a spreadsheet writes as an escape of its own.
    .filter(lambda text: "_x" not in text and not has_control(text) and not set(text) & {"\ufffe", "\uffff"})
)


@st.composite
def books(draw: st.DrawFn) -> dict[str, list[dict[str, str]]]:
    """Rows of each sheet, needed cells filled."""
    found: dict[str, list[dict[str, str]]] = {}
    for sheet, titles in COLUMNS.items():
        found[sheet] = [
            {
                title.name: draw(
                    st.sampled_from(["", *title.terms])
                    if title.terms
                    else TEXTS.filter(bool)
                    if title.needed
                    else TEXTS
                )
                for title in titles
            }
            for _row in range(draw(st.integers(0, 3)))
        ]
    return found


@given(book=books())
@settings(max_examples=25, deadline=None)
def test_what_is_written_is_read_again(book: dict[str, list[dict[str, str]]]) -> None:
    reading = read_workbook(write_workbook(book))
    assert reading.faults == []
    assert {sheet: [dict(row.values) for row in rows] for sheet, rows in reading.rows.items()} == book


def test_a_formula_stays_a_text() -> None:
    row = {"code": "=1+1", "name": "@SUM(A1)", "unit_code": "0113"}
    content = write_workbook({"business": [row]})
    sheet = load_workbook(io.BytesIO(content))[SHEETS["business"]]
    assert [sheet.cell(2, number).data_type for number in (1, 2, 3)] == ["s", "s", "s"]
    assert read_workbook(content).rows["business"][0].values["unit_code"] == "0113"


def book_with(sheet: str, *lines: list[Any]) -> bytes:
    """A workbook of one sheet."""
    book = Workbook()
    assert book.active is not None
    book.active.title = sheet
    for line in lines:
        book.active.append(line)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_columns_may_stand_in_any_order_and_numbers_are_texts() -> None:
    head = ["名称*", "重要程度", "责任单位统一社会信用代码*", "编码", "别的列"]
    reading = read_workbook(book_with("核心业务", head, ["户籍办理", "急用先行", "11370100", 1001.0, "x"], [None]))
    (row,) = reading.rows["business"]
    assert (row.values["code"], row.values["priority"], row.number) == ("1001", "urgent", 2)
    assert reading.letters["business"]["code"] == "D"


def test_a_wrong_term_and_an_empty_cell_are_named_by_cell() -> None:
    head = ["编码", "名称", "责任单位统一社会信用代码", "重要程度"]
    reading = read_workbook(book_with("核心业务", head, ["A1", "", "1137", "很高"]))
    assert reading.rows["business"] == []
    assert [(fault.sheet, fault.column, fault.row, fault.value) for fault in reading.faults] == [
        ("核心业务", "B", 2, ""),
        ("核心业务", "D", 2, "很高"),
    ]


def test_a_missing_column_refuses_its_sheet() -> None:
    reading = read_workbook(book_with("信息系统", ["编码", "名称"], ["A1", "系统"]))
    assert not reading.rows["system"]
    assert [fault.error.params["title"] for fault in reading.faults] == ["责任单位统一社会信用代码"]


def test_what_is_no_workbook_or_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (b"", b"PK\x03\x04 and nothing more", "编码,名称".encode()):
        with pytest.raises(NotAWorkbook):
            read_workbook(content)
    with pytest.raises(NoSheet):
        read_workbook(book_with("别的表", ["编码"]))
    monkeypatch.setattr(workbook, "MOST_ROWS", 5)
    lines = [["编码", "名称", "责任单位统一社会信用代码"], *([f"A{n}", "名", "1"] for n in range(6))]
    with pytest.raises(TooManyRows):
        read_workbook(book_with("核心业务", *lines))
