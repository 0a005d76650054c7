"""Values of workspaces; no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class TableState(StrEnum):
    """A table asked for a workspace."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    ENDED = "ended"


class DraftKind(StrEnum):
    """What a draft is for: a question asked once and again, or the text of a library's model."""

    QUERY = "query"
    MODEL = "model"


class DraftState(StrEnum):
    DRAFT = "draft"
    REVIEW = "review"
    RETURNED = "returned"
    PROMOTED = "promoted"
    DROPPED = "dropped"


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WorkspaceData:
    """A workspace as entered."""

    name: str
    name_en: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class AskData:
    """A table asked for: its name in queries, the columns wanted, why, and until when."""

    alias: str
    columns: tuple[str, ...]
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class GrantData:
    """A table as granted: {column: mask}, and the last day."""

    masks: Mapping[str, str] = field(default_factory=dict)
    until: date | None = None


@dataclass(frozen=True, slots=True)
class DraftData:
    """A draft as entered."""

    title: str
    kind: str
    sql: str


class WorkspaceNotFound(NotFound):
    code = "workspaces.not_found"
    message = "There is no such workspace, table or draft, or it is not yours to see."
    remedy = "Open the list of workspaces and choose from there."


class WorkspaceClosed(Conflict):
    code = "workspaces.closed"
    message = "The workspace is closed."
    remedy = "Work in another workspace of your unit, or make a new one."


class NothingLanded(Conflict):
    code = "workspaces.nothing_landed"
    message = "The table “%(alias)s” holds no data yet."
    remedy = "Wait until its source has been loaded; its catalogue entry says when."


class NotDecidable(Conflict):
    code = "workspaces.not_decidable"
    message = "The request has been decided already."
    remedy = "Open it again to see by whom; a table that is granted can be ended."


class NotEndable(Conflict):
    code = "workspaces.not_endable"
    message = "Only a table that is granted can be ended."
    remedy = "Decide the request instead."


class NotWritable(Conflict):
    code = "workspaces.not_writable"
    message = "A draft that is under review, promoted or dropped is not changed."
    remedy = "Wait for the reviewer, or begin a new draft."


class NotSubmittable(Conflict):
    code = "workspaces.not_submittable"
    message = "Only a model that has been run as it now stands goes to review."
    remedy = "Run the model, look at its rows, then submit it."


class NotReviewable(Conflict):
    code = "workspaces.not_reviewable"
    message = "The draft is not waiting for review."
    remedy = "Open the list of drafts under review."


class OwnDraft(Forbidden):
    code = "workspaces.own_draft"
    message = "A draft is not reviewed by the person who wrote it."
    remedy = "Ask a colleague to review it."


class Busy(TooMany):
    code = "workspaces.busy"
    message = "As many queries as the node allows are running."
    remedy = "Try again in a few seconds."


class WeakMask(Invalid):
    code = "workspaces.weak_mask"
    message = "The field “%(column)s” may not be shown more openly than its catalogue entry says."
    remedy = "Choose the mask of the entry, or a stronger one."
