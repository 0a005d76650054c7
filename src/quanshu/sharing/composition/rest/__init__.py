"""Composition over REST."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.organisation.api import get_unit
from quanshu.shared.access.api import Actor
from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.composition import queries, rules, services
from quanshu.sharing.composition.models import Composition
from quanshu.sharing.composition.pages.labels import fault_line
from quanshu.sharing.composition.permissions import CompositionPermission as P
from quanshu.sharing.composition.types import CompositionData, GraphData, InputData, NodeData, OutputData
from quanshu.sharing.services.api import try_part

router = Router()
Json = dict[str, Any]


class NamesBody(Schema):
    """A composite without its graph."""

    sid: str
    name: str
    name_en: str = ""
    abstract: str = ""
    abstract_en: str = ""


class NewBody(NamesBody):
    """A new composite of a unit, the caller's own where none is named."""

    unit_uid: str = ""


class InputBody(Schema):
    """A part's parameter and its source: `call.name` or `part.field`."""

    parameter: str
    source: str


class NodeBody(Schema):
    """A part: one call of a service."""

    name: str
    sid: str
    inputs: list[InputBody] = []
    required: bool = True
    timeout_ms: int = 2000
    x: int | None = None
    y: int | None = None


class OutputBody(Schema):
    """A field of the answer; `merge` is first or all."""

    name: str
    sources: list[str]
    merge: str = "first"


class GraphBody(Schema):
    """The whole graph."""

    nodes: list[NodeBody] = []
    outputs: list[OutputBody] = []
    timeout_ms: int = 5000

    def value(self) -> GraphData:
        """As the value services take."""
        nodes = (
            NodeData(**{**node.dict(), "inputs": tuple(InputData(**part.dict()) for part in node.inputs)})
            for node in self.nodes
        )
        outputs = (OutputData(output.name, tuple(output.sources), output.merge) for output in self.outputs)
        return GraphData(tuple(nodes), tuple(outputs), self.timeout_ms)


class ReasonBody(Schema):
    """Why."""

    reason: str


def find(request: HttpRequest, uid: str, permission: P = P.VIEW) -> tuple[Actor, Composition]:
    """Who calls, and the composite as they may see it."""
    actor = actor_of(request, permission)
    return actor, queries.get_composition(actor=actor, uid=uid)


def line(row: Composition) -> Json:
    """A composite as a line of a list."""
    names = ("uid", "sid", "name", "name_en", "state", "failing_since", "updated_at")
    return {
        **{name: getattr(row, name) for name in names},
        "unit_uid": row.unit.uid,
        "unit_name": row.unit.name,
        "service_uid": row.service.uid if row.service else None,
        "parts": list(rules.sids_of(row.drawn)),
    }


def whole(row: Composition) -> Json:
    """A composite with its graph and what is wrong with it now."""
    graph = row.drawn
    return line(row) | {
        "abstract": row.abstract,
        "abstract_en": row.abstract_en,
        "graph": row.graph,
        "order": rules.layers_of(graph),
        "faults": [{"node": fault.node, "text": fault_line(fault)} for fault in queries.faults_now(graph)],
        "changed": row.changed,
    }


@router.get("/composites")
def list_composites(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> Json:
    """Composites of the caller's units."""
    rows = queries.list_compositions(actor_of(request, P.VIEW))
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=line)


@router.post("/composites", response={201: Json})
def create_composite(request: HttpRequest, body: NewBody) -> Status[Json]:
    """Begin a composite."""
    actor = actor_of(request, P.EDIT)
    unit = get_unit(actor=actor, uid=body.unit_uid or actor.unit_uid or "")
    data = CompositionData(**body.dict(exclude={"unit_uid"}))
    return Status(201, whole(services.create_composition(actor=actor, now=now(), unit=unit, data=data)))


@router.get("/composites/{uid}")
def get_composite(request: HttpRequest, uid: str) -> Json:
    """One composite by uid or code, with its faults."""
    return whole(find(request, uid)[1])


@router.put("/composites/{uid}")
def change_composite(request: HttpRequest, uid: str, body: NamesBody) -> Json:
    """Change the names."""
    actor, row = find(request, uid, P.EDIT)
    data = CompositionData(**body.dict())
    return whole(services.change_composition(actor=actor, now=now(), composition=row, data=data))


@router.put("/composites/{uid}/graph")
def draw_graph(request: HttpRequest, uid: str, body: GraphBody) -> Json:
    """Keep the graph; it is answered with its faults."""
    actor, row = find(request, uid, P.EDIT)
    return whole(services.draw_graph(actor=actor, now=now(), composition=row, graph=body.value()))


@router.post("/composites/{uid}/try")
def try_composite(request: HttpRequest, uid: str) -> Json:
    """Call each part as the platform, with its own example, which is nobody's value."""
    _actor, row = find(request, uid, P.EDIT)
    return {"parts": {sid: try_part(sid) for sid in rules.sids_of(row.drawn)}}


@router.post("/composites/{uid}/publish")
def publish_composite(request: HttpRequest, uid: str) -> Json:
    """Put the graph in force."""
    actor, row = find(request, uid, P.PUBLISH)
    return whole(services.publish_composition(actor=actor, now=now(), composition=row))


@router.post("/composites/{uid}/withdraw")
def withdraw_composite(request: HttpRequest, uid: str, body: ReasonBody) -> Json:
    """End it."""
    actor, row = find(request, uid, P.PUBLISH)
    return whole(services.withdraw_composition(actor=actor, now=now(), composition=row, reason=body.reason))
