"""Rules over rows that are in no table yet: those of a load before it is written, or a file at its source."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import pyarrow as pa

from quanshu.lake.checks.run import run_checks
from quanshu.lake.checks.specs import CheckReport, CheckSpec
from quanshu.lake.storage import Beside, Folder
from quanshu.lake.tables import Lake

# All failing rows are named: a load refuses every one of them.
EVERY = 2_000_000_000


def with_waiting(lake: Lake, name: str, folder: Path) -> Lake:
    """A lake in which one table's rows are those that wait; other tables are as they are."""
    beside = Beside(lake.storage, name, Folder(folder))
    return Lake(
        lake.root,
        memory_limit=lake.memory_limit,
        threads=lake.threads,
        storage=beside,
        hold=lambda _name: nullcontext(),
    )


def check_waiting(
    lake: Lake,
    table: str,
    rows: pa.RecordBatchReader,
    specs: Sequence[CheckSpec],
    *,
    number: str,
    today: date,
    keep: int = EVERY,
) -> CheckReport:
    """Check rows as if they were the table; each is named by its column `number`.

    The rows are held in a scratch folder beside the lake's tables while this runs. Raises `lake.missing_column`.
    """
    lake.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="waiting-", dir=lake.root) as folder:
        own = with_waiting(lake, table, Path(folder))
        own.overwrite(table, rows)
        return run_checks(own, table, specs, keys=(number,), today=today, keep=keep)
