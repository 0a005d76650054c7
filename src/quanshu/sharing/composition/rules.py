"""Pure decisions of composition: whether a graph holds, in what order it runs, and what it is for gateways."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.sharing.composition.types import (
    CALL,
    RESULT,
    CompositionState,
    Fault,
    GraphData,
    InputData,
    NodeData,
    OutputData,
    PartFacts,
    WrongState,
)

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
RESERVED = frozenset({CALL, "answer", "fields", "parts", "items"})
MOST_NODES, MOST_OUTPUTS = 12, 60
NODE_MS, WHOLE_MS = (100, 10_000), (100, 30_000)
MERGES = ("first", "all")
PARTS = frozenset({"query", "verify"})
Parts = Mapping[str, PartFacts]


def check_editable(state: str) -> None:
    """WrongState when the composite has been withdrawn."""
    if state == CompositionState.WITHDRAWN:
        raise WrongState


def check_graph(graph: GraphData, parts: Parts) -> None:
    """FieldErrors with every fault, each under the part it stands at."""
    faults = faults_of(graph, parts)
    if faults:
        raise FieldErrors(
            errors=tuple(
                FieldError(
                    f"nodes.{fault.node}" if fault.node else "graph", fault.text, fault.advice, dict(fault.params)
                )
                for fault in faults
            )
        )


def faults_of(graph: GraphData, parts: Parts) -> list[Fault]:
    """Every fault of a graph. `parts` are facts by service code; a code that is missing there is no service."""
    faults = list(whole_faults(graph))
    for node in graph.nodes:
        faults += node_faults(node, graph, parts)
    faults += shared_faults(graph, parts)
    faults += [
        Fault(name, N_("The part %(node)s waits for itself."), N_("Take one of its connections away."), {"node": name})
        for name in cycle_of(graph)
    ]
    for output in graph.outputs:
        faults += output_faults(output, graph, parts)
    return faults


def whole_faults(graph: GraphData) -> Iterator[Fault]:
    """Faults of the graph as such."""
    if not 1 <= len(graph.nodes) <= MOST_NODES:
        yield Fault("", N_("A composite has 1 to 12 parts."), N_("Add or remove parts."))
    if not 1 <= len(graph.outputs) <= MOST_OUTPUTS:
        yield Fault("", N_("A composite answers with 1 to 60 fields."), N_("Name the fields of the answer."))
    if not WHOLE_MS[0] <= graph.timeout_ms <= WHOLE_MS[1]:
        yield Fault("", N_("The whole has 100 to 30,000 ms."), N_("Enter a number in that range."))
    names = [node.name for node in graph.nodes]
    for name in dict.fromkeys(names):
        if not NAME.match(name) or name in RESERVED or names.count(name) > 1:
            remedy = N_("Use small letters, digits and underscores, each name once.")
            yield Fault(name, N_("The name %(node)s is not a plain word of its own."), remedy, {"node": name})
    told = [output.name for output in graph.outputs]
    for name in dict.fromkeys(told):
        if not NAME.match(name) or name in RESERVED or told.count(name) > 1:
            remedy = N_("Use small letters, digits and underscores, each name once.")
            yield Fault("", N_("The name %(node)s is not a plain word of its own."), remedy, {"node": name})


def node_faults(node: NodeData, graph: GraphData, parts: Parts) -> list[Fault]:
    """Faults of one part."""
    at = {"node": node.name, "sid": node.sid}
    facts = parts.get(node.sid)
    if facts is None:
        return [Fault(node.name, N_("%(node)s: there is no service %(sid)s."), N_("Choose another service."), at)]
    if not facts.served:
        remedy = N_("Choose another service, or wait until it is published again.")
        return [Fault(node.name, N_("%(node)s: the service %(sid)s is not in force."), remedy, at)]
    if facts.shape not in PARTS:
        remedy = N_("Choose a query or a verification.")
        return [Fault(node.name, N_("%(node)s: a service of this shape can be no part."), remedy, at)]
    faults = []
    if not NODE_MS[0] <= node.timeout_ms <= NODE_MS[1]:
        fault = N_("%(node)s: a part has 100 to 10,000 ms.")
        faults.append(Fault(node.name, fault, N_("Enter a number in that range."), at))
    faults += parameter_faults(node, facts)
    for part in node.inputs:
        if part.parameter in facts.parameters:
            faults += source_faults(node, part, facts, graph, parts)
    return faults


def parameter_faults(node: NodeData, facts: PartFacts) -> Iterator[Fault]:
    """Parameters that are unknown, given twice, or missing."""
    at = {"node": node.name, "sid": node.sid}
    given = [part.parameter for part in node.inputs]
    for name in dict.fromkeys(given):
        if name not in facts.parameters or given.count(name) > 1:
            fault = N_("%(node)s: the service takes no parameter %(name)s, or it is given twice.")
            yield Fault(node.name, fault, N_("Remove it."), {**at, "name": name})
    for name, parameter in facts.parameters.items():
        if parameter["required"] and name not in given:
            fault = N_("%(node)s: the parameter %(name)s is required.")
            yield Fault(node.name, fault, N_("Connect it."), {**at, "name": name})
    known = [facts.parameters[name]["compare"] for name in given if name in facts.parameters]
    if False not in known:
        yield Fault(node.name, N_("%(node)s: nothing is searched by."), N_("Connect a parameter."), at)
    if facts.shape == "verify" and True not in known:
        yield Fault(node.name, N_("%(node)s: nothing is compared."), N_("Connect a parameter."), at)


def source_faults(node: NodeData, part: InputData, facts: PartFacts, graph: GraphData, parts: Parts) -> list[Fault]:
    """Faults of one connection: it must be there, of a fitting type, and not be masked on its way."""
    origin, _dot, name = part.source.partition(".")
    at = {"node": node.name, "name": part.parameter, "source": part.source}
    if origin == CALL:
        if NAME.match(name) and name not in RESERVED:
            return []
        remedy = N_("Use small letters, digits and underscores.")
        return [Fault(node.name, N_("%(node)s: %(source)s is no parameter of the call."), remedy, at)]
    field = field_of(part.source, graph, parts)
    if field is None:
        remedy = N_("Choose a field of another part, or a parameter of the call.")
        return [Fault(node.name, N_("%(node)s: %(name)s comes from %(source)s, which is not there."), remedy, at)]
    if field.get("mask", "none") != "none":
        remedy = N_("Take the value from the call instead.")
        fault = N_("%(node)s: %(source)s leaves under a mask and finds nothing.")
        return [Fault(node.name, fault, remedy, at)]
    wanted = facts.parameters[part.parameter]["type"]
    if wanted not in {"string", field["type"]} or name == RESULT:
        remedy = N_("Choose a field of the same type.")
        fault = N_("%(node)s: %(name)s is of another type than %(source)s.")
        return [Fault(node.name, fault, remedy, at)]
    return []


def field_of(source: str, graph: GraphData, parts: Parts) -> Mapping[str, Any] | None:
    """The field `part.field` names, None where there is none."""
    origin, _dot, name = source.partition(".")
    facts = next((parts.get(node.sid) for node in graph.nodes if node.name == origin), None)
    return facts.fields.get(name) if facts is not None else None


def shared_faults(graph: GraphData, parts: Parts) -> list[Fault]:
    """A parameter of the call that feeds several parts means the same to each."""
    kinds: dict[str, str] = {}
    faults = []
    for node, part, parameter in fed_by_call(graph, parts):
        name = part.source.partition(".")[2]
        if kinds.setdefault(name, parameter["type"]) != parameter["type"]:
            fault = N_("%(node)s: the call's parameter %(name)s is of another type elsewhere.")
            faults.append(Fault(node.name, fault, N_("Give it a name of its own."), {"node": node.name, "name": name}))
    return faults


def fed_by_call(graph: GraphData, parts: Parts) -> Iterator[tuple[NodeData, InputData, Mapping[str, Any]]]:
    """Connections from the call, with the part's parameter."""
    for node in graph.nodes:
        facts = parts.get(node.sid)
        for part in node.inputs:
            if facts is not None and part.source.startswith(f"{CALL}.") and part.parameter in facts.parameters:
                yield node, part, facts.parameters[part.parameter]


def output_faults(output: OutputData, graph: GraphData, parts: Parts) -> list[Fault]:
    """Faults of one field of the answer."""
    at = {"name": output.name}
    if output.merge not in MERGES:
        return [Fault("", N_("%(name)s: this way to merge is not known."), N_("Choose first or all."), at)]
    if not output.sources:
        return [Fault("", N_("%(name)s comes from nowhere."), N_("Name a field of a part."), at)]
    faults = [
        Fault(
            source.partition(".")[0],
            N_("%(name)s comes from %(source)s, which is not there."),
            N_("Name a field of a part, such as person.name."),
            {**at, "source": source},
        )
        for source in output.sources
        if field_of(source, graph, parts) is None
    ]
    kinds = {field["type"] for source in output.sources if (field := field_of(source, graph, parts)) is not None}
    if len(kinds) > 1:
        faults.append(Fault("", N_("%(name)s has sources of several types."), N_("Choose such as fit together."), at))
    return faults


def feeds(node: NodeData) -> set[str]:
    """Names of the parts a part waits for."""
    return {part.source.partition(".")[0] for part in node.inputs} - {CALL}


def layers_of(graph: GraphData) -> list[list[str]]:
    """Topological order: each layer waits only for those before it. Parts of a cycle are left out (Kahn, 1962)."""
    names = {node.name for node in graph.nodes}
    waiting = {node.name: feeds(node) & names for node in graph.nodes}
    layers: list[list[str]] = []
    while True:
        ready = [name for name, before in waiting.items() if not before]
        if not ready:
            return layers
        layers.append(ready)
        waiting = {name: before - set(ready) for name, before in waiting.items() if name not in ready}


def cycle_of(graph: GraphData) -> list[str]:
    """Names of the parts that wait for themselves, directly or through others."""
    ordered = {name for layer in layers_of(graph) for name in layer}
    stuck = {node.name: feeds(node) - ordered for node in graph.nodes if node.name not in ordered}
    found = []
    for name in stuck:
        seen, todo = set(), list(stuck[name])
        while todo:
            other = todo.pop()
            if other not in seen:
                seen.add(other)
                todo += stuck.get(other, ())
        if name in seen:
            found.append(name)
    return found


def spec_of(graph: GraphData, parts: Parts) -> dict[str, Any]:
    """A graph that holds, as a service's spec: parameters of the call, fields of the answer, and the graph.

    A parameter is as the first part takes it that it feeds; it is required where a required part requires it.
    """
    parameters: dict[str, dict[str, Any]] = {}
    for node, part, taken in fed_by_call(graph, parts):
        name = part.source.partition(".")[2]
        known = parameters.setdefault(
            name, {**taken, "name": name, "column": name, "compare": False, "required": False}
        )
        known["required"] = known["required"] or (node.required and taken["required"])
    return {
        "parameters": list(parameters.values()),
        "fields": [field_spec(output, graph, parts) for output in graph.outputs],
        "composite": {
            "nodes": [node_spec(node, parts[node.sid]) for node in graph.nodes],
            "outputs": [
                {
                    "name": output.name,
                    "sources": [source.split(".", 1) for source in output.sources],
                    "merge": output.merge,
                }
                for output in graph.outputs
            ],
            "timeout_ms": graph.timeout_ms,
        },
    }


def field_spec(output: OutputData, graph: GraphData, parts: Parts) -> dict[str, Any]:
    """A field of the answer, described as its first source is; its mask is the part's and is applied there."""
    field = field_of(output.sources[0], graph, parts) or {}
    kept = {key: field[key] for key in ("type", "grade", "mask", "title", "title_en")}
    return {"name": output.name, "column": output.sources[0], **kept}


def output_spec(output: OutputData) -> dict[str, Any]:
    """A field of the answer as gateways merge it."""
    return {"name": output.name, "sources": [source.split(".", 1) for source in output.sources], "merge": output.merge}


def node_spec(node: NodeData, facts: PartFacts) -> dict[str, Any]:
    """A part as gateways run it."""
    inputs = []
    for part in node.inputs:
        origin, _dot, name = part.source.partition(".")
        inputs.append({"parameter": part.parameter, "name": name, "node": "" if origin == CALL else origin})
    return {
        "name": node.name,
        "sid": node.sid,
        "version": facts.version,
        "inputs": inputs,
        "required": node.required,
        "timeout_ms": node.timeout_ms,
    }


def graph_of(kept: Mapping[str, Any]) -> GraphData:
    """A graph from its plain values."""
    return GraphData(
        nodes=tuple(
            NodeData(**{**node, "inputs": tuple(InputData(**part) for part in node["inputs"])})
            for node in kept.get("nodes", ())
        ),
        outputs=tuple(
            OutputData(**{**output, "sources": tuple(output["sources"])}) for output in kept.get("outputs", ())
        ),
        timeout_ms=kept.get("timeout_ms", 5000),
    )


def sids_of(graph: GraphData) -> Sequence[str]:
    """Codes of the services a graph calls."""
    return tuple(dict.fromkeys(node.sid for node in graph.nodes))
