"""Values of loads: kinds of source, ways of loading, what a load did, and why it may not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Invalid


class SourceKind(StrEnum):
    CSV = "csv"
    EXCEL = "excel"
    JSONL = "jsonl"
    PARQUET = "parquet"
    SQL = "sql"
    FOLDER = "folder"
    HTTP = "http"
    SFTP = "sftp"
    PUSH = "push"


class LoadMode(StrEnum):
    """How rows become the table.

    `full` replaces the table; `upsert` inserts and updates by key; `incremental` does so with the rows from the
    highest cursor on; `mirror` also deletes what is gone at the source; `changes` applies a feed of changes.
    """

    FULL = "full"
    UPSERT = "upsert"
    INCREMENTAL = "incremental"
    MIRROR = "mirror"
    CHANGES = "changes"


class DriftMode(StrEnum):
    """What happens to a load whose columns are not the contract's."""

    REFUSE = "refuse"
    QUARANTINE = "quarantine"
    EVOLVE = "evolve"


class HeldFor(StrEnum):
    """What a held load waits for: a decision on its columns, or on the rows it would delete."""

    DRIFT = "drift"
    DELETES = "deletes"


class Decision(StrEnum):
    """`known`: load the contract's columns of what was set aside; `contract`: hold it against the contract anew."""

    KNOWN = "known"
    CONTRACT = "contract"


class Stage(StrEnum):
    """What a run is doing; shown as progress."""

    WAITING = "waiting"
    READING = "reading"
    WRITING = "writing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class DriftItem:
    """A column of the source that is not as the contract has it: `added`, `missing` or `type_changed`."""

    column: str
    change: str
    expected: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished load did: rows in = landed + refused.

    `cursor` is the highest value of the cursor or sequence column so far; `notes` are counts worth telling.
    """

    rows_in: int
    landed: int
    refused: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    lake_version: int
    attempt: int
    cursor: str = ""
    notes: Mapping[str, int] = field(default_factory=dict)


class NothingFits(Invalid):
    code = "intake.nothing_fits"
    message = "None of the %(rows)s rows fits the contract, so the table was left as it was."
    remedy = "Look at the refused rows: most likely the file belongs to another entry or the columns have moved."


class NoRows(Invalid):
    code = "intake.no_rows"
    message = "The source has no rows below its header, so the table was left as it was."
    remedy = "Look whether the source was exported in full, and start again."


class SchemaDrift(Invalid):
    code = "intake.schema_drift"
    message = "The columns %(columns)s of the source have another type than the contract."
    remedy = "Look at the differences, then correct the source or revise the entry."


class WouldDelete(Conflict):
    code = "intake.would_delete"
    message = "The load would delete %(rows)s of %(total)s rows, more than %(share)s %% of the table."
    remedy = "Look whether the source is whole. Then confirm the deletions, or discard the load."
