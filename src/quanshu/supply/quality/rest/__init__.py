"""Data quality over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from quanshu.kernel.clock import now
from quanshu.shared.access.api import require
from quanshu.shared.web.api import page_of
from quanshu.shared.workflow.api import city_day
from quanshu.supply.catalogue.api import get_entry
from quanshu.supply.quality import queries, services
from quanshu.supply.quality.models import Problem, Rule, Scan
from quanshu.supply.quality.permissions import QualityPermission as P
from quanshu.supply.quality.types import RuleData

router = Router()


class RuleBody(Schema):
    """A rule of a table."""

    name: str
    kind: str
    columns: list[str]
    params: dict[str, Any] = {}
    dimension: str = ""
    severity: str = "error"

    def value(self) -> RuleData:
        """As the value services take."""
        return RuleData(**{**self.dict(), "columns": tuple(self.columns)})


class ReasonBody(Schema):
    """Why."""

    reason: str


def rule_row(rule: Rule) -> dict[str, Any]:
    """A rule with its current version."""
    version = rule.current
    return {
        "uid": rule.uid,
        "entry_uid": rule.entry.uid,
        "name": rule.name,
        "dimension": rule.dimension,
        "severity": rule.severity,
        "active": rule.active,
        "version": version.number if version else None,
        "kind": version.kind if version else None,
        "columns": version.columns if version else [],
        "params": version.params if version else {},
    }


def scan_row(scan: Scan) -> dict[str, Any]:
    """A scan with its counts."""
    names = ("uid", "state", "rows", "passed", "pass_rate", "opened", "fixed", "lake_version", "queued_at", "ended_at")
    return {name: getattr(scan, name) for name in names} | {"entry_uid": scan.entry.uid, "error": scan.error}


def problem_row(problem: Problem) -> dict[str, Any]:
    """A problem; its value is masked."""
    names = ("uid", "key", "reason", "state", "opened_at", "due_on", "closed_at", "working_days")
    return {name: getattr(problem, name) for name in names} | {
        "entry_uid": problem.rule.entry.uid,
        "rule_uid": problem.rule.uid,
        "rule_version": problem.version.number,
        "columns": problem.version.columns,
        "value": queries.shown_value(problem),
    }


@router.get("/figures")
def figures(request: HttpRequest) -> dict[str, Any]:
    """Pass rate and correction time with their denominators (clause 2.1.3)."""
    require(request.actor, P.VIEW)  # type: ignore[attr-defined]
    found = queries.quality_figures(today=city_day(now()))
    return {
        "rows": found.rows,
        "passed": found.passed,
        "pass_rate": found.pass_rate,
        "open_problems": found.open_problems,
        "overdue_problems": found.overdue_problems,
        "corrected": found.corrected,
        "corrected_on_time": found.corrected_on_time,
        "on_time_rate": found.on_time_rate,
        "mean_correction_days": found.mean_correction_days,
    }


@router.get("/rules")
def list_rules(request: HttpRequest, entry: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Rules, of one table or all."""
    actor = request.actor  # type: ignore[attr-defined]
    require(actor, P.VIEW)
    rows = queries.list_rules(actor)
    rows = rows.filter(entry__uid=entry) if entry else rows
    return page_of(rows, limit=limit, offset=offset, serialise=rule_row)


@router.post("/tables/{uid}/rules")
def create_rule(request: HttpRequest, uid: str, body: RuleBody) -> dict[str, Any]:
    """Add a rule to a table."""
    actor = request.actor  # type: ignore[attr-defined]
    entry = get_entry(actor=actor, uid=uid)
    return rule_row(services.create_rule(actor=actor, now=now(), entry=entry, data=body.value()))


@router.put("/rules/{uid}")
def revise_rule(request: HttpRequest, uid: str, body: RuleBody) -> dict[str, Any]:
    """Give a rule its next version."""
    actor = request.actor  # type: ignore[attr-defined]
    rule = queries.get_rule(actor=actor, uid=uid)
    return rule_row(services.revise_rule(actor=actor, now=now(), rule=rule, data=body.value()))


@router.post("/tables/{uid}/scans")
def start_scan(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Queue a check of a table."""
    actor = request.actor  # type: ignore[attr-defined]
    return scan_row(services.start_scan(actor=actor, now=now(), entry=get_entry(actor=actor, uid=uid)))


@router.get("/scans/{uid}")
def get_scan(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One check with the result of each rule."""
    scan = queries.get_scan(actor=request.actor, uid=uid)  # type: ignore[attr-defined]
    results = [
        {
            "rule_uid": row.version.rule.uid,
            "rule_version": row.version.number,
            "tested": row.tested,
            "failed": row.failed,
            "pass_rate": row.pass_rate,
        }
        for row in scan.results.select_related("version__rule")
    ]
    return scan_row(scan) | {"results": results}


@router.get("/problems")
def list_problems(
    request: HttpRequest, state: str = "", entry: str = "", limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """Problems, by state and table."""
    actor = request.actor  # type: ignore[attr-defined]
    require(actor, P.PROBLEM_VIEW)
    asked = {"state": state, "rule__entry__uid": entry}
    rows = queries.list_problems(actor).filter(**{name: value for name, value in asked.items() if value})
    return page_of(rows, limit=limit, offset=offset, serialise=problem_row)


@router.get("/problems/{uid}")
def get_problem(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One problem."""
    return problem_row(queries.get_problem(actor=request.actor, uid=uid))  # type: ignore[attr-defined]


@router.post("/problems/{uid}/check")
def check_problem(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Check the row again by the same rule version."""
    actor = request.actor  # type: ignore[attr-defined]
    problem = queries.get_problem(actor=actor, uid=uid)
    return problem_row(services.check_problem(actor=actor, now=now(), problem=problem))


@router.post("/problems/{uid}/excuse")
def excuse(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Accept a problem as it is."""
    actor = request.actor  # type: ignore[attr-defined]
    problem = queries.get_problem(actor=actor, uid=uid)
    return problem_row(services.excuse_problem(actor=actor, now=now(), problem=problem, reason=body.reason))
