"""Bulk over REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.kernel.errors import Invalid
from quanshu.lake.conditions import Condition
from quanshu.shared.access.api import require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.bulk import queries, services
from quanshu.sharing.bulk.models import BulkGrant, BulkToken, ViewRefresh
from quanshu.sharing.bulk.permissions import BulkPermission as P
from quanshu.sharing.bulk.types import BulkData
from quanshu.sharing.services.api import Consumer, ConsumerNotFound, Exchange
from quanshu.supply.catalogue.api import get_entry

router = Router()


class NaiveTime(Invalid):
    code = "bulk.naive_time"
    message = "valid_until has no offset from UTC."
    remedy = "Write the moment with its offset, such as 2027-01-01T00:00:00+08:00."


class ConditionBody(Schema):
    """One condition of a row filter; values are texts, also of numbers and dates."""

    column: str
    operator: str
    values: list[str] = []


class BulkBody(Schema):
    """A bulk grant, as asked for or made."""

    consumer_uid: str
    entry_uid: str
    table_name: str
    shared_fields: list[str]
    purpose: str
    valid_until: datetime
    masks: dict[str, str] = {}
    where: list[ConditionBody] = []
    row_limit: int | None = None
    daily_rows: int | None = None
    versions_kept: int = 10
    retention_days: int = 7


class ReasonBody(Schema):
    """Why."""

    reason: str


class TokenBody(Schema):
    """How many days a token holds."""

    days: int = 90


def grant_row(grant: BulkGrant) -> dict[str, Any]:
    """A bulk grant and the state of its view."""
    return {
        "uid": grant.uid,
        "state": grant.state,
        "table": grant.full_name,
        "consumer_uid": grant.consumer.uid,
        "rid": grant.consumer.rid,
        "entry_uid": grant.entry.uid,
        "shared_fields": grant.fields,
        "masks": grant.masks,
        "where": grant.where,
        "purpose": grant.purpose,
        "row_limit": grant.row_limit,
        "daily_rows": grant.daily_rows,
        "versions_kept": grant.versions_kept,
        "retention_days": grant.retention_days,
        "valid_from": grant.valid_from,
        "valid_until": grant.valid_until,
        "reason": grant.reason,
        "view": {
            "rows": grant.view_rows,
            "version": grant.view_version,
            "source_version": grant.source_version,
            "refreshed_at": grant.refreshed_at,
            "stale_since": grant.stale_since,
            "fault": grant.fault,
        },
    }


def token_row(token: BulkToken) -> dict[str, Any]:
    """A token; never its text."""
    return {
        "uid": token.uid,
        "rid": token.consumer.rid,
        "hint": token.hint,
        "not_before": token.not_before,
        "not_after": token.not_after,
        "revoked_at": token.revoked_at,
    }


def refresh_row(row: ViewRefresh) -> dict[str, Any]:
    """What one refresh did."""
    names = ("at", "mode", "source_version", "view_version", "rows", "inserted", "updated", "deleted", "duration_ms")
    return {name: getattr(row, name) for name in names} | {"fault": row.fault}


def read_row(row: Exchange) -> dict[str, Any]:
    """One read, by its receipt."""
    return {
        "receipt_id": row.receipt_id,
        "at": row.at,
        "what": row.parameters,
        "version": row.service_version,
        "rows": row.rows,
        "bytes": queries.bytes_of(row.parameters),
        "outcome": row.outcome,
        "status": row.status,
    }


def given(request: HttpRequest, body: BulkBody) -> dict[str, Any]:
    """What the service functions take."""
    actor = actor_of(request)
    if body.valid_until.tzinfo is None:
        raise NaiveTime
    consumer = Consumer.objects.select_related("unit").filter(uid=body.consumer_uid).first()
    if consumer is None:
        raise ConsumerNotFound(consumer=body.consumer_uid)
    data = BulkData(
        table_name=body.table_name,
        fields=tuple(body.shared_fields),
        purpose=body.purpose,
        valid_until=body.valid_until,
        masks=body.masks,
        where=tuple(Condition(part.column, part.operator, tuple(part.values)) for part in body.where),
        row_limit=body.row_limit,
        daily_rows=body.daily_rows,
        versions_kept=body.versions_kept,
        retention_days=body.retention_days,
    )
    entry = get_entry(actor=actor, uid=body.entry_uid)
    return {"actor": actor, "now": now(), "consumer": consumer, "entry": entry, "data": data}


def found(request: HttpRequest, uid: str) -> dict[str, Any]:
    """The actor, the moment and the grant of an address."""
    actor = actor_of(request)
    return {"actor": actor, "now": now(), "grant": queries.get_bulk(actor=actor, uid=uid)}


@router.get("/grants")
def list_grants(
    request: HttpRequest, state: str = "", consumer: str = "", entry: str = "", limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """Bulk grants the caller's units hold, give or ask for; `consumer` and `entry` are uids."""
    actor = actor_of(request, P.VIEW)
    facets = {"state": state, "consumer__uid": consumer, "entry__uid": entry}
    rows = queries.list_bulk(actor).filter(**{key: value for key, value in facets.items() if value})
    return page_of(rows, limit=limit, offset=offset, serialise=grant_row)


@router.get("/grants/{uid}")
def get_grant(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One bulk grant with the state of its view."""
    return grant_row(found(request, uid)["grant"])


@router.post("/grants", response={201: dict[str, Any]})
def create_grant(request: HttpRequest, body: BulkBody) -> Status[dict[str, Any]]:
    """Share an entry in bulk with an application."""
    return Status(201, grant_row(services.create_bulk(**given(request, body))))


@router.post("/requests", response={201: dict[str, Any]})
def request_grant(request: HttpRequest, body: BulkBody) -> Status[dict[str, Any]]:
    """Ask for an entry in bulk."""
    return Status(201, grant_row(services.request_bulk(**given(request, body))))


@router.post("/grants/{uid}/approve")
def approve_grant(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Grant what was asked for."""
    return grant_row(services.approve_bulk(reason=body.reason, **found(request, uid)))


@router.post("/grants/{uid}/refuse")
def refuse_grant(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Refuse what was asked for."""
    return grant_row(services.refuse_bulk(reason=body.reason, **found(request, uid)))


@router.post("/grants/{uid}/revoke")
def revoke_grant(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """End a bulk grant; reads and file addresses are refused within a second."""
    return grant_row(services.revoke_bulk(reason=body.reason, **found(request, uid)))


@router.post("/grants/{uid}/refresh")
def refresh_grant(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Have the view refreshed now."""
    return grant_row(services.ask_refresh(**found(request, uid)))


@router.get("/grants/{uid}/refreshes")
def list_refreshes(request: HttpRequest, uid: str, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """What the refreshes of a view did, the latest first."""
    rows = found(request, uid)["grant"].refreshes.all()
    return page_of(rows, limit=limit, offset=offset, serialise=refresh_row)


@router.get("/grants/{uid}/reads")
def list_reads(request: HttpRequest, uid: str, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """The reads of a grant, the latest first."""
    rows = queries.reads_of(found(request, uid)["grant"])
    return page_of(rows, limit=limit, offset=offset, serialise=read_row)


@router.get("/grants/{uid}/tokens")
def list_tokens(request: HttpRequest, uid: str, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Tokens of the grant's application."""
    parts = found(request, uid)
    require(parts["actor"], P.VIEW, parts["grant"].consumer)
    rows = queries.tokens_of([parts["grant"].consumer_id])
    return page_of(rows, limit=limit, offset=offset, serialise=token_row)


@router.post("/grants/{uid}/tokens", response={201: dict[str, Any]})
def make_token(request: HttpRequest, uid: str, body: TokenBody) -> Status[dict[str, Any]]:
    """Make a token for the grant's application; `profile` is the text of its `.share` file, in this answer alone."""
    parts = found(request, uid)
    consumer = parts["grant"].consumer
    token, text = services.make_token(actor=parts["actor"], consumer=consumer, days=body.days, now=parts["now"])
    return Status(201, token_row(token) | {"profile": services.profile_of(token, text)})


@router.post("/tokens/{uid}/revoke")
def revoke_token(request: HttpRequest, uid: str) -> dict[str, Any]:
    """End a token."""
    actor = actor_of(request)
    token = queries.get_token(actor=actor, uid=uid)
    return token_row(services.revoke_token(actor=actor, token=token, now=now()))
