"""Reads of intake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum

from quanshu.kernel.errors import fill
from quanshu.lake.masking import Mask
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, allows, find_seen, scope_q
from quanshu.supply.catalogue.api import Entry, items_of, list_entries
from quanshu.supply.intake import rules
from quanshu.supply.intake.models import Run, Source
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.services.queueing import is_busy
from quanshu.supply.intake.types import IntakeFigures, RowState, RunNotFound, SourceNotFound
from quanshu.supply.lake_store import get_lake
from quanshu.supply.loads.keeping import count_reasons, read_refused

PARTS = ("message", "remedy")
__all__ = ["is_busy"]


def list_sources(actor: Actor) -> QuerySet[Source]:
    """Every source the actor may see."""
    return Source.objects.visible_to(actor).select_related("unit", "entry")


def get_source(*, actor: Actor, uid: str) -> Source:
    """One source; SourceNotFound when there is none or it may not be seen."""
    return find_seen(list_sources(actor), uid, SourceNotFound(source=uid))


def with_last_run(rows: QuerySet[Source]) -> QuerySet[Source]:
    """Adds `last_queued` and `last_state` of each source's newest run."""
    newest = Run.objects.filter(source=OuterRef("pk")).order_by("-queued_at", "-id")
    return rows.annotate(
        last_queued=Subquery(newest.values("queued_at")[:1]), last_state=Subquery(newest.values("state")[:1])
    )


def units_with_sources(actor: Actor) -> QuerySet[Unit]:
    """Units that have sources the actor may see."""
    return Unit.objects.filter(pk__in=Source.objects.visible_to(actor).values("unit")).order_by("name")


def entries_to_load(actor: Actor) -> QuerySet[Entry]:
    """Entries in force for which the actor may register sources."""
    rows = list_entries(actor).filter(scope_q(actor, IntakePermission.EDIT, unit_path="unit__path"), state="published")
    return rows.order_by("unit__name", "resource_name")


def list_runs(actor: Actor) -> QuerySet[Run]:
    """Every run the actor may see."""
    return Run.objects.visible_to(actor).select_related("source__unit", "source__entry")


def get_run(*, actor: Actor, uid: str) -> Run:
    """One run; RunNotFound when there is none or it may not be seen."""
    return find_seen(list_runs(actor), uid, RunNotFound(run=uid))


def refused_rows(*, actor: Actor, run: Run, limit: int, offset: int = 0) -> list[dict[str, Any]]:
    """Faults of `limit` refused rows from the row at `offset` on: row_number, column, value, reason, record_json.

    Without the permission for refused rows, personal values and whole records are left out (`hidden`).
    """
    if run.landed_attempt is None:
        return []
    entry = run.source.entry
    rows = read_refused(
        get_lake(), entry.lake_table, run_uid=run.uid, attempt=run.landed_attempt, limit=limit, offset=offset
    )
    if sees_refused(actor, run):
        return [{**row, "hidden": False} for row in rows]
    shown = {item.name for item in items_of(entry) if not item.personal and item.mask == Mask.NONE}
    return [rules.without_personal(row, shown) for row in rows]


def sees_refused(actor: Actor, run: Run) -> bool:
    """Whether the actor may see personal values and whole records among what the run refused."""
    return allows(actor, IntakePermission.REFUSED, run)


def refused_reasons(run: Run) -> list[dict[str, Any]]:
    """How often each column was refused for each reason, most frequent first."""
    if run.landed_attempt is None:
        return []
    return count_reasons(get_lake(), run.source.entry.lake_table, run_uid=run.uid, attempt=run.landed_attempt)


def error_text(run: Run, translate: Callable[[str], str]) -> tuple[str, str]:
    """Why a run failed and what to do, in the reader's language; empty texts when it did not."""
    error = run.error or {}
    params = error.get("params", {})
    message, remedy = (fill(translate(error[part]), params) if error.get(part) else "" for part in PARTS)
    return message, remedy


def intake_figures(*, now: datetime) -> IntakeFigures:
    """Counts over all sources and runs, for the cockpit."""
    week = now - timedelta(days=7)
    counted = Run.objects.aggregate(
        runs=Count("pk"),
        running=Count("pk", filter=Q(state__in=["queued", "running"])),
        failed_7d=Count("pk", filter=Q(state="failed", ended_at__gte=week)),
        rows_landed=Sum("landed", default=0),
        rows_refused=Sum("refused", default=0),
    )
    return IntakeFigures(sources=Source.objects.count(), **counted)


def row_counts(run: Run) -> dict[str, int]:
    """How many of a run's refused rows are open, ready, corrected and dismissed; the sum is what it refused."""
    counted = dict(run.corrections.values_list("state").annotate(Count("pk")))
    settled = {state.value: int(counted.get(state.value, 0)) for state in RowState if state != RowState.OPEN}
    return {RowState.OPEN.value: (run.refused or 0) - sum(settled.values()), **settled}
