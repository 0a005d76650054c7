"""CSV and Excel export of a list, under the same row rights as the page."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from quanshu.kernel.errors import Invalid
from quanshu.lake.masking import Mask, masker
from quanshu.shared.access.api import Actor
from quanshu.shared.audit.api import record

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponseBase

    from quanshu.shared.web.lists import Column, ListPage
    from quanshu.shared.web.pages import Page

EXPORT_LIMIT = 100_000
EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A spreadsheet runs a cell that starts with one of these as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


_masked_lists: dict[str, Any] = {}


def never(actor: Actor, name: str, now: datetime) -> str:
    """Nobody exports in clear as long as no room decides who may."""
    return ""


_unmask: Callable[[Actor, str, datetime], str] = never


def note_masked_list(name: str, title: Any) -> None:
    """Remember a list with personal columns by the name of its export."""
    _masked_lists[name] = title


def masked_lists() -> Mapping[str, Any]:
    """{name of the export: title} of every list that masks columns."""
    return dict(sorted(_masked_lists.items()))


def register_unmasking(may: Callable[[Actor, str, datetime], str]) -> None:
    """Name the function that tells by which right (its uid) an actor exports a list in clear now, "" by none."""
    global _unmask
    _unmask = may


class UnknownExport(Invalid):
    code = "web.unknown_export"
    message = "There is no export called “%(format)s”."
    remedy = "Use csv or xlsx."


class ExportTooLarge(Invalid):
    code = "web.export_too_large"
    message = "The list has %(rows)s rows; an export holds at most %(limit)s."
    remedy = "Narrow the list with search or filters and export again."


def safe_cell(value: Any) -> Any:
    """A value as a spreadsheet may hold it: local times without zone, formula starts disarmed."""
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return local.replace(tzinfo=None, microsecond=0)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return "" if value is None else value


def export_response(page: ListPage, rows: QuerySet[Any], kind: str, *, now: datetime) -> HttpResponseBase:
    """Answer with the whole narrowed list as `csv` or `xlsx`; the export itself is audited."""
    if kind not in {"csv", "xlsx"}:
        raise UnknownExport(format=kind)
    total = rows.count()
    if total > EXPORT_LIMIT:
        raise ExportTooLarge(rows=total, limit=EXPORT_LIMIT)
    return export_rows(page, page.columns, rows, kind, name=page.export_name, now=now)


def export_rows(
    page: Page, columns: Sequence[Column], rows: Any, kind: str, *, name: str, now: datetime
) -> HttpResponseBase:
    """Answer with rows as `csv` or `xlsx`: a queryset, or a list counted for the page. The export is audited."""
    from quanshu.shared.web.lists import plain_cells

    if kind not in {"csv", "xlsx"}:
        raise UnknownExport(format=kind)
    personal = [column for column in columns if column.mask]
    right = _unmask(page.actor, name, now) if personal else ""
    masks = {} if right else {column.key: masker(Mask(column.mask)) for column in personal}
    details: dict[str, Any] = {"rows": len(rows) if isinstance(rows, list) else rows.count(), "format": kind}
    if personal:
        details |= (
            {"in_clear": [column.key for column in personal], "right": right} if right else {"masked": list(masks)}
        )
    record(
        actor=page.actor,
        action="web.list.exported",
        kind="web.list",
        uid=name,
        label=str(page.page_title()),
        details=details,
        now=now,
    )
    head = [f"{column.label} {gettext('(masked)')}" if column.key in masks else str(column.label) for column in columns]
    found = rows if isinstance(rows, list) else rows.iterator(chunk_size=2000)
    cells = ([safe_cell(cell) for cell in plain_cells(columns, row, masks)] for row in found)
    file = f"{name}-{timezone.localtime(now):%Y%m%d-%H%M}.{kind}"
    response: HttpResponseBase
    if kind == "csv":
        response = StreamingHttpResponse(csv_lines(head, cells), content_type="text/csv; charset=utf-8")
    else:
        response = HttpResponse(excel_bytes(head, cells), content_type=EXCEL_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def csv_lines(head: list[str], cells: Iterator[list[Any]]) -> Iterator[str]:
    """CSV text with a byte-order mark, which Excel needs to read Chinese."""
    yield "\ufeff" + csv_line(head)
    for row in cells:
        yield csv_line(row)


def csv_line(row: list[Any]) -> str:
    """One CSV line (RFC 4180)."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow(row)
    return buffer.getvalue()


def excel_bytes(head: list[str], cells: Iterator[list[Any]]) -> bytes:
    """One worksheet; text stays text, so that identifiers keep their digits."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(head)
    for row in cells:
        sheet.append([text_cell(sheet, value) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def text_cell(sheet: Any, value: Any) -> Any:
    """Strings as explicit text cells; other values as they are."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    return cell
