"""What a snapshot says of a statistic or a composite, beside what it says of every service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """What a statistic may be asked by; `values` are its labels, which are also what it may be filtered by.

    `told` says in the same order what each value means, in Chinese and English; it is empty where that is not known.
    """

    name: str
    values: tuple[str, ...]
    title: str = ""
    title_en: str = ""
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasureSpec:
    """What a statistic tells of a cell: `count`, `share`, `sum` or `average`."""

    name: str
    kind: str
    title: str = ""
    title_en: str = ""


@dataclass(frozen=True, slots=True)
class StatisticSpec:
    """The cube of a statistic. Its serving table holds the release alone, suppressed already: no records."""

    groups: tuple[GroupSpec, ...]
    measures: tuple[MeasureSpec, ...]
    least: int
    percent: int


@dataclass(frozen=True, slots=True)
class InputSpec:
    """Where a part's parameter comes from: a parameter of the call (`node` empty), or a field of another part."""

    parameter: str
    name: str
    node: str = ""


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A part of a composite: one call of a service. Without a `required` part there is no answer."""

    name: str
    sid: str
    version: int
    inputs: tuple[InputSpec, ...]
    required: bool = True
    timeout_ms: int = 2000


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """A field of a composite: of its `sources` (part, field) the `first` with a value, or `all` values as a list."""

    name: str
    sources: tuple[tuple[str, str], ...]
    merge: str = "first"


@dataclass(frozen=True, slots=True)
class CompositeSpec:
    """Several services as a graph without cycles, answered as one within `timeout_ms`."""

    nodes: tuple[NodeSpec, ...]
    outputs: tuple[OutputSpec, ...]
    timeout_ms: int = 5000


def decode_statistic(row: Mapping[str, Any]) -> StatisticSpec:
    """A statistic's cube."""
    return StatisticSpec(
        groups=tuple(
            GroupSpec(**{**part, "values": tuple(part["values"]), "told": tuple(part.get("told", ()))})
            for part in row["groups"]
        ),
        measures=tuple(MeasureSpec(**part) for part in row["measures"]),
        least=row["least"],
        percent=row["percent"],
    )


def decode_composite(row: Mapping[str, Any]) -> CompositeSpec:
    """A composite's graph."""
    return CompositeSpec(
        nodes=tuple(
            NodeSpec(**{**part, "inputs": tuple(InputSpec(**given) for given in part["inputs"])})
            for part in row["nodes"]
        ),
        outputs=tuple(
            OutputSpec(part["name"], tuple((node, field) for node, field in part["sources"]), part["merge"])
            for part in row["outputs"]
        ),
        timeout_ms=row["timeout_ms"],
    )
