"""The graph from business to system to data to catalogue entry, and the same as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Unit
from quanshu.shared.web.api import Column, Page
from quanshu.supply.inventory import queries
from quanshu.supply.inventory.models import Asset
from quanshu.supply.inventory.pages import labels
from quanshu.supply.inventory.pages.assets import CRUMB
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.types import AssetKind, BadChoice

RANKS = ("business", "system", "data", "entry")
COLOURS = {"business": "#206bc4", "system": "#ae3ec9", "data": "#0ca678", "entry": "#667382"}
# As wide as the columns lie on a desk's screen, so that nodes stay round.
ROW_HEIGHT, WIDTH, MARGIN, LEGEND, MOST = 44, 840, 36, 56, 160


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the graph: an object of the inventory or a catalogue entry."""

    ident: str
    kind: str
    name: str
    code: str
    url: str


@dataclass(frozen=True, slots=True)
class Edge:
    """From the upper to the lower one."""

    source: Node
    target: Node


def node_of(asset: Asset) -> Node:
    return Node(asset.uid, asset.kind, asset.name, asset.code, asset.get_absolute_url())


def entry_node(asset: Asset) -> Node | None:
    entry = asset.entry
    if entry is None:
        return None
    return Node(f"e-{entry.uid}", "entry", str(entry), entry.code, entry.get_absolute_url())


def edges_of(links: Iterable[Any], assets: Iterable[Asset], kinds: frozenset[str]) -> list[Edge]:
    """Links of the chosen kinds, and those from data to their catalogue entries."""
    found = [
        Edge(node_of(link.upper), node_of(link.lower))
        for link in links
        if link.upper.kind in kinds and link.lower.kind in kinds
    ]
    for asset in assets:
        entry = entry_node(asset)
        if entry is not None and {"data", "entry"} <= kinds:
            found.append(Edge(node_of(asset), entry))
    return found


def places(nodes: list[Node], edges: list[Edge]) -> dict[str, tuple[int, float]]:
    """(column, row) of each node: columns by kind, and each row near the rows of what it hangs on."""
    columns = {kind: [node for node in nodes if node.kind == kind] for kind in RANKS}
    tallest = max((len(column) for column in columns.values()), default=1)
    above: dict[str, list[str]] = {}
    for edge in edges:
        above.setdefault(edge.target.ident, []).append(edge.source.ident)
    found: dict[str, tuple[int, float]] = {}
    for rank, kind in enumerate(RANKS):

        def centre(node: Node) -> tuple[float, str]:
            rows = [found[ident][1] for ident in above.get(node.ident, []) if ident in found]
            return (sum(rows) / len(rows) if rows else float(tallest), node.code)

        column = sorted(columns[kind], key=centre)
        for at, node in enumerate(column):
            found[node.ident] = (rank, (at + 0.5) * tallest / len(column))
    return found


def option_of(nodes: list[Node], edges: list[Edge]) -> tuple[dict[str, Any], int]:
    """The graph as an ECharts option, and the height it needs."""
    where = places(nodes, edges)
    names = {**{kind: str(label) for kind, label in labels.KINDS.items()}, "entry": _("Catalogue entry")}
    shown = [kind for kind in RANKS if any(node.kind == kind for node in nodes)]
    option = {
        "color": [COLOURS[kind] for kind in shown],
        "tooltip": {"formatter": "{b}"},
        "legend": [{"data": [names[kind] for kind in shown], "bottom": 0}],
        "series": [
            {
                "type": "graph",
                "layout": "none",
                "left": "3%",
                "right": "19%",
                "top": MARGIN,
                "bottom": LEGEND,
                "symbolSize": 12,
                "label": {"show": True, "position": "right", "width": 168, "overflow": "truncate", "color": "#182433"},
                "edgeSymbol": ["none", "arrow"],
                "edgeSymbolSize": 7,
                "lineStyle": {"color": "#9aa5b1", "curveness": 0.04},
                "categories": [{"name": names[kind]} for kind in shown],
                "nodes": [
                    {
                        "id": node.ident,
                        "name": node.name,
                        "url": node.url,
                        "x": where[node.ident][0] * WIDTH / 3,
                        "y": where[node.ident][1] * ROW_HEIGHT,
                        "category": shown.index(node.kind),
                    }
                    for node in nodes
                ],
                "edges": [{"source": edge.source.ident, "target": edge.target.ident} for edge in edges],
            }
        ],
    }
    tallest = max(sum(node.kind == kind for node in nodes) for kind in RANKS) if nodes else 1
    return option, max(1, tallest - 1) * ROW_HEIGHT + MARGIN + LEGEND


class Graph(Page):
    """One unit's graph, or that around one object."""

    title = gettext_lazy("From business to data")
    permission = P.VIEW
    template_name = "inventory/graph.html"

    def crumbs(self) -> Any:
        return (CRUMB,)

    def kinds(self) -> frozenset[str]:
        """The kinds asked for; all of them when none is. Raises `inventory.bad_choice`."""
        asked = self.request.GET.getlist("kind")
        for kind in asked:
            if kind not in RANKS:
                raise BadChoice(value=kind)
        return frozenset(asked or RANKS)

    def units(self) -> list[tuple[str, str]]:
        uids = queries.list_assets(self.actor).filter(state="active").order_by().values("unit__uid")
        return [(unit.uid, str(unit)) for unit in Unit.objects.filter(uid__in=uids).order_by("path")]

    def context(self, **kwargs: Any) -> dict[str, Any]:
        units, kinds = self.units(), self.kinds()
        around, unit = self.request.GET.get("around", ""), self.request.GET.get("unit", "")
        if unit and unit not in dict(units):
            raise BadChoice(value=unit)
        centre = queries.get_asset(actor=self.actor, uid=around) if around else None
        if not unit and centre is None and units:
            own = self.actor.unit_uid or ""
            unit = own if own in dict(units) else units[0][0]
        assets, links = self.rows(unit, centre, kinds)
        edges = edges_of(links, assets, kinds)
        nodes = {node.ident: node for edge in edges for node in (edge.source, edge.target)}
        nodes.update({row.uid: node_of(row) for row in assets if row.kind in kinds})
        chosen = list(nodes.values())
        option, height = option_of(chosen, edges)
        columns = (
            Column("from", _("Upper end"), value=lambda row: row.source.name, link=lambda row: row.source.url),
            Column("from_kind", _("Kind"), value=lambda row: kind_name(row.source.kind), phone=False),
            Column("to", _("Lower end"), value=lambda row: row.target.name, link=lambda row: row.target.url),
            Column("to_kind", _("Kind"), value=lambda row: kind_name(row.target.kind), phone=False),
        )
        linked = {ident for edge in edges for ident in (edge.source.ident, edge.target.ident)}
        return {
            "units": units,
            "unit": unit,
            "centre": centre,
            "kinds": [(kind, kind_name(kind), kind in kinds) for kind in RANKS],
            "option": option if chosen and len(chosen) <= MOST else None,
            "too_many": len(chosen) > MOST,
            "height": height,
            "columns": columns,
            "rows": sorted(edges, key=lambda edge: (RANKS.index(edge.source.kind), edge.source.code, edge.target.code)),
            "loose": [node for node in chosen if node.ident not in linked],
        }

    def rows(self, unit: str, centre: Asset | None, kinds: frozenset[str]) -> tuple[list[Asset], list[Any]]:
        """Objects and links of a unit, with what they hang on in other units; or two steps around one object."""
        links = queries.links_of(self.actor)
        if centre is None:
            own = queries.list_assets(self.actor).filter(state="active", unit__uid=unit)
            near = list(links.filter(Q(upper__unit__uid=unit) | Q(lower__unit__uid=unit)))
            rows = {row.uid: row for row in own}
            rows.update({row.uid: row for link in near for row in (link.upper, link.lower) if row.kind in kinds})
            return list(rows.values()), near
        reached = {centre.uid: centre}
        for _step in range(2):
            inside = list(reached)
            for link in links.filter(Q(upper__uid__in=inside) | Q(lower__uid__in=inside)):
                reached.update({link.upper.uid: link.upper, link.lower.uid: link.lower})
        inside = list(reached)
        return list(reached.values()), list(links.filter(upper__uid__in=inside, lower__uid__in=inside))


def kind_name(kind: str) -> str:
    """A kind of node in the reader's language."""
    return _("Catalogue entry") if kind == "entry" else str(labels.KINDS[AssetKind(kind).value])
