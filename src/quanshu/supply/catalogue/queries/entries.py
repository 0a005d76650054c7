"""Reads of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Case, CharField, Count, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Substr

from quanshu.lake.landing import ColumnSpec, DataType
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, scope_q
from quanshu.supply.catalogue import rules
from quanshu.supply.catalogue.models import Classification, Entry, EntryVersion, Item, in_language
from quanshu.supply.catalogue.permissions import CataloguePermission
from quanshu.supply.catalogue.types import (
    GRADE_ORDER,
    BadFacet,
    EntryData,
    EntryNotFound,
    EntryState,
    FacetOption,
    Figures,
    ItemData,
    ShareType,
    UnitFigures,
    VersionNotFound,
)

STRUCTURED = ("database", "spreadsheet")
ON_HAND = {"format_class__in": STRUCTURED, "exempt": False}


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


def data_of(entry: Entry) -> EntryData:
    """The row's metadata as the value the rules work on."""
    names = [name for name in EntryData.__slots__ if name not in {"classification_code", "related_codes"}]
    return EntryData(
        classification_code=entry.classification.code,
        related_codes=tuple(entry.related_codes),
        **{name: getattr(entry, name) for name in names},
    )


def items_of(entry: Entry) -> tuple[ItemData, ...]:
    """The entry's items in order."""
    return tuple(item_data(item) for item in entry.items.all())


def item_titles(entry: Entry, names: Iterable[str]) -> tuple[str, ...]:
    """Items by their titles in the reader's language, in the order of the names; an item that is gone by its name."""
    known = {item.name: in_language(item.title, item.title_en) for item in entry.items.all()}
    return tuple(known.get(name, name) for name in names)


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


def version_of(entry: Entry, number: int) -> EntryVersion:
    """A published version. Raises VersionNotFound."""
    known = 0 < number < 2**31
    version: EntryVersion | None = entry.versions.filter(number=number).first() if known else None
    if version is None:
        raise VersionNotFound(number=number)
    return version


def two_versions(entry: Entry, before: int, after: int | None) -> tuple[dict[str, object], dict[str, object]]:
    """What two versions say; `after` None means the entry as it is now. Raises VersionNotFound.

    Versions published before the standard had versions say so: they were made under the first.
    """
    old = {"standard": 1, "extra": {}} | version_of(entry, before).snapshot
    if after is None:
        return old, snapshot_of(entry, items_of(entry))
    return old, {"standard": 1, "extra": {}} | version_of(entry, after).snapshot


def compare(entry: Entry, before: int, after: int | None) -> list[tuple[str, object, object]]:
    """(path, before, after) of what differs between two versions; `after` None means the entry as it is now."""
    return rules.differences(*two_versions(entry, before, after))


def units_to_edit(actor: Actor) -> QuerySet[Unit]:
    """Units for which the actor may create entries."""
    return Unit.objects.filter(scope_q(actor, CataloguePermission.EDIT, unit_path="path"), closed_on=None)


def sees_drafts(actor: Actor, entry: Entry) -> bool:
    """Whether the entry lies within the actor's view scope; others read only what is published."""
    return Entry.objects.filter(scope_q(actor, CataloguePermission.VIEW), pk=entry.pk).exists()


def face_of(actor: Actor, entry: Entry) -> tuple[Entry, tuple[ItemData, ...]]:
    """The entry as the actor may read it: within scope as it is now, elsewhere the version in force."""
    return faces_of(actor, [entry])[0]


def faces_of(actor: Actor, entries: Sequence[Entry]) -> list[tuple[Entry, tuple[ItemData, ...]]]:
    """Entries as the actor may read them, with their items; the rows given are changed, never saved."""
    revised = [row.pk for row in entries if row.state != EntryState.PUBLISHED and row.published_version is not None]
    said: dict[int, dict[str, Any]] = {}
    if revised:
        hidden = Entry.objects.filter(pk__in=revised).exclude(scope_q(actor, CataloguePermission.VIEW))
        in_force = EntryVersion.objects.filter(entry__in=hidden, number=F("entry__published_version"))
        # Snapshots of before the standard had versions were made under the first.
        said = {row.entry_id: {"standard": 1, "extra": {}} | row.snapshot for row in in_force}
    return [_face(row, said[row.pk]) if row.pk in said else (row, items_of(row)) for row in entries]


def _face(entry: Entry, said: dict[str, Any]) -> tuple[Entry, tuple[ItemData, ...]]:
    items = tuple(ItemData(**{**item, "code_list": tuple(item["code_list"])}) for item in said.pop("items"))
    entry.classification = Classification.objects.get(code=said.pop("classification_code"))
    for name, value in said.items():
        if not name.startswith("provider_"):
            setattr(entry, name, value)
    entry.state, entry.version = EntryState.PUBLISHED, entry.published_version or entry.version
    return entry, items


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
        "standard",
        "extra",
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
    published = Q(published_version__isnull=False)
    must = published & Q(**ON_HAND)
    counts = {
        "published": Count("pk", filter=published),
        "mounted": Count("pk", filter=published & Q(mounted=True)),
        "to_land": Count("pk", filter=must),
        "excepted": Count("pk", filter=published & Q(exempt=True)),
        "landed": Count("pk", filter=must & Q(landed_rows__isnull=False)),
    }
    total = entries.order_by().aggregate(entries=Count("pk"), **counts)
    items = Item.objects.filter(entry__in=entries.filter(published)).aggregate(
        items=Count("pk"), graded=Count("pk", filter=~Q(grade=""))
    )
    # Named after UnitFigures' fields; the checker takes the aggregates for columns.
    units: Any = (
        entries.order_by()
        .values(unit_uid=F("unit__uid"), unit_name=F("unit__name"))
        .annotate(**counts)
        .filter(Q(published__gt=0))
        .order_by("unit_name")
    )
    return Figures(**total, **items, as_of=today, by_unit=tuple(UnitFigures(**row) for row in units))


CLASS_WIDTHS = (1, 3, 6)
YES_NO = ("1", "0")
FACETS: Mapping[str, tuple[str, ...]] = {
    "state": tuple(EntryState),
    "unit": (),
    "class": (),
    "share": tuple(ShareType),
    "grade": (*GRADE_ORDER, "none"),
    "mounted": YES_NO,
    "landed": YES_NO,
}


def with_grade(rows: QuerySet[Entry]) -> QuerySet[Entry]:
    """Adds `grade_rank`: the rank of the highest grade of the entry's items, 0 while none is graded."""
    ranks = Case(
        *(When(grade=grade, then=Value(rank)) for grade, rank in GRADE_ORDER.items()),
        default=Value(0),
        output_field=IntegerField(),
    )
    highest = Item.objects.filter(entry=OuterRef("pk")).order_by().values("entry").annotate(top=Max(ranks))
    return rows.annotate(grade_rank=Coalesce(Subquery(highest.values("top")), Value(0)))


def as_read_by(actor: Actor, rows: QuerySet[Entry]) -> QuerySet[Entry]:
    """Adds `seen_state`, `seen_share` and `seen_class`: as the version in force has them where drafts are hidden."""
    hidden = ~scope_q(actor, CataloguePermission.VIEW) & Q(published_version__isnull=False)
    hidden &= ~Q(state=EntryState.PUBLISHED)
    in_force = EntryVersion.objects.filter(entry=OuterRef("pk"), number=OuterRef("published_version"))

    def read(key: str, now: str) -> Case:
        said = in_force.annotate(said=KeyTextTransform(key, "snapshot")).values("said")
        return Case(When(hidden, then=Subquery(said[:1])), default=F(now), output_field=CharField())

    return rows.annotate(
        seen_state=Case(When(hidden, then=Value(EntryState.PUBLISHED.value)), default=F("state")),
        seen_share=read("share_type", "share_type"),
        seen_class=read("classification_code", "classification__code"),
    )


def facet_q(facet: str, value: str) -> Q:
    """The condition of one facet. Raises BadFacet for a facet or value that does not exist."""
    known = FACETS.get(facet)
    if known is None or (known and value not in known) or (facet == "class" and not value.isascii()):
        raise BadFacet(facet=facet, value=value)
    if facet == "grade":
        return Q(grade_rank=GRADE_ORDER.get(value, 0))
    if facet == "landed":
        return Q(landed_rows__isnull=value == "0")
    if facet == "class":
        return Q(seen_class__startswith=value)
    if facet == "mounted":
        return Q(mounted=value == "1")
    return Q(**{{"unit": "unit__uid", "share": "seen_share", "state": "seen_state"}.get(facet, facet): value})


def narrow_entries(rows: QuerySet[Entry], chosen: Mapping[str, str]) -> QuerySet[Entry]:
    """Entries, as `as_read_by` gives them, that fit every chosen facet. Raises BadFacet."""
    rows = with_grade(rows)
    for facet, value in chosen.items():
        rows = rows.filter(facet_q(facet, value))
    return rows


def facet_options(rows: QuerySet[Entry], chosen: Mapping[str, str]) -> dict[str, tuple[FacetOption, ...]]:
    """For each facet its values with counts, under everything chosen in the other facets."""
    found = {}
    for facet in FACETS:
        others = {key: value for key, value in chosen.items() if key != facet}
        found[facet] = tuple(counted(narrow_entries(rows, others).order_by(), facet, chosen.get(facet, "")))
    return found


def counted(rows: QuerySet[Entry], facet: str, value: str) -> list[FacetOption]:
    """Values of one facet with the number of entries for each."""
    if facet == "unit":
        units = rows.values("unit__uid", "unit__name", "unit__name_en").annotate(n=Count("pk", distinct=True))
        return [
            FacetOption(row["unit__uid"], row["n"], row["unit__name"], row["unit__name_en"])
            for row in units.order_by("-n", "unit__name")
        ]
    if facet == "class":
        return counted_classes(rows, value)
    counts = grouped(rows, facet)
    return [FacetOption(option, counts[option]) for option in FACETS[facet] if counts.get(option)]


def grouped(rows: QuerySet[Entry], facet: str) -> dict[str, int]:
    """Counts of a facet that is a column of the entry."""
    if facet in {"mounted", "landed"}:
        yes = rows.filter(facet_q(facet, "1")).count()
        return {"1": yes, "0": rows.count() - yes}
    field = {"share": "seen_share", "grade": "grade_rank", "state": "seen_state"}.get(facet, facet)
    counts = {row[field]: row["n"] for row in rows.values(field).annotate(n=Count("pk"))}
    if facet == "grade":
        return {grade: counts.get(GRADE_ORDER.get(grade, 0), 0) for grade in FACETS[facet]}
    return counts


def counted_classes(rows: QuerySet[Entry], value: str) -> list[FacetOption]:
    """The chosen class, those above it, and the classes one level below it."""
    width = next((width for width in CLASS_WIDTHS if width > len(value)), CLASS_WIDTHS[-1])
    under = rows.filter(facet_q("class", value)) if value else rows
    cut = under.annotate(head=Substr("seen_class", 1, width)).values("head")
    counts = {row["head"]: row["n"] for row in cut.annotate(n=Count("pk")).order_by("head")}
    for above in (width for width in CLASS_WIDTHS if width <= len(value)):
        head = value[:above]
        counts[head] = rows.filter(facet_q("class", head)).count()
    names = {row.code: row for row in Classification.objects.filter(code__in=counts)}
    return [
        FacetOption(code, counts[code], names[code].name, names[code].name_en)
        for code in sorted(counts)
        if code in names
    ]


def class_counts(actor: Actor) -> dict[str, int]:
    """How many entries the actor may see under each class, those below it included."""
    counts: dict[str, int] = {}
    filed = list_entries(actor).order_by().values_list("classification__code").annotate(n=Count("pk"))
    for code, number in filed:
        for width in {*CLASS_WIDTHS, len(code)}:
            if width <= len(code):
                counts[code[:width]] = counts.get(code[:width], 0) + number
    return counts
