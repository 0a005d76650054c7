"""Monitoring over REST."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.organisation.api import Account, Unit
from quanshu.oversight.monitoring import queries, services
from quanshu.oversight.monitoring.models import Alert, AlertRule, LevelMonth, Shift, Silence
from quanshu.oversight.monitoring.permissions import MonitoringPermission as P
from quanshu.oversight.monitoring.queries.parts import part_states
from quanshu.oversight.monitoring.queries.stages import span_of
from quanshu.oversight.monitoring.queries.story import Story
from quanshu.oversight.monitoring.services.handling import SETTINGS
from quanshu.oversight.monitoring.types import OwnRuleData, RuleData, ShiftNotFound, SilenceData
from quanshu.shared.audit.api import AuditEntry
from quanshu.shared.web.api import actor_of, page_of

router = Router()
Json = dict[str, Any]


class RuleBody(Schema):
    """A rule's settings; times in seconds, escalation in minutes (0 = never)."""

    severity: str
    threshold: float
    for_seconds: int
    clear_seconds: int
    escalate_minutes: int
    active: bool = True
    remedy: str = ""
    remedy_en: str = ""


class OwnRuleBody(RuleBody):
    """A rule over a measure; `sense` is above, absent or rate."""

    name: str
    stage: str
    measure: str
    sense: str
    window_minutes: int
    least: int = 1
    unit_uid: str = ""
    subject: str = ""


class TextBody(Schema):
    """What is being done."""

    text: str = ""


class SilenceBody(Schema):
    """What is silenced; an empty part means any."""

    until: datetime
    reason: str
    rule_uid: str = ""
    stage: str = ""
    unit_uid: str = ""
    cause: str = ""


class ShiftBody(Schema):
    """A duty; no unit means the platform's."""

    account_uid: str
    starts_at: datetime
    ends_at: datetime
    unit_uid: str = ""


class HandOverBody(Schema):
    """To whom a duty goes."""

    account_uid: str
    reason: str = ""


class ObjectiveBody(Schema):
    """A promise: `kind` is availability, delay or freshness; `target` a share; `limit_ms` for delay."""

    kind: str
    subject: str
    target: float
    limit_ms: int = 0
    active: bool = True


def seconds(value: Any) -> float | None:
    """A duration in seconds."""
    return round(value.total_seconds(), 3) if value is not None else None


def alert_row(alert: Alert) -> Json:
    """An alert."""
    names = (
        "uid", "cause", "state", "stage", "severity", "label", "value", "threshold", "fault_at", "first_fired_at",
        "acknowledged_at", "acknowledged_by", "resolved_at", "flaps", "silenced", "told", "escalated_at", "note",
    )  # fmt: skip
    told = {name: getattr(alert, name) for name in names}
    rule = {"rule": alert.rule.code, "title": str(alert), "advice": alert.rule.advice, "affects": alert.rule.affects}
    return {**told, **rule, "delay_seconds": seconds(alert.delay), "lasted_seconds": seconds(alert.lasted)}


def rule_row(rule: AlertRule) -> Json:
    """A rule."""
    names = ("uid", "code", "shipped", "stage", "measure", "sense", "window_minutes", "least", "subject", "updated_at")
    settings = {name: getattr(rule, name) for name in SETTINGS}
    return {**{name: getattr(rule, name) for name in names}, **settings, "title": rule.title}


def silence_row(silence: Silence) -> Json:
    """A silence."""
    names = ("uid", "stage", "cause", "starts_at", "until", "reason", "made_by", "ended_at")
    return {**{name: getattr(silence, name) for name in names}, "rule": silence.rule.code if silence.rule else ""}


def shift_row(shift: Shift) -> Json:
    """A duty."""
    names = ("uid", "person", "account_uid", "starts_at", "ends_at", "instead_of", "reason", "planned_by")
    return {**{name: getattr(shift, name) for name in names}, "unit_path": shift.unit_path}


def month_row(row: LevelMonth) -> Json:
    """A month of a service level."""
    names = ("good", "total", "target", "value", "left", "met", "counted_at")
    told = {name: getattr(row, name) for name in names}
    found = row.objective
    head = {"uid": found.uid, "kind": found.kind, "subject": found.subject, "label": found.label}
    return {**head, "month": f"{row.month:%Y-%m}", **told}


def entry_row(entry: AuditEntry) -> Json:
    """An audit entry."""
    names = ("uid", "at", "actor_name", "action", "object_kind", "object_uid", "outcome")
    return {name: getattr(entry, name) for name in names}


CALL_PARTS = (
    "receipt_id", "at", "rid", "sid", "outcome", "status", "rows", "service_version", "snapshot_version", "trace_id",
)  # fmt: skip
RUN_PARTS = ("uid", "lake_version", "ended_at", "landed", "refused", "file_name", "started_by")


def story_row(story: Story) -> Json:
    """A call's story; parts that may not be seen are null and named in `hidden`."""
    call, grant, demand, serving = story.call, story.grant, story.demand, story.serving
    return {
        "call": {name: getattr(call, name) for name in CALL_PARTS},
        "grant": {
            "uid": grant.uid, "purpose": grant.purpose, "fields": grant.fields, "by": grant.created_by,
        } if grant else None,
        "demand": {"uid": demand.uid, "number": demand.number, "title": demand.title} if demand else None,
        "approvals": [entry_row(row) for row in story.approvals],
        "version": {"number": story.version.number, "by": story.version.published_by} if story.version else None,
        "entry": {"uid": story.entry.uid, "code": story.entry.code} if story.entry else None,
        "serving": {
            "file": serving.file, "at": serving.at, "rows": serving.rows,
            "lake_table": serving.lake_table, "lake_version": serving.lake_version,
        } if serving else None,
        "batches": [
            {name: getattr(run, name) for name in RUN_PARTS}
            | {"source": run.source.name, "unit": run.source.unit.name}
            for run in story.batches
        ],
        "changes": [
            {"uid": row.uid, "kind": row.kind, "version": row.version_after, "at": row.decided_at, "by": row.by_name}
            for row in story.changes
        ],
        "brought": [
            {
                "version": row.version,
                "rows": row.rows,
                "run": row.run.uid if row.run else None,
                "change": row.change.uid if row.change else None,
            }
            for row in story.brought
        ],
        "builds": [{"uid": row.uid, "model": row.model.code, "inputs": row.inputs} for row in story.builds],
        "scans": [
            {"uid": row.uid, "rows": row.rows, "passed": row.passed, "ended_at": row.ended_at} for row in story.scans
        ],
        "audit": entry_row(story.audit) if story.audit else None,
        "proof": asdict(story.proof) if story.proof else None,
        "trace": [entry_row(row) for row in story.trace],
        "hidden": story.hidden,
    }  # fmt: skip


@router.get("/stages")
def list_stages(request: HttpRequest) -> list[Json]:
    """The four stages today, the usual, what waits."""
    return [
        asdict(found) | {"fail_rate": found.fail_rate} for found in queries.overview(actor_of(request, P.VIEW), now())
    ]


@router.get("/stages/{stage}")
def get_stage(request: HttpRequest, stage: str, span: str = "24h") -> Json:
    """One stage over 24h, 30d or 12m: each measure's series, and by unit."""
    actor, code, found = actor_of(request, P.VIEW), span_of(span)[0], queries.stage_of(stage)
    rows = queries.series(actor, found, code, now())
    return {
        "stage": stage,
        "span": code,
        "series": [
            {"measure": row.measure.code, "label": str(row.measure.label), "points": row.points} for row in rows
        ],
        "units": [asdict(row) | {"fail_rate": row.fail_rate} for row in queries.by_unit(actor, found, code, now())],
    }


@router.get("/parts")
def list_parts(request: HttpRequest) -> list[Json]:
    """Processes and parts of the node."""
    actor_of(request, P.VIEW)
    return [asdict(part) for part in part_states()]


@router.get("/alerts")
def list_alerts(request: HttpRequest, state: str = "", severity: str = "", limit: int = 50, offset: int = 0) -> Json:
    """Alerts; `state` may be open."""
    actor = actor_of(request, P.VIEW)
    rows = queries.open_alerts(actor) if state == "open" else queries.list_alerts(actor)
    if state not in ("", "open"):
        rows = rows.filter(state=state)
    rows = rows.filter(severity=severity) if severity else rows
    return page_of(rows, limit=limit, offset=offset, serialise=alert_row)


@router.get("/alerts/{uid}")
def get_alert(request: HttpRequest, uid: str) -> Json:
    """One alert with its course."""
    alert = queries.get_alert(actor=actor_of(request, P.VIEW), uid=uid)
    steps = [{"at": row.at, "step": row.step, "by": row.by, "note": row.note} for row in alert.steps.all()]
    return alert_row(alert) | {"steps": steps}


@router.post("/alerts/{uid}/acknowledge")
def acknowledge(request: HttpRequest, uid: str, body: TextBody) -> Json:
    """Say that one sees to it."""
    actor = actor_of(request, P.ACKNOWLEDGE)
    alert = queries.get_alert(actor=actor, uid=uid)
    return alert_row(services.acknowledge_alert(actor=actor, now=now(), alert=alert, text=body.text))


@router.get("/rules")
def list_rules(request: HttpRequest, limit: int = 50, offset: int = 0) -> Json:
    """Alert rules."""
    actor_of(request, P.VIEW)
    return page_of(AlertRule.objects.all(), limit=limit, offset=offset, serialise=rule_row)


@router.put("/rules/{uid}")
def change_rule(request: HttpRequest, uid: str, body: RuleBody) -> Json:
    """Set a rule."""
    actor = actor_of(request, P.RULES)
    rule = queries.get_rule(uid=uid)
    return rule_row(services.change_rule(actor=actor, now=now(), rule=rule, data=RuleData(**body.dict())))


@router.post("/rules", response={201: Json})
def create_rule(request: HttpRequest, body: OwnRuleBody) -> Status[Json]:
    """A rule over a measure."""
    actor, given = actor_of(request, P.RULES), body.dict()
    settings = RuleData(**{name: given.pop(name) for name in SETTINGS})
    made = services.create_rule(actor=actor, now=now(), data=OwnRuleData(**given), settings=settings)
    return Status(201, rule_row(made))


@router.delete("/rules/{uid}")
def delete_rule(request: HttpRequest, uid: str) -> Json:
    """Delete a rule of one's own making."""
    actor = actor_of(request, P.RULES)
    services.delete_rule(actor=actor, now=now(), rule=queries.get_rule(uid=uid))
    return {"deleted": uid}


@router.get("/silences")
def list_silences(request: HttpRequest, limit: int = 50, offset: int = 0) -> Json:
    """Silences, the newest first."""
    actor_of(request, P.VIEW)
    return page_of(Silence.objects.select_related("rule"), limit=limit, offset=offset, serialise=silence_row)


@router.post("/silences", response={201: Json})
def make_silence(request: HttpRequest, body: SilenceBody) -> Status[Json]:
    """Have nobody told of some alerts for a time."""
    actor = actor_of(request, P.SILENCE)
    return Status(201, silence_row(services.make_silence(actor=actor, now=now(), data=SilenceData(**body.dict()))))


@router.post("/silences/{uid}/end")
def end_silence(request: HttpRequest, uid: str) -> Json:
    """End a silence."""
    actor = actor_of(request, P.SILENCE)
    return silence_row(services.end_silence(actor=actor, now=now(), silence=queries.get_silence(uid=uid)))


@router.get("/roster")
def list_roster(request: HttpRequest, limit: int = 50, offset: int = 0) -> Json:
    """Duties."""
    return page_of(queries.list_shifts(actor_of(request, P.VIEW)), limit=limit, offset=offset, serialise=shift_row)


def account_at(uid: str) -> Account:
    """An active account; ShiftNotFound names it otherwise."""
    found = Account.objects.select_related("person").filter(uid=uid, is_active=True).first()
    if found is None:
        raise ShiftNotFound(shift=uid)
    return found


@router.post("/roster", response={201: Json})
def plan_shift(request: HttpRequest, body: ShiftBody) -> Status[Json]:
    """Put somebody on duty."""
    actor = actor_of(request, P.ROSTER)
    unit = Unit.objects.filter(uid=body.unit_uid).first() if body.unit_uid else None
    shift = services.plan_shift(
        actor=actor, now=now(), unit=unit, account=account_at(body.account_uid),
        starts_at=body.starts_at, ends_at=body.ends_at,
    )  # fmt: skip
    return Status(201, shift_row(shift))


@router.post("/roster/{uid}/hand-over")
def hand_over(request: HttpRequest, uid: str, body: HandOverBody) -> Json:
    """Give a duty to another person."""
    actor = actor_of(request, P.VIEW)
    shift = queries.get_shift(actor=actor, uid=uid)
    account = account_at(body.account_uid)
    return shift_row(services.hand_over_shift(actor=actor, now=now(), shift=shift, account=account, reason=body.reason))


@router.delete("/roster/{uid}")
def remove_shift(request: HttpRequest, uid: str) -> Json:
    """Take a duty off the roster."""
    actor = actor_of(request, P.ROSTER)
    services.remove_shift(actor=actor, now=now(), shift=queries.get_shift(actor=actor, uid=uid))
    return {"removed": uid}


@router.get("/levels")
def list_levels(request: HttpRequest, month: str = "", limit: int = 50, offset: int = 0) -> Json:
    """Service levels by month (month as 2026-11)."""
    rows = queries.list_months(actor_of(request, P.VIEW))
    rows = rows.filter(month__startswith=month) if month else rows
    return page_of(rows, limit=limit, offset=offset, serialise=month_row)


@router.post("/levels", response={201: Json})
def set_level(request: HttpRequest, body: ObjectiveBody) -> Status[Json]:
    """Promise a level, or change the promise."""
    actor = actor_of(request, P.LEVELS)
    row = services.set_objective(actor=actor, now=now(), **body.dict())
    names = ("uid", "kind", "subject", "label", "target", "limit_ms", "active")
    return Status(201, {name: getattr(row, name) for name in names})


@router.get("/story/{receipt_id}")
def get_story(request: HttpRequest, receipt_id: str) -> Json:
    """A call's whole story."""
    return story_row(queries.call_story(actor=actor_of(request, P.VIEW), receipt_id=receipt_id))
