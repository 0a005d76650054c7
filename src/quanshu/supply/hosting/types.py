"""Values of hosting; no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Invalid, NotFound


class AgreementState(StrEnum):
    """The course of a hosting agreement (托管协议). `returning`: ended, its data not yet taken back."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    ACTIVE = "active"
    RETURNING = "returning"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class Work(StrEnum):
    """What the platform does: 存储, 清洗治理, 共享服务."""

    STORAGE = "storage"
    CLEANING = "cleaning"
    SERVING = "serving"


class ChangeKind(StrEnum):
    ADD = "add"
    EDIT = "edit"
    DELETE = "delete"
    UPLOAD = "upload"


class ChangeState(StrEnum):
    """`writing` is under way; `conflict` met another's change; `failed` broke off and changed nothing."""

    PENDING = "pending"
    WRITING = "writing"
    APPLIED = "applied"
    REFUSED = "refused"
    CONFLICT = "conflict"
    FAILED = "failed"


Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class AgreementData:
    """What a unit asks for. `editors` are account uids, empty for everybody of the unit who holds the right;
    `keep_months` is how long the platform keeps the data after the end, 0 for not at all."""

    reason: str
    works: tuple[str, ...]
    term_until: date
    editors: tuple[str, ...] = ()
    four_eyes: bool = False
    keep_months: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A row as text: its key, values, and the mark that tells whether it has changed since it was read."""

    key: Values
    values: Values
    base: str


@dataclass(frozen=True, slots=True)
class UnitHosting:
    """Hosted tables of one unit."""

    unit_uid: str
    unit_name: str
    tables: int
    rows: int
    changes: int
    last_edit: datetime | None


@dataclass(frozen=True, slots=True)
class HostingFigures:
    """Unified hosting (统一托管): agreements in force, tables with rows in them, rows, changes made by hand."""

    agreements: int
    tables: int
    rows: int
    changes: int
    last_edit: datetime | None
    by_unit: tuple[UnitHosting, ...] = ()


class HostingNotFound(NotFound):
    code = "hosting.not_found"
    message = "There is no such agreement, row or change that you may see."
    remedy = "Open the list of hosted tables and choose from there."


class WrongStep(Conflict):
    code = "hosting.wrong_state"
    message = "The state does not allow this step now."
    remedy = "Open the page again and see its next step."


class AlreadyHosted(Conflict):
    code = "hosting.already_hosted"
    message = "There is an agreement over this table already."
    remedy = "Open that agreement, or end it first."


class NotHostable(Conflict):
    code = "hosting.not_hostable"
    message = "Only a published entry whose items name a key can be hosted."
    remedy = "Publish the entry and mark the items that identify a row."


class HasSources(Conflict):
    code = "hosting.has_sources"
    message = "The entry is still loaded from sources: %(sources)s. They would overwrite what is edited here."
    remedy = "Switch these sources off first."


class NotEditor(Conflict):
    code = "hosting.not_editor"
    message = "The agreement does not name you among those who edit this table."
    remedy = "Ask an editor named in the agreement, or have the agreement changed."


class RowChanged(Conflict):
    code = "hosting.row_changed"
    message = "The row was changed by someone else since you opened it; nothing was saved."
    remedy = "Compare with the row as it is now, and save again if your values shall stand."


class RowExists(Conflict):
    code = "hosting.row_exists"
    message = "There is a row with this key (%(keys)s)."
    remedy = "Open that row and edit it, or correct the key."


class RowGone(Conflict):
    code = "hosting.row_gone"
    message = "The row is not there any more."
    remedy = "Go back to the list; its history tells who deleted it."


class ChangeWaits(Conflict):
    code = "hosting.change_waits"
    message = "A change of this row waits for the second person."
    remedy = "Have it approved or refused first."


class NothingChanged(Invalid):
    code = "hosting.nothing_changed"
    message = "Nothing differs from the row as it is."
    remedy = "Change a value, or go back."


class OwnChange(Conflict):
    code = "hosting.own_change"
    message = "Another person approves the change; nobody approves one's own."
    remedy = "Ask the unit's chief data representative or another editor."


class CannotUndo(Conflict):
    code = "hosting.cannot_undo"
    message = "Only the last change of a row that was written can be undone."
    remedy = "Undo the later changes of the row first, or edit the row."


class StillInForce(Conflict):
    code = "hosting.still_in_force"
    message = "The data are still in use: the catalogue entry is in force, and services may answer from it."
    remedy = "Take the entry out of force first; its services stop with it."
