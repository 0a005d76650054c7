"""Writes of intake."""

from __future__ import annotations

from quanshu.supply.intake.services.runs import (
    cancel_run,
    fail_run,
    land_run,
    load_file,
    note_export,
    run_now,
    settle_orphans,
    start_run,
)
from quanshu.supply.intake.services.sources import change_source, create_source, switch_source

__all__ = [
    "cancel_run",
    "change_source",
    "create_source",
    "fail_run",
    "land_run",
    "load_file",
    "note_export",
    "run_now",
    "settle_orphans",
    "start_run",
    "switch_source",
]
