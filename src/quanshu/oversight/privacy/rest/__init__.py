"""Privacy over REST."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.organisation.api import Unit, get_unit
from quanshu.oversight.privacy import queries, services
from quanshu.oversight.privacy.models import ErasureRun, ImpactRecord, LegalHold, RetentionRule, Unmasking
from quanshu.oversight.privacy.permissions import PrivacyPermission as P
from quanshu.oversight.privacy.types import HoldData, RecordData, RuleData, RunNotFound, RunState
from quanshu.shared.access.api import Actor
from quanshu.shared.holdings import holdings
from quanshu.shared.web.api import actor_of, page_of

router = Router()
Json = dict[str, Any]


class RuleBody(Schema):
    """A rule; no unit means the whole node."""

    holding: str
    keep_days: int
    basis: str
    note: str = ""
    unit_uid: str = ""


class HoldBody(Schema):
    """A hold; an empty holding means all of them, no unit the whole node."""

    order_number: str
    authority: str
    reason: str
    holding: str = ""
    unit_uid: str = ""
    until: datetime | None = None


class ReasonBody(Schema):
    """Why."""

    reason: str = ""


class RecordBody(Schema):
    """The parts that PIPL article 56 names; `risk_level` is low, medium or high."""

    purpose: str
    manner: str
    necessity: str
    influence: str
    risks: str
    risk_level: str
    measures: str
    measures_fit: str


class UnmaskBody(Schema):
    """Which list, for what, until when."""

    listed: str
    purpose: str
    until: date


def unit_of(actor: Actor, uid: str) -> Unit | None:
    """The unit named; None for the whole node. Raises `organisation.unit_not_found`."""
    return get_unit(actor=actor, uid=uid) if uid else None


def rule_row(rule: RetentionRule) -> Json:
    """A rule."""
    names = ("uid", "holding", "keep_days", "basis", "note", "state", "proposed_by", "decided_by", "reason")
    return {name: getattr(rule, name) for name in names} | {"unit_uid": rule.unit.uid if rule.unit else ""}


def hold_row(hold: LegalHold) -> Json:
    """A hold."""
    names = ("uid", "holding", "order_number", "authority", "reason", "until", "placed_at", "lifted_at", "lift_reason")
    return {name: getattr(hold, name) for name in names} | {"unit_uid": hold.unit.uid if hold.unit else ""}


def run_row(run: ErasureRun) -> Json:
    """A run and how far it is."""
    held = {"stopped_by": run.hold.order_number if run.hold else ""}
    return {"uid": run.uid, "state": run.state, "found": run.found, **held, **queries.certificate_of(run)}


def record_row(record: ImpactRecord) -> Json:
    """A record."""
    names = (
        "uid",
        "number",
        "state",
        "items",
        "purposes",
        "drafted_by",
        "decided_by",
        "decided_at",
        "kept_until",
        "note",
    )
    told = {name: getattr(record, name) for name in names}
    return {**told, "service": record.service.sid, **asdict(record.data)}


def unmask_row(row: Unmasking) -> Json:
    """A request."""
    names = ("uid", "listed", "purpose", "until", "state", "account_name", "decided_by", "reason")
    return {name: getattr(row, name) for name in names}


@router.get("/holdings")
def list_holdings(request: HttpRequest) -> list[Json]:
    """Everything erasable."""
    actor_of(request, P.RULE_VIEW)
    return [
        {"holding": row.key, "name": str(row.name), "dated": str(row.dated), "by_unit": row.by_unit,
         "least_days": row.least_days}
        for row in holdings()
    ]  # fmt: skip


@router.get("/rules")
def list_rules(request: HttpRequest, limit: int = 50, offset: int = 0) -> Json:
    """Rules of retention."""
    return page_of(queries.list_rules(actor_of(request, P.RULE_VIEW)), limit=limit, offset=offset, serialise=rule_row)


@router.post("/rules", response={201: Json})
def propose_rule(request: HttpRequest, body: RuleBody) -> Status[Json]:
    """Propose a rule."""
    actor, given = actor_of(request, P.RULE_PROPOSE), body.dict()
    unit = unit_of(actor, given.pop("unit_uid"))
    return Status(201, rule_row(services.propose_rule(actor=actor, now=now(), data=RuleData(**given), unit=unit)))


@router.get("/rules/{uid}")
def get_rule(request: HttpRequest, uid: str) -> Json:
    """A rule."""
    return rule_row(queries.get_rule(actor=actor_of(request, P.RULE_VIEW), uid=uid))


@router.get("/rules/{uid}/preview")
def preview_rule(request: HttpRequest, uid: str) -> Json:
    """How many a run would delete now, and the oldest; deletes nothing."""
    rule = queries.get_rule(actor=actor_of(request, P.RULE_VIEW), uid=uid)
    holding = queries.get_holding(rule.holding)
    seen = queries.preview(holding=holding, unit_path=rule.unit_path, keep_days=rule.keep_days, now=now())
    held = seen.hold.order_number if seen.hold else ""
    return {"due": seen.due.count, "oldest": seen.due.oldest, "before": seen.before, "stopped_by": held}


@router.post("/rules/{uid}/approve")
def approve_rule(request: HttpRequest, uid: str) -> Json:
    """Put a rule in force."""
    actor = actor_of(request, P.RULE_DECIDE)
    return rule_row(services.approve_rule(actor=actor, now=now(), rule=queries.get_rule(actor=actor, uid=uid)))


@router.post("/rules/{uid}/refuse")
def refuse_rule(request: HttpRequest, uid: str, body: ReasonBody) -> Json:
    """Refuse a rule."""
    actor = actor_of(request, P.RULE_DECIDE)
    rule = queries.get_rule(actor=actor, uid=uid)
    return rule_row(services.refuse_rule(actor=actor, now=now(), rule=rule, reason=body.reason))


@router.post("/rules/{uid}/end")
def end_rule(request: HttpRequest, uid: str, body: ReasonBody) -> Json:
    """End a rule."""
    actor = actor_of(request, P.RULE_DECIDE)
    rule = queries.get_rule(actor=actor, uid=uid)
    return rule_row(services.end_rule(actor=actor, now=now(), rule=rule, reason=body.reason))


@router.post("/rules/{uid}/run", response={202: Json})
def start_run(request: HttpRequest, uid: str) -> Status[Json]:
    """Run a rule now; the work is queued."""
    actor = actor_of(request, P.RUN)
    rule = queries.get_rule(actor=actor, uid=uid)
    return Status(202, run_row(services.start_run(actor=actor, now=now(), rule=rule)))


@router.get("/holds")
def list_holds(request: HttpRequest, limit: int = 50, offset: int = 0) -> Json:
    """Legal holds."""
    return page_of(queries.list_holds(actor_of(request, P.RULE_VIEW)), limit=limit, offset=offset, serialise=hold_row)


@router.post("/holds", response={201: Json})
def place_hold(request: HttpRequest, body: HoldBody) -> Status[Json]:
    """Place a hold."""
    actor, given = actor_of(request, P.HOLD), body.dict()
    unit = unit_of(actor, given.pop("unit_uid"))
    return Status(201, hold_row(services.place_hold(actor=actor, now=now(), data=HoldData(**given), unit=unit)))


@router.post("/holds/{uid}/lift")
def lift_hold(request: HttpRequest, uid: str, body: ReasonBody) -> Json:
    """Lift a hold."""
    actor = actor_of(request, P.HOLD)
    hold = queries.get_hold(actor=actor, uid=uid)
    return hold_row(services.lift_hold(actor=actor, now=now(), hold=hold, reason=body.reason))


@router.get("/runs")
def list_runs(request: HttpRequest, limit: int = 50, offset: int = 0) -> Json:
    """Runs of rules."""
    return page_of(queries.list_runs(actor_of(request, P.RULE_VIEW)), limit=limit, offset=offset, serialise=run_row)


@router.get("/runs/{uid}")
def get_run(request: HttpRequest, uid: str) -> Json:
    """A run and how far it is."""
    return run_row(queries.get_run(actor=actor_of(request, P.RULE_VIEW), uid=uid))


@router.get("/runs/{uid}/certificate")
def get_certificate(request: HttpRequest, uid: str) -> Json:
    """The certificate of a run that is done."""
    run = queries.get_run(actor=actor_of(request, P.RULE_VIEW), uid=uid)
    if run.state != RunState.DONE:
        raise RunNotFound
    return queries.certificate_of(run)


@router.get("/services")
def list_services(request: HttpRequest) -> list[Json]:
    """Published services that need an impact record, and how each stands."""
    found = queries.stands(actor_of(request, P.RECORD_VIEW), now()).values()
    return [
        {
            "service_uid": row.service.uid,
            "service": row.service.sid,
            "standing": row.standing,
            "record_uid": row.record.uid if row.record else "",
            "new_items": list(row.new_items),
            "new_purposes": list(row.new_purposes),
        }
        for row in sorted(found, key=lambda row: row.service.sid)
    ]


@router.post("/services/{uid}/records", response={201: Json})
def draft_record(request: HttpRequest, uid: str, body: RecordBody) -> Status[Json]:
    """Draft a service's record."""
    actor = actor_of(request, P.RECORD_DRAFT)
    service = queries.get_service_in_sight(actor=actor, uid=uid)
    made = services.draft_record(actor=actor, now=now(), service=service, data=RecordData(**body.dict()))
    return Status(201, record_row(made))


@router.get("/records")
def list_records(request: HttpRequest, limit: int = 50, offset: int = 0) -> Json:
    """Impact records of all times."""
    rows = queries.list_records(actor_of(request, P.RECORD_VIEW))
    return page_of(rows, limit=limit, offset=offset, serialise=record_row)


@router.get("/records/{uid}")
def get_record(request: HttpRequest, uid: str) -> Json:
    """A record."""
    return record_row(queries.get_record(actor=actor_of(request, P.RECORD_VIEW), uid=uid))


@router.put("/records/{uid}")
def change_record(request: HttpRequest, uid: str, body: RecordBody) -> Json:
    """Change a draft."""
    actor = actor_of(request, P.RECORD_DRAFT)
    record = queries.get_record(actor=actor, uid=uid)
    return record_row(services.change_record(actor=actor, now=now(), record=record, data=RecordData(**body.dict())))


@router.post("/records/{uid}/submit")
def submit_record(request: HttpRequest, uid: str) -> Json:
    """Hand a draft to the bureau."""
    actor = actor_of(request, P.RECORD_DRAFT)
    record = queries.get_record(actor=actor, uid=uid)
    return record_row(services.submit_record(actor=actor, now=now(), record=record))


@router.post("/records/{uid}/withdraw")
def withdraw_record(request: HttpRequest, uid: str) -> Json:
    """Put a draft away."""
    actor = actor_of(request, P.RECORD_DRAFT)
    record = queries.get_record(actor=actor, uid=uid)
    return record_row(services.withdraw_record(actor=actor, now=now(), record=record))


@router.post("/records/{uid}/approve")
def approve_record(request: HttpRequest, uid: str) -> Json:
    """Approve a record."""
    actor = actor_of(request, P.RECORD_REVIEW)
    record = queries.get_record(actor=actor, uid=uid)
    return record_row(services.approve_record(actor=actor, now=now(), record=record))


@router.post("/records/{uid}/return")
def return_record(request: HttpRequest, uid: str, body: ReasonBody) -> Json:
    """Give a record back."""
    actor = actor_of(request, P.RECORD_REVIEW)
    record = queries.get_record(actor=actor, uid=uid)
    return record_row(services.return_record(actor=actor, now=now(), record=record, reason=body.reason))


@router.get("/unmaskings")
def list_unmaskings(request: HttpRequest, limit: int = 50, offset: int = 0) -> Json:
    """Requests to export in clear."""
    rows = queries.list_unmaskings(actor_of(request, P.UNMASK_ASK))
    return page_of(rows, limit=limit, offset=offset, serialise=unmask_row)


@router.post("/unmaskings", response={201: Json})
def ask_unmasking(request: HttpRequest, body: UnmaskBody) -> Status[Json]:
    """Ask to export a list in clear."""
    actor = actor_of(request, P.UNMASK_ASK)
    return Status(201, unmask_row(services.ask_unmasking(actor=actor, now=now(), **body.dict())))


@router.post("/unmaskings/{uid}/grant")
def grant_unmasking(request: HttpRequest, uid: str) -> Json:
    """Grant a request."""
    actor = actor_of(request, P.UNMASK_DECIDE)
    found = queries.get_unmasking(actor=actor, uid=uid)
    return unmask_row(services.grant_unmasking(actor=actor, now=now(), unmasking=found))


@router.post("/unmaskings/{uid}/refuse")
def refuse_unmasking(request: HttpRequest, uid: str, body: ReasonBody) -> Json:
    """Refuse a request."""
    actor = actor_of(request, P.UNMASK_DECIDE)
    found = queries.get_unmasking(actor=actor, uid=uid)
    return unmask_row(services.refuse_unmasking(actor=actor, now=now(), unmasking=found, reason=body.reason))


@router.post("/unmaskings/{uid}/end")
def end_unmasking(request: HttpRequest, uid: str, body: ReasonBody) -> Json:
    """End an export in clear."""
    actor = actor_of(request, P.UNMASK_DECIDE)
    found = queries.get_unmasking(actor=actor, uid=uid)
    return unmask_row(services.end_unmasking(actor=actor, now=now(), unmasking=found, reason=body.reason))
