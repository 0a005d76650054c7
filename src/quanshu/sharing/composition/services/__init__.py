"""Writes of composition."""

from __future__ import annotations

from quanshu.sharing.composition.services.drawing import change_composition, create_composition, draw_graph
from quanshu.sharing.composition.services.publishing import publish_composition, withdraw_composition
from quanshu.sharing.composition.services.watching import check_composites

__all__ = [
    "change_composition",
    "check_composites",
    "create_composition",
    "draw_graph",
    "publish_composition",
    "withdraw_composition",
]
