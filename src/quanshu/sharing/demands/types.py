"""Values of demands: states, what a requester enters, figures, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Invalid, NotFound


class DemandState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    CONFIRMING = "confirming"
    CONTESTED = "contested"
    DEVELOPING = "developing"
    IN_USE = "in_use"
    CLOSED = "closed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OPEN_STATES = (
    DemandState.SUBMITTED,
    DemandState.RETURNED,
    DemandState.CONFIRMING,
    DemandState.CONTESTED,
    DemandState.DEVELOPING,
)


class Side(StrEnum):
    """Who refused, or from which side an actor looks at a demand."""

    PLATFORM = "platform"
    SUPPLIER = "supplier"
    REQUESTER = "requester"


class ClockKind(StrEnum):
    """The clocks of clause 2.2.3, in working days: check 2, confirm 5, publish 10."""

    CHECK = "demands.check"
    CONFIRM = "demands.confirm"
    PUBLISH = "demands.publish"


CLOCK_DAYS = {ClockKind.CHECK: 2, ClockKind.CONFIRM: 5, ClockKind.PUBLISH: 10}


@dataclass(frozen=True, slots=True)
class DemandData:
    """What is asked for. `fields` are column names of the entry; `volume_per_day` counts expected calls."""

    title: str
    fields: tuple[str, ...]
    purpose: str
    legal_basis: str
    valid_until: date | None
    volume_per_day: int
    rate_per_minute: int


@dataclass(frozen=True, slots=True)
class Field:
    """What the rules need to know of an item of the entry."""

    name: str
    grade: str


@dataclass(frozen=True, slots=True)
class DemandFigures:
    """Clause 2.2.3. Done = answered by the supplier, or granted; a demand withdrawn first counts in neither."""

    total: int
    open: int
    by_state: tuple[tuple[str, int], ...]
    confirm_done: int
    confirm_on_time: int
    publish_done: int
    publish_on_time: int
    overdue_open: int

    @property
    def confirm_rate(self) -> float | None:
        """Answers within 5 working days / answers."""
        return self.confirm_on_time / self.confirm_done if self.confirm_done else None

    @property
    def publish_rate(self) -> float | None:
        """Services published within 10 working days / demands granted."""
        return self.publish_on_time / self.publish_done if self.publish_done else None


class DemandNotFound(NotFound):
    code = "demands.demand_not_found"
    message = "There is no demand “%(demand)s” that you may see."
    remedy = "Open the list of demands and choose one."


class NotPublished(Conflict):
    code = "demands.entry_not_published"
    message = "The catalogue entry “%(entry)s” is not published."
    remedy = "Choose a published entry, or ask its unit when it will be."


class NotShared(Conflict):
    code = "demands.entry_not_shared"
    message = "“%(entry)s” is not shared: %(law)s."
    remedy = "Ask the unit that owns the data whether another entry serves your purpose."


class OwnData(Invalid):
    code = "demands.own_data"
    message = "“%(entry)s” belongs to the unit that asks."
    remedy = "Publish a service of your own data; a demand is for data of another unit."


class AlreadyPaused(Conflict):
    code = "demands.already_paused"
    message = "The clock of this demand is paused."
    remedy = "Let it run again first."


class NotPausedNow(Conflict):
    code = "demands.not_paused"
    message = "The clock of this demand is not paused."
    remedy = "Reload the page to see its state."


class NoClock(Conflict):
    code = "demands.no_clock"
    message = "No clock of this demand is running."
    remedy = "A clock runs while a demand is checked, answered or its service is made."


class ServiceDoesNotCover(Invalid):
    code = "demands.service_does_not_cover"
    message = "The service “%(service)s” does not carry every field asked for; missing: %(missing)s."
    remedy = "Publish a version of the service with these fields, or choose another service."


class NoServiceYet(Conflict):
    code = "demands.no_service_yet"
    message = "No published service of this entry carries every field asked for."
    remedy = "Publish a service of the entry with these fields; the grant follows."


class NotContestable(Conflict):
    code = "demands.not_contestable"
    message = "Only a supplier's refusal can be put before the platform."
    remedy = "Submit a new demand that answers the reason."
