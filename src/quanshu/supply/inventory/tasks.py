"""Background work of the inventory: long workbooks taken in, gaps found again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.access.api import Actor, ActorKind, Scope
from quanshu.shared.jobs.api import enqueue, heartbeat, job, periodic
from quanshu.supply.inventory.services import continue_import, recount_gaps
from quanshu.supply.inventory.services.importing import JOB as IMPORT

JOB = "inventory.gaps"


@job(JOB, max_attempts=5, lease_seconds=300)
def find_gaps_again(payload: dict[str, Any]) -> None:
    """Find the gaps from the rows as they are now."""
    recount_gaps(now=now())


@job(IMPORT, max_attempts=5, lease_seconds=120)
def take_in_rows(payload: dict[str, Any]) -> None:
    """Take in what is left of a long workbook, as whoever sent it."""
    given = payload["actor"]
    roles, grants = frozenset(given["roles"]), {name: Scope(scope) for name, scope in given["grants"].items()}
    actor = Actor(**{**given, "kind": ActorKind(given["kind"]), "roles": roles, "grants": grants})
    for taken in continue_import(actor=actor, now=now(), uid=payload["import"]):
        heartbeat({"rows": taken.rows, "done": taken.rows_done})


def ask_recount(at: datetime) -> None:
    """Queue a recount that begins after this moment: one that runs already may have read the rows before."""
    for key in (JOB, f"{JOB}.next", None):
        if enqueue(JOB, {}, now=at, key=key).state == "queued":
            return


periodic(JOB, "20 1 * * *")
