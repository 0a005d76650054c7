"""What a load needs, as one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quanshu.kernel.errors import QuanshuError
from quanshu.lake.landing import ColumnSpec, DataType, Reach
from quanshu.supply.loads.types import DriftItem, HeldFor, LoadMode, Stage

Progress = Callable[[Stage, int], None]


@dataclass(frozen=True, slots=True)
class Load:
    """Everything a load needs, read once from the rows of the control plane.

    `kind` is a kind of source, or a kind of file where files arrive. `since` is the cursor of the last landed
    run. `aside` is the attempt whose rows were set aside, when these are loaded instead of the source.
    """

    run_uid: str
    attempt: int
    kind: str
    mode: str
    table: str
    columns: tuple[ColumnSpec, ...]
    keys: tuple[str, ...]
    file: Path | None = None
    sheet: str = ""
    url: str = ""
    source_table: str = ""
    drift: str = "refuse"
    decision: str = ""
    aside: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict)
    reach: Reach = field(default_factory=Reach)
    since: str = ""
    low: Any = None
    allowed_deletes: int | None = None
    corrections: tuple[tuple[int, Mapping[str, str | None]], ...] = ()
    replay: bool = False

    @property
    def feed(self) -> bool:
        """Whether the rows are changes with an operation and a sequence."""
        return self.mode == LoadMode.CHANGES and not self.replay

    @property
    def op_column(self) -> str:
        return str(self.options.get("op_column", "op"))

    @property
    def seq_column(self) -> str:
        return str(self.options.get("seq_column", "seq"))

    @property
    def expected(self) -> dict[str, str]:
        """{column: type} that the source must have."""
        columns = {column.name: column.type.value for column in self.columns}
        if self.feed:
            columns |= {self.op_column: DataType.STRING.value, self.seq_column: DataType.INTEGER.value}
        return columns


def refused_table(lake_table: str) -> str:
    """The lake table that keeps what intake refused for an entry."""
    return f"refused_{lake_table}"


def aside_table(lake_table: str) -> str:
    """The lake table that keeps the rows of loads set aside for their columns."""
    return f"quarantine_{lake_table}"


class Held(QuanshuError):
    """Work that stops to wait for a decision; carried from the loader to the run, never shown."""

    code = "intake.held"
    message = "The load waits for a decision."
    remedy = "Open the run's page."

    def __init__(self, *, reason: HeldFor, drift: tuple[DriftItem, ...] = (), deletes: int = 0, total: int = 0) -> None:
        super().__init__()
        self.reason, self.drift, self.deletes, self.total = reason, drift, deletes, total
