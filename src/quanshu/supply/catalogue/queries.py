"""Reads of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Count, F, Q, QuerySet

from quanshu.lake.landing import ColumnSpec, DataType
from quanshu.shared.access.api import Actor
from quanshu.supply.catalogue import rules
from quanshu.supply.catalogue.models import Classification, Entry, EntryVersion, Item
from quanshu.supply.catalogue.types import EntryNotFound, Figures, ItemData, UnitFigures

ON_HAND = {"format_class__in": ["database", "spreadsheet"], "sensitive_reason": ""}


def list_entries(actor: Actor) -> QuerySet[Entry]:
    """Every entry the actor may see."""
    return Entry.objects.visible_to(actor).select_related("unit", "classification")


def get_entry(*, actor: Actor, uid: str) -> Entry:
    """One entry by uid or resource code; EntryNotFound when there is none or it may not be seen."""
    entry = list_entries(actor).filter(Q(uid=uid) | Q(code=uid)).first()
    if entry is None:
        raise EntryNotFound(entry=uid)
    return entry


def find_entry_by_code(code: str) -> Entry | None:
    """The entry with this resource code, whoever asks; for handlers and the demo."""
    return Entry.objects.select_related("unit").filter(code=code).first()


def item_data(item: Item) -> ItemData:
    """A row as the value the rules work on."""
    return ItemData(
        name=item.name,
        title=item.title,
        title_en=item.title_en,
        data_type=item.data_type,
        length=item.length,
        required=item.required,
        is_key=item.is_key,
        code_list=tuple(item.code_list),
        grade=item.grade,
        personal=item.personal,
        mask=item.mask,
        unit_of_measure=item.unit_of_measure,
    )


def items_of(entry: Entry) -> tuple[ItemData, ...]:
    """The entry's items in order."""
    return tuple(item_data(item) for item in entry.items.all())


def contract_of(entry: Entry) -> tuple[ColumnSpec, ...]:
    """The contract intake lands data by: one column an item."""
    return tuple(
        ColumnSpec(
            name=item.name,
            type=DataType(item.data_type),
            required=item.required or item.is_key,
            max_length=item.length if item.data_type == DataType.STRING else None,
        )
        for item in entry.items.all()
    )


def key_columns(entry: Entry) -> tuple[str, ...]:
    """Names of the columns that together identify a row."""
    return tuple(item.name for item in entry.items.all() if item.is_key)


def lake_table_of(entry: Entry) -> str:
    """The lake table that holds the entry's rows."""
    return entry.lake_table


def highest_grade(entry: Entry) -> str:
    """The entry's grade: the highest of its items (就高从严, GB/T 43697)."""
    return rules.highest([item.grade for item in entry.items.all()])


def classification_codes() -> list[str]:
    """Codes an entry may be filed under: the 目 level and below."""
    return list(Classification.objects.filter(level__gte=3).values_list("code", flat=True))


def version_of(entry: Entry, number: int) -> EntryVersion | None:
    """A published version, or None."""
    return entry.versions.filter(number=number).first()


def snapshot_of(entry: Entry, items: Sequence[ItemData]) -> dict[str, object]:
    """The entry's metadata and items as plain values, as kept with a published version."""
    names = [
        "code",
        "resource_name",
        "name_en",
        "abstract",
        "abstract_en",
        "format_class",
        "share_type",
        "share_condition",
        "share_law",
        "share_mode",
        "open_type",
        "open_condition",
        "update_cycle",
        "related_codes",
        "sensitive_reason",
    ]
    snapshot: dict[str, object] = {name: getattr(entry, name) for name in names}
    snapshot["provider_code"] = entry.unit.code
    snapshot["provider_name"] = entry.unit.name
    snapshot["classification_code"] = entry.classification.code
    snapshot["items"] = [
        {name: list(value) if isinstance(value, tuple) else value for name, value in item_values(item)}
        for item in items
    ]
    return snapshot


def item_values(item: ItemData) -> list[tuple[str, object]]:
    """(name, value) pairs of an item."""
    return [(name, getattr(item, name)) for name in ItemData.__slots__]


def catalogue_figures(rows: QuerySet[Entry] | None = None, *, today: date | None = None) -> Figures:
    """目录挂载率, 落地率 and graded fields, counted from the rows themselves, with the figures of each unit."""
    entries = Entry.objects.all() if rows is None else rows
    published = Q(state="published")
    must = published & Q(**ON_HAND)
    counts = {
        "published": Count("pk", filter=published),
        "mounted": Count("pk", filter=published & Q(mounted=True)),
        "to_land": Count("pk", filter=must),
        "landed": Count("pk", filter=must & Q(landed_rows__isnull=False)),
    }
    total = entries.order_by().aggregate(entries=Count("pk"), **counts)
    items = Item.objects.filter(entry__in=entries.filter(published)).aggregate(
        items=Count("pk"), graded=Count("pk", filter=~Q(grade=""))
    )
    units = (
        entries.order_by()
        .values(unit_uid=F("unit__uid"), unit_name=F("unit__name"))
        .annotate(**counts)
        .filter(published__gt=0)
        .order_by("unit_name")
    )
    return Figures(**total, **items, as_of=today, by_unit=tuple(UnitFigures(**row) for row in units))
