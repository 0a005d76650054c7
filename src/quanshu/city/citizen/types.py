"""Values of the resident's portal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quanshu.kernel.errors import Conflict, NotFound


class CorrectionState(StrEnum):
    """`review` is with the bureau; `upheld` is the bureau's word that the value stands."""

    FILED = "filed"
    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    REJECTED = "rejected"
    REVIEW = "review"
    UPHELD = "upheld"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: table, field and row at its source unit."""

    entry_uid: str
    column: str
    key: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class HeldField:
    """A field of a record about a subject: its value in clear and in words (`told`), whose it is and of when."""

    name: str
    title: str
    value: str | None
    unit: str
    at: datetime | None
    origin: Origin | None = None
    told: str = ""

    @property
    def reportable(self) -> bool:
        """Whether an error on it can be reported: it has a source row, and does not itself name the row."""
        return self.origin is not None


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A row about a subject. `uid` names it without telling anything of it."""

    uid: str
    entry_uid: str
    title: str
    unit: str
    theme: str
    at: datetime | None
    key: Mapping[str, str | None]
    fields: tuple[HeldField, ...]
    library: bool = False

    def field(self, name: str) -> HeldField | None:
        """One of its fields."""
        return next((field for field in self.fields if field.name == name), None)


@dataclass(frozen=True, slots=True)
class CorrectionData:
    """What a resident says of a field: what it should be and why."""

    entry_uid: str
    record_uid: str
    column: str
    proposed: str
    reason: str


class UseKind(StrEnum):
    """A call through the gateway, a scan of a code, or a presentation of a certificate that was opened."""

    CALL = "call"
    SCAN = "scan"
    PRESENTATION = "presentation"


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a subject's data: who, what, why, under which case number, with its receipt.

    The receipt of a scan or presentation is its uid.
    """

    at: datetime
    unit: str
    application: str
    service: str
    purpose: str
    case_number: str
    fields: str
    receipt_id: str
    table: str
    kind: UseKind = UseKind.CALL


class ProofState(StrEnum):
    """Whether a use can be proven: `gone` when the salt of its entry was destroyed."""

    READY = "ready"
    WAITING = "waiting"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class UseProof:
    """The proof of a use, as the room that keeps the ledger tells it: where to get it, where anyone checks it.

    `ready_at` is about when a waiting one can be had; None while too few witnesses sign.
    """

    state: ProofState
    ready_at: datetime | None
    url: str
    check_url: str
    policy_url: str


@dataclass(frozen=True, slots=True)
class CorrectionFigures:
    """Corrections decided by source units. Rates are None while there is nothing to divide by."""

    unit: str
    total: int
    waiting: int
    overdue: int
    decided: int
    on_time: int
    corrected: int

    @property
    def on_time_rate(self) -> float | None:
        """Decided within two working days / decided."""
        return self.on_time / self.decided if self.decided else None


class RecordNotFound(NotFound):
    code = "citizen.record_not_found"
    message = "There is no such record about you."
    remedy = "Open “My data” and choose one."


class UseNotFound(NotFound):
    code = "citizen.use_not_found"
    message = "There is no use of your data with this receipt."
    remedy = "Open “Who used my data” and choose one."


class CorrectionNotFound(NotFound):
    code = "citizen.correction_not_found"
    message = "There is no correction “%(correction)s” that you may see."
    remedy = "Open the list of corrections and choose one."


class CorrectionWrongState(Conflict):
    code = "citizen.correction_wrong_state"
    message = "The correction's state does not allow this now."
    remedy = "Open it to see what can be done with it."


class NotChanged(Conflict):
    code = "citizen.not_changed"
    message = "The table still holds the value that was reported."
    remedy = "Correct the record in the source system and load it, land the correction here, or reject it with reasons."


class BuiltTable(Conflict):
    code = "citizen.built_table"
    message = "This table is built from others, so a correction cannot be landed in it."
    remedy = "Correct the tables it is built from, or the model that builds it."
