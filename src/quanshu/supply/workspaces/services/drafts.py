"""Drafts: saved with every revision kept, submitted, returned, dropped."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.lake.sqlcheck import check_select
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.workflow import api as workflow
from quanshu.supply.libraries.api import Library, ModelData, save_model, submit_model
from quanshu.supply.workspaces import rules
from quanshu.supply.workspaces.events import WorkspaceEvent
from quanshu.supply.workspaces.models import Draft, Revision, Table, Workspace
from quanshu.supply.workspaces.permissions import WorkspacePermission
from quanshu.supply.workspaces.services.noting import note
from quanshu.supply.workspaces.types import DraftData, DraftState, RunState, TableState

KIND = "workspaces.draft"


@transaction.atomic
def save_draft(*, actor: Actor, now: datetime, space: Workspace, data: DraftData, draft: Draft | None = None) -> Draft:
    """Save a new draft or the next revision of one. Raises Forbidden, FieldErrors, `lake.bad_query`,
    `workspaces.closed`, `workspaces.not_writable`."""
    if draft is None:
        draft = Draft(workspace=space, author_uid=actor.uid, author=actor.name, created_at=now, revision=0, sql="")
    else:
        draft = locked(draft)
    require(actor, WorkspacePermission.WRITE, draft)
    rules.check_open(closed=draft.workspace.closed_at is not None)
    rules.check_writable(draft.state)
    granted = Table.objects.filter(workspace=draft.workspace, state=TableState.GRANTED)
    rules.check_draft(data, tables=list(granted.values_list("alias", flat=True)))
    changed = data.sql != draft.sql
    draft.title, draft.kind, draft.updated_at, draft.state = data.title.strip(), data.kind, now, DraftState.DRAFT
    if changed:
        draft.sql, draft.revision = data.sql, draft.revision + 1
    draft.save()
    if changed:
        Revision.objects.create(draft=draft, number=draft.revision, sql=data.sql, saved_at=now, saved_by=actor.name)
    note(WorkspaceEvent.DRAFT_SAVED, draft, actor=actor, now=now, details={"revision": draft.revision})
    return draft


@transaction.atomic
def submit_draft(*, actor: Actor, now: datetime, draft: Draft) -> Draft:
    """Give a model to review. Raises Forbidden, `workspaces.not_submittable`, `workspaces.not_writable`."""
    draft = locked(draft)
    require(actor, WorkspacePermission.WRITE, draft)
    rules.check_open(closed=draft.workspace.closed_at is not None)
    rules.check_submittable(state=draft.state, kind=draft.kind, ran_as_is=ran_as_is(draft))
    draft.state, draft.review_note = DraftState.REVIEW, ""
    draft.save()
    clock = workflow.start_clock(
        kind="workspaces.review",
        subject_kind=KIND,
        subject_uid=draft.uid,
        days=rules.REVIEW_DAYS,
        holder_path="/",
        now=now,
    )
    workflow.open_todo(
        kind="workspaces.review",
        subject_kind=KIND,
        subject_uid=draft.uid,
        title=f"{draft.workspace.unit.name}: {draft.title}",
        url=draft.get_absolute_url(),
        permission=WorkspacePermission.REVIEW,
        unit_path="/",
        due_on=clock.due_on,
        now=now,
    )
    note(WorkspaceEvent.DRAFT_SUBMITTED, draft, actor=actor, now=now, details={"revision": draft.revision})
    return draft


@transaction.atomic
def return_draft(*, actor: Actor, now: datetime, draft: Draft, reason: str) -> Draft:
    """Give a draft back to its author with what is to be mended. Raises Forbidden, `workspaces.not_reviewable`."""
    draft = locked(draft)
    require(actor, WorkspacePermission.REVIEW, draft)
    rules.check_reviewable(state=draft.state, author_uid=draft.author_uid, actor_uid=actor.uid)
    draft.state, draft.review_note = DraftState.RETURNED, reason.strip()
    draft.save()
    reviewed(draft, now)
    note(WorkspaceEvent.DRAFT_RETURNED, draft, actor=actor, now=now)
    return draft


@transaction.atomic
def promote_draft(*, actor: Actor, now: datetime, draft: Draft, library: Library, code: str, keys: str) -> Draft:
    """Make a reviewed draft a model of a library, as its author's; there it is published and built.

    Raises Forbidden, `workspaces.not_reviewable`, `workspaces.own_draft`, and what saving a model raises.
    """
    draft = locked(draft)
    require(actor, WorkspacePermission.REVIEW, draft)
    rules.check_reviewable(state=draft.state, author_uid=draft.author_uid, actor_uid=actor.uid)
    read = set(check_select(draft.sql).tables)
    tables = Table.objects.filter(workspace=draft.workspace, alias__in=read, state=TableState.GRANTED)
    references = "\n".join(f"{table.alias} = {table.entry.code}" for table in tables.select_related("entry"))
    data = ModelData(code=code, title=draft.title, sql=draft.sql, references=references, keys=keys)
    author = (draft.author_uid, draft.author)
    version = save_model(actor=SYSTEM, now=now, library=library, data=data, author=author)
    submit_model(actor=SYSTEM, now=now, model=version.model)
    draft.state, draft.model_uid = DraftState.PROMOTED, version.model.uid
    draft.save()
    reviewed(draft, now)
    details = {"model_uid": version.model.uid, "library": library.code}
    note(WorkspaceEvent.DRAFT_PROMOTED, draft, actor=actor, now=now, details=details)
    return draft


@transaction.atomic
def drop_draft(*, actor: Actor, now: datetime, draft: Draft) -> Draft:
    """Put a draft away; it can still be read. Raises Forbidden, `workspaces.not_writable`."""
    draft = locked(draft)
    require(actor, WorkspacePermission.WRITE, draft)
    rules.check_writable(draft.state)
    draft.state, draft.updated_at = DraftState.DROPPED, now
    draft.save()
    note(WorkspaceEvent.DRAFT_DROPPED, draft, actor=actor, now=now)
    return draft


def locked(draft: Draft) -> Draft:
    """The row as it is now, held until the transaction ends."""
    return Draft.objects.select_for_update(of=("self",)).select_related("workspace__unit").get(pk=draft.pk)


def ran_as_is(draft: Draft) -> bool:
    """Whether the draft has been run well as it now stands."""
    return draft.runs.filter(revision=draft.revision, state=RunState.DONE).exists()


def reviewed(draft: Draft, now: datetime) -> None:
    """The reviewer's clock stops and the to-do closes."""
    workflow.stop_clock(kind="workspaces.review", subject_kind=KIND, subject_uid=draft.uid, now=now)
    workflow.close_todo(kind="workspaces.review", subject_kind=KIND, subject_uid=draft.uid, now=now)
