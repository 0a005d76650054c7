"""What the API takes and gives."""

from __future__ import annotations

from typing import Any

from ninja import Field, Schema

from quanshu.supply.catalogue import queries, rules
from quanshu.supply.catalogue.models import Entry
from quanshu.supply.catalogue.search.types import Hit
from quanshu.supply.catalogue.types import EntryData, ItemData


class ItemBody(Schema):
    """An information item."""

    name: str
    title: str
    data_type: str = "string"
    title_en: str = ""
    length: int | None = Field(None, lt=2**31)
    required: bool = False
    is_key: bool = False
    code_list: list[str] = []
    grade: str = ""
    personal: bool = False
    mask: str = "none"
    unit_of_measure: str = ""

    def value(self) -> ItemData:
        """As the value services take."""
        return ItemData(**{**self.dict(), "code_list": tuple(self.code_list)})


class EntryBody(Schema):
    """Core metadata as entered, by the names of 政务信息资源目录编制指南."""

    resource_name: str
    classification_code: str
    abstract: str
    name_en: str = ""
    abstract_en: str = ""
    format_class: str = "database"
    share_type: str = "2"
    share_condition: str = ""
    share_law: str = ""
    share_mode: str = "gateway"
    open_type: str = "closed"
    open_condition: str = ""
    update_cycle: str = "monthly"
    related_codes: list[str] = []
    sensitive_reason: str = ""
    extra: dict[str, str] = {}

    def value(self) -> EntryData:
        """As the value services take."""
        given = self.dict(include=set(EntryBody.model_fields))
        return EntryData(**{**given, "related_codes": tuple(self.related_codes)})


class NewEntryBody(EntryBody):
    """A new entry of a unit with its items."""

    unit_uid: str
    items: list[ItemBody] = []


class GradeBody(Schema):
    """{column: grade of GB/T 43697}."""

    grades: dict[str, str]


class ReasonBody(Schema):
    """Why."""

    reason: str


class Facets(Schema):
    """Facets of the list; the values offered come with each answer."""

    q: str = ""
    state: str = ""
    unit: str = ""
    class_: str = Field("", alias="class")
    share: str = ""
    grade: str = ""
    mounted: str = ""
    landed: str = ""

    def chosen(self) -> dict[str, str]:
        """The facets asked for."""
        given = {**self.dict(exclude={"q", "class_"}), "class": self.class_}
        return {facet: value for facet, value in given.items() if value}


def entry_row(entry: Entry) -> dict[str, Any]:
    """An entry as a line of a list."""
    return {
        "uid": entry.uid,
        "code": entry.code,
        "resource_name": entry.resource_name,
        "name_en": entry.name_en,
        "provider_name": entry.unit.name,
        "provider_code": entry.unit.code,
        "classification_code": entry.classification.code,
        "state": entry.state,
        "version": entry.version,
        "published_version": entry.published_version,
        "share_type": entry.share_type,
        "update_cycle": entry.update_cycle,
        "landed_rows": entry.landed_rows,
        "mounted": entry.mounted,
    }


def marks(hit: Hit) -> dict[str, Any]:
    """Where words were found: place, text, and (start, end) of each stretch."""
    found = [{"place": mark.place, "text": mark.text, "spans": mark.spans} for mark in hit.marks if mark.spans]
    return {"found_in": found, "by_sound": hit.by_sound}


def found_row(entry: Entry) -> dict[str, Any]:
    """A line of a list, with where its words were found when words were sought."""
    hit: Hit | None = getattr(entry, "hit", None)
    return entry_row(entry) | (marks(hit) if hit else {})


def whole(entry: Entry, items: tuple[ItemData, ...] | None = None) -> dict[str, Any]:
    """An entry with everything it says."""
    items = queries.items_of(entry) if items is None else items
    return {
        **entry_row(entry),
        **queries.snapshot_of(entry, items),
        "highest_grade": rules.highest([item.grade for item in items]),
        "lake_table": entry.lake_table,
        "landed_at": entry.landed_at,
        "mounted_checked_at": entry.mounted_checked_at,
        "publish_date": entry.publish_date,
        "steps": [step.name for step in rules.MACHINE.allowed(entry.state)],
    }


def changes(found: list[tuple[str, object, object]]) -> list[dict[str, object]]:
    """Differences as rows."""
    return [{"path": path, "before": before, "after": after} for path, before, after in found]
