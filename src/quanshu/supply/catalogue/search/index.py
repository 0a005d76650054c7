"""Keeps the texts entries are found by: with each write, and healed after a migration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import connections, transaction
from django.db.models import Exists, F, OuterRef

from quanshu.supply.catalogue import queries
from quanshu.supply.catalogue.models import Entry, EntryVersion, SearchText
from quanshu.supply.catalogue.search import tokens
from quanshu.supply.catalogue.search.install import install, installed, refill
from quanshu.supply.catalogue.types import EntryState

# Raised when tokens change, so that texts made before are made again after the next migration.
MADE_BY = 1
BATCH = 500
FIELDS = ("latest", "title_key", "title_length", "title", "items", "unit", "abstract", "made_by")


def index_entries(entries: Iterable[Entry]) -> int:
    """Bring the texts of entries up to date, in the transaction of their change; how many rows were written."""
    rows = list(entries)
    kept = {(row.entry_id, row.in_force): row for row in SearchText.objects.filter(entry__in=rows)}
    wanted = list(texts_of(rows))
    fresh, changed = [], []
    for row in wanted:
        old = kept.pop((row.entry_id, row.in_force), None)
        if old is None:
            fresh.append(row)
        elif any(getattr(old, name) != getattr(row, name) for name in FIELDS):
            row.pk = old.pk
            changed.append(row)
    SearchText.objects.filter(pk__in=[row.pk for row in kept.values()]).delete()
    SearchText.objects.bulk_create(fresh)
    SearchText.objects.bulk_update(changed, FIELDS, batch_size=50)
    return len(fresh) + len(changed)


def texts_of(entries: list[Entry]) -> Iterator[SearchText]:
    """The texts entries should have: the version in force, and a draft where there is one."""
    revised = [entry for entry in entries if entry.published_version and entry.state != EntryState.PUBLISHED]
    said = {
        version.entry_id: version.snapshot
        for version in EntryVersion.objects.filter(entry__in=revised, number=F("entry__published_version"))
    }
    for entry in entries:
        published = entry.published_version is not None and entry.state == EntryState.PUBLISHED
        now = queries.snapshot_of(entry, queries.items_of(entry))
        yield text_of(entry, now, in_force=published, latest=True)
        if entry.pk in said:
            yield text_of(entry, said[entry.pk], in_force=True, latest=False)


def text_of(entry: Entry, said: Mapping[str, Any], *, in_force: bool, latest: bool) -> SearchText:
    """The tokens of what an entry says."""
    document = tokens.document
    key = tokens.title_key(said["resource_name"])
    items = [part for item in said["items"] for part in (item["name"], item["title"], item["title_en"])]
    return SearchText(
        entry=entry,
        in_force=in_force,
        latest=latest,
        title_key=key,
        title_length=len(key),
        title=document(said["resource_name"], said["name_en"], entry.code, entry.code.rpartition("/")[2]),
        items=document(*items),
        unit=document(entry.unit.name, entry.unit.name_en),
        abstract=document(said["abstract"], said["abstract_en"], sound=False),
        made_by=MADE_BY,
    )


def index_units(unit_uids: Iterable[str]) -> int:
    """A unit has a new name: its entries are found by it."""
    return index_all(Entry.objects.filter(unit__uid__in=list(unit_uids)))


def index_all(entries: Any) -> int:
    """Index entries a batch at a time, each batch in a transaction of its own."""
    written = 0
    keys = list(entries.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        with transaction.atomic():
            rows = Entry.objects.filter(pk__in=keys[start : start + BATCH]).select_related("unit", "classification")
            written += index_entries(rows.prefetch_related("items"))
    return written


def stale() -> Any:
    """Entries without a text, or with one made by older rules."""
    current = SearchText.objects.filter(entry=OuterRef("pk"), latest=True, made_by=MADE_BY)
    return Entry.objects.filter(~Exists(current))


def rebuild() -> int:
    """Make every text and the index over them anew; how many rows were written."""
    written = index_all(Entry.objects.all())
    refill(connections[SearchText.objects.db])
    return written


def heal(**kwargs: Any) -> None:
    """After a migration: the index where it is missing, texts where they are missing or old."""
    connection = connections[kwargs.get("using") or "default"]
    if connection.alias == SearchText.objects.db and installed(connection):
        install(connection)
        index_all(stale())
