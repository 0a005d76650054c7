"""Intake over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile

from quanshu.kernel.clock import now
from quanshu.shared.access.api import require
from quanshu.shared.files.api import store
from quanshu.shared.web.api import page_of
from quanshu.supply.catalogue.api import get_entry
from quanshu.supply.intake import queries, services
from quanshu.supply.intake.models import Run, Source
from quanshu.supply.intake.permissions import IntakePermission as P
from quanshu.supply.intake.types import SourceData

router = Router()


class SourceBody(Schema):
    """A source of an entry. The database address is kept encrypted and never returned."""

    entry_uid: str
    name: str
    kind: str
    mode: str = "full"
    path: str = ""
    url: str = ""
    sheet: str = ""
    table: str = ""


def source_row(source: Source) -> dict[str, Any]:
    """A source as JSON."""
    names = ("uid", "name", "kind", "mode", "file_name", "sheet", "active")
    return {name: getattr(source, name) for name in names} | {
        "entry_uid": source.entry.uid,
        "unit_uid": source.unit.uid,
    }


def run_row(run: Run) -> dict[str, Any]:
    """A run as JSON."""
    names = (
        "uid",
        "state",
        "stage",
        "rows_done",
        "attempt",
        "queued_at",
        "started_at",
        "ended_at",
        "rows_in",
        "landed",
        "refused",
        "inserted",
        "updated",
        "unchanged",
        "rows_total",
        "lake_version",
        "error",
    )
    return {name: getattr(run, name) for name in names} | {"source_uid": run.source.uid}


@router.get("/sources")
def list_sources(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Sources the caller may see."""
    actor = request.actor  # type: ignore[attr-defined]
    require(actor, P.VIEW)
    return page_of(queries.list_sources(actor), limit=limit, offset=offset, serialise=source_row)


@router.post("/sources")
def create_source(request: HttpRequest, body: SourceBody) -> dict[str, Any]:
    """Add a source that reads a path or a database."""
    actor = request.actor  # type: ignore[attr-defined]
    entry = get_entry(actor=actor, uid=body.entry_uid)
    data = SourceData(**body.dict(exclude={"entry_uid"}))
    return source_row(services.create_source(actor=actor, now=now(), entry=entry, data=data))


@router.post("/sources/upload")
def upload_source(
    request: HttpRequest,
    body: Form[SourceBody],
    file: UploadedFile = File(...),  # noqa: B008 - ninja's marker
) -> dict[str, Any]:
    """Add a source that reads the uploaded file."""
    actor = request.actor  # type: ignore[attr-defined]
    entry = get_entry(actor=actor, uid=body.entry_uid)
    require(actor, P.EDIT, entry)
    kept = store(actor=actor, name=file.name or "", stream=file, now=now())
    data = SourceData(**body.dict(exclude={"entry_uid"}), file_digest=kept.digest, file_name=file.name or "")
    return source_row(services.create_source(actor=actor, now=now(), entry=entry, data=data))


@router.post("/sources/{uid}/runs")
def start_run(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Queue a load."""
    actor = request.actor  # type: ignore[attr-defined]
    source = queries.get_source(actor=actor, uid=uid)
    return run_row(services.start_run(actor=actor, source=source, now=now()))


@router.get("/runs")
def list_runs(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Runs the caller may see, newest first."""
    actor = request.actor  # type: ignore[attr-defined]
    require(actor, P.VIEW)
    rows = queries.list_runs(actor)
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=run_row)


@router.get("/runs/{uid}")
def get_run(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One run with its counts."""
    return run_row(queries.get_run(actor=request.actor, uid=uid))  # type: ignore[attr-defined]


@router.post("/runs/{uid}/cancel")
def cancel_run(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Stop a run that has not ended."""
    actor = request.actor  # type: ignore[attr-defined]
    return run_row(services.cancel_run(actor=actor, run=queries.get_run(actor=actor, uid=uid), now=now()))


@router.get("/runs/{uid}/refused")
def refused(request: HttpRequest, uid: str, limit: int = 100, offset: int = 0) -> dict[str, Any]:
    """Refused rows: row, column, value, reason, whole record."""
    actor = request.actor  # type: ignore[attr-defined]
    run = queries.get_run(actor=actor, uid=uid)
    limit = max(1, min(limit, 1000))
    rows = queries.refused_rows(actor=actor, run=run, limit=limit, offset=max(0, offset))
    return {"total": run.refused or 0, "limit": limit, "offset": offset, "items": rows}
