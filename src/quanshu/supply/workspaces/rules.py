"""Decisions over workspaces. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.masking import Mask
from quanshu.lake.sqlcheck import check_select
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.supply.workspaces.events import WorkspaceEvent
from quanshu.supply.workspaces.permissions import WorkspacePermission
from quanshu.supply.workspaces.types import (
    AskData,
    DraftData,
    DraftKind,
    DraftState,
    NotDecidable,
    NotEndable,
    NotReviewable,
    NotSubmittable,
    NotWritable,
    OwnDraft,
    TableState,
    WeakMask,
    WorkspaceClosed,
    WorkspaceData,
)

P, E, S, T = WorkspacePermission, WorkspaceEvent, DraftState, TableState
DECISION_DAYS = 5
REVIEW_DAYS = 5
MOST_DAYS = 366
ALIAS = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Masks that show nothing may always stand in for the entry's own.
STRONGEST = frozenset({Mask.FULL, Mask.HASH})

TABLE_MACHINE = Machine(
    name="workspaces.table",
    states=TableState,
    transitions=(
        Transition("grant", frozenset({T.ASKED}), T.GRANTED, P.GRANT, E.TABLE_GRANTED, label=N_("Grant")),
        Transition("refuse", frozenset({T.ASKED}), T.REFUSED, P.GRANT, E.TABLE_REFUSED, label=N_("Refuse")),
        Transition("end", frozenset({T.GRANTED}), T.ENDED, P.GRANT, E.TABLE_ENDED, label=N_("End")),
    ),
)
DRAFT_MACHINE = Machine(
    name="workspaces.draft",
    states=DraftState,
    transitions=(
        Transition(
            "submit", frozenset({S.DRAFT, S.RETURNED}), S.REVIEW, P.WRITE, E.DRAFT_SUBMITTED, label=N_("Submit")
        ),
        Transition("return", frozenset({S.REVIEW}), S.RETURNED, P.REVIEW, E.DRAFT_RETURNED, label=N_("Return")),
        Transition("promote", frozenset({S.REVIEW}), S.PROMOTED, P.REVIEW, E.DRAFT_PROMOTED, label=N_("Promote")),
        Transition("drop", frozenset({S.DRAFT, S.RETURNED}), S.DROPPED, P.WRITE, E.DRAFT_DROPPED, label=N_("Drop")),
    ),
)


def check_workspace(data: WorkspaceData) -> None:
    """A workspace has a name and says what it is for. Raises FieldErrors."""
    faults = []
    if not data.name.strip():
        faults.append(FieldError("name", N_("The name is empty."), N_("Give the workspace a name.")))
    if len(data.purpose.strip()) < 4:
        fault = N_("The purpose is missing.")
        faults.append(FieldError("purpose", fault, N_("Say in a sentence what the data will be used for.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_open(*, closed: bool) -> None:
    """Work goes on in an open workspace only. Raises `workspaces.closed`."""
    if closed:
        raise WorkspaceClosed


def check_ask(data: AskData, *, columns: Sequence[str], taken: Collection[str], today: date) -> None:
    """A table is asked by a name that is free, with columns it has, a reason and a day to come. Raises FieldErrors."""
    faults = []
    if not ALIAS.fullmatch(data.alias):
        remedy = N_("Use lower-case letters, digits and underscores, a letter first, 40 at most.")
        faults.append(FieldError("alias", N_("This is no name for a table."), remedy))
    elif data.alias in taken:
        faults.append(
            FieldError("alias", N_("Another table of the workspace has this name."), N_("Choose another name."))
        )
    unknown = [name for name in data.columns if name not in columns]
    if not data.columns or unknown:
        fault = N_("The entry has no field %(names)s.") if unknown else N_("No field is chosen.")
        remedy = N_("Choose from the fields of the entry.")
        faults.append(FieldError("columns", fault, remedy, {"names": ", ".join(unknown)}))
    if len(data.reason.strip()) < 4:
        faults.append(FieldError("reason", N_("The reason is missing."), N_("Say what the fields are needed for.")))
    faults += until_faults(data.until, today)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def until_faults(until: date | None, today: date) -> list[FieldError]:
    """What is wrong with a last day: it lies in the past, or too far off."""
    if until is None or until < today:
        return [FieldError("until", N_("The last day is past."), N_("Choose today or a later day."))]
    if until > today + timedelta(days=MOST_DAYS):
        return [FieldError("until", N_("The last day is more than a year off."), N_("Choose a day within a year."))]
    return []


def check_masks(masks: Mapping[str, str], *, asked: Sequence[str], graded: Mapping[str, str]) -> None:
    """Fields are granted as their entry masks them, or closer. Raises FieldErrors, `workspaces.weak_mask`."""
    if not masks or any(name not in asked for name in masks):
        fault = N_("Only fields that were asked for can be granted, and at least one.")
        raise FieldErrors(errors=(FieldError("masks", fault, N_("Choose among the fields asked for, or refuse.")),))
    known = {mask.value for mask in Mask}
    for name, mask in masks.items():
        if mask not in known:
            raise FieldErrors(
                errors=(FieldError("masks", N_("There is no such mask."), N_("Choose a mask of the list.")),)
            )
        own = graded.get(name, Mask.NONE)
        if own != Mask.NONE and mask != own and mask not in STRONGEST:
            raise WeakMask(column=name)


def check_decidable(state: str) -> None:
    """Raises `workspaces.not_decidable`."""
    if state != T.ASKED:
        raise NotDecidable


def check_endable(state: str) -> None:
    """Raises `workspaces.not_endable`."""
    if state != T.GRANTED:
        raise NotEndable


def is_usable(state: str, until: date, today: date) -> bool:
    """Whether a table may be read on a day."""
    return state == T.GRANTED and until >= today


def check_draft(data: DraftData, *, tables: Collection[str]) -> None:
    """A draft has a title and one SELECT over the workspace's tables. Raises FieldErrors, `lake.bad_query`."""
    faults = []
    if not data.title.strip():
        faults.append(FieldError("title", N_("The title is empty."), N_("Give the draft a title.")))
    if data.kind not in set(DraftKind):
        faults.append(FieldError("kind", N_("There is no such kind."), N_("Choose query or model.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))
    check_select(data.sql, tables=tables)


def check_writable(state: str) -> None:
    """Raises `workspaces.not_writable`."""
    if state not in {S.DRAFT, S.RETURNED}:
        raise NotWritable


def check_submittable(*, state: str, kind: str, ran_as_is: bool) -> None:
    """Only a model, run as it stands, goes to review. Raises `workspaces.not_submittable`."""
    check_writable(state)
    if kind != DraftKind.MODEL or not ran_as_is:
        raise NotSubmittable


def check_reviewable(*, state: str, author_uid: str, actor_uid: str) -> None:
    """Another person reviews. Raises `workspaces.not_reviewable`, `workspaces.own_draft`."""
    if state != S.REVIEW:
        raise NotReviewable
    if author_uid == actor_uid:
        raise OwnDraft
