"""Lineage as nodes and edges: between tables, and between columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from quanshu.supply.catalogue.api import Entry
from quanshu.supply.libraries.models import Library, Model, Read


@dataclass(frozen=True, slots=True)
class Node:
    """A table or a column in a graph. `rank` is how many steps of building lie before it."""

    ident: str
    name: str
    group: str
    url: str
    rank: int


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes, and edges from source to what is made of it."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]


def model_graph(library: Library | None = None) -> Graph:
    """Tables of a library (of all without one) with everything upstream of them."""
    reads = list(Read.objects.select_related("model__library", "model__entry", "entry__unit"))
    by_reader: dict[int, list[Read]] = {}
    for read in reads:
        if read.model.entry_id:
            by_reader.setdefault(read.model.entry_id, []).append(read)
    models = {row.entry_id: row for row in Model.objects.select_related("library", "entry") if row.entry_id}
    wanted = [pk for pk, row in models.items() if library is None or row.library_id == library.pk]
    entries: dict[int, Entry] = {pk: row.entry for pk, row in models.items() if row.entry is not None}
    edges: set[tuple[int, int]] = set()
    seen: set[int] = set()
    while wanted:
        pk = wanted.pop()
        if pk in seen:
            continue
        seen.add(pk)
        for read in by_reader.get(pk, ()):
            entries[read.entry_id] = read.entry
            edges.add((read.entry_id, pk))
            wanted.append(read.entry_id)
    ranks = ranks_of(seen, edges)
    nodes = tuple(node_of(entries[pk], models.get(pk), ranks[pk]) for pk in sorted(seen) if pk in entries)
    return Graph(nodes, tuple((entries[a].uid, entries[b].uid) for a, b in sorted(edges)))


def node_of(entry: Entry, model: Model | None, rank: int) -> Node:
    """A table as a node: a model's leads to the model, another's to its catalogue entry."""
    if model is not None:
        return Node(entry.uid, str(model), model.library.kind, model.get_absolute_url(), rank)
    return Node(entry.uid, f"{entry} · {entry.unit}", "source", entry.get_absolute_url(), rank)


def ranks_of(nodes: Iterable[int], edges: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The longest way to each node, in steps."""
    before: dict[int, list[int]] = {}
    for source, target in edges:
        before.setdefault(target, []).append(source)
    ranks: dict[int, int] = {}

    def rank(node: int) -> int:
        if node not in ranks:
            ranks[node] = 0
            ranks[node] = max((rank(source) + 1 for source in before.get(node, ())), default=0)
        return ranks[node]

    return {node: rank(node) for node in nodes}


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """A column of a model and where it comes from: (table, its address, column), unchanged or worked out."""

    name: str
    title: str
    grade: str
    mask: str
    sources: tuple[tuple[str, str, str], ...]
    unchanged: bool


def column_graph(model: Model) -> list[ColumnLine]:
    """Every column of a model's published version (of its latest draft before that) with its sources."""
    version = model.published or model.versions.first()
    if version is None:
        return []
    lineage: Mapping[str, Any] = version.lineage
    uids = {uid for line in lineage.values() for uid, _column in line["sources"]}
    known = {entry.uid: entry for entry in Entry.objects.filter(uid__in=uids).select_related("unit")}
    lines = []
    for item in version.items:
        line = lineage.get(item["name"], {"sources": [], "unchanged": False})
        sources = tuple(
            (str(known[uid]), known[uid].get_absolute_url(), column) for uid, column in line["sources"] if uid in known
        )
        lines.append(ColumnLine(item["name"], item["title"], item["grade"], item["mask"], sources, line["unchanged"]))
    return lines


def downstream_of(entry: Entry) -> list[Model]:
    """Models that read from an entry."""
    return list(Model.objects.filter(reads__entry=entry).select_related("library").distinct())
