"""Intake over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from quanshu.kernel.clock import now
from quanshu.shared.access.api import Actor, require
from quanshu.shared.files.api import store
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.catalogue.api import Entry, get_entry
from quanshu.supply.intake import queries, services
from quanshu.supply.intake.models import Run, Source
from quanshu.supply.intake.permissions import IntakePermission as P
from quanshu.supply.intake.types import SourceData

router = Router()
Made = Status[dict[str, Any]]
CREATED = {201: dict[str, Any]}


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
    drift: str = "refuse"
    options: dict[str, Any] = {}
    secret: dict[str, str] = {}

    def value(self, **upload: str) -> SourceData:
        """As the value services take."""
        given = self.dict(include=set(SourceBody.model_fields) - {"entry_uid"})
        return SourceData(**{**given, **upload})


class RunsAsked(Schema):
    """What narrows the list of runs."""

    state: str = ""
    source_uid: str = ""
    entry_uid: str = ""

    def lookups(self) -> dict[str, str]:
        """As look-ups of the rows."""
        asked = {"state": self.state, "source__uid": self.source_uid, "source__entry__uid": self.entry_uid}
        return {field: value for field, value in asked.items() if value}


def entry_of(actor: Actor, uid: str) -> Entry:
    """The entry a source is for; the caller must be one who may register sources there."""
    entry = get_entry(actor=actor, uid=uid)
    require(actor, P.EDIT, entry)
    return entry


def source_row(source: Source) -> dict[str, Any]:
    """A source as JSON."""
    names = (
        "uid",
        "name",
        "kind",
        "mode",
        "drift",
        "options",
        "file_name",
        "path",
        "sheet",
        "table",
        "active",
        "created_at",
    )
    return {
        **{name: getattr(source, name) for name in names},
        "entry_uid": source.entry.uid,
        "entry_code": source.entry.code,
        "unit_uid": source.unit.uid,
        "has_address": bool(source.sealed_url),
        "has_secret": bool(source.sealed_secret),
    }


def run_row(run: Run) -> dict[str, Any]:
    """A run as JSON; rows_in = landed + refused."""
    names = (
        *("uid", "state", "stage", "rows_done", "attempt", "started_by", "queued_at", "started_at", "ended_at"),
        *("rows_in", "landed", "refused", "inserted", "updated", "unchanged", "deleted"),
        *("rows_total", "lake_version", "trigger", "file_name", "cursor", "notes"),
        *("held_for", "drift", "pending_deletes", "decision"),
    )
    message, remedy = queries.error_text(run, gettext)
    error = {"code": run.error["code"], "message": message, "remedy": remedy} if run.error else None
    return {
        **{name: getattr(run, name) for name in names},
        "source_uid": run.source.uid,
        "replay_of": run.replay_of.uid if run.replay_of else None,
        "error": error,
    }


class Refused:
    """The refused rows of a run, to be paged as rows of the control plane are."""

    def __init__(self, actor: Actor, run: Run) -> None:
        self.actor, self.run = actor, run

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        limit = part.stop - part.start
        return queries.refused_rows(actor=self.actor, run=self.run, limit=limit, offset=part.start)

    def count(self) -> int:
        """Rows, not faults."""
        return self.run.refused or 0


@router.get("/sources")
def list_sources(request: HttpRequest, entry_uid: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Sources the caller may see."""
    rows = queries.list_sources(actor_of(request, P.VIEW))
    rows = rows.filter(entry__uid=entry_uid) if entry_uid else rows
    return page_of(rows, limit=limit, offset=offset, serialise=source_row)


@router.post("/sources", response=CREATED)
def create_source(request: HttpRequest, body: SourceBody) -> Made:
    """Register a source that reads a file in a drop folder or a database."""
    actor = actor_of(request, P.EDIT)
    entry = entry_of(actor, body.entry_uid)
    return Status(201, source_row(services.create_source(actor=actor, now=now(), entry=entry, data=body.value())))


@router.post("/sources/upload", response=CREATED)
def upload_source(
    request: HttpRequest,
    body: Form[SourceBody],
    file: UploadedFile = File(...),  # noqa: B008 - ninja's marker
) -> Made:
    """Register a source that reads the uploaded file."""
    actor = actor_of(request, P.EDIT)
    entry = entry_of(actor, body.entry_uid)
    kept = store(actor=actor, name=file.name or "", stream=file, now=now())
    data = body.value(file_digest=kept.digest, file_name=file.name or "")
    return Status(201, source_row(services.create_source(actor=actor, now=now(), entry=entry, data=data)))


@router.get("/sources/{uid}")
def get_source(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One source."""
    return source_row(queries.get_source(actor=actor_of(request, P.VIEW), uid=uid))


@router.post("/sources/{uid}/file", response=CREATED)
def load_file(
    request: HttpRequest,
    uid: str,
    file: UploadedFile = File(...),  # noqa: B008 - ninja's marker
) -> Made:
    """Give a source its next file and queue the load of it."""
    actor = actor_of(request, P.EDIT)
    source = queries.get_source(actor=actor, uid=uid)
    run = services.load_file(actor=actor, now=now(), source=source, name=file.name or "", stream=file)
    return Status(201, run_row(run))


@router.post("/sources/{uid}/runs", response=CREATED)
def start_run(request: HttpRequest, uid: str) -> Made:
    """Queue a load."""
    actor = actor_of(request, P.RUN)
    source = queries.get_source(actor=actor, uid=uid)
    return Status(201, run_row(services.start_run(actor=actor, source=source, now=now())))


@router.get("/runs")
def list_runs(request: HttpRequest, asked: Query[RunsAsked], limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Runs the caller may see, newest first."""
    rows = queries.list_runs(actor_of(request, P.VIEW)).filter(**asked.lookups())
    return page_of(rows, limit=limit, offset=offset, serialise=run_row)


@router.get("/runs/{uid}")
def get_run(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One run with its counts."""
    return run_row(queries.get_run(actor=actor_of(request, P.VIEW), uid=uid))


@router.post("/runs/{uid}/cancel")
def cancel_run(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Stop a run that is not being written yet."""
    actor = actor_of(request, P.CANCEL)
    return run_row(services.cancel_run(actor=actor, run=queries.get_run(actor=actor, uid=uid), now=now()))


@router.get("/runs/{uid}/refused")
def refused(request: HttpRequest, uid: str, limit: int = 100, offset: int = 0) -> dict[str, Any]:
    """Refused rows, one item a fault. `total`, `limit` and `offset` count rows, of which each may have several."""
    actor = actor_of(request, P.VIEW)
    rows: Any = Refused(actor, queries.get_run(actor=actor, uid=uid))
    return page_of(rows, limit=limit, offset=offset, serialise=dict)


# The routes of steps register themselves on the router.
from quanshu.supply.intake.rest import steps  # noqa: E402, F401
