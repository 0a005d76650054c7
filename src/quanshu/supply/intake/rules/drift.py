"""Drift: a source whose columns are no longer the contract's, told column by column. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from quanshu.supply.intake.types import (
    DriftItem,
    HeldFor,
    LoadMode,
    NewerLanded,
    NotHeld,
    NothingToPropose,
    RunState,
    StillDrifting,
)


def check_decidable(*, state: str, newer_landed: bool, mode: str) -> None:
    """Whether a held load may go on. An old full load must not undo a newer one."""
    if state != RunState.HELD:
        raise NotHeld
    if newer_landed and mode in {LoadMode.FULL, LoadMode.MIRROR}:
        raise NewerLanded


def check_proposable(*, state: str, held_for: str, drift: Sequence[DriftItem]) -> tuple[str, ...]:
    """The columns that may become items of the entry. Raises NotHeld or NothingToPropose."""
    if state != RunState.HELD or held_for != HeldFor.DRIFT:
        raise NotHeld
    added = tuple(item.column for item in drift if item.change == "added")
    if not added:
        raise NothingToPropose
    return added


def check_no_longer_drifts(*, columns: Sequence[str], drift: Sequence[DriftItem]) -> None:
    """Whether the contract in force now has the columns that were new. Raises StillDrifting."""
    added = {item.column for item in drift if item.change == "added"}
    missing = {item.column for item in drift if item.change == "missing"}
    left = sorted((added - set(columns)) | (missing & set(columns)))
    if left:
        raise StillDrifting(columns=", ".join(left))
