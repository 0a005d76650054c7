"""Calls, as their receipts tell them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.services import api as services
from quanshu.sharing.services.api import Exchange
from quanshu.sharing.services.api import ServicePermission as P

router = Router()
SHOWN = (
    "receipt_id",
    "at",
    "rid",
    "sid",
    "service_version",
    "grant_uid",
    "outcome",
    "status",
    "rows",
    "duration_us",
    "request_hash",
    "response_hash",
    "snapshot_version",
    "purpose",
    "case_number",
    "consent_uid",
    "parameters",
)


def exchange_row(call: Exchange) -> dict[str, Any]:
    """A call: names of parameters and fields, never their values."""
    return {name: getattr(call, name) for name in SHOWN} | {"answered_fields": call.fields}


@router.get("/exchanges")
def list_exchanges(
    request: HttpRequest,
    receipt: str = "",
    sid: str = "",
    rid: str = "",
    outcome: str = "",
    limit: int = 50,
    offset: int = 0,
) -> dict[str, Any]:
    """Calls of and to the caller's units; `outcome` is a code such as ok or gateway.no_grant."""
    actor = actor_of(request, P.EXCHANGE_VIEW)
    rows = Exchange.objects.visible_to(actor).by_people()
    facets = {"receipt_id": receipt, "sid": sid, "rid": rid, "outcome": outcome}
    rows = rows.filter(**{key: value for key, value in facets.items() if value})
    return page_of(rows, limit=limit, offset=offset, serialise=exchange_row)


@router.get("/exchanges/{receipt_id}")
def get_exchange(request: HttpRequest, receipt_id: str) -> dict[str, Any]:
    """One call by its receipt."""
    return exchange_row(services.get_exchange(actor=actor_of(request), receipt_id=receipt_id))
