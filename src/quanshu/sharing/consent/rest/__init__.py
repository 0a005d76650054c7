"""Consent over REST: `router` for receivers, the bureau and auditors, `my_router` for the subjects themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.gateway.consenting import audience_of
from quanshu.kernel.clock import now
from quanshu.shared.access.api import require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.consent import queries, services
from quanshu.sharing.consent.models import Consent, ConsentUse, DisplayOrder
from quanshu.sharing.consent.permissions import ConsentPermission as P
from quanshu.sharing.consent.queries.words import words_in_both
from quanshu.sharing.consent.types import AskData, Narrowing, OrderData
from quanshu.sharing.services.api import get_grant

router = Router()
my_router = Router()


class AskBody(Schema):
    """What is asked for under a grant, and of whom: `number` is a citizen ID or a unified social credit code."""

    grant_uid: str
    kind: str = "person"
    number: str
    fields_asked: list[str]
    legal_basis: str
    retention_days: int
    starts_at: datetime
    ends_at: datetime
    most_uses: int | None = None
    per_day: int | None = None
    case_number: str = ""
    answer_until: datetime | None = None

    def value(self) -> AskData:
        """As the value services take."""
        given = self.dict(exclude={"grant_uid", "fields_asked"})
        return AskData(**given, fields=tuple(self.fields_asked))


class GrantBody(Schema):
    """What is granted of a request; what is left out is granted as it was asked."""

    fields_given: list[str] | None = None
    ends_at: datetime | None = None
    most_uses: int | None = None
    per_day: int | None = None


class WhyBody(Schema):
    """Why, which need not be said."""

    reason: str = ""


class OrderBody(Schema):
    """A legal order that delays the display of uses."""

    authority: str
    number: str
    basis: str
    starts_at: datetime
    ends_at: datetime


def consent_row(consent: Consent) -> dict[str, Any]:
    """A consent as JSON: not whose it is."""
    names = (
        "uid", "number", "state", "fields", "purpose", "legal_basis", "retention_days", "case_number", "occasion",
        "starts_at", "ends_at", "most_uses", "per_day", "asked_at", "answer_until", "decided_at", "decided_as",
        "ended_at", "uses", "last_used_at",
    )  # fmt: skip
    return {name: getattr(consent, name) for name in names} | {
        "sid": consent.service.sid,
        "rid": consent.consumer.rid,
        "receiver": consent.consumer.unit.name,
        "application": consent.consumer.name,
        "kind": consent.subject.kind,
        "delete_by": queries.delete_by(consent),
    }


def use_row(use: ConsentUse) -> dict[str, Any]:
    """A use as JSON."""
    names = ("receipt_id", "at", "unit_name", "application", "purpose", "case_number", "outcome", "answered", "rows")
    return {name: getattr(use, name) for name in names} | {"fields": [name for name in use.fields.split(",") if name]}


def order_row(order: DisplayOrder) -> dict[str, Any]:
    """An order as JSON."""
    names = ("uid", "authority", "number", "basis", "starts_at", "ends_at", "recorded_by_name", "recorded_at")
    return {name: getattr(order, name) for name in names} | {"consent": order.consent.number}


def whole(consent: Consent, *, everything: bool) -> dict[str, Any]:
    """A consent with its words and uses."""
    uses = queries.uses_of(consent, now=now(), everything=everything)[:100]
    return consent_row(consent) | {"words": words_in_both(consent), "use_rows": [use_row(use) for use in uses]}


def find(request: HttpRequest, uid: str) -> Consent:
    """The consent of the address, as the caller may see it."""
    return queries.get_consent(actor=actor_of(request), uid=uid, now=now())


@router.get("/requests")
def list_requests(
    request: HttpRequest, q: str = "", state: str = "", limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """Requests and consents by number or case number, and state."""
    actor = actor_of(request)
    require(actor, P.VIEW)
    rows = queries.list_consents(actor, now=now())
    if state:
        rows = rows.filter(state=state)
    if q:
        rows = rows.filter(number=q) | rows.filter(case_number=q)
    return page_of(rows, limit=limit, offset=offset, serialise=consent_row)


@router.post("/requests", response={201: dict[str, Any]})
def post_request(request: HttpRequest, body: AskBody) -> Status[dict[str, Any]]:
    """Ask a subject for consent."""
    actor = actor_of(request)
    require(actor, P.ASK)
    grant = get_grant(actor=actor, uid=body.grant_uid)
    consent = services.ask_consent(actor=actor, now=now(), grant=grant, data=body.value())
    return Status(201, whole(consent, everything=True))


@router.get("/requests/{uid}")
def get_request(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One request or consent; once granted with its token and whom a proof is made for."""
    actor = actor_of(request)
    require(actor, P.VIEW)
    consent = find(request, uid)
    told = whole(consent, everything=True)
    if consent.token and P.ASK in actor.grants:
        told |= {"token": consent.token, "audience": audience_of(queries.node_name(), consent.service.sid)}
    return told


@router.post("/requests/{uid}/orders", response={201: dict[str, Any]})
def post_order(request: HttpRequest, uid: str, body: OrderBody) -> Status[dict[str, Any]]:
    """Record a legal order that delays the display of the consent's uses."""
    actor = actor_of(request)
    require(actor, P.ORDER)
    data = OrderData(**body.dict())
    return Status(201, order_row(services.record_order(actor=actor, now=now(), consent=find(request, uid), data=data)))


@router.get("/orders")
def list_orders(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Legal orders that delay the display of uses."""
    actor = actor_of(request)
    require(actor, P.ORDER_VIEW)
    return page_of(queries.list_orders(actor), limit=limit, offset=offset, serialise=order_row)


@router.post("/orders/{uid}/end")
def post_order_end(request: HttpRequest, uid: str) -> dict[str, Any]:
    """End an order before its time."""
    actor = actor_of(request)
    require(actor, P.ORDER)
    order = queries.get_order(actor=actor, uid=uid)
    return order_row(services.end_order(actor=actor, now=now(), order=order))


def own_row(consent: Consent) -> dict[str, Any]:
    """A consent as its subject sees it."""
    return consent_row(consent) | {"subject_uid": consent.subject.uid} | queries.shown_counts(consent, now=now())


@my_router.get("/")
def list_own(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Requests and consents of the resident, and of those it acts for."""
    actor = actor_of(request)
    require(actor, P.OWN)
    rows = queries.list_consents(actor, now=now())
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=own_row)


@my_router.get("/{uid}")
def get_own(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One of them with its words and uses."""
    require(actor_of(request), P.OWN)
    consent = find(request, uid)
    return whole(consent, everything=False) | own_row(consent)


@my_router.post("/{uid}/grant")
def post_grant(request: HttpRequest, uid: str, body: GrantBody) -> dict[str, Any]:
    """Consent, to all of what was asked or to less."""
    actor = actor_of(request)
    require(actor, P.OWN)
    consent = find(request, uid)
    given = Narrowing(
        fields=tuple(consent.fields if body.fields_given is None else body.fields_given),
        ends_at=body.ends_at or consent.ends_at,
        most_uses=consent.most_uses if body.most_uses is None else body.most_uses,
        per_day=consent.per_day if body.per_day is None else body.per_day,
    )
    return own_row(services.grant_consent(actor=actor, now=now(), consent=consent, given=given))


@my_router.post("/{uid}/refuse")
def post_refuse(request: HttpRequest, uid: str, body: WhyBody) -> dict[str, Any]:
    """Refuse."""
    actor = actor_of(request)
    require(actor, P.OWN)
    consent = services.refuse_consent(actor=actor, now=now(), consent=find(request, uid), reason=body.reason)
    return own_row(consent)


@my_router.post("/{uid}/revoke")
def post_revoke(request: HttpRequest, uid: str, body: WhyBody) -> dict[str, Any]:
    """Withdraw; gateways refuse within a second."""
    actor = actor_of(request)
    require(actor, P.OWN)
    consent = services.revoke_consent(actor=actor, now=now(), consent=find(request, uid), reason=body.reason)
    return own_row(consent)
