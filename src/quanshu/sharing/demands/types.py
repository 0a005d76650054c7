"""Values of demands: states, what a requester enters, figures, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Invalid, NotFound


class DemandState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    CONFIRMING = "confirming"
    NEGOTIATING = "negotiating"
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
    DemandState.NEGOTIATING,
    DemandState.CONTESTED,
    DemandState.DEVELOPING,
)


class Side(StrEnum):
    """Who refused, or from which side an actor looks at a demand."""

    PLATFORM = "platform"
    SUPPLIER = "supplier"
    REQUESTER = "requester"


class ClockKind(StrEnum):
    """The clocks of clause 2.2.3, in working days: check 2, confirm 5, publish 10; negotiation 10."""

    CHECK = "demands.check"
    CONFIRM = "demands.confirm"
    PUBLISH = "demands.publish"
    NEGOTIATE = "demands.negotiate"


CLOCK_DAYS = {ClockKind.CHECK: 2, ClockKind.CONFIRM: 5, ClockKind.PUBLISH: 10, ClockKind.NEGOTIATE: 10}
# Working days in which a supplier's refusal may be put before the platform.
APPEAL_DAYS = 10


class Answer(StrEnum):
    """What became of a proposal in a negotiation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REPLACED = "replaced"


class MeetingState(StrEnum):
    PROPOSED = "proposed"
    HELD = "held"
    SIGNED = "signed"


class Excess(StrEnum):
    """How a grant is wider than its use: never called, fields never read, far more calls allowed than made."""

    UNUSED = "unused"
    UNREAD = "unread"
    RATE = "rate"


class ShrinkState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    ACCEPTED = "accepted"
    UPHELD = "upheld"
    OVERRULED = "overruled"
    LAPSED = "lapsed"


class PartState(StrEnum):
    """How a service that a composite calls stands for a demand: granted, granted with it, or to be granted first."""

    HELD = "held"
    OWN = "own"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class PolicyData:
    """What the bureau sets: days and counts, and whether an unanswered proposal takes effect by itself.

    `second_days` are working days; `rate_times` says how many times more calls a day may be allowed than the most made.
    """

    unused_days: int = 30
    rate_times: int = 20
    remind_days: int = 10
    auto_end: bool = False
    meet_after_returns: int = 2
    second_days: int = 3
    rate_after_calls: int = 10


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one side offers in a negotiation: some of the fields, a frequency, masks stricter than the grades ask
    ({field: mask}), and terms in words."""

    fields: tuple[str, ...]
    rate_per_minute: int
    volume_per_day: int
    terms: str = ""
    masks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Calls under a grant since it was made: how many, of which fields, on how many days, the most on one."""

    calls: int
    read: frozenset[str]
    most_a_day: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What the detector proposes: to end the grant, or to leave it these fields or calls a day."""

    kind: Excess
    remove: tuple[str, ...] = ()
    volume_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class RatingData:
    """What the requester says of the data after use. `grade` is 1 (very poor) to 5 (very good)."""

    grade: int
    used_for: str
    effect: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class RatingFigures:
    """Ratings of a supplier, of a service, or of the platform."""

    name: str
    ratings: int
    average: float | None
    satisfied: int

    @property
    def rate(self) -> float | None:
        """Ratings of 4 and 5 / ratings."""
        return self.satisfied / self.ratings if self.ratings else None


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


class ServiceNotAskable(Invalid):
    code = "demands.service_not_askable"
    message = "The service “%(service)s” cannot be asked for by itself."
    remedy = "Choose a verification, statistic or composite in force; of a query ask for the entry's fields."


class PartsNotGranted(Conflict):
    code = "demands.parts_not_granted"
    message = "The composite calls services that other units have not granted to the application: %(services)s."
    remedy = "Ask for each of them; the grant follows when they are granted."


class NotContestable(Conflict):
    code = "demands.not_contestable"
    message = "Only a supplier's refusal can be put before the platform."
    remedy = "Submit a new demand that answers the reason."


class AppealOver(Conflict):
    code = "demands.appeal_over"
    message = "The refusal could be put before the platform until %(until)s."
    remedy = "Submit a new demand."


class NotYourTurn(Conflict):
    code = "demands.not_your_turn"
    message = "The last proposal is your own side's; the other side answers it."
    remedy = "Wait for the answer, or ask the platform to decide."


class NoProposal(Conflict):
    code = "demands.no_proposal"
    message = "No proposal waits for an answer."
    remedy = "Make a proposal."


class MeetingNotFound(NotFound):
    code = "demands.meeting_not_found"
    message = "There is no such meeting of this demand."
    remedy = "Open the demand and choose one of its meetings."


class MeetingOver(Conflict):
    code = "demands.meeting_over"
    message = "The minutes of this meeting are kept already."
    remedy = "Record another meeting."


class NotHeld(Conflict):
    code = "demands.not_held"
    message = "This meeting has no minutes to sign."
    remedy = "Record the minutes first."


class SignedAlready(Conflict):
    code = "demands.signed_already"
    message = "Your side has signed these minutes."
    remedy = "Nothing more is asked of you here."


class ShrinkNotFound(NotFound):
    code = "demands.shrink_not_found"
    message = "There is no such proposal that you may see."
    remedy = "Open the list of unused grants and choose one."


class ShrinkAnswered(Conflict):
    code = "demands.shrink_answered"
    message = "This proposal has been answered."
    remedy = "Open the demand to see the outcome."


class NotRatable(Conflict):
    code = "demands.not_ratable"
    message = "The data of this demand has not been used yet."
    remedy = "Rate it after the first calls, or when the use has ended."


class RatedAlready(Conflict):
    code = "demands.rated_already"
    message = "This demand has been rated."
    remedy = "Read the supplier's answer on its page."


class NotRated(Conflict):
    code = "demands.not_rated"
    message = "There is no rating to answer, or it has been answered."
    remedy = "Wait until the requester has rated the data."
