"""The official table as an Excel workbook: read row by row, written, and as an empty template."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop as N_
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.supply.exchange.rules import table
from quanshu.supply.standards.api import Kind, Need, Standard

SHEET = "目录"
MOST_ROWS = 100_000
MOST_COLUMNS = 200
MOST_UNPACKED = 400 * 1024 * 1024
HEAD_WITHIN = 10
UNREADABLE = (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, OSError, SyntaxError)
# The longest list a validation may carry in its formula.
MOST_FORMULA = 250


def not_a_table(fault: str, **params: Any) -> FieldErrors:
    """The refusal of a file that cannot be read as the table."""
    remedy = N_("Download the template, fill it in, and keep its first row.")
    return FieldErrors(errors=(FieldError("file", fault, remedy, params),))


def open_rows(path: Path) -> Iterator[tuple[Any, ...]]:
    """The rows of the first sheet, one after another. Raises FieldErrors when it is no readable workbook."""
    # By handle: kept files are named by their digest, and the reader refuses a name without an ending.
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as packed:
                if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                    raise not_a_table(N_("The workbook is too large when unpacked."))
            book = load_workbook(file, read_only=True, data_only=True)
            sheet = book.worksheets[0]
        except UNREADABLE as fault:
            raise not_a_table(N_("The file is not an Excel workbook (.xlsx).")) from fault
        try:
            yield from sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)
        except UNREADABLE as fault:
            raise not_a_table(N_("The file is not an Excel workbook (.xlsx).")) from fault
        finally:
            book.close()


def text_of(value: Any) -> str:
    """A cell's value as text: whole numbers without a point, days in ISO form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return table.YES if value else table.NO
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("\x00", "")


def read_table(path: Path, standard: Standard) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    """([(row number, {field code: text})], titles of columns that are not read).

    The head is the first row, within ten, that names what the table cannot do without. Raises FieldErrors.
    """
    found: list[tuple[int, dict[str, str]]] = []
    codes: list[str] = []
    ignored: list[str] = []
    for number, values in enumerate(open_rows(path), start=1):
        texts = [text_of(value) for value in values]
        if not codes:
            seen, unknown = table.match_columns(texts, standard)
            if set(table.NEEDED) <= set(seen):
                codes, ignored = seen, unknown
                check_head(codes, standard)
            elif number >= HEAD_WITHIN:
                break
            continue
        cells = {code: text for code, text in zip(codes, texts, strict=False) if code}
        if any(text.strip() for text in cells.values()):
            found.append((number, cells))
        if len(found) > MOST_ROWS:
            raise not_a_table(N_("The table has more than %(most)s rows."), most=MOST_ROWS)
    if not codes:
        titles = "、".join(each.column for each in standard.columns() if each.code in table.NEEDED)
        raise not_a_table(N_("No row among the first ten has the column titles %(titles)s."), titles=titles)
    if not found:
        raise not_a_table(N_("The table has no rows below its head."))
    return found, ignored


def check_head(codes: Sequence[str], standard: Standard) -> None:
    """Every mandatory column of the official table once. Raises FieldErrors."""
    named = [code for code in codes if code]
    for each in standard.columns():
        if named.count(each.code) > 1:
            raise not_a_table(N_("The column “%(title)s” is there twice."), title=each.column)
        needed = each.official and each.need == Need.MANDATORY and not each.code.startswith("provider_")
        if needed and each.code not in named:
            raise not_a_table(N_("The column “%(title)s” is missing."), title=each.column)


def write_table(standard: Standard, rows: Iterable[Mapping[str, str]], more: Sequence[tuple[str, str]] = ()) -> bytes:
    """A workbook of the table: every cell as text. `more` are further columns (key, title) at the end."""
    columns = [(each.code, each.column) for each in standard.columns()] + list(more)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.freeze_panes = "A2"
    for place in range(1, len(columns) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = 18
    sheet.append([text_cell(sheet, title, bold=True) for _code, title in columns])
    for row in rows:
        sheet.append([text_cell(sheet, row.get(code, "")) for code, _title in columns])
    return packed(book)


def text_cell(sheet: Any, text: str, *, bold: bool = False) -> Any:
    """A cell that holds text, never a formula."""
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text))
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def packed(book: Any) -> bytes:
    """The workbook as bytes."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def write_template(standard: Standard, *, notes: Sequence[Sequence[str]], note_title: str) -> bytes:
    """An empty table with choices for coded columns, and a second sheet that explains the columns."""
    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    sheet.freeze_panes = "A2"
    for place, each in enumerate(standard.columns(), start=1):
        letter = get_column_letter(place)
        head = sheet.cell(row=1, column=place, value=each.column)
        head.font = Font(bold=True, color="C00000" if each.need == Need.MANDATORY else "000000")
        sheet.column_dimensions[letter].width = 18
        titles = [value.title for value in standard.values_of(each.code)]
        if each.kind == Kind.FLAG:
            titles = [table.YES, table.NO]
        formula = '"' + ",".join(titles) + '"'
        if titles and len(formula) < MOST_FORMULA and not any("," in title for title in titles):
            rule = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=False)
            sheet.add_data_validation(rule)
            rule.add(f"{letter}2:{letter}5000")
    explained = book.create_sheet(note_title)
    for line in notes:
        explained.append(list(line))
    for letter in "ABCDE":
        explained.column_dimensions[letter].width = 28
    return packed(book)
