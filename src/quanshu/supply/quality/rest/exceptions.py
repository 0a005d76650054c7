"""Exceptions over the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now, today
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.quality import queries, services
from quanshu.supply.quality.models import RuleException
from quanshu.supply.quality.permissions import QualityPermission as P
from quanshu.supply.quality.types import ExceptionData

router = Router()


class ExceptionBody(Schema):
    """Scope key {key}, condition {condition} or rule; `until` is the last day."""

    scope: str
    reason: str
    until: date
    evidence: str = ""
    key: dict[str, str | None] | None = None
    condition: str = ""


def exception_row(row: RuleException) -> dict[str, Any]:
    """An exception; the key stands under the masks of the catalogue with the problems it covers."""
    names = ("uid", "scope", "condition", "reason", "evidence", "approved_by", "until", "state", "created_at")
    head = {"rule_uid": row.rule.uid, "rule_name": row.rule.name, "entry_uid": row.entry.uid}
    return head | {name: getattr(row, name) for name in names} | {"ended_at": row.ended_at}


@router.get("/exceptions")
def list_exceptions(
    request: HttpRequest, state: str = "", soon: bool = False, limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """Exceptions; `soon` narrows to those that end within 30 days."""
    actor = actor_of(request, P.PROBLEM_VIEW)
    rows = queries.list_exceptions(actor)
    rows = rows.filter(state=state) if state else rows
    rows = queries.ending_soon(rows, today()) if soon else rows
    return page_of(rows, limit=limit, offset=offset, serialise=exception_row)


@router.post("/rules/{uid}/exceptions", response={201: dict[str, Any]})
def except_rows(request: HttpRequest, uid: str, body: ExceptionBody) -> Status[dict[str, Any]]:
    """Accept that rows fail a rule until a day."""
    actor = actor_of(request, P.EXCUSE)
    rule = queries.get_rule(actor=actor, uid=uid)
    data = ExceptionData(**body.dict())
    return Status(201, exception_row(services.except_rows(actor=actor, now=now(), rule=rule, data=data)))


@router.post("/exceptions/{uid}/end")
def end_exception(request: HttpRequest, uid: str) -> dict[str, Any]:
    """End an exception before its last day."""
    actor = actor_of(request, P.EXCUSE)
    row = queries.get_exception(actor=actor, uid=uid)
    return exception_row(services.end_exception(actor=actor, now=now(), exception=row))
