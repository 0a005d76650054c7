"""The items of an entry as a table of inputs, and their grades. Works without JavaScript."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import FieldErrors, QuanshuError
from quanshu.shared.web.api import Page, fault_text, field_fault_text, go_to
from quanshu.supply.catalogue import queries, rules, services
from quanshu.supply.catalogue.models import Entry
from quanshu.supply.catalogue.pages import labels
from quanshu.supply.catalogue.permissions import CataloguePermission as P
from quanshu.supply.catalogue.types import EntryState, ItemData

BLANK_ROWS = 3
MOST_ROWS = 500
TEXTS = ("name", "title", "title_en", "data_type", "length", "unit_of_measure", "code_list", "mask")
FLAGS = ("is_key", "required", "personal")
YES = {"1", "y", "yes", "true", "是", "√", "✓"}
# What stands for a data type in pasted lines, beside the codes themselves.
TYPE_WORDS = {
    "文本": "string",
    "字符": "string",
    "整数": "integer",
    "小数": "decimal",
    "日期": "date",
    "时间": "datetime",
}
Row = dict[str, Any]


class OfEntry(Page):
    """A page below an entry."""

    def entry(self) -> Entry:
        return queries.get_entry(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        entry = self.entry()
        return [(_("Catalogue"), reverse("catalogue:entries")), (str(entry), entry.get_absolute_url())]


class EditItems(OfEntry):
    """Rows can be added, moved, removed and pasted before they are saved together."""

    title = gettext_lazy("Edit items")
    permission = P.EDIT
    template_name = "catalogue/items.html"

    def shown(self, rows: list[Row], faults: list[str], *, status: int = 200, pasted: str = "") -> HttpResponseBase:
        context = {
            "rows": rows,
            "faults": faults,
            "pasted": pasted,
            "types": labels.TYPES.items(),
            "masks": labels.MASKS.items(),
            "entry": self.entry(),
        }
        return self.render(context, status=status)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        entry = self.entry()
        rules.check_editable(entry.state)
        rows = [row_of(item) for item in queries.items_of(entry)]
        return self.shown(rows or [blank() for _row in range(BLANK_ROWS)], [])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        rows = read_rows(request.POST)
        verb, _dash, at = request.POST.get("do", "save").partition("-")
        place = int(at) if at.isdecimal() and int(at) < len(rows) else None
        if verb == "add":
            return self.shown([*rows, *(blank() for _row in range(BLANK_ROWS))], [])
        if verb == "paste":
            return self.paste(rows, request.POST.get("pasted", ""))
        if verb == "remove" and place is not None:
            return self.shown(rows[:place] + rows[place + 1 :], [])
        if verb == "up" and place:
            rows[place - 1], rows[place] = rows[place], rows[place - 1]
            return self.shown(rows, [])
        return self.save(request, rows)

    def paste(self, rows: list[Row], text: str) -> HttpResponseBase:
        """Add pasted lines below the rows; nothing is saved yet."""
        kept = [row for row in rows if filled(row)]
        return self.shown([*kept, *read_lines(text)], [])

    def save(self, request: HttpRequest, rows: list[Row]) -> HttpResponseBase:
        rows = [row for row in rows if filled(row)]
        entry = self.entry()
        grades = {item.name: item.grade for item in queries.items_of(entry)}
        try:
            items = [replace(item_of(row), grade=grades.get(row["name"], "")) for row in rows]
            services.set_items(actor=self.actor, now=self.now, entry=entry, items=items)
        except FieldErrors as fault:
            return self.shown(rows, put_on_rows(rows, fault), status=fault.status)
        except QuanshuError as fault:
            if fault.status in {403, 404}:
                raise
            return self.shown(rows, [fault_text(fault)], status=fault.status)
        return go_to(request, entry.get_absolute_url())


def blank() -> Row:
    """An empty row."""
    return row_of(ItemData(name="", title=""))


def row_of(item: ItemData) -> Row:
    """An item as the table's inputs show it."""
    row: Row = {name: getattr(item, name) for name in (*TEXTS, *FLAGS)}
    return row | {"length": "" if item.length is None else str(item.length), "code_list": ",".join(item.code_list)}


def filled(row: Row) -> bool:
    """Whether anything that identifies an item was entered."""
    return bool(row["name"] or row["title"])


def read_rows(posted: Any) -> list[Row]:
    """The table as it was sent."""
    columns = {name: posted.getlist(name)[:MOST_ROWS] for name in TEXTS}
    flags = {name: set(posted.getlist(name)) for name in FLAGS}
    rows = []
    for at in range(len(columns["name"])):
        row: Row = {name: values[at].strip() if at < len(values) else "" for name, values in columns.items()}
        rows.append(row | {name: str(at) in chosen for name, chosen in flags.items()})
    return rows


def read_lines(text: str) -> list[Row]:
    """Pasted lines as rows: field, title, type, length, key, required, English title; comma or tab between them."""
    lines = [line for line in text.replace("，", ",").splitlines()[:MOST_ROWS] if line.strip()]
    rows = []
    for line in lines:
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter="\t" if "\t" in line else ","))]
        name, title, kind, length, key, required, english = (cells + [""] * 7)[:7]
        given = {"name": name, "title": title, "title_en": english, "length": length}
        kind = TYPE_WORDS.get(kind, kind.lower()) or "string"
        flags = {"is_key": key.lower() in YES, "required": required.lower() in YES}
        rows.append(blank() | given | flags | {"data_type": kind})
    return rows


def item_of(row: Row) -> ItemData:
    """A row as the value the service takes; a length that is no number becomes one the rules refuse."""
    length = row["length"]
    return ItemData(
        name=row["name"],
        title=row["title"],
        title_en=row["title_en"],
        data_type=row["data_type"] or "string",
        length=None if not length else int(length) if length.isdecimal() else 0,
        unit_of_measure=row["unit_of_measure"],
        code_list=tuple(code.strip() for code in row["code_list"].replace("，", ",").split(",") if code.strip()),
        mask=row["mask"] or "none",
        **{name: row[name] for name in FLAGS},
    )


def put_on_rows(rows: list[Row], fault: FieldErrors) -> list[str]:
    """Mark the inputs at fault; every fault is also told above the table with its field and remedy."""
    told = []
    for error in fault.errors:
        parts = error.field.split(".")
        text = field_fault_text(error)
        if len(parts) < 3:
            told.append(text)
            continue
        name, field = ".".join(parts[1:-1]), parts[-1]
        for row in rows:
            if row["name"] == name:
                row.setdefault("faults", {})[field] = text
        told.append(f"{name or _('(no name)')} · {labels.ITEM_FIELDS.get(field, field)}: {text}")
    return told


class GradeItems(OfEntry):
    """Grade each item; the entry takes the highest (就高从严)."""

    title = gettext_lazy("Grade items")
    permission = P.GRADE
    template_name = "catalogue/grades.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.entry()
        if entry.state != EntryState.REVIEW:
            rules.check_editable(entry.state)
        items = queries.items_of(entry)
        grade = rules.highest([item.grade for item in items])
        return {
            "entry": entry,
            "items": items,
            "grades": labels.GRADES.items(),
            "highest": labels.grade_label(grade),
            "tone": labels.GRADE_TONES.get(grade, "secondary"),
            "left": sum(1 for item in items if not item.grade),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        entry = self.entry()
        names = [item.name for item in queries.items_of(entry)]
        grades = {name: request.POST.get(f"grade-{name}", "") for name in names}
        try:
            services.grade_items(actor=self.actor, now=self.now, entry=entry, grades=grades)
        except QuanshuError as fault:
            if fault.status in {403, 404, 409}:
                raise
            return self.render({**self.context(**kwargs), "fault": fault_text(fault)}, status=fault.status)
        return go_to(request, entry.get_absolute_url())
