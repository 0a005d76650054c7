"""Decisions of intake. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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
    NothingFits,
    OutsideFolder,
    RunOver,
    RunState,
    SourceData,
    SourceKind,
    SourceOff,
)

P, E, S = IntakePermission, IntakeEvent, RunState

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


def check_cancellable(state: str) -> None:
    """A run that has ended cannot be cancelled."""
    if state in FINISHED:
        raise RunOver


def check_something_fits(*, rows_in: int, landed: int) -> None:
    """A load of which nothing fits must not empty the table."""
    if rows_in and not landed:
        raise NothingFits(rows=rows_in)


def check_path(path: str, folders: Sequence[Path]) -> Path:
    """The real path of a source's file, which must lie in one of `folders`, links resolved.

    Raises OutsideFolder or FileGone.
    """
    real = Path(path).resolve()
    if not any(real.is_relative_to(folder.resolve()) for folder in folders):
        raise OutsideFolder(path=path)
    if not real.is_file():
        raise FileGone(path=path)
    return real
