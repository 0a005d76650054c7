"""Values of intake: kinds of source, states of a run, and its refusals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Invalid, NotFound, Unavailable


class SourceKind(StrEnum):
    CSV = "csv"
    EXCEL = "excel"
    SQL = "sql"


class LoadMode(StrEnum):
    """`full` replaces the table by what the source holds; `upsert` inserts and updates by key."""

    FULL = "full"
    UPSERT = "upsert"


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    LANDED = "landed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """What a run is doing; shown as progress."""

    WAITING = "waiting"
    READING = "reading"
    WRITING = "writing"
    DONE = "done"


FINISHED = frozenset({RunState.LANDED, RunState.FAILED, RunState.CANCELLED})


@dataclass(frozen=True, slots=True)
class SourceData:
    """What a steward enters for a source. Exactly one of `file_digest`, `path` and `url` is used.

    `path` is a file in the node's home or a drop folder; `url` an SQLAlchemy address, kept sealed;
    `table` a table name, or a SELECT when it starts with that word.
    """

    name: str
    kind: str
    mode: str
    file_digest: str = ""
    file_name: str = ""
    path: str = ""
    url: str = ""
    sheet: str = ""
    table: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished load did: rows in = landed + refused."""

    rows_in: int
    landed: int
    refused: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    lake_version: int
    attempt: int


@dataclass(frozen=True, slots=True)
class IntakeFigures:
    """Counts over all sources and runs."""

    sources: int
    runs: int
    running: int
    failed_7d: int
    rows_landed: int
    rows_refused: int


class SourceNotFound(NotFound):
    code = "intake.source_not_found"
    message = "There is no source “%(source)s” that you may see."
    remedy = "Open the list of sources and choose one."


class RunNotFound(NotFound):
    code = "intake.run_not_found"
    message = "There is no intake run “%(run)s” that you may see."
    remedy = "Open the list of runs and choose one."


class EntryNotReady(Conflict):
    code = "intake.entry_not_ready"
    message = "The catalogue entry %(entry)s is not published, so nothing can be taken in for it."
    remedy = "Have the entry reviewed and published first."


class NoKeyInContract(Conflict):
    code = "intake.no_key_in_contract"
    message = "Loading by key needs a key, and no item of %(entry)s is marked as one."
    remedy = "Revise the entry and mark its key items, or load in full."


class AlreadyRunning(Conflict):
    code = "intake.already_running"
    message = "A run of this source is waiting or under way."
    remedy = "Wait until it ends, or cancel it."


class SourceOff(Conflict):
    code = "intake.source_off"
    message = "The source is switched off."
    remedy = "Switch it on first."


class TakesNoUpload(Conflict):
    code = "intake.takes_no_upload"
    message = "The source reads a drop folder or a database; it takes no upload."
    remedy = "Start a load, or register another source for uploads."


class RunOver(Conflict):
    code = "intake.run_over"
    message = "The run has ended; it cannot be cancelled."
    remedy = "Start another run if the data must be loaded again."


class NothingFits(Invalid):
    code = "intake.nothing_fits"
    message = "None of the %(rows)s rows fits the contract, so the table was left as it was."
    remedy = "Look at the refused rows: most likely the file belongs to another entry or the columns have moved."


class NoRows(Invalid):
    code = "intake.no_rows"
    message = "The source has no rows below its header, so the table was left as it was."
    remedy = "Look whether the source was exported in full, and start again."


class StillWriting(Conflict):
    code = "intake.still_writing"
    message = "The rows are being written to the lake; the run cannot be cancelled any more."
    remedy = "Wait a moment until it has landed; the version before it stays readable."


class RunTaken(Conflict):
    """The worker that asks no longer has the run: it was cancelled, or another worker took it up."""

    code = "intake.run_taken"
    message = "The run was cancelled, or another worker has taken it up."
    remedy = "Look at the run's page."


class WorkGivenUp(Unavailable):
    code = "intake.work_given_up"
    message = "The load broke off %(attempts)s times and was given up; the table is as it was."
    remedy = "Start again. If it happens again, give the number of the run to the administrator."


class OutsideFolder(Invalid):
    code = "intake.outside_folder"
    message = "The file %(path)s is not in a folder that sources may read from."
    remedy = "Upload the file, or put it into a drop folder (QUANSHU_DROP_FOLDERS)."


class FileGone(Invalid):
    code = "intake.file_gone"
    message = "The file %(path)s is not there."
    remedy = "Put the file back, or upload it again."
