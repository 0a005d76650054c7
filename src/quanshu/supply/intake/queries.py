"""Reads of intake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from quanshu.kernel.errors import fill
from quanshu.lake.masking import Mask
from quanshu.shared.access.api import Actor, allows
from quanshu.supply.catalogue.api import items_of
from quanshu.supply.intake import rules
from quanshu.supply.intake.models import Run, Source
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.services.loading import read_refused
from quanshu.supply.intake.types import IntakeFigures, RunNotFound, SourceNotFound
from quanshu.supply.lake_store import get_lake

PARTS = ("message", "remedy")


def list_sources(actor: Actor) -> QuerySet[Source]:
    """Every source the actor may see."""
    return Source.objects.visible_to(actor).select_related("unit", "entry")


def get_source(*, actor: Actor, uid: str) -> Source:
    """One source; SourceNotFound when there is none or it may not be seen."""
    source = list_sources(actor).filter(uid=uid).first()
    if source is None:
        raise SourceNotFound(source=uid)
    return source


def list_runs(actor: Actor) -> QuerySet[Run]:
    """Every run the actor may see."""
    return Run.objects.visible_to(actor).select_related("source__unit", "source__entry")


def get_run(*, actor: Actor, uid: str) -> Run:
    """One run; RunNotFound when there is none or it may not be seen."""
    run = list_runs(actor).filter(uid=uid).first()
    if run is None:
        raise RunNotFound(run=uid)
    return run


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
    if allows(actor, IntakePermission.REFUSED, run):
        return [{**row, "hidden": False} for row in rows]
    shown = {item.name for item in items_of(entry) if not item.personal and item.mask == Mask.NONE}
    return [rules.without_personal(row, shown) for row in rows]


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
