"""What the city holds about a subject: its rows in the tables of sources and libraries, field by field."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from quanshu.city.citizen import rules
from quanshu.city.citizen.models import Correction
from quanshu.city.citizen.queries.wording import choices_of, in_words
from quanshu.city.citizen.types import HeldField, HeldRecord, Origin, RecordNotFound
from quanshu.lake.records import Ask, find_records
from quanshu.shared.keys import node_key
from quanshu.sharing.subjects.api import Subject, number_of
from quanshu.supply.catalogue.api import Classification, Entry, Item, ItemData, in_language, items_of
from quanshu.supply.fusion.api import Scheme
from quanshu.supply.lake_store import get_lake
from quanshu.supply.libraries.api import Model

# The first digits of a class that name a theme (项 of the catalogue's classification).
THEME = 3
Texts = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Held:
    """A table in which a subject's rows may lie, and the column to find them by."""

    entry: Entry
    items: tuple[ItemData, ...]
    column: str


def record_uid(entry_uid: str, key: Mapping[str, str | None]) -> str:
    """What names a row in an address, telling nothing of it: HMAC-SHA256 over table and key."""
    text = f"{entry_uid}:{json.dumps(key, sort_keys=True, ensure_ascii=False)}"
    return hmac.new(node_key("citizen-record"), text.encode(), "sha256").hexdigest()[:32]


def fused_tables() -> tuple[set[int], set[int]]:
    """(tables of fused records, tables that hold only how records were linked), by row of the catalogue entry."""
    rows = list(Scheme.objects.values_list("golden_entry", "map_entry", "life_entry"))
    return {golden for golden, _map, _life in rows if golden}, {pk for _golden, *rest in rows for pk in rest if pk}


def is_built(entry: Entry) -> bool:
    """Whether a table is made from others, so that a value in it is put right in those."""
    return entry.pk in fused_tables()[0] or Model.objects.filter(entry=entry).exists()


def tables_for(kind: str, *, entry_uid: str = "") -> list[Held]:
    """Tables in force that hold numbers of subjects of a kind, once for each column that does."""
    entries = Entry.objects.published().exclude(state="withdrawn").select_related("unit", "classification")
    if entry_uid:
        entries = entries.filter(uid=entry_uid)
    found = []
    entries = entries.exclude(pk__in=fused_tables()[1])
    for entry in entries.prefetch_related("items").order_by("classification__code", "resource_name"):
        if not rules.is_shown(share_type=entry.share_type, exempt=entry.exempt):
            continue
        items = items_of(entry)
        found += [Held(entry, items, column) for column in rules.number_columns(items, kind)]
    return found


def records_of(subject: Subject, *, entry_uid: str = "") -> list[HeldRecord]:
    """Every row about a subject, in the order of themes; of one table with `entry_uid`."""
    number, held = number_of(subject), tables_for(subject.kind, entry_uid=entry_uid)
    asks = [Ask(row.entry.lake_table, row.column, number, tuple(item.name for item in row.items)) for row in held]
    rows = find_records(get_lake(), asks)
    themes = theme_names(row.entry.classification.code for row in held)
    origins = Origins(subject, zip(held, rows, strict=True), whole=not entry_uid)
    fused, models = origins.fused, origins.models
    found: dict[str, HeldRecord] = {}
    for one, texts in zip(held, rows, strict=True):
        for row in texts:
            record = record_from(one, row, themes, models.get(one.entry.pk), origins)
            if one.entry.pk in fused:
                plain = tuple(replace(field, origin=None) for field in record.fields)
                record = replace(record, fields=plain, library=True)
            found.setdefault(record.uid, record)
    return list(found.values())


def record_from(
    held: Held, row: Mapping[str, str | None], themes: Mapping[str, str], model: Model | None, origins: Origins
) -> HeldRecord:
    """A row as its subject sees it: own fields in clear, each with its source unit and date."""
    entry = held.entry
    keys = [item.name for item in held.items if item.is_key]
    key = {name: row.get(name) for name in keys}
    fields = []
    for item in rules.own_items(held.items, held.column):
        if item.name not in row:
            continue
        title = in_language(item.title, item.title_en)
        if model is not None:
            source = origins.of(model, item.name)
            unit, at = source.unit if source else str(entry.unit), source.at if source else entry.landed_at
            origin = source.origin if source else None
        else:
            unit, at = str(entry.unit), entry.landed_at
            origin = Origin(entry.uid, item.name, key) if keys and not item.is_key else None
        value = row[item.name]
        fields.append(HeldField(item.name, title, value, unit, at, origin, in_words(item, value)))
    return HeldRecord(
        uid=record_uid(entry.uid, key or dict(row)),
        entry_uid=entry.uid,
        title=entry.title,
        unit=str(entry.unit),
        theme=themes.get(entry.classification.code[:THEME], ""),
        at=entry.landed_at,
        key=key,
        fields=tuple(fields),
        library=model is not None,
    )


@dataclass(frozen=True, slots=True)
class Source:
    """Where a library's value comes from."""

    unit: str
    at: datetime | None
    origin: Origin | None


class Origins:
    """Sources of libraries' columns for one subject. What was read already is not read again.

    `read` holds tables with the subject's rows in them, `whole` says that those are all there are; a table beyond
    them is read once, when it is asked for.
    """

    def __init__(self, subject: Subject, read: Iterable[tuple[Held, Sequence[Texts]]], *, whole: bool) -> None:
        self.subject = subject
        self.whole = whole
        self.entries: dict[str, Entry | None] = {}
        self.rows: dict[str, list[tuple[Texts, frozenset[str]]]] = {}
        self.fused = fused_tables()[0]
        models = list(Model.objects.filter(entry__isnull=False).select_related("published"))
        self.models = {model.entry_id: model for model in models if model.published_id}
        self.built: set[int] = self.fused | {model.entry_id for model in models if model.entry_id}
        for held, texts in read:
            self.entries[held.entry.uid] = held.entry
            self.keep(held, texts)

    def keep(self, held: Held, texts: Sequence[Texts]) -> None:
        """Note the subject's rows in a table: their keys, and the columns it may report on."""
        found = self.rows.setdefault(held.entry.uid, [])
        names = [item.name for item in held.items if item.is_key]
        own = rules.own_items(held.items, held.column)
        shown = frozenset(item.name for item in own if not item.is_key)
        if names:
            found += [({name: row[name] for name in names if name in row}, shown) for row in texts]

    def of(self, model: Model, column: str, depth: int = 0) -> Source | None:
        """The source of a library's column: the first of its lineage in which the subject has a row of its own."""
        version = model.published
        if version is None or depth > 5:
            return None
        first: Source | None = None
        for uid, name in version.lineage.get(column, {}).get("sources", ()):
            entry = self.entry(uid)
            if entry is None:
                continue
            built = self.models.get(entry.pk)
            source = self.of(built, name, depth + 1) if built else self.own(entry, name)
            first = first or source
            if source is not None and source.origin is not None:
                return source
        return first

    def own(self, entry: Entry, column: str) -> Source:
        """A source table's own column, with the subject's row in it where there is one it may report on."""
        if entry.pk not in self.built:
            for key, shown in self.rows_in(entry):
                if column in shown:
                    return Source(str(entry.unit), entry.landed_at, Origin(entry.uid, column, key))
        return Source(str(entry.unit), entry.landed_at, None)

    def entry(self, uid: str) -> Entry | None:
        """A catalogue entry, read once."""
        if uid not in self.entries:
            rows = Entry.objects.select_related("unit").prefetch_related("items")
            self.entries[uid] = rows.filter(uid=uid).first()
        return self.entries[uid]

    def rows_in(self, entry: Entry) -> list[tuple[Texts, frozenset[str]]]:
        """The subject's rows in a table: (key, columns it may report on)."""
        if entry.uid not in self.rows:
            self.rows[entry.uid] = []
            for held in () if self.whole else tables_for(self.subject.kind, entry_uid=entry.uid):
                keys = tuple(item.name for item in held.items if item.is_key)
                if keys:
                    ask = Ask(entry.lake_table, held.column, number_of(self.subject), keys)
                    self.keep(held, find_records(get_lake(), [ask])[0])
        return self.rows[entry.uid]


def theme_names(codes: Iterable[str]) -> dict[str, str]:
    """{first three digits: title} of the themes of some classes."""
    wanted = {code[:THEME] for code in codes}
    return {row.code: row.title for row in Classification.objects.filter(code__in=wanted)}


def find_record(subject: Subject, *, entry_uid: str, record_uid: str) -> HeldRecord | None:
    """One of a subject's records, or None."""
    return next((row for row in records_of(subject, entry_uid=entry_uid) if row.uid == record_uid), None)


def get_record(subject: Subject, *, entry_uid: str, record_uid: str) -> HeldRecord:
    """One of a subject's records. Raises `citizen.record_not_found`."""
    found = find_record(subject, entry_uid=entry_uid, record_uid=record_uid)
    if found is None:
        raise RecordNotFound
    return found


def choices_for(field: HeldField) -> list[tuple[str, str]]:
    """[(value, words)] to choose a right value from, by the table an error would be reported to; none to type it."""
    entry = field.origin and Entry.objects.prefetch_related("items").filter(uid=field.origin.entry_uid).first()
    item = item_of(entry, field.origin.column) if entry and field.origin else None
    return choices_of(item) if item else []


def value_in_words(correction: Correction, value: str | None) -> str:
    """A value of the field a correction is about, as its subject reads it."""
    item = item_of(correction.entry, correction.column)
    return in_words(item, value) if item else value or ""


def libraries_from(entry: Entry, column: str) -> list[tuple[Entry, tuple[str, ...]]]:
    """Library tables with the columns that are made, directly or in steps, from a column of an entry."""
    models = list(
        Model.objects.filter(published__isnull=False, entry__isnull=False).select_related("published", "entry")
    )
    reached: dict[str, set[str]] = {entry.uid: {column}}
    entries: dict[str, Entry] = {}
    for _step in range(5):
        before = sum(len(columns) for columns in reached.values())
        for model in models:
            if model.entry is None or model.published is None:
                continue
            made = made_from(model.published.lineage, reached)
            if made:
                reached.setdefault(model.entry.uid, set()).update(made)
                entries[model.entry.uid] = model.entry
        if sum(len(columns) for columns in reached.values()) == before:
            break
    return [(row, tuple(sorted(reached[uid]))) for uid, row in entries.items()]


def made_from(lineage: Mapping[str, Any], reached: Mapping[str, set[str]]) -> set[str]:
    """Columns of a model that are made from columns reached already."""
    return {
        name
        for name, line in lineage.items()
        if any(source in reached.get(uid, set()) for uid, source in line.get("sources", ()))
    }


def item_of(entry: Entry, column: str) -> ItemData | None:
    """The item of a column."""
    return next((item for item in items_of(entry) if item.name == column), None)


def titles_of(entry_ids: Iterable[int]) -> dict[tuple[int, str], str]:
    """{(row of the entry, column): title in the reader's language}."""
    rows = Item.objects.filter(entry__in=set(entry_ids))
    return {(row.entry_id, row.name): in_language(row.title, row.title_en) for row in rows}
