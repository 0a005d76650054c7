"""Values of intake: kinds of source, states of a run, and its refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from quanshu.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from quanshu.supply.loads.types import (
    Decision as Decision,
)
from quanshu.supply.loads.types import (
    DriftItem as DriftItem,
)
from quanshu.supply.loads.types import (
    DriftMode as DriftMode,
)
from quanshu.supply.loads.types import (
    HeldFor as HeldFor,
)
from quanshu.supply.loads.types import (
    LoadMode as LoadMode,
)
from quanshu.supply.loads.types import (
    NoRows as NoRows,
)
from quanshu.supply.loads.types import (
    NothingFits as NothingFits,
)
from quanshu.supply.loads.types import (
    Outcome as Outcome,
)
from quanshu.supply.loads.types import (
    SchemaDrift as SchemaDrift,
)
from quanshu.supply.loads.types import (
    SourceKind as SourceKind,
)
from quanshu.supply.loads.types import (
    Stage as Stage,
)
from quanshu.supply.loads.types import (
    WouldDelete as WouldDelete,
)

# One file, uploaded or at a path; files that arrive one after another.
FILE_KINDS = frozenset({SourceKind.CSV, SourceKind.EXCEL, SourceKind.JSONL, SourceKind.PARQUET})
DELIVERED_KINDS = frozenset({SourceKind.FOLDER, SourceKind.SFTP, SourceKind.PUSH})
SECRET_PARTS = ("token", "password", "private_key")


class DeliveryState(StrEnum):
    """A file that arrived: perhaps half written, taken in, being loaded, and its end."""

    ARRIVING = "arriving"
    READY = "ready"
    LOADING = "loading"
    LANDED = "landed"
    FAILED = "failed"
    SKIPPED = "skipped"


class RowState(StrEnum):
    """A refused row: open, edited and waiting for its replay, landed by a replay, or dismissed."""

    OPEN = "open"
    READY = "ready"
    CORRECTED = "corrected"
    DISMISSED = "dismissed"


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    LANDED = "landed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    HELD = "held"


FINISHED = frozenset({RunState.LANDED, RunState.FAILED, RunState.CANCELLED})


@dataclass(frozen=True, slots=True)
class SourceData:
    """What a steward enters for a source. Exactly one of `file_digest`, `path` and `url` is used.

    `path` is a file, or a watched folder, in the node's home or a drop folder; `url` an SQLAlchemy address, kept
    sealed; `table` a table name, or a SELECT when it starts with that word. `options` are the settings of kind
    and mode (see `rules.options`); `secret` holds token, password or private_key, kept sealed.
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
    drift: str = "refuse"
    options: Mapping[str, Any] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict)


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


class NothingToStart(Conflict):
    code = "intake.nothing_to_start"
    message = "The loads of this source begin when a file arrives."
    remedy = "Look for new files, or have the unit push one."


class QueueFull(Unavailable):
    code = "intake.queue_full"
    message = "%(waiting)s loads are waiting on this node already; no more are taken for now."
    remedy = "Try again when some have ended; the list of loads shows them."


class NotHeld(Conflict):
    code = "intake.not_held"
    message = "The load is not held, so there is nothing to decide."
    remedy = "Look at the run's page."


class NewerLanded(Conflict):
    code = "intake.newer_landed"
    message = "A newer load of the source has landed, so this one would put old rows back."
    remedy = "Discard it; the newer load has taken its place."


class StillDrifting(Conflict):
    code = "intake.still_drifting"
    message = "The contract in force still differs from the load: %(columns)s."
    remedy = "Have the revised entry published first, or load the known columns only."


class NothingToPropose(Conflict):
    code = "intake.nothing_to_propose"
    message = "The load has no new column that could become an item."
    remedy = "Load the known columns, or discard the load."


class NotCorrections(Invalid):
    code = "intake.not_corrections"
    message = "The workbook has no column %(column)s."
    remedy = "Use the workbook that was downloaded from this load."


class NothingCorrected(Conflict):
    code = "intake.nothing_corrected"
    message = "No refused row of this load is corrected and waiting."
    remedy = "Correct a row first."


class NotReplayable(Conflict):
    code = "intake.not_replayable"
    message = "Rows of a change feed are not corrected here: a later change may already have been applied."
    remedy = "Have the source send the corrected row as a new change, and dismiss this one."


class RunNotOver(Conflict):
    code = "intake.run_not_over"
    message = "The load has not ended yet."
    remedy = "Wait until it ends."


class RowNotOpen(Conflict):
    code = "intake.row_not_open"
    message = "Row %(row)s has been settled; it cannot be changed any more."
    remedy = "Choose a row that is open."


class RowNotFound(NotFound):
    code = "intake.row_not_found"
    message = "The load has no refused row %(row)s."
    remedy = "Choose one from the list of refused rows."


class NoSchedule(Conflict):
    code = "intake.no_schedule"
    message = "The source has no schedule."
    remedy = "Enter one first."


class DeliveryNotFound(NotFound):
    code = "intake.delivery_not_found"
    message = "The source has no such file."
    remedy = "Choose one from the list of files."


class DeliveryNotFailed(Conflict):
    code = "intake.delivery_not_failed"
    message = "Only a file whose load failed can be tried again or left out."
    remedy = "Wait until its load ends."


class RightNotFound(NotFound):
    code = "intake.right_not_found"
    message = "The application %(rid)s may not push to this source."
    remedy = "Choose one from the list."


class NotPushed(Conflict):
    code = "intake.not_pushed"
    message = "Nothing is pushed to a source of this kind."
    remedy = "Make a source that receives."


class AlreadyGranted(Conflict):
    code = "intake.already_granted"
    message = "The application %(rid)s may push to this source already."
    remedy = "End that right first if it should change."


class FolderGone(Invalid):
    code = "intake.folder_gone"
    message = "The folder %(path)s is not there."
    remedy = "Make it below a drop folder, then try again."


class HostKeyChanged(Conflict):
    code = "intake.host_key_changed"
    message = "The server shows another key now: %(shown)s."
    remedy = "Compare it with the server's owner before you confirm it."


class RunOver(Conflict):
    code = "intake.run_over"
    message = "The run has ended; it cannot be cancelled."
    remedy = "Start another run if the data must be loaded again."


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
