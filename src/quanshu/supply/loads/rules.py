"""Decisions of loads: what differs from the contract, where to begin, how much may be deleted. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from quanshu.kernel.errors import QuanshuError
from quanshu.lake.errors import MissingColumn, UnknownColumn
from quanshu.supply.loads.types import DriftItem, LoadMode, NoRows, NothingFits, SchemaDrift, WouldDelete

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


def low_mark(kind: str, cursor: str, overlap: int) -> Any:
    """Where an incremental load begins: the highest value landed, less the overlap; None for the first load.

    The overlap is counted in days for dates, hours for times, units for numbers; texts have none.
    """
    if not cursor:
        return None
    try:
        match kind:
            case "integer":
                return int(cursor) - overlap
            case "decimal":
                return Decimal(cursor) - overlap
            case "date":
                return date.fromisoformat(cursor) - timedelta(days=overlap)
            case "datetime":
                return datetime.fromisoformat(cursor) - timedelta(hours=overlap)
    except (ValueError, InvalidOperation, OverflowError):
        return None
    return cursor


def missed_too_much(*, deletes: int, total: int, share: int, unreadable: int) -> bool:
    """Whether a load would delete more than `share` percent of the table, or does not know its own keys."""
    return deletes > 0 and (bool(unreadable) or deletes * 100 > share * total)


def check_deletes(*, deletes: int, allowed: int | None, total: int, share: int, unreadable: int) -> None:
    """The guard of a mirror. Raises WouldDelete; a person's confirmation holds up to the number confirmed."""
    if allowed is not None:
        if deletes > allowed:
            raise WouldDelete(rows=deletes, total=total, share=share)
    elif missed_too_much(deletes=deletes, total=total, share=share, unreadable=unreadable):
        raise WouldDelete(rows=deletes, total=total, share=share)


def check_something_fits(*, rows_in: int, landed: int, mode: str) -> None:
    """A load of which nothing fits, and a full load or mirror of nothing, must not empty the table."""
    if rows_in and not landed:
        raise NothingFits(rows=rows_in)
    if not rows_in and mode in {LoadMode.FULL, LoadMode.MIRROR}:
        raise NoRows
