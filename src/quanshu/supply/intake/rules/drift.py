"""Drift: a source whose columns are no longer the contract's, told column by column. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quanshu.kernel.errors import QuanshuError
from quanshu.lake.errors import MissingColumn, UnknownColumn
from quanshu.supply.intake.types import (
    DriftItem,
    HeldFor,
    LoadMode,
    NewerLanded,
    NotHeld,
    NothingToPropose,
    RunState,
    SchemaDrift,
    StillDrifting,
)

# Declared types of a source that a contract's type can take without loss of meaning.
TAKES: Mapping[str, frozenset[str]] = {
    "string": frozenset({"string", "integer", "decimal", "boolean", "date", "datetime"}),
    "integer": frozenset({"integer", "string"}),
    "decimal": frozenset({"decimal", "integer", "string"}),
    "boolean": frozenset({"boolean", "integer", "string"}),
    "date": frozenset({"date", "datetime", "string"}),
    "datetime": frozenset({"datetime", "date", "string"}),
}
# From this share of rows whose value has another type, the column and not the rows is at fault.
CHANGED_SHARE = 0.5
LEAST_ROWS = 10


def compare_columns(
    expected: Mapping[str, str], found: Sequence[str], types: Mapping[str, str] | None = None
) -> tuple[DriftItem, ...]:
    """Differences between {column: type} of the contract and the source's columns with their declared types."""
    declared = types or {}
    items = [DriftItem(name, "missing", expected=expected[name]) for name in expected if name not in found]
    items += [DriftItem(name, "added", found=declared.get(name, "")) for name in found if name not in expected]
    items += [
        DriftItem(name, "type_changed", expected=kind, found=declared[name])
        for name, kind in expected.items()
        if name in declared and name in found and declared[name] not in TAKES.get(kind, frozenset())
    ]
    return tuple(items)


def contradicts(*, rows_in: int, wrong: Mapping[str, int], expected: Mapping[str, str]) -> tuple[DriftItem, ...]:
    """Columns whose values have another type in half of the rows or more; `wrong` counts them by column."""
    if rows_in < LEAST_ROWS:
        return ()
    return tuple(
        DriftItem(name, "type_changed", expected=expected.get(name, ""))
        for name, count in wrong.items()
        if count >= rows_in * CHANGED_SHARE
    )


def refusal_of(drift: Sequence[DriftItem]) -> QuanshuError:
    """What a load that is refused for its columns says."""
    for change, error in (("missing", MissingColumn), ("added", UnknownColumn)):
        names = [item.column for item in drift if item.change == change]
        if names:
            return error(column=", ".join(names))
    return SchemaDrift(columns=", ".join(item.column for item in drift))


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
