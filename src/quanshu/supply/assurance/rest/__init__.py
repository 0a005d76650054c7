"""Profiles, rule sets, reports, months over the API, among the addresses of data quality."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now, today
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.assurance import queries, services
from quanshu.supply.assurance.models import PreCheck, Profile, Report, RuleSet
from quanshu.supply.assurance.pages.months import KIND_NAMES, month_of
from quanshu.supply.assurance.pages.sets import export_of
from quanshu.supply.assurance.permissions import AssurancePermission
from quanshu.supply.assurance.types import BadMonth, MonthRow, NothingChosen, ReportData, SetData, Verdict
from quanshu.supply.quality.api import (
    Problem,
    Severity,
    adopt_suggestions,
    get_problem,
    get_table,
    shown_key,
)
from quanshu.supply.quality.api import QualityPermission as P

router = Router()


class AdoptBody(Schema):
    """Places of the suggested rules to take up, as the profile lists them."""

    chosen: list[int]


class SetBody(Schema):
    """A rule set; `rules` are uids, `threshold` a share such as 0.95."""

    name: str
    rules: list[str]
    severity: str = Severity.ERROR
    before_landing: bool = False
    verdict: str = Verdict.WARN
    threshold: float = 0.95

    def value(self) -> SetData:
        """As the value services take."""
        rules = tuple(self.rules)
        return SetData(self.name, rules, self.severity, self.before_landing, self.verdict, self.threshold)


class ReportBody(Schema):
    """A wrong value: the receipt, the service's code or the entry, the row's key, the field, what is wrong."""

    key: dict[str, str]
    field: str
    fault: str
    value_seen: str = ""
    evidence: str = ""
    sid: str = ""
    receipt_id: str = ""
    entry_uid: str = ""


def profile_row(profile: Profile) -> dict[str, Any]:
    """A profile with its suggestions, each at its place."""
    names = ("uid", "state", "lake_version", "rows", "queued_at", "ended_at", "error")
    suggested = [{"place": place, **row} for place, row in enumerate(profile.suggestions)]
    head = {name: getattr(profile, name) for name in names}
    return head | {"entry_uid": profile.entry.uid, "profile": profile.body, "suggestions": suggested}


@router.post("/tables/{entry_uid}/profiles", response={201: dict[str, Any]})
def start_profile(request: HttpRequest, entry_uid: str) -> Status[dict[str, Any]]:
    """Queue a profile of an entry's table."""
    actor = actor_of(request, P.SCAN)
    entry = get_table(actor=actor, uid=entry_uid)
    return Status(201, profile_row(services.start_profile(actor=actor, now=now(), entry=entry)))


@router.get("/tables/{entry_uid}/profile")
def get_profile(request: HttpRequest, entry_uid: str) -> dict[str, Any]:
    """The newest profile; `{"profile": null}` while there is none."""
    actor = actor_of(request, P.VIEW)
    found = queries.latest_profile(get_table(actor=actor, uid=entry_uid))
    return profile_row(found) if found else {"profile": None, "suggestions": []}


@router.post("/tables/{entry_uid}/profile/adopt", response={201: dict[str, Any]})
def adopt_chosen(request: HttpRequest, entry_uid: str, body: AdoptBody) -> Status[dict[str, Any]]:
    """Take up suggested rules of the newest finished profile."""
    actor = actor_of(request, P.EDIT)
    entry = get_table(actor=actor, uid=entry_uid)
    found = queries.latest_profile(entry, finished=True)
    kept = found.suggestions if found else []
    wanted = [services.rule_data(row) for place, row in enumerate(kept) if place in body.chosen]
    if not wanted:
        raise NothingChosen
    made = adopt_suggestions(actor=actor, now=now(), entry=entry, wanted=wanted)
    return Status(201, {"items": [{"uid": rule.uid, "name": rule.name} for rule in made]})


def set_row(row: RuleSet) -> dict[str, Any]:
    """A rule set with its rules."""
    names = ("uid", "name", "severity", "before_landing", "verdict", "threshold", "active")
    version = row.current
    head = {name: getattr(row, name) for name in names} | {"entry_uid": row.entry.uid}
    return head | {"version": version.number if version else 0, "rules": version.rules if version else []}


def check_row(row: PreCheck) -> dict[str, Any]:
    """What a set found in a load."""
    names = ("uid", "run_uid", "attempt", "rows", "passed", "pass_rate", "refused", "outcome", "results", "at")
    return {name: getattr(row, name) for name in names} | {"version": row.version.number}


@router.get("/sets")
def list_sets(request: HttpRequest, entry: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Rule sets; `entry` is a catalogue entry's uid."""
    actor = actor_of(request, P.VIEW)
    rows = queries.list_sets(actor)
    rows = rows.filter(entry__uid=entry) if entry else rows
    return page_of(rows, limit=limit, offset=offset, serialise=set_row)


@router.post("/tables/{entry_uid}/sets", response={201: dict[str, Any]})
def create_set(request: HttpRequest, entry_uid: str, body: SetBody) -> Status[dict[str, Any]]:
    """Group rules of an entry's table."""
    actor = actor_of(request, P.EDIT)
    entry = get_table(actor=actor, uid=entry_uid)
    return Status(201, set_row(services.keep_set(actor=actor, now=now(), entry=entry, data=body.value())))


def own_set(request: HttpRequest, uid: str, permission: P = P.VIEW) -> RuleSet:
    """The set of the address, as the caller may see it."""
    actor = actor_of(request, permission)
    return queries.get_set(actor=actor, uid=uid)


@router.put("/sets/{uid}")
def change_set(request: HttpRequest, uid: str, body: SetBody) -> dict[str, Any]:
    """Give a set its next version."""
    row, actor = own_set(request, uid, P.EDIT), actor_of(request)
    return set_row(services.keep_set(actor=actor, now=now(), entry=row.entry, data=body.value(), rule_set=row))


class SwitchBody(Schema):
    """On or off."""

    active: bool


@router.post("/sets/{uid}/switch")
def switch_set(request: HttpRequest, uid: str, body: SwitchBody) -> dict[str, Any]:
    """Switch a set on or off."""
    row, actor = own_set(request, uid, P.EDIT), actor_of(request)
    return set_row(services.switch_set(actor=actor, now=now(), rule_set=row, active=body.active))


@router.get("/sets/{uid}/export")
def export_set(request: HttpRequest, uid: str) -> dict[str, Any]:
    """The set as a file that `quanshu check` runs off line."""
    return export_of(own_set(request, uid))


@router.get("/sets/{uid}/checks")
def list_checks(request: HttpRequest, uid: str, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """What the set found in loads before they landed."""
    return page_of(queries.pre_checks(own_set(request, uid)), limit=limit, offset=offset, serialise=check_row)


def report_row(report: Report) -> dict[str, Any]:
    """A report as its unit and the source unit see it; the key stands under its masks."""
    names = ("uid", "state", "sid", "receipt_id", "value_seen", "fault", "evidence", "answer")
    times = ("reported_at", "answered_at")
    problem = report.problem
    head = {
        "problem_uid": problem.uid,
        "entry_uid": problem.entry.uid,
        "entry_name": problem.entry.resource_name,
        "source_unit": problem.unit.name,
        "unit": report.unit.name,
        "key": shown_key(problem),
        "columns": problem.columns,
        "due_on": problem.due_on,
    }
    return head | {name: getattr(report, name) for name in (*names, *times)}


@router.post("/reports", response={201: dict[str, Any]})
def report_problem(request: HttpRequest, body: ReportBody) -> Status[dict[str, Any]]:
    """Say that a value received from a service is wrong; its source unit has two working days."""
    actor = actor_of(request, AssurancePermission.REPORT)
    data = ReportData(
        body.key, body.field, body.fault, body.value_seen, body.evidence, body.sid.strip(), body.receipt_id.strip()
    )
    entry = queries.reportable_entry(actor=actor, uid=body.entry_uid) if body.entry_uid else None
    return Status(201, report_row(services.report_problem(actor=actor, now=now(), entry=entry, data=data)))


@router.get("/reports")
def list_reports(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Reports of the caller's unit and on its data."""
    rows = queries.list_reports(actor_of(request))
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=report_row)


@router.get("/reports/{uid}")
def get_report(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One report."""
    return report_row(queries.get_report(actor=actor_of(request), uid=uid))


def month_row(row: MonthRow) -> dict[str, Any]:
    """A month's line; every rate with what it is counted from."""
    return asdict(row) | {"pass_rate": row.pass_rate, "on_time_rate": row.on_time_rate, "mean_days": row.mean_days}


@router.get("/months/{month}")
def get_month(request: HttpRequest, month: str, by: str = "unit", unit: str = "") -> dict[str, Any]:
    """质检合格率 and 纠错时间 of a month such as 2026-11, by unit, table, dimension or rule."""
    actor = actor_of(request, P.VIEW)
    if by not in KIND_NAMES:
        raise BadMonth(month=by)
    first = month_of(month, today())
    rows = queries.month_rows(first, kind=by, today=today(), actor=actor, unit_uid=unit)
    if by == "unit":
        rows = sorted(rows, key=lambda row: (row.pass_rate is None, -(row.pass_rate or 0), row.name))
    return {"month": first, "by": by, "target": 0.95, "limit_days": 2, "items": [month_row(row) for row in rows]}


def own_problem(request: HttpRequest, uid: str) -> Problem:
    """The problem of the address, as the caller may see it."""
    return get_problem(actor=actor_of(request, P.PROBLEM_VIEW), uid=uid)


class AnswerBody(Schema):
    """Right as it is with the reason, or corrected."""

    right: bool
    answer: str = ""


@router.post("/problems/{uid}/answer")
def answer_problem(request: HttpRequest, uid: str, body: AnswerBody) -> dict[str, Any]:
    """Answer what consumers reported."""
    actor = actor_of(request)
    problem = own_problem(request, uid)
    services.answer_problem(actor=actor, now=now(), problem=problem, right=body.right, answer=body.answer)
    problem.refresh_from_db()
    return {"uid": problem.uid, "state": problem.state, "excuse": problem.excuse}
