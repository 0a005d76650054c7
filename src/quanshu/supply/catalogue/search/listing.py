"""Entries as lists show them: the version in force for other units, found words marked, the best first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

from quanshu.shared.access.api import Actor
from quanshu.supply.catalogue import queries
from quanshu.supply.catalogue.models import Entry
from quanshu.supply.catalogue.search import finding, marking
from quanshu.supply.catalogue.search.expression import COLUMNS
from quanshu.supply.catalogue.search.finding import Ranking
from quanshu.supply.catalogue.search.types import Hit


class SeenRows:
    """A queryset's rows as the actor may see them; where words were sought, each row's `hit` says what was found."""

    ordered = True

    def __init__(self, rows: QuerySet[Entry], actor: Actor, text: str = "") -> None:
        self.rows, self.actor, self.text = rows, actor, text

    def count(self) -> int:
        return self.rows.count()

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list[Entry]:
        return self.seen(list(self.rows.prefetch_related("items")[part]))

    def iterator(self, chunk_size: int) -> Iterator[Entry]:
        """Every row, a chunk at a time, for exports: nothing is marked there."""
        chunk: list[Entry] = []
        for row in self.rows.prefetch_related("items").iterator(chunk_size=chunk_size):
            chunk.append(row)
            if len(chunk) == chunk_size:
                yield from self.seen(chunk, mark=False)
                chunk = []
        yield from self.seen(chunk, mark=False)

    def seen(self, rows: list[Entry], *, mark: bool = True) -> list[Entry]:
        """The rows as the actor may see them."""
        found = []
        for entry, items in queries.faces_of(self.actor, rows):
            if self.text and mark:
                said: dict[str, Any] = queries.snapshot_of(entry, items)
                said["provider_name_en"] = entry.unit.name_en
                entry.hit = Hit(entry, *marking.marks_of(said, self.text))  # type: ignore[attr-defined]
            found.append(entry)
        return found


@dataclass
class Listing:
    """What a list of entries shows for words and facets: all that match, and those within the facets in order."""

    actor: Actor
    text: str
    chosen: Mapping[str, str]

    def __post_init__(self) -> None:
        self.text = self.text.replace("\x00", "").strip()[:200]
        self.ranking: Ranking | None = finding.rank(self.actor, self.text) if self.text else None

    def found(self) -> QuerySet[Entry]:
        """Entries that match the words, before any facet."""
        rows = queries.as_read_by(self.actor, queries.list_entries(self.actor))
        if self.ranking is None:
            return rows
        if not self.ranking.more:
            return rows.filter(pk__in=self.ranking.matched)
        texts = finding.visible(self.actor, None)
        matched = finding.matches(texts, self.ranking.sought, COLUMNS)
        return rows.filter(pk__in=matched.values("entry"))

    def rows(self, order: list[Any] | None) -> SeenRows:
        """Those within the facets too, in an order, or with the best first. Raises BadFacet."""
        narrowed = queries.narrow_entries(self.found(), self.chosen)
        if order is None:
            order = [*self.weight(narrowed), "-updated_at", "pk"]
        return SeenRows(narrowed.order_by(*order), self.actor, self.text)

    def weight(self, narrowed: QuerySet[Entry]) -> list[Any]:
        """An expression that puts the best entries first."""
        if self.ranking is None:
            return []
        ranking = finding.rank(self.actor, self.text, narrowed) if self.chosen else self.ranking
        places = [When(pk=key, then=Value(place)) for place, key in enumerate(ranking.ids)]
        if not places:
            return []
        return [Case(*places, default=Value(len(places)), output_field=IntegerField())]

    def meant(self) -> str:
        """What words found only by their sound stand for; "" where they were found as written."""
        if self.ranking is None or not self.ranking.by_sound:
            return ""
        hits = finding.hits_of(self.actor, self.ranking.ids[:1], self.text)
        return finding.heard_as(hits[0]) if hits else ""


def narrowed_entries(actor: Actor, text: str, chosen: Mapping[str, str]) -> QuerySet[Entry]:
    """The entries a list shows by words and facets, in the order of their codes. Raises BadFacet."""
    return queries.narrow_entries(Listing(actor, text, {}).found(), chosen).order_by("code")
