"""What higher rooms check in the rows of a load after they fit the contract and before they are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from quanshu.lake.landing import Split
from quanshu.lake.landing.types import ROW_NUMBER

if TYPE_CHECKING:
    from quanshu.supply.loads.load import Load


@dataclass(frozen=True, slots=True)
class WaitingRows:
    """The rows of a load that fit. `number` is the column that numbers them as the source does."""

    table: str
    run_uid: str
    attempt: int
    split: Split
    number: str = ROW_NUMBER

    def reader(self) -> pa.RecordBatchReader:
        """Stream the rows in the contract's types, each with its number."""
        return self.split.numbered_reader()


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that a check refuses, with the column, the value and the reason."""

    row_number: int
    column: str
    value: str | None
    reason: str
    message: str


PreLandingCheck = Callable[[WaitingRows], Sequence[RefusedRow]]
checks: list[PreLandingCheck] = []


def register_pre_landing_check(check: PreLandingCheck) -> None:
    """Have `check` called on the rows of every load before they land.

    It answers the rows to refuse, and may raise a QuanshuError to stop the load with its reason.
    """
    if check not in checks:
        checks.append(check)


def check_before_landing(load: Load, parts: Split) -> Split:
    """Run the registered checks; the split that comes back counts what they refused among the refused."""
    for check in checks:
        waiting = WaitingRows(load.table, load.run_uid, load.attempt, parts)
        refused = [(row.row_number, row.column, row.value, row.reason, row.message) for row in check(waiting)]
        if refused:
            parts = parts.refuse(refused)
    return parts
