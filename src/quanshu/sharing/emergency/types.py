"""Values of emergencies: levels, states, what is entered, figures, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class Level(StrEnum):
    """The four levels of 国家突发公共事件总体应急预案: extraordinarily serious, serious, fairly serious, ordinary."""

    EXTRAORDINARY = "1"
    SERIOUS = "2"
    FAIRLY_SERIOUS = "3"
    ORDINARY = "4"


class EmergencyState(StrEnum):
    ACTIVE = "active"
    ENDED = "ended"
    CLOSED = "closed"


class RequestState(StrEnum):
    WAITING = "waiting"
    GRANTED = "granted"
    ENDED = "ended"
    LAPSED = "lapsed"


class Verdict(StrEnum):
    """What the review found of a grant."""

    JUSTIFIED = "justified"
    UNJUSTIFIED = "unjustified"


class Consequence(StrEnum):
    """What follows from a use that was not justified; the last one switches the application off."""

    NOTICE = "notice"
    INTERVIEW = "interview"
    REFERRAL = "referral"
    STOP = "stop"


class AlertRole(StrEnum):
    """Why a person is alerted."""

    CHIEF = "chief"
    STEWARD = "steward"
    DUTY = "duty"


REVIEW_CLOCK = "emergency.review"
REVIEW_DAYS = 5


@dataclass(frozen=True, slots=True)
class EmergencyData:
    """What is declared. Regions, themes (classification codes) and entries by code, units by uid."""

    title: str
    level: str
    reason: str
    legal_basis: str
    starts_at: datetime
    ends_at: datetime
    unit_uids: tuple[str, ...]
    region_codes: tuple[str, ...] = ()
    theme_codes: tuple[str, ...] = ()
    entry_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestData:
    """What is asked for under an emergency. `volume_per_day` and `rate_per_minute` count calls."""

    fields: tuple[str, ...]
    purpose: str
    volume_per_day: int = 10_000
    rate_per_minute: int = 600


@dataclass(frozen=True, slots=True)
class DutyData:
    """A turn of duty: who, under which telephone number, from when to when."""

    person_uid: str
    phone: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Extent:
    """The scope of an emergency as the rules see it."""

    unit_paths: tuple[str, ...]
    region_codes: tuple[str, ...]
    theme_codes: tuple[str, ...]
    entry_uids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Use:
    """What was really called under a grant."""

    calls: int = 0
    refused: int = 0
    rows: int = 0
    fields: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    case_numbers: tuple[str, ...] = ()
    without_case: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EmergencyFigures:
    """Clause 2.1.2. Seconds run from the demand to its first successful call."""

    emergencies: int
    active: int
    requests: int
    granted: int
    reviewed: int
    called: int
    median_seconds: float | None
    longest_seconds: float | None
    alerts: int
    acknowledged: int
    reviews_overdue: int

    @property
    def review_rate(self) -> float | None:
        """Grants reviewed / grants whose emergency has ended; None when none has."""
        return self.reviewed / self.granted if self.granted else None


class EmergencyNotFound(NotFound):
    code = "emergency.emergency_not_found"
    message = "There is no emergency “%(emergency)s” that you may see."
    remedy = "Open the list of emergencies and choose one."


class RequestNotFound(NotFound):
    code = "emergency.request_not_found"
    message = "There is no emergency demand “%(request)s” that you may see."
    remedy = "Open the emergency and choose one of its demands."


class AlertNotFound(NotFound):
    code = "emergency.alert_not_found"
    message = "There is no alert “%(alert)s” to you."
    remedy = "Open the list of your alerts."


class DutyNotFound(NotFound):
    code = "emergency.duty_not_found"
    message = "There is no turn of duty “%(duty)s” that you may see."
    remedy = "Open the duty list and choose one."


class DeclaredTwice(Conflict):
    code = "emergency.declared_twice"
    message = "The emergency “%(title)s” is declared already and in force: %(number)s."
    remedy = "Ask for data under it, or extend it."


class NotInForce(Conflict):
    code = "emergency.not_in_force"
    message = "The emergency “%(emergency)s” is not in force: it runs from %(start)s to %(end)s."
    remedy = "Submit an ordinary demand, or ask the officer who declared it to extend it."


class UnitOutsideScope(Forbidden):
    code = "emergency.unit_outside_scope"
    message = "%(unit)s is not among the units that receive data under this emergency."
    remedy = "Submit an ordinary demand, or ask the officer who declared it to widen the scope."


class EntryOutsideScope(Forbidden):
    code = "emergency.entry_outside_scope"
    message = "“%(entry)s” is not among the data of this emergency."
    remedy = "Choose data within the scope, or submit an ordinary demand."


class AskedTwice(Conflict):
    code = "emergency.asked_twice"
    message = "This application has these fields under the emergency already: %(number)s."
    remedy = "Open that demand and use its grant."


class OwnDeclaration(Forbidden):
    code = "emergency.own_declaration"
    message = "Whoever declared the emergency does not review its use."
    remedy = "Let another reviewer do it."


class OwnRequest(Forbidden):
    code = "emergency.own_request"
    message = "Whoever asked for the data does not review its use."
    remedy = "Let another reviewer do it."


class NotReviewed(Conflict):
    code = "emergency.not_reviewed"
    message = "%(count)s of the grants have not been reviewed."
    remedy = "Judge each of them first."


class NeverGranted(Conflict):
    code = "emergency.never_granted"
    message = "Nothing was granted on this demand, so there is nothing to review."
    remedy = "Judge the demands that were granted."


class Acknowledged(Conflict):
    code = "emergency.acknowledged"
    message = "This alert was acknowledged at %(at)s."
    remedy = "Nothing more is asked of you here."


class DutyOverlaps(Invalid):
    code = "emergency.duty_overlaps"
    message = "%(person)s is on duty already at that time."
    remedy = "Change that turn, or enter another time."
