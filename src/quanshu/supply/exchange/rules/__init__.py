"""Decisions of the exchange. Pure."""

from __future__ import annotations

from quanshu.supply.exchange.types import ImportNotReady, ImportState

__all__ = ["check_state"]


def check_state(at: str, needed: ImportState) -> None:
    """The import stands where the step begins. Raises ImportNotReady."""
    if at != needed:
        raise ImportNotReady
