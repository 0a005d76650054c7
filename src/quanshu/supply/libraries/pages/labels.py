"""What the kinds and states of libraries are called, and their graphs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanshu.supply.libraries.queries.graphs import Graph

KINDS = {
    "base": _("Base library"),
    "theme": _("Theme library"),
    "special": _("Special library"),
    "application": _("Application library"),
}
VERSION_STATES = {
    "draft": _("Draft"),
    "review": _("Under review"),
    "published": _("Published"),
    "replaced": _("Replaced"),
}
VERSION_TONES = {"draft": "secondary", "review": "orange", "published": "green", "replaced": "secondary"}
BUILD_STATES = {"queued": _("Queued"), "running": _("Running"), "done": _("Done"), "failed": _("Failed")}
BUILD_TONES = {"queued": "blue", "running": "blue", "done": "green", "failed": "red"}
CAUSES = {"manual": _("By hand"), "followed": _("New data"), "scheduled": _("By schedule"), "promoted": _("Promoted")}
GRADES = {
    "general-1": _("General, level 1"),
    "general-2": _("General, level 2"),
    "general-3": _("General, level 3"),
    "general-4": _("General, level 4"),
    "important": _("Important"),
    "core": _("Core"),
}
MASKS = {
    "none": _("No mask"),
    "full": _("Hidden in full"),
    "name": _("Surname only"),
    "citizen_id": _("Citizen ID"),
    "phone": _("Phone number"),
    "address": _("Address to the district"),
    "date_year": _("Year only"),
    "hash": _("Hash for joining"),
}
COLOURS = {
    "source": "#667382",
    "base": "#206bc4",
    "theme": "#2fb344",
    "special": "#f76707",
    "application": "#ae3ec9",
}
ROW_HEIGHT = 46
# As wide as the nodes lie on a desk's screen, so that they stay round.
WIDTH = 640


def graph_chart(graph: Graph) -> tuple[dict[str, Any], int]:
    """A graph as an ECharts option, tables in columns by the steps of building, and the height it needs."""
    columns: dict[int, list[Any]] = {}
    for node in graph.nodes:
        columns.setdefault(node.rank, []).append(node)
    tallest = max((len(nodes) for nodes in columns.values()), default=1)
    data = []
    for rank, nodes in columns.items():
        for place, node in enumerate(nodes):
            data.append(
                {
                    "id": node.ident,
                    "name": node.name,
                    "url": node.url,
                    "x": rank * WIDTH / max(1, max(columns)),
                    "y": (place + 0.5) * tallest / len(nodes) * ROW_HEIGHT,
                    "category": list(COLOURS).index(node.group),
                    "label": {"position": "left" if rank == 0 else "right"},
                }
            )
    names = {"source": gettext("Source"), **{kind: str(name) for kind, name in KINDS.items()}}
    option = {
        "color": list(COLOURS.values()),
        "tooltip": {"formatter": "{b}"},
        "legend": [{"data": [names[group] for group in COLOURS], "bottom": 0}],
        "series": [
            {
                "type": "graph",
                "layout": "none",
                "roam": True,
                "left": "24%",
                "right": "18%",
                "top": 16,
                "bottom": 48,
                "symbolSize": 12,
                "label": {"show": True, "width": 190, "overflow": "truncate", "color": "#182433"},
                "edgeSymbol": ["none", "arrow"],
                "edgeSymbolSize": 7,
                "lineStyle": {"color": "#9aa5b1", "curveness": 0.08},
                "categories": [{"name": names[group]} for group in COLOURS],
                "nodes": data,
                "edges": [{"source": source, "target": target} for source, target in graph.edges],
            }
        ],
    }
    return option, max(220, tallest * ROW_HEIGHT + 90)
