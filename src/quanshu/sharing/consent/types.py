"""Values of consents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Forbidden, NotFound


class ConsentState(StrEnum):
    """asked → granted, refused or expired; granted → revoked, expired or used_up."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    EXPIRED = "expired"
    REVOKED = "revoked"
    USED_UP = "used_up"


@dataclass(frozen=True, slots=True)
class AskData:
    """What a receiver asks a subject for. The purpose is that of the receiver's grant.

    `number` is the subject's citizen ID or USCC; `most_uses` uses in all and `per_day` a day, None limits nothing;
    `case_number` is the receiver's own; the request lapses unanswered at `answer_until`.
    """

    kind: str
    number: str
    fields: tuple[str, ...]
    legal_basis: str
    retention_days: int
    starts_at: datetime
    ends_at: datetime
    most_uses: int | None = None
    per_day: int | None = None
    case_number: str = ""
    answer_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a subject grants of what was asked: the same or fewer fields and uses, the same or an earlier end."""

    fields: tuple[str, ...]
    ends_at: datetime
    most_uses: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class OrderData:
    """A legal order that delays the display of uses: authority, number and legal basis, from when to when."""

    authority: str
    number: str
    basis: str
    starts_at: datetime
    ends_at: datetime


class ConsentNotFound(NotFound):
    code = "consent.not_found"
    message = "There is no such consent that you may see."
    remedy = "Open the list of consents and choose one."


class OrderNotFound(NotFound):
    code = "consent.order_not_found"
    message = "There is no such order that you may see."
    remedy = "Open the list of orders and choose one."


class NoConsentAsked(Conflict):
    code = "consent.not_asked_for"
    message = "The service %(sid)s answers without consent."
    remedy = "Call it under your grant."


class GrantNotInForce(Conflict):
    code = "consent.grant_over"
    message = "The grant of the application for this service is not in force."
    remedy = "Ask for a grant by a demand first; consent adds to it."


class AskedAlready(Conflict):
    code = "consent.asked_already"
    message = "The application has already asked, or holds a consent, for this: %(number)s."
    remedy = "Open that one; ask again when it has ended."


class RequestOver(Conflict):
    code = "consent.request_over"
    message = "The time to answer this request has passed."
    remedy = "The receiver may ask again."


class GuardianNeeded(Forbidden):
    code = "consent.guardian_needed"
    message = "A guardian decides for a child under 14."
    remedy = "The guardian signs in, with proof recorded under “Acting for others”, and decides."


class RepresentativeNeeded(Forbidden):
    code = "consent.representative_needed"
    message = "An enterprise's legal representative or delegate decides for it."
    remedy = "Sign in as that person and choose the enterprise."


class OrderOver(Conflict):
    code = "consent.order_over"
    message = "The order has already ended."
    remedy = "The uses it delayed are shown."
