"""Running a draft: in the sandbox, over masked samples of the tables granted now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import BoundedSemaphore

from django.db import transaction

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import QuanshuError
from quanshu.lake.masking import Mask
from quanshu.lake.sandbox import Limits, SandboxAnswer, SandboxTable, run_sandboxed
from quanshu.shared.access.api import Actor, require
from quanshu.supply.lake_store import get_lake
from quanshu.supply.workspaces import rules
from quanshu.supply.workspaces.events import WorkspaceEvent
from quanshu.supply.workspaces.models import Draft, Run, Table
from quanshu.supply.workspaces.permissions import WorkspacePermission
from quanshu.supply.workspaces.services.noting import note
from quanshu.supply.workspaces.types import Busy, NothingLanded, RunState, TableState

LIMITS = Limits(seconds=20, memory_mib=512, threads=1, rows=200, bytes=500_000, sample_rows=10_000)
KEPT_RUNS = 10
# What one web process runs at a time; a query takes a core while it lasts.
_slots = BoundedSemaphore(2)


@contextmanager
def slot() -> Iterator[None]:
    """One of the places for a running query. Raises `workspaces.busy`."""
    if not _slots.acquire(timeout=3):
        raise Busy
    try:
        yield
    finally:
        _slots.release()


def run_draft(*, actor: Actor, now: datetime, draft: Draft, limits: Limits = LIMITS) -> Run:
    """Run a draft and keep its answer. A query that fails is a run with the fault, not an error.

    Raises Forbidden, `workspaces.closed`.
    """
    with transaction.atomic():
        draft = Draft.objects.select_related("workspace__unit").get(pk=draft.pk)
        require(actor, WorkspacePermission.RUN, draft)
        rules.check_open(closed=draft.workspace.closed_at is not None)
        run = Run.objects.create(draft=draft, revision=draft.revision, started_at=now, started_by=actor.name)
        note(WorkspaceEvent.DRAFT_RUN, draft, actor=actor, now=now, details={"revision": draft.revision})
    try:
        with slot():
            answer = run_sandboxed(get_lake(), usable_tables(draft, now), draft.sql, limits=limits)
    except QuanshuError as fault:
        run.state = RunState.FAILED
        run.error = {
            "code": fault.code,
            "message": fault.message,
            "remedy": fault.remedy,
            "params": fault.as_dict()["params"],
        }
        run.save()
        return run
    except BaseException:
        Run.objects.filter(pk=run.pk).delete()
        raise
    keep(run, answer)
    stale = list(draft.runs.values_list("pk", flat=True)[KEPT_RUNS:])
    Run.objects.filter(pk__in=stale).delete()
    return run


def keep(run: Run, answer: SandboxAnswer) -> None:
    """Keep what a run answered."""
    run.state = RunState.DONE
    run.columns = [list(column) for column in answer.columns]
    run.rows = [list(row) for row in answer.rows]
    run.row_count, run.truncated = len(answer.rows), answer.truncated
    run.sampled, run.took_ms = dict(answer.sampled), answer.took_ms
    run.save()


def usable_tables(draft: Draft, now: datetime) -> list[SandboxTable]:
    """The tables a draft may read today. Raises `workspaces.nothing_landed`."""
    today = now.astimezone(CITY_TZ).date()
    lake, found = get_lake(), []
    granted = Table.objects.filter(workspace=draft.workspace, state=TableState.GRANTED).select_related("entry")
    for table in granted:
        if not rules.is_usable(table.state, table.until, today):
            continue
        if not lake.exists(table.entry.lake_table):
            if table.alias in draft.sql.lower():
                raise NothingLanded(alias=table.alias)
            continue
        columns = {name: Mask(mask) for name, mask in table.masks.items()}
        found.append(SandboxTable(table.alias, table.entry.lake_table, columns))
    return found
