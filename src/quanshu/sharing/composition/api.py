"""The door of composition."""

from __future__ import annotations

from quanshu.sharing.composition.models import Composition
from quanshu.sharing.composition.permissions import CompositionPermission
from quanshu.sharing.composition.queries import get_composition, list_compositions
from quanshu.sharing.composition.services import (
    check_composites,
    create_composition,
    draw_graph,
    publish_composition,
    withdraw_composition,
)
from quanshu.sharing.composition.types import CompositionData, GraphData, InputData, NodeData, OutputData

__all__ = [
    "Composition",
    "CompositionData",
    "CompositionPermission",
    "GraphData",
    "InputData",
    "NodeData",
    "OutputData",
    "check_composites",
    "create_composition",
    "draw_graph",
    "get_composition",
    "list_compositions",
    "publish_composition",
    "withdraw_composition",
]
