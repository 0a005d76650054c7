"""The workbook of the inventory: its sheets and official column titles, written and read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_noop as N_
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from quanshu.kernel.errors import FieldError
from quanshu.supply.inventory.types import AssetKind, Fault, NoSheet, NotAWorkbook, TooManyRows

MOST_ROWS = 20_000
MOST_BYTES = 64 * 1024 * 1024
MOST_COLUMNS = 60
STATE = {"active": "在用", "retired": "停用"}
PRIORITY = {"low": "低", "normal": "一般", "high": "高", "urgent": "急用先行"}
NETWORK = {"government": "电子政务外网", "internet": "互联网", "private": "业务专网", "alone": "单机"}
PROTECTION = {"1": "一级", "2": "二级", "3": "三级", "4": "四级", "5": "五级"}
FORM = {
    "database": "数据库",
    "spreadsheet": "电子表格",
    "document": "电子文档",
    "image": "图形图像",
    "paper": "纸质",
    "other": "其他",
}
CYCLE = {
    "real-time": "实时",
    "daily": "每日",
    "weekly": "每周",
    "monthly": "每月",
    "quarterly": "每季度",
    "yearly": "每年",
    "other": "其他",
}
LINK = "link"


@dataclass(frozen=True, slots=True)
class Title:
    """A column: its field, its official title, and the official terms of its codes. `told` columns are only read
    by people."""

    name: str
    title: str
    needed: bool = False
    terms: Mapping[str, str] = field(default_factory=dict)
    told: bool = False


HEAD = (
    Title("code", "编码"),
    Title("name", "名称", needed=True),
    Title("unit_code", "责任单位统一社会信用代码", needed=True),
    Title("unit_name", "责任单位名称", told=True),
    Title("description", "说明"),
    Title("priority", "重要程度", terms=PRIORITY),
    Title("task", "服务的任务或条款"),
)
TAIL = (Title("state", "状态", terms=STATE), Title("reason", "停用原因"))
COLUMNS: Mapping[str, tuple[Title, ...]] = {
    AssetKind.BUSINESS: (*HEAD, Title("basis", "设定依据"), *TAIL),
    AssetKind.SYSTEM: (
        *HEAD,
        Title("network", "部署网络", terms=NETWORK),
        Title("protection", "等级保护级别", terms=PROTECTION),
        *TAIL,
    ),
    AssetKind.DATA: (
        *HEAD,
        Title("form", "数据形态", terms=FORM),
        Title("cycle", "更新周期", terms=CYCLE),
        Title("entry_code", "目录资源代码"),
        *TAIL,
    ),
    LINK: (
        Title("upper", "上级编码", needed=True),
        Title("upper_name", "上级名称", told=True),
        Title("lower", "下级编码", needed=True),
        Title("lower_name", "下级名称", told=True),
    ),
}
SHEETS: Mapping[str, str] = {
    AssetKind.BUSINESS: "核心业务",
    AssetKind.SYSTEM: "信息系统",
    AssetKind.DATA: "数据资源",
    LINK: "关联关系",
}
HELP = (
    ("工作表", "填写要求"),
    ("各表", "第一行列名不得改动，列的顺序可以调整；带 * 的为必填项。"),
    (
        "编码",
        "可由本单位编制（2 至 40 位字母、数字、“.”“_”“-”），也可留空由系统赋码；编码全市唯一，重复导入按编码更新。",
    ),
    ("责任单位", "填写统一社会信用代码。"),
    ("关联关系", "业务可关联系统和数据资源，系统可关联数据资源；上级在前，下级在后。导入只增加关联，不删除。"),
    ("停用", "状态填“停用”时须填写停用原因。"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as read: its number in the sheet, its texts by field, with terms turned into codes."""

    sheet: str
    number: int
    values: Mapping[str, str]
    raw: Mapping[str, str]


@dataclass(slots=True)
class Reading:
    """What a workbook holds: rows by sheet, the column letters of fields by sheet, and cells already refused."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    letters: dict[str, dict[str, str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    firsts: dict[str, Row] = field(default_factory=dict)

    def in_order(self) -> list[Row]:
        """Every row: objects first, so that links find them."""
        return [row for sheet in SHEETS for row in self.rows.get(sheet, ())]

    def first_with(self, code: str) -> Row | None:
        """The first row that enters an object with a code."""
        if not self.firsts:
            for row in reversed(self.in_order()):
                if row.values.get("code"):
                    self.firsts[row.values["code"].upper()] = row
        return self.firsts.get(code)

    def fault(self, sheet: str, number: int, error: FieldError, value: str = "") -> Fault:
        """A fault at the cell of the error's field; at the first cell when the sheet has no such column."""
        titles = {title.name: title.title for title in COLUMNS[sheet]}
        letter = self.letters.get(sheet, {}).get(error.field, "A")
        return Fault(SHEETS[sheet], number, letter, titles.get(error.field, ""), value[:200], error)


def star(title: Title) -> str:
    """The title as the first row shows it."""
    return f"{title.title}*" if title.needed else title.title


def write_workbook(rows: Mapping[str, Iterable[Mapping[str, str]]]) -> bytes:
    """The four sheets with these rows, fields as codes, and a sheet that says how to fill them. Cells are text, so
    that a code keeps its zeros and nothing is taken for a formula."""
    book = Workbook()
    del book["Sheet"]
    for sheet, titles in COLUMNS.items():
        page = book.create_sheet(SHEETS[sheet])
        put(page, 1, [star(title) for title in titles])
        for number, title in enumerate(titles, start=1):
            page.cell(1, number).font = Font(bold=True)
            page.column_dimensions[get_column_letter(number)].width = max(12, 2.4 * len(title.title))
        page.freeze_panes = "A2"
        for at, row in enumerate(rows.get(sheet, ()), start=2):
            put(page, at, [title.terms.get(row.get(title.name, ""), row.get(title.name, "")) for title in titles])
    page = book.create_sheet("填写说明")
    listed = [(title.title, "、".join(title.terms.values())) for titles in COLUMNS.values() for title in titles]
    for at, pair in enumerate([*HELP, *dict.fromkeys(pair for pair in listed if pair[1])], start=1):
        put(page, at, list(pair))
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 24, 100
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def put(page: Any, at: int, texts: Sequence[str]) -> None:
    """A row of text cells."""
    for number, text in enumerate(texts, start=1):
        if text:
            cell = page.cell(at, number)
            cell.value, cell.data_type = text, "s"


def text_of(value: Any) -> str:
    """A cell as text: whole numbers without a decimal point, days in ISO form."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def open_book(content: bytes) -> Any:
    """The workbook, formulas as their last values. Raises `inventory.not_a_workbook`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                raise NotAWorkbook
        return load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as fault:
        # SyntaxError: what the XML readers raise for text that is no XML.
        raise NotAWorkbook from fault


def read_workbook(content: bytes) -> Reading:
    """Rows of the sheets that are there, and the cells that hold no term of their list.

    Raises `inventory.not_a_workbook`, `inventory.no_sheet`, `inventory.too_many_rows`.
    """
    book = open_book(content)
    reading = Reading()
    present = {sheet: name for sheet, name in SHEETS.items() if name in book.sheetnames}
    if not present:
        raise NoSheet(sheets="、".join(SHEETS.values()))
    try:
        for sheet, name in present.items():
            read_sheet(reading, sheet, book[name].iter_rows(values_only=True, max_col=MOST_COLUMNS))
    except (KeyError, ValueError, SyntaxError) as fault:
        raise NotAWorkbook from fault
    finally:
        book.close()
    if sum(len(rows) for rows in reading.rows.values()) > MOST_ROWS:
        raise TooManyRows(most=MOST_ROWS)
    return reading


def read_sheet(reading: Reading, sheet: str, lines: Iterable[Sequence[Any]]) -> None:
    """One sheet: titles of the first row, then the rows that are not empty."""
    rows = reading.rows.setdefault(sheet, [])
    places: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        texts = [text_of(value) for value in line]
        if number == 1:
            places = places_of(sheet, texts)
            reading.letters[sheet] = {name: get_column_letter(at + 1) for name, at in places.items()}
            missing = [title for title in COLUMNS[sheet] if title.needed and title.name not in places]
            for title in missing:
                error = FieldError(
                    title.name,
                    N_("The column “%(title)s” is missing."),
                    N_("Use the template; its titles must stay as they are."),
                    {"title": title.title},
                )
                reading.faults.append(reading.fault(sheet, 1, error))
            if missing:
                return
        elif any(texts):
            take(reading, sheet, number, {name: texts[at] for name, at in places.items() if at < len(texts)}, rows)
            if len(rows) > MOST_ROWS:
                raise TooManyRows(most=MOST_ROWS)


def places_of(sheet: str, texts: Sequence[str]) -> dict[str, int]:
    """Where each field stands, by the titles of the first row."""
    known = {title.title: title.name for title in COLUMNS[sheet]}
    found: dict[str, int] = {}
    for at, text in enumerate(texts):
        name = known.get(text.rstrip("*＊ "))
        if name:
            found.setdefault(name, at)
    return found


def take(reading: Reading, sheet: str, number: int, raw: dict[str, str], rows: list[Row]) -> None:
    """Turn the terms of a row into codes; a row with a cell that must be filled or holds no term is refused."""
    values, faults = {}, []
    for title in COLUMNS[sheet]:
        text = raw.get(title.name, "")
        if title.needed and not text:
            error = FieldError(title.name, N_("This must not be empty."), N_("Fill it in."))
            faults.append(reading.fault(sheet, number, error))
        if title.terms and text:
            codes = {term: code for code, term in title.terms.items()}
            if text not in codes:
                error = FieldError(
                    title.name,
                    N_("“%(value)s” is not one of the values."),
                    N_("Use one of: %(terms)s."),
                    {"value": text[:40], "terms": "、".join(codes)},
                )
                faults.append(reading.fault(sheet, number, error, text))
            text = codes.get(text, "")
        values[title.name] = text
    reading.faults += faults
    if not faults:
        rows.append(Row(sheet, number, values, raw))
