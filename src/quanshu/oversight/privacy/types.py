"""Values of privacy; no Django."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quanshu.kernel.errors import Conflict, NotFound


class RuleState(StrEnum):
    """Proposed by a unit or the bureau, in force once approved, refused, ended."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    ENDED = "ended"


class RunState(StrEnum):
    """A run of a rule: at work, done with its certificate, or stopped by a hold."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


class RecordState(StrEnum):
    """An impact record: drafted by the supplier, under review by the bureau, approved, replaced, withdrawn."""

    DRAFT = "draft"
    REVIEW = "review"
    APPROVED = "approved"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class UnmaskState(StrEnum):
    """A wish to export in clear: asked, granted until a day, refused, ended."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    ENDED = "ended"


class Standing(StrEnum):
    """How a sensitive service stands: in order, no record, one under way, or one that its changes have outdated."""

    IN_ORDER = "in_order"
    LACKING = "lacking"
    UNDER_WAY = "under_way"
    OUTDATED = "outdated"


class RiskLevel(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class RuleData:
    """A rule of retention: what, for how many days after its date, on which basis; `note` for those who review it."""

    holding: str
    keep_days: int
    basis: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class HoldData:
    """A legal hold: an order of an authority; every holding when `holding` is empty, until lifted when no `until`."""

    order_number: str
    authority: str
    reason: str
    holding: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class HoldKept:
    """A hold as the rules see it."""

    holding: str
    unit_path: str


@dataclass(frozen=True, slots=True)
class RecordData:
    """What PIPL article 56 names: (1) purpose, manner and necessity; (2) influence on rights, risks; (3) measures."""

    purpose: str
    manner: str
    necessity: str
    influence: str
    risks: str
    risk_level: str
    measures: str
    measures_fit: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a record is about: the items a service takes and tells, each with its mask, and the purposes granted."""

    items: tuple[str, ...]
    purposes: tuple[str, ...]


class RuleNotFound(NotFound):
    code = "privacy.rule_not_found"
    message = "There is no such rule of retention."
    remedy = "Open the list of rules and choose one."


class HoldingNotFound(NotFound):
    code = "privacy.holding_not_found"
    message = "No room keeps a holding “%(holding)s”."
    remedy = "Choose one from the list of holdings."


class HoldNotFound(NotFound):
    code = "privacy.hold_not_found"
    message = "There is no such hold."
    remedy = "Open the list of holds and choose one."


class RunNotFound(NotFound):
    code = "privacy.run_not_found"
    message = "There is no such run."
    remedy = "Open the list of certificates and choose one."


class ServiceNotInSight(NotFound):
    code = "privacy.service_not_found"
    message = "There is no such service among those you may see here."
    remedy = "Open the list of services that need a record and choose one."


class RecordNotFound(NotFound):
    code = "privacy.record_not_found"
    message = "There is no such impact record."
    remedy = "Open the list of services that need one and choose from there."


class UnmaskNotFound(NotFound):
    code = "privacy.unmask_not_found"
    message = "There is no such request."
    remedy = "Open the list of requests and choose one."


class OwnProposal(Conflict):
    code = "privacy.own_proposal"
    message = "Whoever proposes does not decide."
    remedy = "Ask another officer to decide."


class RuleThere(Conflict):
    code = "privacy.rule_there"
    message = "A rule for this holding and unit is in force or waits for approval."
    remedy = "End it first, or wait for its approval."


class Held(Conflict):
    code = "privacy.held"
    message = "A legal hold (%(order)s) stops the deletion."
    remedy = "It goes on by itself once the hold is lifted."


class NotErased(Conflict):
    code = "privacy.not_erased"
    message = "%(count)s of the holding %(holding)s are still there after they were erased."
    remedy = "Tell the platform's operator; the run goes on where it stands."


class HoldLifted(Conflict):
    code = "privacy.hold_lifted"
    message = "The hold has been lifted."
    remedy = "Place a new one if it is needed again."


class RecordUnderWay(Conflict):
    code = "privacy.record_under_way"
    message = "A record for this service is being drafted or reviewed."
    remedy = "Go on with that one."


class NotSensitive(Conflict):
    code = "privacy.not_sensitive"
    message = "The service tells of no sensitive personal data; it needs no record."
    remedy = "Choose one from the list of services that need a record."


class NotAssessed(Conflict):
    code = "privacy.not_assessed"
    message = (
        "The service tells of sensitive personal data (%(items)s) and has no approved impact record that speaks of it "
        "as it is (Personal Information Protection Law, article 55)."
    )
    remedy = "Draft the record at %(url)s; when the bureau has approved it, publish."


class Outdated(Conflict):
    code = "privacy.outdated"
    message = "The service has changed since the record was drafted."
    remedy = "Give it back; its author opens it, looks at what has changed and submits it again."


class WrongStep(Conflict):
    code = "privacy.wrong_state"
    message = "The state does not allow this step."
    remedy = "Open it again and see its next step."
