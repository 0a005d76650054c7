"""The official table: an entry written out and read back is the same; what a cell says is understood or refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from quanshu.kernel.errors import FieldErrors
from quanshu.supply.catalogue.types import EntryData, FormatClass, Grade, ItemData, OpenType, UpdateCycle
from quanshu.supply.exchange.rules import table
from quanshu.supply.exchange.services import workbook
from quanshu.supply.standards.queries import first_standard
from quanshu.supply.standards.types import StandardField

FIRST = first_standard()
OWN = StandardField("contact", "联系处室", column="联系处室")
STANDARD = replace(FIRST, fields=(*FIRST.fields, OWN, StandardField("checked", "已核对", kind="flag", column="已核对")))
CLASSES = {"101001": "人口身份信息", "313001001": ""}
# What a sheet can hold and gives back as it was: no control characters, no outer blanks.
words = st.text(
    alphabet=st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"), max_size=30
).map(str.strip)
lines = st.lists(words, max_size=3).map("\n".join).map(str.strip)
names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
data = st.builds(
    EntryData,
    resource_name=words.filter(bool),
    classification_code=st.sampled_from(sorted(CLASSES)),
    abstract=lines,
    name_en=words,
    format_class=st.sampled_from([each.value for each in FormatClass]),
    share_type=st.sampled_from("123"),
    share_condition=lines,
    share_law=words,
    open_type=st.sampled_from([each.value for each in OpenType]),
    update_cycle=st.sampled_from([each.value for each in UpdateCycle]),
    related_codes=st.lists(st.sampled_from(["101001/000001", "101002/000002"]), max_size=2, unique=True).map(tuple),
    extra=st.fixed_dictionaries(
        {}, optional={"contact": words.filter(bool), "checked": st.sampled_from(["true", "false"])}
    ),
)
item = st.builds(
    ItemData,
    name=names,
    title=words.filter(bool),
    data_type=st.sampled_from(["string", "integer", "decimal", "boolean", "date", "datetime"]),
    length=st.none() | st.integers(1, 500),
    required=st.booleans(),
    is_key=st.booleans(),
    personal=st.booleans(),
    code_list=st.lists(st.sampled_from(["1", "2", "男"]), max_size=3, unique=True).map(tuple),
    grade=st.sampled_from(["", *(each.value for each in Grade)]),
    mask=st.sampled_from(["none", "name", "phone"]),
)
items = st.lists(item, max_size=4, unique_by=lambda each: each.name).map(tuple)


def read_back(cells: list[dict[str, str]], existing: table.Existing | None) -> tuple[EntryData, list[ItemData]]:
    """The rows of one entry as the importer reads them."""
    got, faults = table.read_entry(cells[0], STANDARD, existing, CLASSES)
    assert not faults
    found: list[ItemData] = []
    for row in cells:
        if table.has_item(row, STANDARD):
            read, faults = table.read_item(row, STANDARD, existing, [each.name for each in found])
            assert not faults
            found.append(read)
    return got, found


@given(data, items)
@settings(max_examples=60)
def test_an_entry_written_out_is_read_back_the_same(entry: EntryData, rows: tuple[ItemData, ...]) -> None:
    existing = table.Existing(entry, rows, {"code": "101001/000001", "provider_name": "市公安局"})
    cells = table.table_rows(existing, STANDARD, CLASSES)
    again, stated = read_back(cells, existing)
    assert again == entry
    assert tuple(table.merged(rows, stated)) == rows
    fresh, made = read_back(cells, None)
    assert fresh == entry
    assert tuple(made) == rows


@given(data, items)
@settings(max_examples=12, deadline=None)
def test_a_workbook_holds_the_table_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, entry: EntryData, rows: tuple[ItemData, ...]
) -> None:
    existing = table.Existing(entry, rows, {"code": "101001/000001"})
    cells = table.table_rows(existing, STANDARD, CLASSES)
    path = tmp_path_factory.mktemp("table") / "t.xlsx"
    path.write_bytes(workbook.write_table(STANDARD, cells))
    read, ignored = workbook.read_table(path, STANDARD)
    assert not ignored
    assert [number for number, _cells in read] == list(range(2, len(cells) + 2))
    again, stated = read_back([row for _number, row in read], existing)
    assert again == entry
    assert tuple(table.merged(rows, stated)) == rows


@pytest.mark.parametrize(
    ("code", "text", "value"),
    [
        ("share_type", "有条件共享", "2"),
        ("share_type", "有条件共享类", "2"),
        ("share_type", "conditional SHARING", "2"),
        ("share_type", "2", "2"),
        ("open_type", "否", "closed"),
        ("data_type", "字符型C", "string"),
        ("is_key", "√", True),
        ("is_key", "", False),
        ("length", "", None),
        ("length", " 18 ", 18),
        ("classification_code", "101001 人口", "101001"),
        ("code_list", "1；2;3、4", ("1", "2", "3", "4")),
        ("checked", "是", "true"),
    ],
)
def test_cells_are_understood_by_code_title_and_further_words(code: str, text: str, value: object) -> None:
    each = STANDARD.field(code)
    assert each
    assert table.parse(each, STANDARD, text) == (value, None)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("share_type", "部分共享"),
        ("length", "1.5"),
        ("length", "-1"),
        ("length", "9" * 9),
        ("is_key", "也许"),
        ("checked", "?"),
    ],
)
def test_what_is_not_understood_is_refused_by_cell(code: str, text: str) -> None:
    each = STANDARD.field(code)
    assert each
    _value, fault = table.parse(each, STANDARD, text)
    assert fault
    assert (fault.field, bool(fault.fault), bool(fault.remedy)) == (code, True, True)


def test_items_that_are_not_named_keep_their_names_and_none_is_removed() -> None:
    rows = (ItemData("citizen_id", "公民身份号码", length=18, grade="general-4"), ItemData("name", "姓名"))
    existing = table.Existing(EntryData("甲", "101001", "乙"), rows)
    read, faults = table.read_item({"title": "公民身份号码", "length": "20"}, STANDARD, existing, [])
    assert not faults
    assert read == replace(rows[0], length=20)
    new, _faults = table.read_item({"title": "住址", "data_type": "字符型"}, STANDARD, existing, ["citizen_id", "name"])
    assert (new.name, new.title) == ("item_3", "住址")
    assert table.merged(rows, [read, new]) == [read, rows[1], new]


def book(tmp_path: Path, *rows: list[object]) -> Path:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    path = tmp_path / "t.xlsx"
    made.save(path)
    return path


HEAD = [each.column for each in FIRST.columns()]


def test_a_file_that_is_no_table_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "b.xlsx"
    broken.write_bytes(b"PK\x03\x04 not a workbook")
    cases = {
        "is not an Excel workbook": broken,
        "No row among the first ten": book(tmp_path, ["甲", "乙"], ["1", "2"]),
    }
    for text, path in cases.items():
        with pytest.raises(FieldErrors) as caught:
            workbook.read_table(path, FIRST)
        assert text in caught.value.errors[0].fault
        assert caught.value.errors[0].field == "file"
    with pytest.raises(FieldErrors, match="file"):
        workbook.read_table(book(tmp_path, HEAD), FIRST)
    for wrong in ([*HEAD, HEAD[1]], [title for title in HEAD if title != "共享类型"]):
        with pytest.raises(FieldErrors):
            workbook.read_table(book(tmp_path, wrong, ["1"] * len(wrong)), FIRST)


def test_the_head_may_stand_lower_and_unknown_columns_are_told(tmp_path: Path) -> None:
    path = book(
        tmp_path, ["市公共数据目录"], [], [*HEAD, "备注"], ["101001", "人口", *([None] * (len(HEAD) - 2)), "甲"]
    )
    read, ignored = workbook.read_table(path, FIRST)
    assert ignored == ["备注"]
    assert [(number, cells["resource_name"]) for number, cells in read] == [(4, "人口")]


def test_formulas_and_numbers_come_as_text(tmp_path: Path) -> None:
    body = workbook.write_table(FIRST, [{"resource_name": "=1+1", "abstract": "-2\x07", "title": "甲"}])
    path = tmp_path / "f.xlsx"
    path.write_bytes(body)
    read, _ignored = workbook.read_table(path, FIRST)
    assert (read[0][1]["resource_name"], read[0][1]["abstract"]) == ("=1+1", "-2")
    assert [workbook.text_of(value) for value in (18.0, 1.5, True, None)] == ["18", "1.5", "是", ""]
