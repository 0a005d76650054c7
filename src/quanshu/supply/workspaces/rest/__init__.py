"""Workspaces over the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.organisation.api import Unit
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.libraries.api import get_library
from quanshu.supply.workspaces import queries, services
from quanshu.supply.workspaces.models import Draft, Run, Table, Workspace
from quanshu.supply.workspaces.permissions import WorkspacePermission as P
from quanshu.supply.workspaces.types import AskData, DraftData, GrantData, WorkspaceData, WorkspaceNotFound

router = Router()


class WorkspaceBody(Schema):
    """A workspace; `unit` is a unit's uid."""

    unit: str
    name: str
    name_en: str = ""
    purpose: str


class AskBody(Schema):
    """A table asked for; `entry` is a catalogue entry's uid."""

    entry: str
    alias: str
    columns: list[str]
    reason: str
    until: date


class GrantBody(Schema):
    """A table as granted: {field: mask}."""

    masks: dict[str, str]
    until: date | None = None


class ReasonBody(Schema):
    """Why."""

    reason: str


class PromoteBody(Schema):
    """Where a model goes; `library` is a library's uid."""

    library: str
    code: str
    keys: str = ""


class DraftBody(Schema):
    """A draft; `kind` is query or model."""

    title: str
    kind: str = "query"
    sql: str


def space_row(space: Workspace) -> dict[str, Any]:
    """A workspace."""
    return {
        "uid": space.uid,
        "name": space.name,
        "name_en": space.name_en,
        "purpose": space.purpose,
        "unit_name": space.unit.name,
        "created_at": space.created_at,
        "closed_at": space.closed_at,
    }


def table_row(table: Table) -> dict[str, Any]:
    """A table of a workspace."""
    return {
        "uid": table.uid,
        "workspace_uid": table.workspace.uid,
        "entry_uid": table.entry.uid,
        "entry_name": table.entry.resource_name,
        "alias": table.alias,
        "columns": table.columns,
        "masks": table.masks,
        "reason": table.reason,
        "until": table.until,
        "state": table.state,
        "decision": table.decision,
    }


def draft_row(draft: Draft) -> dict[str, Any]:
    """A draft."""
    return {
        "uid": draft.uid,
        "workspace_uid": draft.workspace.uid,
        "title": draft.title,
        "kind": draft.kind,
        "state": draft.state,
        "sql": draft.sql,
        "revision": draft.revision,
        "author": draft.author,
        "updated_at": draft.updated_at,
        "review_note": draft.review_note,
    }


def run_row(run: Run) -> dict[str, Any]:
    """A run with its answer."""
    return {
        "uid": run.uid,
        "revision": run.revision,
        "state": run.state,
        "columns": run.columns,
        "rows": run.rows,
        "truncated": run.truncated,
        "sampled": run.sampled,
        "took_ms": run.took_ms,
        "error": run.error,
    }


@router.get("/spaces")
def list_workspaces(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Workspaces."""
    actor = actor_of(request, P.VIEW)
    return page_of(queries.list_workspaces(actor), limit=limit, offset=offset, serialise=space_row)


@router.post("/spaces", response={201: dict[str, Any]})
def create_workspace(request: HttpRequest, body: WorkspaceBody) -> Status[dict[str, Any]]:
    """Make a workspace for a unit."""
    actor = actor_of(request, P.EDIT)
    unit = Unit.objects.filter(uid=body.unit).first()
    if unit is None:
        raise WorkspaceNotFound
    data = WorkspaceData(body.name, body.name_en, body.purpose)
    return Status(201, space_row(services.create_workspace(actor=actor, now=now(), unit=unit, data=data)))


@router.get("/spaces/{uid}")
def get_workspace(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One workspace with its tables and drafts."""
    actor = actor_of(request, P.VIEW)
    space = queries.get_workspace(actor=actor, uid=uid)
    tables = space.tables.select_related("entry", "workspace")
    drafts = space.drafts.select_related("workspace")
    return space_row(space) | {
        "tables": [table_row(row) for row in tables],
        "drafts": [draft_row(row) for row in drafts],
    }


@router.post("/spaces/{uid}/close")
def close_workspace(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Close a workspace."""
    actor = actor_of(request, P.EDIT)
    space = queries.get_workspace(actor=actor, uid=uid)
    return space_row(services.close_workspace(actor=actor, now=now(), space=space))


@router.post("/spaces/{uid}/tables", response={201: dict[str, Any]})
def ask_table(request: HttpRequest, uid: str, body: AskBody) -> Status[dict[str, Any]]:
    """Ask for fields of a table."""
    actor = actor_of(request, P.ASK)
    space = queries.get_workspace(actor=actor, uid=uid)
    entry = queries.askable_entries(actor).filter(uid=body.entry).first()
    if entry is None:
        raise WorkspaceNotFound
    data = AskData(body.alias, tuple(body.columns), body.reason, body.until)
    return Status(201, table_row(services.ask_table(actor=actor, now=now(), space=space, entry=entry, data=data)))


@router.get("/tables")
def list_tables(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Tables asked for, as asker or as the data's owner."""
    actor = actor_of(request, P.VIEW)
    rows = queries.list_tables(actor)
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=table_row)


@router.post("/tables/{uid}/grant")
def grant_table(request: HttpRequest, uid: str, body: GrantBody) -> dict[str, Any]:
    """Grant fields, each with its mask."""
    actor = actor_of(request, P.GRANT)
    table = queries.get_table(actor=actor, uid=uid)
    data = GrantData(body.masks, body.until)
    return table_row(services.grant_table(actor=actor, now=now(), table=table, data=data))


@router.post("/tables/{uid}/refuse")
def refuse_table(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Refuse a request."""
    actor = actor_of(request, P.GRANT)
    table = queries.get_table(actor=actor, uid=uid)
    return table_row(services.refuse_table(actor=actor, now=now(), table=table, reason=body.reason))


@router.post("/tables/{uid}/end")
def end_table(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """End a table that is granted."""
    actor = actor_of(request, P.GRANT)
    table = queries.get_table(actor=actor, uid=uid)
    return table_row(services.end_table(actor=actor, now=now(), table=table, reason=body.reason))


@router.post("/spaces/{uid}/drafts", response={201: dict[str, Any]})
def create_draft(request: HttpRequest, uid: str, body: DraftBody) -> Status[dict[str, Any]]:
    """Write a new draft."""
    actor = actor_of(request, P.WRITE)
    space = queries.get_workspace(actor=actor, uid=uid)
    data = DraftData(body.title, body.kind, body.sql)
    return Status(201, draft_row(services.save_draft(actor=actor, now=now(), space=space, data=data)))


@router.get("/drafts/{uid}")
def get_draft(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One draft with its last run."""
    actor = actor_of(request, P.VIEW)
    draft = queries.get_draft(actor=actor, uid=uid)
    run = draft.runs.first()
    return draft_row(draft) | {"last_run": run_row(run) if run else None}


@router.put("/drafts/{uid}")
def revise_draft(request: HttpRequest, uid: str, body: DraftBody) -> dict[str, Any]:
    """Save a draft's next revision."""
    actor = actor_of(request, P.WRITE)
    draft = queries.get_draft(actor=actor, uid=uid)
    data = DraftData(body.title, body.kind, body.sql)
    saved = services.save_draft(actor=actor, now=now(), space=draft.workspace, data=data, draft=draft)
    return draft_row(saved)


@router.post("/drafts/{uid}/run")
def run_draft(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Run a draft on a sample; a query that fails answers with the fault in `error`."""
    actor = actor_of(request, P.RUN)
    draft = queries.get_draft(actor=actor, uid=uid)
    return run_row(services.run_draft(actor=actor, now=now(), draft=draft))


@router.post("/drafts/{uid}/submit")
def submit_draft(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Give a model to review."""
    actor = actor_of(request, P.WRITE)
    draft = queries.get_draft(actor=actor, uid=uid)
    return draft_row(services.submit_draft(actor=actor, now=now(), draft=draft))


@router.post("/drafts/{uid}/return")
def return_draft(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Give a draft back to its author."""
    actor = actor_of(request, P.REVIEW)
    draft = queries.get_draft(actor=actor, uid=uid)
    return draft_row(services.return_draft(actor=actor, now=now(), draft=draft, reason=body.reason))


@router.post("/drafts/{uid}/promote")
def promote_draft(request: HttpRequest, uid: str, body: PromoteBody) -> dict[str, Any]:
    """Make a reviewed draft a model of a library."""
    actor = actor_of(request, P.REVIEW)
    draft = queries.get_draft(actor=actor, uid=uid)
    library = get_library(actor=actor, uid=body.library)
    promoted = services.promote_draft(
        actor=actor, now=now(), draft=draft, library=library, code=body.code, keys=body.keys
    )
    return draft_row(promoted) | {"model_uid": promoted.model_uid}


@router.post("/drafts/{uid}/drop")
def drop_draft(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Put a draft away."""
    actor = actor_of(request, P.WRITE)
    draft = queries.get_draft(actor=actor, uid=uid)
    return draft_row(services.drop_draft(actor=actor, now=now(), draft=draft))
