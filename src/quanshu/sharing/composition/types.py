"""Values of composition: a graph of service calls, and what its rules must know of each service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from quanshu.kernel.errors import Conflict, NotFound

CALL, RESULT = "call", "result"


class CompositionState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class InputData:
    """A part's parameter and where it comes from: `call.name` or `part.field`."""

    parameter: str
    source: str


@dataclass(frozen=True, slots=True)
class NodeData:
    """A part: one call of a service; `x` and `y` are its place on the canvas, None where it is laid out."""

    name: str
    sid: str
    inputs: tuple[InputData, ...] = ()
    required: bool = True
    timeout_ms: int = 2000
    x: int | None = None
    y: int | None = None


@dataclass(frozen=True, slots=True)
class OutputData:
    """A field of the answer; of its sources (`part.field`) the `first` with a value, or `all` values."""

    name: str
    sources: tuple[str, ...]
    merge: str = "first"


@dataclass(frozen=True, slots=True)
class GraphData:
    """The whole graph, as drawn."""

    nodes: tuple[NodeData, ...] = ()
    outputs: tuple[OutputData, ...] = ()
    timeout_ms: int = 5000


@dataclass(frozen=True, slots=True)
class CompositionData:
    """What is entered besides the graph. `sid` is its code in calls."""

    sid: str
    name: str
    name_en: str = ""
    abstract: str = ""
    abstract_en: str = ""


@dataclass(frozen=True, slots=True)
class PartFacts:
    """What a service offers as a part: parameters and fields by name, as its spec in force has them."""

    sid: str
    title: str
    shape: str
    version: int
    served: bool
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a graph: the part it stands at ("" for the whole), the fault and what to do."""

    node: str
    text: str
    advice: str
    params: Mapping[str, Any] = field(default_factory=dict)


class CompositionNotFound(NotFound):
    code = "composition.not_found"
    message = "There is no composite “%(composition)s” that you may see."
    remedy = "Open the list of composites and choose one."


class WrongState(Conflict):
    code = "composition.wrong_state"
    message = "The composite has been withdrawn; it cannot be changed."
    remedy = "Compose a new one."


class NotPublished(Conflict):
    code = "composition.not_published"
    message = "The composite is not published."
    remedy = "Publish it first."


class NothingNew(Conflict):
    code = "composition.nothing_new"
    message = "The composite in force is the same as drawn."
    remedy = "Change it first; what is in force goes on answering."
