"""Ranked finding: title before items before unit before abstract, as written before as it sounds, in force first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from quanshu.shared.access.api import Actor
from quanshu.supply.catalogue import queries
from quanshu.supply.catalogue.models import Entry, SearchText
from quanshu.supply.catalogue.search import expression, lookup, marking, tokens
from quanshu.supply.catalogue.search.expression import COLUMNS, Sought
from quanshu.supply.catalogue.search.types import Found, Hit, Mark, Place

MOST_COUNTED = 1000
MOST_RANKED = 200
WIDEST_TITLE_RANGE = 50
TIERS = (COLUMNS[:1], COLUMNS[:2], COLUMNS[:3], COLUMNS)
VALUES = ("entry_id", "in_force", "title_key", "title_length")


@dataclass
class Ranking:
    """Entries in the order of their weight, and how they were found."""

    ids: list[int] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    sought: Sought = field(default_factory=lambda: Sought(()))
    by_sound: bool = False
    matched: list[int] = field(default_factory=list)
    more: bool = False

    @property
    def total(self) -> int:
        """How many match, at most the limit."""
        return len(self.matched)

    def take(self, key: str, rows: Sequence[tuple[int, bool, str, int]]) -> None:
        """Add a tier: in force first, then the very title, titles that begin so, and the shortest."""
        fresh = sorted(
            {row for row in rows if row[0] not in self.seen},
            key=lambda row: (row[2] != key, not row[1], not row[2].startswith(key), row[3], row[0]),
        )
        self.ids += [row[0] for row in fresh]
        self.seen |= {row[0] for row in fresh}


def visible(actor: Actor, within: QuerySet[Entry] | None) -> QuerySet[SearchText]:
    """The texts the actor may be shown, of some entries only where `within` is given."""
    rows = SearchText.objects.visible_to(actor)
    return rows if within is None else rows.filter(entry__in=within.order_by().values("pk"))


def ways(text: str) -> Iterator[tuple[Sought, bool]]:
    """What to look for, one way after the other until something is found: (sought, whether by sound)."""
    yield expression.exact(text), False
    yield expression.loose(text), False
    yield expression.sounding(text), True
    yield expression.mistyped(text), True


def rank(actor: Actor, text: str, within: QuerySet[Entry] | None = None, *, wanted: int = MOST_RANKED) -> Ranking:
    """Entries that match, the best first: the first `wanted` of them ranked, and how many there are up to a limit."""
    rows = visible(actor, within)
    tried: list[Sought] = []
    for sought, by_sound in ways(text):
        if not sought or sought in tried:
            continue
        tried.append(sought)
        found = Ranking(sought=sought, by_sound=by_sound)
        counted = matches(rows, sought, COLUMNS).values_list("entry_id", flat=True)[: MOST_COUNTED + 1]
        ids = list(counted)
        if ids:
            found.matched, found.more = ids[:MOST_COUNTED], len(ids) > MOST_COUNTED
            return ranked(found, rows, text, min(wanted, len(ids)))
    return Ranking()


def ranked(found: Ranking, rows: QuerySet[SearchText], text: str, wanted: int) -> Ranking:
    """Fill the ranking tier by tier until it holds as many as wanted."""
    key = tokens.title_key(text)
    begun: list[tuple[int, bool, str, int]] = []
    if not found.by_sound and key:
        same = rows.filter(title_key__gte=key, title_key__lt=f"{key}\U0010ffff").order_by("title_key")
        begun = [row for row in same.values_list(*VALUES)[:WIDEST_TITLE_RANGE] if row[2].startswith(key)]
    for columns in TIERS:
        if len(found.ids) >= wanted:
            break
        tier = matches(rows, found.sought, columns).values_list(*VALUES)[:MOST_RANKED]
        found.take(key, [*begun, *tier])
    return found


def matches(rows: QuerySet[SearchText], sought: Sought, columns: Sequence[str]) -> QuerySet[SearchText]:
    """Texts in which what is sought stands within the columns."""
    return rows.filter(lookup.standing(sought, columns))


def search(
    *, actor: Actor, text: str, within: QuerySet[Entry] | None = None, limit: int = 25, offset: int = 0
) -> Found:
    """A page of entries that match, as the actor may see them, with what was found marked.

    `within` narrows to some entries. `total` is at most 1,000; `more` says that there are more.
    """
    text = text.replace("\x00", "")[:200]
    found = rank(actor, text, within, wanted=min(offset + limit, MOST_RANKED))
    hits = hits_of(actor, found.ids[offset : offset + limit], text)
    meant = heard_as(hits[0]) if hits and found.by_sound and not offset else ""
    return Found(hits, found.total, found.more, meant)


def hits_of(actor: Actor, ids: Sequence[int], text: str) -> tuple[Hit, ...]:
    """Entries in the order of their ids, as the actor may see them, marked."""
    rows = Entry.objects.filter(pk__in=ids).select_related("unit", "classification").prefetch_related("items")
    by_id = {entry.pk: (entry, items) for entry, items in queries.faces_of(actor, list(rows))}
    found = []
    for key in ids:
        if key in by_id:
            entry, items = by_id[key]
            said: dict[str, Any] = queries.snapshot_of(entry, items)
            said["provider_name_en"] = entry.unit.name_en
            marks, by_sound = marking.marks_of(said, text)
            found.append(Hit(entry, marks, by_sound))
    return tuple(found)


def heard_as(hit: Hit) -> str:
    """The stretch of characters that a word typed by its sound stands for."""
    marked: list[Mark] = [mark for mark in hit.marks if mark.spans and mark.place != Place.CODE]
    return "".join(marked[0].text[start:end] for start, end in marked[0].spans) if marked else ""
