"""Runs: their workflow, when one may start, and what it may not do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.utils.translation import gettext_noop as N_

from quanshu.shared.workflow.api import Machine, Transition
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.types import (
    DELIVERED_KINDS,
    FILE_KINDS,
    FINISHED,
    AlreadyRunning,
    EntryNotReady,
    FileGone,
    LoadMode,
    NoKeyInContract,
    NothingToStart,
    OutsideFolder,
    RunOver,
    RunState,
    SourceOff,
    Stage,
    StillWriting,
    TakesNoUpload,
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
            frozenset({S.QUEUED, S.RUNNING, S.HELD}),
            S.CANCELLED,
            P.CANCEL,
            E.RUN_CANCELLED,
            label=N_("Cancel"),
        ),
        Transition("hold", frozenset({S.RUNNING}), S.HELD, P.RUN, E.RUN_HELD, label=N_("Hold")),
        Transition("release", frozenset({S.HELD}), S.QUEUED, P.DECIDE, E.RUN_RELEASED, label=N_("Release")),
    ),
)


def check_startable(
    *,
    active: bool,
    entry_state: str,
    entry_name: str,
    mode: str,
    keys: Sequence[str],
    busy: bool,
    kind: str = "",
) -> None:
    """Whether a run may start: source on, entry published, a key where one is needed, none under way."""
    if not active:
        raise SourceOff
    if entry_state != "published":
        raise EntryNotReady(entry=entry_name)
    if mode != LoadMode.FULL and not keys:
        raise NoKeyInContract(entry=entry_name)
    if kind in DELIVERED_KINDS:
        raise NothingToStart
    if busy:
        raise AlreadyRunning


def check_takes_upload(*, kind: str, path: str) -> None:
    """Only a source that was made by an upload takes another one."""
    if kind not in FILE_KINDS or path:
        raise TakesNoUpload


def check_cancellable(state: str, stage: str) -> None:
    """A run that has ended, or is being written, cannot be cancelled: what is in the lake stays true."""
    if state in FINISHED:
        raise RunOver
    if stage == Stage.WRITING:
        raise StillWriting


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
