"""Values of development: orders, the test in the sandbox, health, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quanshu.kernel.errors import Conflict, NotFound


class OrderState(StrEnum):
    OPEN = "open"
    BUILDING = "building"
    READY = "ready"
    ACCEPTED = "accepted"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class Grain(StrEnum):
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class OrderData:
    """What is asked for. `fields` are items of the entry the service must tell of."""

    title: str
    fields: tuple[str, ...]
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing tried in the sandbox: its code, whether it was as it must be, and what was seen."""

    code: str
    ok: bool
    seen: str = ""


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """Clause 2.2.1, 统一开发: services accepted and published; accepted at the first handing over; built in time."""

    total: int
    open: int
    accepted: int
    published: int
    cancelled: int
    handed: int
    accepted_at_once: int
    built: int
    built_on_time: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One probe: when, its outcome, and the time it took in microseconds."""

    at: datetime
    ok: bool
    code: str
    duration_us: int


@dataclass(frozen=True, slots=True)
class Rolled:
    """Probes of an hour or a day. `p50_us` and `p95_us` are of those answered, None when none was."""

    total: int
    ok: int
    p50_us: int | None
    p95_us: int | None
    codes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Period:
    """Availability of a stretch of time; None where nothing was probed."""

    label: str
    total: int
    ok: int
    p95_us: int | None = None

    @property
    def availability(self) -> float | None:
        return self.ok / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class VersionCaller:
    """An application that called a version, or whose grant is bound to it."""

    consumer_uid: str
    title: str
    unit: str
    calls: int
    last: datetime | None
    bound: bool


@dataclass(frozen=True, slots=True)
class SandboxUse:
    """Calls of the sandbox of one service, since it is counted."""

    sid: str
    calls: int
    refused: int


class OrderNotFound(NotFound):
    code = "development.order_not_found"
    message = "There is no development order “%(order)s” that you may see."
    remedy = "Open the list of orders and choose one."


class FileNotThere(NotFound):
    code = "development.file_not_found"
    message = "There is no such file in this order."
    remedy = "Open the order and choose a file."


class DocumentNotFound(NotFound):
    code = "development.document_not_found"
    message = "There is no documentation of “%(service)s” that you may see."
    remedy = "Open the list of services and choose a published one."


class NoDraft(Conflict):
    code = "development.no_draft"
    message = "No draft is attached to the order."
    remedy = "Draft the service, then attach it to the order."


class DraftOfAnother(Conflict):
    code = "development.draft_of_another"
    message = "The service %(service)s is no draft of the entry %(entry)s, or another order is about it."
    remedy = "Choose a draft of the order's entry that no other open order is about."


class FieldsMissing(Conflict):
    code = "development.fields_missing"
    message = "The draft does not tell of: %(fields)s."
    remedy = "Add these items to the draft, or agree with the asking unit and open a new order."


class NotTested(Conflict):
    code = "development.not_tested"
    message = "The draft as it stands has not passed the sandbox test."
    remedy = "Run the test; correct the draft where it fails."


class NotAccepted(Conflict):
    code = "development.not_accepted"
    message = "The asking unit has not accepted the order %(order)s for this version."
    remedy = "Hand it over and wait for the asking unit's acceptance."


class ChangedSince(Conflict):
    code = "development.changed_since"
    message = "The draft has changed since the asking unit accepted the order %(order)s."
    remedy = "Undo the change, or open a new order for it."


class NoSandboxYet(Conflict):
    code = "development.no_sandbox"
    message = "The service %(service)s has no version that a sandbox could be made of."
    remedy = "Publish it, or test its draft by a development order."
