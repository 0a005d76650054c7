"""Drawing a composite: one form that adds, connects, sets and removes, with the drawing above it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import QuanshuError
from quanshu.shared.web.api import Page, fault_text, go_to
from quanshu.sharing.composition import queries, rules, services
from quanshu.sharing.composition.models import Composition
from quanshu.sharing.composition.pages.canvas import as_texts, draw
from quanshu.sharing.composition.pages.compositions import crumbs_to
from quanshu.sharing.composition.pages.labels import MERGES, TITLES, fault_line
from quanshu.sharing.composition.permissions import CompositionPermission as P
from quanshu.sharing.composition.types import CALL, GraphData, InputData, NodeData, OutputData, PartFacts

FAR = 4000


def whole(text: str, otherwise: int) -> int:
    """A whole number in the form, or the one there was."""
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text.strip()) else otherwise


def place(text: str) -> int | None:
    """A coordinate, None where the part is to be laid out."""
    return min(int(text), FAR) if re.fullmatch(r"[0-9]{1,5}", text.strip()) else None


def graph_posted(before: GraphData, posted: Any) -> GraphData:
    """The graph as the form holds it: the parts that were there, with what was entered for each."""
    nodes = []
    for number, node in enumerate(before.nodes):
        key = f"node-{number}"
        if f"{key}-name" not in posted:
            nodes.append(node)
            continue
        prefix = f"in-{number}-"
        inputs = tuple(
            InputData(name.removeprefix(prefix), source)
            for name in posted
            if name.startswith(prefix) and (source := posted[name].strip())
        )
        nodes.append(
            NodeData(
                name=posted[f"{key}-name"].strip(),
                sid=node.sid,
                inputs=inputs,
                required=f"{key}-required" in posted,
                timeout_ms=whole(posted.get(f"{key}-timeout", ""), node.timeout_ms),
                x=place(posted.get(f"{key}-x", "")),
                y=place(posted.get(f"{key}-y", "")),
            )
        )
    return GraphData(tuple(nodes), outputs_posted(posted), whole(posted.get("timeout", ""), before.timeout_ms))


def outputs_posted(posted: Any) -> tuple[OutputData, ...]:
    """Fields of the answer; lines without a name and a source are left out."""
    found = []
    for number in range(rules.MOST_OUTPUTS + 5):
        name = posted.get(f"out-{number}-name", "").strip()
        words = re.split(r"[\s,，、]+", posted.get(f"out-{number}-sources", "").strip())
        sources = tuple(word for word in words if word)
        if name or sources:
            found.append(
                OutputData(name or sources[0].rpartition(".")[2], sources, posted.get(f"out-{number}-merge", "first"))
            )
    return tuple(found)


def with_part(graph: GraphData, facts: PartFacts, name: str) -> GraphData:
    """One part more, its parameters taken from the call under their own names."""
    taken = {node.name for node in graph.nodes}
    name = name or f"part{len(taken) + 1}"
    inputs = tuple(
        InputData(part, f"{CALL}.{part}")
        for part, spec in facts.parameters.items()
        if spec["required"] or spec["compare"]
    )
    return replace(graph, nodes=(*graph.nodes, NodeData(name, facts.sid, inputs)))


class Editor(Page):
    """The canvas and its form; every button keeps the graph, and faults are told at once."""

    title = gettext_lazy("Draw the composite")
    permission = P.EDIT
    template_name = "composition/editor.html"

    def row(self) -> Composition:
        return queries.get_composition(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return crumbs_to(self.row())

    def context(self, **kwargs: Any) -> dict[str, Any]:
        row = self.row()
        graph = row.drawn
        parts = queries.parts_of(rules.sids_of(graph))
        faults = rules.faults_of(graph, parts)
        canvas = draw(graph, parts, as_texts(TITLES), {fault.node for fault in faults}, full=True)
        return {
            "object": row,
            "graph": graph,
            "canvas": canvas,
            "nodes": [self.node_row(number, node, parts, faults) for number, node in enumerate(graph.nodes)],
            "outputs": [
                {"number": number, "name": output.name, "sources": ", ".join(output.sources), "merge": output.merge}
                for number, output in enumerate([*graph.outputs, *[OutputData("", ())] * 3])
            ],
            "merges": MERGES.items(),
            "sources": sources_of(graph, parts),
            "faults": [fault_line(fault) for fault in faults],
            "services": queries.services_to_call(),
        }

    def node_row(self, number: int, node: NodeData, parts: Any, faults: Any) -> dict[str, Any]:
        """A part with its parameters and what each is given."""
        facts = parts.get(node.sid)
        given = {part.parameter: part.source for part in node.inputs}
        known = facts.parameters if facts else {}
        return {
            "number": number,
            "node": node,
            "title": facts.title if facts else node.sid,
            "x": node.x,
            "y": node.y,
            "placed": node.x is not None and node.y is not None,
            "inputs": [
                {"name": name, "source": given.get(name, ""), "required": known.get(name, {}).get("required", False)}
                for name in dict.fromkeys([*known, *given])
            ],
            "fields": ", ".join(facts.fields) if facts else "",
            "faults": [fault_line(fault) for fault in faults if fault.node == node.name],
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        row = self.row()
        graph = graph_posted(row.drawn, request.POST)
        deed, _colon, what = request.POST.get("do", "save").partition(":")
        if deed == "add":
            facts = queries.parts_of([request.POST.get("service", "")]).get(request.POST.get("service", ""))
            if facts is None:
                messages.error(request, _("Choose a service to add."))
            else:
                graph = with_part(graph, facts, request.POST.get("name", "").strip())
        elif deed == "remove":
            graph = replace(graph, nodes=tuple(node for node in graph.nodes if node.name != what))
        elif deed == "layout":
            graph = replace(graph, nodes=tuple(replace(node, x=None, y=None) for node in graph.nodes))
        try:
            services.draw_graph(actor=self.actor, now=self.now, composition=row, graph=graph)
        except QuanshuError as fault:
            if fault.status in {403, 404}:
                raise
            messages.error(request, fault_text(fault))
        return go_to(request, row.get_absolute_url() if deed == "done" else request.path)


def sources_of(graph: GraphData, parts: Any) -> list[str]:
    """What can be connected: parameters of the call in use or wanted, and fields of the parts that leave unmasked."""
    wanted = [part.source for node in graph.nodes for part in node.inputs if part.source.startswith(f"{CALL}.")]
    wanted += [f"{CALL}.{name}" for node in graph.nodes if node.sid in parts for name in parts[node.sid].parameters]
    fields = [f"{node.name}.{name}" for node in graph.nodes if node.sid in parts for name in parts[node.sid].fields]
    return list(dict.fromkeys([*wanted, *fields]))
