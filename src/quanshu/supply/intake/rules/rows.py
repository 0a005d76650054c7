"""Rows: where an incremental load begins, how many may be deleted, which refused ones may be corrected. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from quanshu.supply.intake.types import (
    FINISHED,
    LoadMode,
    NewerLanded,
    NotReplayable,
    RowNotOpen,
    RowState,
    RunNotOver,
)

LONGEST_PAUSE = timedelta(hours=12)


def check_correctable(*, state: str, mode: str) -> None:
    """Refused rows are corrected once the run has ended, and never those of a change feed."""
    if state not in FINISHED:
        raise RunNotOver
    if mode == LoadMode.CHANGES:
        raise NotReplayable


def check_row_open(row: int, state: str) -> None:
    """A row that has landed, or waits in a replay, stays as it is."""
    if state == RowState.CORRECTED:
        raise RowNotOpen(row=row)


def check_replayable(*, mode: str, newer_landed: bool) -> None:
    """Corrections of a load that replaces the table do not outlive the next one."""
    if mode == LoadMode.CHANGES:
        raise NotReplayable
    if newer_landed and mode in {LoadMode.FULL, LoadMode.MIRROR}:
        raise NewerLanded


def back_off(failures: int) -> timedelta:
    """How long a schedule rests after so many failures in a row: a minute, doubled each time, at most 12 hours."""
    if failures < 1:
        return timedelta(0)
    return min(timedelta(minutes=2 ** min(failures - 1, 12)), LONGEST_PAUSE)


def without_personal(row: Mapping[str, Any], shown: Collection[str]) -> dict[str, Any]:
    """A refused row for those who may not see personal data: its value only if it is of columns in `shown`.

    A value may belong to several columns (a key) or to none (a line that could not be read); then all must be shown.
    """
    named = str(row["column"] or "").split(", ")
    hidden = row["value"] is not None and not set(named) <= set(shown)
    return {**row, "value": None if hidden else row["value"], "record_json": None, "hidden": hidden}
