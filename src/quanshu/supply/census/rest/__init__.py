"""Census over the API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.shared.access.api import Actor, require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.shared.workflow.api import city_day
from quanshu.supply.census import queries, services
from quanshu.supply.census.models import Campaign, Confirmation, Extension, Filing, Finding
from quanshu.supply.census.permissions import CensusPermission as P
from quanshu.supply.census.types import Answered, CampaignData, CampaignNotFound, Coverage, FindingData, Question

router = Router()
Json = dict[str, Any]
FILING_STEPS = {
    "start": services.start_filing,
    "submit": services.submit_filing,
    "sign": services.sign_filing,
    "accept": services.accept_filing,
}
REASON_STEPS = {"send-back": services.send_back_filing, "reject": services.reject_filing}


class QuestionBody(Schema):
    """One question; `kind` is text, number, yes_no or choice."""

    text: str
    kind: str = "text"
    choices: list[str] = []
    required: bool = False


class CampaignBody(Schema):
    """What the bureau declares. Unit uids, kinds and region codes all empty: every unit."""

    title: str
    purpose: str
    starts_on: date
    ends_on: date
    units: list[str] = []
    kinds: list[str] = []
    regions: list[str] = []
    questions: list[QuestionBody] = []

    def value(self) -> CampaignData:
        """As the value services take."""
        questions = tuple(Question(row.text, row.kind, tuple(row.choices), row.required) for row in self.questions)
        covers = Coverage(tuple(self.units), tuple(self.kinds), tuple(self.regions))
        return CampaignData(self.title, self.purpose, self.starts_on, self.ends_on, covers, questions)


class VerdictBody(Schema):
    """true, changed or obsolete; the latter two with a note."""

    verdict: str
    note: str = ""


class VerdictsBody(Schema):
    """Verdicts by entry uid."""

    entries: dict[str, VerdictBody]


class AnswersBody(Schema):
    """Answers by question number, from "1"."""

    answers: dict[str, str]


class FindingBody(Schema):
    """A data set that is not catalogued."""

    name: str
    system: str
    volume: str
    update_cycle: str
    reason: str
    personal: bool = False
    classification_code: str = ""


class ReasonBody(Schema):
    """Why."""

    reason: str = ""


class ExtensionBody(Schema):
    """Until when, and why."""

    until: date
    reason: str


class DecisionBody(Schema):
    """Whether more time is granted, and the answer."""

    granted: bool
    answer: str


def campaign_row(campaign: Campaign) -> Json:
    """A campaign."""
    names = ("uid", "title", "purpose", "state", "starts_on", "ends_on", "opened_at", "closed_at", "close_reason")
    return {
        **{name: getattr(campaign, name) for name in names},
        "coverage": campaign.coverage,
        "questions": campaign.questions,
    }


def filing_row(filing: Filing) -> Json:
    """A filing with its counts."""
    counted: Any = filing if hasattr(filing, "entries") else queries.with_counts(Filing.objects.all()).get(pk=filing.pk)
    names = ("entries", "confirmed", "changed", "obsolete", "found")
    return {
        "uid": filing.uid,
        "campaign_uid": filing.campaign.uid,
        "unit_uid": filing.unit.uid,
        "unit_name": filing.unit.name,
        "state": filing.state,
        "due_on": filing.due_on,
        "days_left": queries.days_left(filing, city_day(now())),
        "answers": filing.answers,
        "note": filing.note,
        **{name: getattr(counted, name) for name in names},
    }


def entry_row(row: Confirmation) -> Json:
    """An entry with the unit's verdict."""
    entry = {"entry_uid": row.entry.uid, "entry_code": row.entry.code, "entry_name": row.entry.resource_name}
    return {**entry, "verdict": row.verdict, "note": row.note, "followed_at": row.followed_at}


def finding_row(row: Finding) -> Json:
    """A data set found."""
    told = {name: getattr(row, name) for name in FindingData.__slots__}
    return {"uid": row.uid, **told, "entry_uid": row.entry.uid if row.entry else None}


def extension_row(row: Extension) -> Json:
    """A request for more time."""
    return {"uid": row.uid, "until": row.until, "reason": row.reason, "state": row.state, "answer": row.answer}


def filing_at(request: HttpRequest, uid: str, permission: P = P.VIEW) -> tuple[Actor, Filing]:
    """Who calls, and the filing as they may see it."""
    actor = actor_of(request, permission)
    return actor, queries.get_filing(actor=actor, uid=uid)


@router.get("/campaigns")
def list_campaigns(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> Json:
    """Censuses."""
    rows = queries.list_campaigns(actor_of(request, P.VIEW))
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=campaign_row)


@router.post("/campaigns", response={201: Json})
def create_campaign(request: HttpRequest, body: CampaignBody) -> Status[Json]:
    """Draft a census."""
    actor = actor_of(request, P.DECLARE)
    return Status(201, campaign_row(services.create_campaign(actor=actor, now=now(), data=body.value())))


@router.get("/campaigns/{uid}")
def get_campaign(request: HttpRequest, uid: str) -> Json:
    """One census with its figures."""
    actor = actor_of(request, P.VIEW)
    campaign = queries.get_campaign(actor=actor, uid=uid)
    return campaign_row(campaign) | {"figures": asdict(queries.campaign_figures(campaign, actor))}


@router.put("/campaigns/{uid}")
def change_campaign(request: HttpRequest, uid: str, body: CampaignBody) -> Json:
    """Change a draft."""
    actor = actor_of(request, P.DECLARE)
    campaign = queries.get_campaign(actor=actor, uid=uid)
    return campaign_row(services.change_campaign(actor=actor, now=now(), campaign=campaign, data=body.value()))


@router.post("/campaigns/{uid}/open")
def open_campaign(request: HttpRequest, uid: str) -> Json:
    """Ask every unit of the scope."""
    actor = actor_of(request, P.DECLARE)
    campaign = queries.get_campaign(actor=actor, uid=uid)
    return campaign_row(services.open_campaign(actor=actor, now=now(), campaign=campaign))


@router.post("/campaigns/{uid}/cancel")
def cancel_campaign(request: HttpRequest, uid: str) -> Json:
    """Put a draft away."""
    actor = actor_of(request, P.DECLARE)
    campaign = queries.get_campaign(actor=actor, uid=uid)
    return campaign_row(services.cancel_campaign(actor=actor, now=now(), campaign=campaign))


@router.post("/campaigns/{uid}/close")
def close_campaign(request: HttpRequest, uid: str, body: ReasonBody) -> Json:
    """End a census; its figures are kept."""
    actor = actor_of(request, P.DECLARE)
    campaign = queries.get_campaign(actor=actor, uid=uid)
    return campaign_row(services.close_campaign(actor=actor, now=now(), campaign=campaign, reason=body.reason))


@router.get("/campaigns/{uid}/filings")
def list_filings(request: HttpRequest, uid: str, state: str = "", limit: int = 50, offset: int = 0) -> Json:
    """Progress by unit."""
    actor = actor_of(request, P.VIEW)
    rows = queries.list_filings(actor).filter(campaign=queries.get_campaign(actor=actor, uid=uid))
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=filing_row)


@router.get("/campaigns/{uid}/results")
def get_results(request: HttpRequest, uid: str) -> Json:
    """Figures, the census before, entries to follow up, data sets found."""
    actor = actor_of(request, P.VIEW)
    campaign = queries.get_campaign(actor=actor, uid=uid)
    before = queries.previous_campaign(campaign)
    follow = [entry_row(row) | {"filing_uid": row.filing.uid} for row in queries.to_follow(actor, campaign)]
    return {
        "figures": asdict(queries.campaign_figures(campaign, actor)),
        "drafted": queries.follow_figures(campaign, actor)[0],
        "followed": queries.follow_figures(campaign, actor)[1],
        "before": asdict(queries.campaign_figures(before, actor)) if before else None,
        "to_follow": follow,
        "findings": [finding_row(row) for row in queries.findings_of(actor, campaign)],
    }


@router.get("/filings/{uid}")
def get_filing(request: HttpRequest, uid: str) -> Json:
    """One filing with its data sets and requests for more time."""
    _actor, filing = filing_at(request, uid)
    findings = [finding_row(row) for row in filing.findings.select_related("entry")]
    return filing_row(filing) | {
        "findings": findings,
        "extensions": [extension_row(row) for row in filing.extensions.all()],
    }


@router.get("/filings/{uid}/entries")
def list_entries(request: HttpRequest, uid: str, verdict: str = "", limit: int = 50, offset: int = 0) -> Json:
    """The unit's entries; `verdict` narrows them, `open` means those without one."""
    _actor, filing = filing_at(request, uid)
    rows = queries.confirmations_of(filing)
    rows = rows.filter(verdict="" if verdict == "open" else verdict) if verdict else rows
    return page_of(rows, limit=limit, offset=offset, serialise=entry_row)


@router.post("/filings/{uid}/entries")
def confirm_entries(request: HttpRequest, uid: str, body: VerdictsBody) -> Json:
    """Verdicts by entry uid."""
    actor, filing = filing_at(request, uid, P.FILL)
    verdicts = {entry: Answered(row.verdict, row.note) for entry, row in body.entries.items()}
    return filing_row(services.confirm_entries(actor=actor, now=now(), filing=filing, verdicts=verdicts))


@router.post("/filings/{uid}/entries/{entry}/follow")
def follow_entry(request: HttpRequest, uid: str, entry: str) -> Json:
    """Take the catalogue's step for an entry found changed or obsolete."""
    actor = actor_of(request, P.VIEW)
    row = queries.get_confirmation(actor=actor, filing_uid=uid, entry_uid=entry)
    done = services.follow_entry(actor=actor, now=now(), confirmation=row)
    return {"entry_uid": done.uid, "state": done.state, "version": done.version}


@router.put("/filings/{uid}/answers")
def answer_questions(request: HttpRequest, uid: str, body: AnswersBody) -> Json:
    """Answers by question number."""
    actor, filing = filing_at(request, uid, P.FILL)
    return filing_row(services.answer_questions(actor=actor, now=now(), filing=filing, answers=body.answers))


@router.post("/filings/{uid}/findings", response={201: Json})
def add_finding(request: HttpRequest, uid: str, body: FindingBody) -> Status[Json]:
    """Report a data set."""
    actor, filing = filing_at(request, uid, P.FILL)
    made = services.add_finding(actor=actor, now=now(), filing=filing, data=FindingData(**body.dict()))
    return Status(201, finding_row(made))


@router.put("/findings/{uid}")
def change_finding(request: HttpRequest, uid: str, body: FindingBody) -> Json:
    """Correct a data set."""
    actor = actor_of(request, P.FILL)
    finding = queries.get_finding(actor=actor, uid=uid)
    data = FindingData(**body.dict())
    return finding_row(services.change_finding(actor=actor, now=now(), finding=finding, data=data))


@router.delete("/findings/{uid}")
def remove_finding(request: HttpRequest, uid: str) -> Json:
    """Take a data set back."""
    actor = actor_of(request, P.FILL)
    finding = queries.get_finding(actor=actor, uid=uid)
    return filing_row(services.remove_finding(actor=actor, now=now(), finding=finding))


@router.post("/findings/{uid}/draft", response={201: Json})
def draft_from_finding(request: HttpRequest, uid: str) -> Status[Json]:
    """Make a draft entry of a data set."""
    actor = actor_of(request, P.VIEW)
    entry = services.draft_from_finding(actor=actor, now=now(), finding=queries.get_finding(actor=actor, uid=uid))
    return Status(201, {"entry_uid": entry.uid, "code": entry.code, "state": entry.state})


@router.post("/filings/{uid}/extensions", response={201: Json})
def ask_extension(request: HttpRequest, uid: str, body: ExtensionBody) -> Status[Json]:
    """Ask for more time."""
    actor, filing = filing_at(request, uid, P.FILL)
    made = services.ask_extension(actor=actor, now=now(), filing=filing, until=body.until, reason=body.reason)
    return Status(201, extension_row(made))


@router.post("/extensions/{uid}/decide")
def decide_extension(request: HttpRequest, uid: str, body: DecisionBody) -> Json:
    """Grant or refuse more time."""
    actor = actor_of(request, P.REVIEW)
    extension = queries.get_extension(actor=actor, uid=uid)
    done = services.decide_extension(
        actor=actor, now=now(), extension=extension, granted=body.granted, answer=body.answer
    )
    return extension_row(done)


@router.post("/filings/{uid}/remind")
def remind(request: HttpRequest, uid: str) -> Json:
    """Remind a unit, once a day at most."""
    actor, filing = filing_at(request, uid, P.REVIEW)
    return {"reminded": services.remind_by_hand(actor=actor, now=now(), filing=filing)}


@router.post("/filings/{uid}/steps/{step}")
def take_step(request: HttpRequest, uid: str, step: str, body: ReasonBody) -> Json:
    """start, submit, sign, accept; send-back and reject with a reason."""
    actor, filing = filing_at(request, uid)
    if step in FILING_STEPS:
        return filing_row(FILING_STEPS[step](actor=actor, now=now(), filing=filing))
    if step in REASON_STEPS:
        return filing_row(REASON_STEPS[step](actor=actor, now=now(), filing=filing, reason=body.reason))
    raise CampaignNotFound


@router.get("/figures")
def get_figures(request: HttpRequest) -> Json:
    """How many censuses there were, and the newest one's numbers."""
    require(actor_of(request), P.VIEW)
    return asdict(queries.census_figures())
