"""Background work of intake."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.kernel.clock import now
from quanshu.kernel.errors import QuanshuError
from quanshu.shared.jobs.api import every_tick, job
from quanshu.supply.intake.services import (
    collect,
    dispatch,
    load_waiting,
    run_now,
    run_schedules,
    settle_look,
    settle_orphans,
    take_pushes,
    watch_folders,
)


@job("intake.run", max_attempts=5, lease_seconds=60)
def do_run(payload: dict[str, Any]) -> None:
    """Do one queued load."""
    run_now(payload["run_uid"], now())


@job("intake.collect", max_attempts=2, lease_seconds=120)
def do_collect(payload: dict[str, Any]) -> None:
    """Look for new files of one source; a folder or server that does not answer is looked at again."""
    try:
        collect(payload["source_uid"], now())
    except QuanshuError:
        settle_look(payload["source_uid"], failed=True, now=now())
        raise
    settle_look(payload["source_uid"], failed=False, now=now())


@every_tick("intake.orphans", 10)
def end_orphans(now: datetime) -> None:
    """End runs whose job was given up."""
    settle_orphans(now)


@every_tick("intake.schedules", 5)
def start_scheduled(now: datetime) -> None:
    """Start what is due."""
    run_schedules(now)


@every_tick("intake.files", 2)
def look_for_files(now: datetime) -> None:
    """Watched folders, pushed files, and the next file of each source."""
    watch_folders(now)
    take_pushes(now)
    load_waiting(now)
    dispatch(now)
