"""Values of the census; no Django."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Invalid, NotFound


class CampaignState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class FilingState(StrEnum):
    """The course of one unit's filing (填报)."""

    NOT_STARTED = "not_started"
    FILLING = "filling"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    SIGNED = "signed"
    ACCEPTED = "accepted"


class Verdict(StrEnum):
    """What a unit says of one of its catalogue entries."""

    TRUE = "true"
    CHANGED = "changed"
    OBSOLETE = "obsolete"


class QuestionKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"


class ExtensionState(StrEnum):
    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a campaign; `choices` only for the kind choice."""

    text: str
    kind: str = QuestionKind.TEXT
    choices: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which units a campaign asks: unit uids, kinds of unit, region codes. All empty means every unit in being.

    A unit named is always asked; kinds and regions narrow each other.
    """

    units: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CampaignData:
    """What the bureau declares."""

    title: str
    purpose: str
    starts_on: date
    ends_on: date
    coverage: Coverage = field(default_factory=Coverage)
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingData:
    """A data set that is not in the catalogue yet. `volume` is told in the unit's own words."""

    name: str
    system: str
    volume: str
    update_cycle: str
    reason: str
    personal: bool = False
    classification_code: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A unit's verdict on one entry; `note` says what has changed or why it is obsolete."""

    verdict: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """One unit's filing in numbers."""

    unit_uid: str
    unit_name: str
    state: str
    entries: int
    true: int
    changed: int
    obsolete: int
    found: int

    @property
    def confirmed(self) -> int:
        return self.true + self.changed + self.obsolete

    @property
    def rate(self) -> float | None:
        """Entries answered / entries; None for a unit without entries."""
        return self.confirmed / self.entries if self.entries else None


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """A campaign in numbers, counted from its filings or, once closed, as they stood then."""

    units: int
    submitted: int
    accepted: int
    entries: int
    true: int
    changed: int
    obsolete: int
    found: int
    by_unit: tuple[UnitFigures, ...] = ()

    @property
    def confirmed(self) -> int:
        return self.true + self.changed + self.obsolete

    @property
    def completion(self) -> float | None:
        """Filings accepted / units asked."""
        return self.accepted / self.units if self.units else None

    @property
    def confirmation(self) -> float | None:
        """Entries answered / entries asked about."""
        return self.confirmed / self.entries if self.entries else None


@dataclass(frozen=True, slots=True)
class CensusFigures:
    """How many campaigns there were, and the numbers of the newest that is open or closed."""

    campaigns: int
    open: int
    latest_title: str
    latest: CampaignFigures | None


class CampaignNotFound(NotFound):
    code = "census.not_found"
    message = "There is no such census or filing that you may see."
    remedy = "Open the list of censuses and choose from there."


class WrongStep(Conflict):
    code = "census.wrong_state"
    message = "The state does not allow this step now."
    remedy = "Open the page again and see its next step."


class NotYet(Conflict):
    code = "census.not_yet"
    message = "The census begins on %(day)s."
    remedy = "Open it on that day, or change its dates."


class NobodyAsked(Invalid):
    code = "census.nobody_asked"
    message = "No unit in being falls within the scope."
    remedy = "Widen the scope: name units, or choose other kinds or regions."


class Unfinished(Conflict):
    code = "census.unfinished"
    message = "%(left)s filings are not accepted yet and the census lasts until %(day)s."
    remedy = "Wait for the last day, or until every filing is accepted."


class NotComplete(Conflict):
    code = "census.not_complete"
    message = "Not answered yet: %(entries)s catalogue entries, %(questions)s required questions."
    remedy = "Confirm every entry and answer every required question, then submit."


class AlreadyDrafted(Conflict):
    code = "census.already_drafted"
    message = "A draft entry was made from this finding."
    remedy = "Open the draft in the catalogue."


class NothingToFollow(Conflict):
    code = "census.nothing_to_follow"
    message = "There is nothing to follow up here, or it has been done."
    remedy = "Open the catalogue entry and see its state."
