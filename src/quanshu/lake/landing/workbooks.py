"""Excel workbooks: cells become the text a person would type, and lost digits are noticed."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from quanshu.lake.landing.types import (
    BadWorkbook,
    EmptySource,
    NoSheet,
    Reason,
    Refusal,
    TextRow,
    TextRows,
    check_header,
)

# A workbook keeps 15 significant digits of a number; an 18-digit identifier typed as a number is damaged.
_EXACT_NUMBER = 10**15

Cell = int | float | str | bool | time | date | datetime | timedelta | None


def read_excel(path: Path, sheet: str | None = None) -> TextRows:
    """Read one sheet (the first unless named); the first row with content is the header.

    Raises `lake.bad_workbook`, `lake.no_sheet`, `lake.empty_source`, `lake.bad_header`.
    """
    try:
        workbook = CalamineWorkbook.from_path(path)
        names = workbook.sheet_names
        if sheet is not None and sheet not in names:
            raise NoSheet(source=path.name, sheet=sheet, sheets=", ".join(names))
        if not names:
            raise EmptySource(source=path.name)
        opened = workbook.get_sheet_by_name(sheet if sheet is not None else names[0])
    except (CalamineError, OSError, ValueError) as error:
        raise BadWorkbook(source=path.name) from error
    rows = _rows(opened)
    header = next(rows, None)
    if header is None:
        raise EmptySource(source=path.name)
    names_read = [cell_text(cell) or "" for cell in header[1]]
    while names_read and not names_read[-1]:
        names_read.pop()
    columns = check_header(path.name, names_read)
    return TextRows(columns, _items(rows, columns))


def cell_text(cell: Cell) -> str | None:
    """The text of a cell: ISO dates, numbers without exponent or binary noise, `true` and `false`."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, (int, float)):
        text = format(Decimal(f"{cell:.15g}"), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(cell)


def _lost_digits(cell: Cell) -> bool:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) >= _EXACT_NUMBER


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Rows with content, with the number that the spreadsheet program shows."""
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if any(cell not in ("", None) for cell in row):
            yield number, row


def _items(rows: Iterator[tuple[int, Sequence[Cell]]], columns: tuple[str, ...]) -> Iterator[TextRow | Refusal]:
    width = len(columns)
    for number, row in rows:
        texts = [cell_text(cell) for cell in row]
        if any(text is not None for text in texts[width:]):
            filled = max(index for index, text in enumerate(texts, start=1) if text is not None)
            record = json.dumps({"fields": texts}, ensure_ascii=False)
            yield Refusal(number, Reason.RAGGED_ROW, record, value=f"{filled} / {width}")
            continue
        texts = (texts + [None] * width)[:width]
        lost = next((index for index, cell in enumerate(row[:width]) if _lost_digits(cell)), None)
        if lost is None:
            yield number, texts
        else:
            record = json.dumps(dict(zip(columns, texts, strict=True)), ensure_ascii=False)
            yield Refusal(number, Reason.LOST_DIGITS, record, columns[lost], texts[lost])
