"""Decisions of intake. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.types import (
    FINISHED,
    AlreadyRunning,
    EntryNotReady,
    FileGone,
    LoadMode,
    NoKeyInContract,
    NoRows,
    NothingFits,
    OutsideFolder,
    RunOver,
    RunState,
    SourceData,
    SourceKind,
    SourceOff,
    Stage,
    StillWriting,
    TakesNoUpload,
)

P, E, S = IntakePermission, IntakeEvent, RunState

ENDINGS = {SourceKind.CSV: (".csv", ".txt"), SourceKind.EXCEL: (".xlsx", ".xls")}

MACHINE = Machine(
    name="intake.run",
    states=RunState,
    transitions=(
        Transition("start", frozenset({S.QUEUED, S.RUNNING}), S.RUNNING, P.RUN, E.RUN_STARTED, label=N_("Start")),
        Transition("land", frozenset({S.RUNNING}), S.LANDED, P.RUN, E.BATCH_LANDED, label=N_("Land")),
        Transition("fail", frozenset({S.RUNNING}), S.FAILED, P.RUN, E.RUN_FAILED, label=N_("Fail")),
        Transition(
            "cancel",
            frozenset({S.QUEUED, S.RUNNING}),
            S.CANCELLED,
            P.CANCEL,
            E.RUN_CANCELLED,
            label=N_("Cancel"),
        ),
    ),
)


def check_source(data: SourceData) -> None:
    """A source whose parts fit its kind. Raises FieldErrors naming every field at fault."""
    faults: list[FieldError] = []
    if not data.name.strip():
        faults.append(FieldError("name", N_("This must not be empty."), N_("Enter a name.")))
    if data.kind not in {kind.value for kind in SourceKind}:
        faults.append(FieldError("kind", N_("This kind of source is not known."), N_("Choose one.")))
    if data.mode not in {mode.value for mode in LoadMode}:
        faults.append(FieldError("mode", N_("This way of loading is not known."), N_("Choose one.")))
    if data.kind == SourceKind.SQL:
        if not data.url.strip():
            faults.append(FieldError("url", N_("A database source needs its address."), N_("Enter the address.")))
        if not data.table.strip():
            faults.append(
                FieldError("table", N_("A database source needs a table or a SELECT."), N_("Name the table."))
            )
    elif not data.file_digest and not data.path.strip():
        faults.append(
            FieldError(
                "file",
                N_("A file source needs a file."),
                N_("Upload one, or give its path in a drop folder."),
            )
        )
    elif data.kind in ENDINGS and not (data.file_name or data.path).lower().endswith(ENDINGS[SourceKind(data.kind)]):
        named = "file" if data.file_name else "path"
        faults.append(
            FieldError(
                named,
                N_("The file's ending does not fit the kind of source."),
                N_("Choose a file that ends in: %(endings)s."),
                {"endings": ", ".join(ENDINGS[SourceKind(data.kind)])},
            )
        )
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_startable(
    *, active: bool, entry_state: str, entry_name: str, mode: str, keys: Sequence[str], busy: bool
) -> None:
    """Whether a run may start: source on, entry published, a key where one is needed, none under way."""
    if not active:
        raise SourceOff
    if entry_state != "published":
        raise EntryNotReady(entry=entry_name)
    if mode == LoadMode.UPSERT and not keys:
        raise NoKeyInContract(entry=entry_name)
    if busy:
        raise AlreadyRunning


def check_takes_upload(*, kind: str, path: str) -> None:
    """Only a source that was made by an upload takes another one."""
    if kind == SourceKind.SQL or path:
        raise TakesNoUpload


def check_cancellable(state: str, stage: str) -> None:
    """A run that has ended, or is being written, cannot be cancelled: what is in the lake stays true."""
    if state in FINISHED:
        raise RunOver
    if stage == Stage.WRITING:
        raise StillWriting


def check_something_fits(*, rows_in: int, landed: int, mode: str) -> None:
    """A load of which nothing fits, and a full load of nothing, must not empty the table."""
    if rows_in and not landed:
        raise NothingFits(rows=rows_in)
    if not rows_in and mode == LoadMode.FULL:
        raise NoRows


def check_path(path: str, folders: Sequence[Path]) -> Path:
    """The real path of a source's file, which must lie in one of `folders`, links resolved.

    Raises OutsideFolder or FileGone.
    """
    # A NUL would make the system's own call fail instead of this check.
    real = Path(path.replace("\0", "?")).resolve()
    if not any(real.is_relative_to(folder.resolve()) for folder in folders):
        raise OutsideFolder(path=path)
    if not real.is_file():
        raise FileGone(path=path)
    return real


def without_personal(row: Mapping[str, Any], shown: Collection[str]) -> dict[str, Any]:
    """A refused row for those who may not see personal data: its value only if it is of columns in `shown`.

    A value may belong to several columns (a key) or to none (a line that could not be read); then all must be shown.
    """
    named = str(row["column"] or "").split(", ")
    hidden = row["value"] is not None and not set(named) <= set(shown)
    return {**row, "value": None if hidden else row["value"], "record_json": None, "hidden": hidden}
