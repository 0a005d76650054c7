"""The graph as a drawing: boxes with ports and the lines between them, laid out by layers, in plain SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quanshu.sharing.composition.rules import layers_of
from quanshu.sharing.composition.types import CALL, GraphData, NodeData, PartFacts

WIDE, LINE, HEAD, GAP_X, GAP_Y, EDGE = 190, 22, 58, 80, 24, 16
ANSWER = "answer"


@dataclass(slots=True)
class Box:
    """A box: `ports_in` on its left edge, `ports_out` on its right, each a (name, y)."""

    name: str
    title: str
    x: int
    y: int
    tone: str = ""
    ports_in: list[tuple[str, int]] = field(default_factory=list)
    ports_out: list[tuple[str, int]] = field(default_factory=list)

    @property
    def height(self) -> int:
        return HEAD - 8 + LINE * max(len(self.ports_in), len(self.ports_out), 1)

    @property
    def right(self) -> int:
        return self.x + WIDE


@dataclass(frozen=True, slots=True)
class Line:
    """A line from a port to a port, as a path."""

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Canvas:
    """Everything to draw."""

    boxes: Sequence[Box]
    lines: Sequence[Line]
    width: int
    height: int


def draw(
    graph: GraphData,
    parts: Mapping[str, PartFacts],
    titles: Mapping[str, str],
    failing: set[str],
    *,
    full: bool = False,
) -> Canvas:
    """Lay the graph out: the call at the left, parts by the layer they run in, the answer at the right.

    `full` shows the ports that are not connected yet as well.
    """
    boxes = {CALL: Box(CALL, titles[CALL], EDGE, EDGE, "call")}
    for name, (x, y) in places(graph, ports_of(graph, parts if full else {})).items():
        node = next(node for node in graph.nodes if node.name == name)
        facts = parts.get(node.sid)
        boxes.setdefault(name, Box(name, facts.title if facts else node.sid, x, y, "bad" if name in failing else ""))
    right = max(box.right for box in boxes.values()) + GAP_X
    answer = Box(ANSWER, titles[ANSWER], right, EDGE, "answer")
    if full:
        add_all_ports(graph, parts, boxes)
    wires = [wire for wire in wires_of(graph) if wire[0] in boxes]
    for origin, out, target, into in wires:
        add_port(boxes[origin].ports_out, out)
        add_port((answer if target == ANSWER else boxes[target]).ports_in, into)
    everything = [*boxes.values(), answer]
    for box in everything:
        box.ports_in = [(name, box.y + HEAD + LINE * at) for at, (name, _) in enumerate(box.ports_in)]
        box.ports_out = [(name, box.y + HEAD + LINE * at) for at, (name, _) in enumerate(box.ports_out)]
    known = {**boxes, ANSWER: answer}
    lines = [line_of(known[origin], out, known[target], into) for origin, out, target, into in wires]
    height = max(box.y + box.height for box in everything) + EDGE
    return Canvas(everything, lines, answer.right + EDGE, height)


def add_all_ports(graph: GraphData, parts: Mapping[str, PartFacts], boxes: Mapping[str, Box]) -> None:
    """Every parameter and field of the parts, and the parameters the call could have."""
    for node in graph.nodes:
        facts = parts.get(node.sid)
        if facts is not None:
            for name in facts.parameters:
                add_port(boxes[node.name].ports_in, name)
            for name in facts.fields:
                add_port(boxes[node.name].ports_out, name)


def ports_of(graph: GraphData, parts: Mapping[str, PartFacts]) -> dict[str, int]:
    """How many lines of ports each part has: those connected, and all of the parts given."""
    wires = wires_of(graph)
    counts = {}
    for node in graph.nodes:
        facts = parts.get(node.sid)
        into = {port for _origin, _out, target, port in wires if target == node.name}
        out = {port for origin, port, _target, _into in wires if origin == node.name}
        more = max(len(facts.parameters), len(facts.fields)) if facts else 0
        counts[node.name] = max(len(into), len(out), more, 1)
    return counts


def places(graph: GraphData, ports: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Where each part stands: as it was put, else by its layer. Parts of a cycle stand in a layer at the end."""
    layers = layers_of(graph)
    placed = {name for layer in layers for name in layer}
    rest = [node.name for node in graph.nodes if node.name not in placed]
    nodes: dict[str, NodeData] = {node.name: node for node in graph.nodes}
    found: dict[str, tuple[int, int]] = {}
    for number, layer in enumerate([*layers, *([rest] if rest else [])], start=1):
        y = EDGE
        for name in layer:
            node = nodes[name]
            x = EDGE + number * (WIDE + GAP_X)
            found[name] = (x if node.x is None else node.x, y if node.y is None else node.y)
            y += HEAD + LINE * ports[name] + GAP_Y
    return found


def wires_of(graph: GraphData) -> Sequence[tuple[str, str, str, str]]:
    """(from, its port, to, its port) of every connection."""
    wires = []
    for node in graph.nodes:
        for part in node.inputs:
            origin, _dot, name = part.source.partition(".")
            wires.append((origin, name, node.name, part.parameter))
    for output in graph.outputs:
        for source in output.sources:
            origin, _dot, name = source.partition(".")
            wires.append((origin, name, ANSWER, output.name))
    return wires


def add_port(ports: list[tuple[str, int]], name: str) -> None:
    """A port once."""
    if name not in [known for known, _y in ports]:
        ports.append((name, 0))


def line_of(origin: Box, out: str, target: Box, into: str) -> Line:
    """A curve from the right edge of one box to the left edge of another."""
    ya, yb = dict(origin.ports_out)[out] - 5, dict(target.ports_in)[into] - 5
    xa, xb = origin.right, target.x
    bend = max(40, abs(xb - xa) // 2)
    label = f"{origin.name}.{out} → {target.name}.{into}"
    return Line(f"M{xa},{ya} C{xa + bend},{ya} {xb - bend},{yb} {xb},{yb}", label)


def as_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Titles as plain texts."""
    return {name: str(value) for name, value in values.items()}
