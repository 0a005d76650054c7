"""The official table: an entry as rows of cells, and rows of cells as entries. Pure; no workbook here.

A row repeats the entry's columns for each of its information items. Titles and order of the columns are the
standard version's. What a cell of a file says the same way as the entry does keeps the entry's own value, so
that importing an exported file changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import iso_day
from quanshu.kernel.errors import FieldError
from quanshu.supply.catalogue.api import EntryData, ItemData
from quanshu.supply.standards.api import GIVEN, Kind, Level, Standard, StandardField

YES, NO = "是", "否"
YES_WORDS = frozenset({"是", "1", "y", "yes", "true", "√", "✓"})
NO_WORDS = frozenset({"否", "0", "n", "no", "false", "×"})
SEPARATOR = "；"
SEPARATORS = re.compile(r"[;；、,，\n]")
LISTS = {"related_codes", "code_list"}
# Without these a file cannot be read as the table.
NEEDED = ("resource_name", "title")
Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Existing:
    """An entry that is there, as the table shows it."""

    data: EntryData
    items: tuple[ItemData, ...]
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """The rows of one entry of a file, as read: its metadata, its items, what was wrong with which row."""

    data: EntryData
    items: list[ItemData]
    rows: list[int] = field(default_factory=list)


def canon(text: str) -> str:
    """A cell's text as it is compared: outer blanks off, one kind of line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def code_title(each: StandardField, standard: Standard, code: str) -> str:
    """A code as the table writes it: its Chinese title; an unknown one as it is."""
    return next((value.title for value in standard.values_of(each.code) if value.code == code), code)


def cell_of(each: StandardField, standard: Standard, value: Any) -> str:
    """A value as the table writes it."""
    if value is None or value == "":
        return ""
    if each.code in LISTS:
        return SEPARATOR.join(value)
    if each.kind == Kind.CODE:
        return code_title(each, standard, str(value))
    if each.kind == Kind.FLAG:
        return YES if value in {True, "true"} else NO if value in {False, "false"} else str(value)
    return canon(str(value))


def entry_cells(existing: Existing, standard: Standard, class_names: Mapping[str, str]) -> dict[str, str]:
    """The entry's columns: {field code: text}."""
    cells = {}
    for each in standard.of_level(Level.ENTRY):
        if each.code in GIVEN:
            cells[each.code] = existing.given.get(each.code, "")
        elif each.code == "classification_code":
            code = existing.data.classification_code
            cells[each.code] = f"{code} {class_names.get(code, '')}".strip()
        else:
            value = getattr(existing.data, each.code) if each.core else existing.data.extra.get(each.code, "")
            cells[each.code] = cell_of(each, standard, value)
    return cells


def item_cells(item: ItemData, standard: Standard) -> dict[str, str]:
    """An item's columns: {field code: text}."""
    return {each.code: cell_of(each, standard, getattr(item, each.code)) for each in standard.of_level(Level.ITEM)}


def table_rows(existing: Existing, standard: Standard, class_names: Mapping[str, str]) -> list[dict[str, str]]:
    """An entry as rows of the table, one an item; one row with empty item columns when it has none."""
    head = entry_cells(existing, standard, class_names)
    return [head | item_cells(item, standard) for item in existing.items] or [head]


def parse_code(each: StandardField, standard: Standard, text: str) -> str | None:
    """The code a cell names by code, title, English title or another word of the list; None when none does."""
    low = text.casefold()
    for value in standard.values_of(each.code):
        words = {value.code, value.title, value.title_en, *value.words} - {""}
        if low in {word.casefold() for word in words}:
            return value.code
    return None


def parse(each: StandardField, standard: Standard, text: str) -> tuple[Any, FieldError | None]:
    """A cell's value and what is wrong with it. An empty cell of an item's flag says no."""
    text = canon(text)
    if each.code in LISTS:
        return tuple(part.strip() for part in SEPARATORS.split(text) if part.strip()), None
    if each.kind == Kind.FLAG:
        return parse_flag(each, text)
    if not text:
        return (None if each.code == "length" else ""), None
    if each.kind == Kind.CODE:
        code = parse_code(each, standard, text)
        if code is None:
            titles = "、".join(value.title for value in standard.values_of(each.code)[:12])
            fault = N_("“%(text)s” is not in the code list.")
            remedy = N_("Use one of: %(titles)s.")
            return "", FieldError(each.code, fault, remedy, {"text": text[:60], "titles": titles})
        return code, None
    if each.code == "length":
        if text.isdecimal() and text.isascii() and 0 < len(text) < 8:
            return int(text), None
        fault = N_("“%(text)s” is not a length.")
        return None, FieldError(each.code, fault, N_("Write a whole number."), {"text": text[:60]})
    if each.code == "classification_code":
        return re.split(r"\s", text, maxsplit=1)[0], None
    return text, None


def parse_flag(each: StandardField, text: str) -> tuple[Any, FieldError | None]:
    """Yes or no; of an item as a truth value, of an entry as text. Empty says no of an item, nothing of an entry."""
    low = text.casefold()
    if low in YES_WORDS:
        return (True if each.level == Level.ITEM else "true"), None
    if low in NO_WORDS or (not low and each.level == Level.ITEM):
        return (False if each.level == Level.ITEM else "false"), None
    if not low:
        return "", None
    fault = N_("“%(text)s” is neither yes nor no.")
    return "", FieldError(each.code, fault, N_("Write 是 or 否."), {"text": text[:60]})


def read_entry(
    cells: Cells, standard: Standard, existing: Existing | None, class_names: Mapping[str, str]
) -> tuple[EntryData, list[FieldError]]:
    """The metadata a row states. A column the file does not have keeps the entry's value, or the default."""
    shown = entry_cells(existing, standard, class_names) if existing else {}
    base = existing.data if existing else EntryData(resource_name="", classification_code="", abstract="")
    faults: list[FieldError] = []
    values: dict[str, Any] = {}
    extra = dict(base.extra)
    for each in standard.of_level(Level.ENTRY):
        text = cells.get(each.code)
        if each.code in GIVEN or text is None or (existing and canon(text) == shown.get(each.code, "")):
            continue
        value, fault = parse(each, standard, text)
        if fault:
            faults.append(fault)
        elif each.core:
            values[each.code] = value
        else:
            extra[each.code] = str(value)
    published = cells.get("publish_date", "")
    if canon(published) and iso_day(canon(published)) is None:
        fault_text = N_("“%(text)s” is not a day.")
        remedy = N_("Write it as 2026-01-31, or leave it empty.")
        faults.append(FieldError("publish_date", fault_text, remedy, {"text": published[:60]}))
    own = {each.code for each in standard.extras()}
    kept = {code: value for code, value in extra.items() if value and code in own}
    return replace(base, **values, extra=kept), faults


def has_item(cells: Cells, standard: Standard) -> bool:
    """Whether a row states an item at all."""
    return any(canon(cells.get(each.code, "")) for each in standard.of_level(Level.ITEM))


def read_item(
    cells: Cells, standard: Standard, existing: Existing | None, taken: Sequence[str]
) -> tuple[ItemData, list[FieldError]]:
    """The item a row states: matched to the entry's own by field name, else by title; a new one is numbered."""
    there = find_item(cells, existing.items if existing else ())
    shown = item_cells(there, standard) if there else {}
    base = there or ItemData(name="", title="")
    faults: list[FieldError] = []
    values: dict[str, Any] = {}
    for each in standard.of_level(Level.ITEM):
        text = cells.get(each.code)
        if text is None or (there and canon(text) == shown[each.code]):
            continue
        value, fault = parse(each, standard, text)
        if fault:
            faults.append(fault)
        elif each.code == "mask":
            values[each.code] = value or "none"
        elif not (each.code == "name" and not value):
            values[each.code] = value
    item = replace(base, **values)
    return (item if item.name else replace(item, name=free_name(taken))), faults


def find_item(cells: Cells, items: Sequence[ItemData]) -> ItemData | None:
    """The entry's item that a row means."""
    name, title = canon(cells.get("name", "")), canon(cells.get("title", ""))
    if name:
        return next((item for item in items if item.name == name), None)
    return next((item for item in items if canon(item.title) == title), None)


def free_name(taken: Sequence[str]) -> str:
    """A field name that is not taken, for an item that came without one."""
    number = len(taken) + 1
    while f"item_{number}" in taken:
        number += 1
    return f"item_{number}"


def differing(first: Cells, other: Cells, standard: Standard) -> list[str]:
    """Entry columns in which two rows of one entry disagree."""
    codes = [each.code for each in standard.of_level(Level.ENTRY)]
    return [code for code in codes if canon(first.get(code, "")) != canon(other.get(code, ""))]


def merged(existing: Sequence[ItemData], stated: Sequence[ItemData]) -> list[ItemData]:
    """The entry's items with those stated put in: changed in their place, new ones at the end, none removed."""
    by_name = {item.name: item for item in stated}
    kept = [by_name.pop(item.name, item) for item in existing]
    return [*kept, *(item for item in stated if item.name in by_name)]


def match_columns(titles: Sequence[str], standard: Standard) -> tuple[list[str], list[str]]:
    """(field code of each column, titles the standard does not know); "" for a column that is not read."""
    known = {each.column: each.code for each in standard.columns()}
    codes = [known.get(canon(title), "") for title in titles]
    return codes, [title for title, code in zip(titles, codes, strict=True) if not code and canon(title)]
