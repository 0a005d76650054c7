"""Development over the API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import override
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile

from quanshu.kernel.clock import now
from quanshu.organisation.api import get_unit
from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.development import queries, services
from quanshu.sharing.development.models import Order, ProbeRoll
from quanshu.sharing.development.pages.document import markdown_of
from quanshu.sharing.development.pages.documents import LANGUAGES
from quanshu.sharing.development.pages.orders import file_answer
from quanshu.sharing.development.permissions import DevelopmentPermission as P
from quanshu.sharing.development.types import DocumentNotFound, OrderData, OrderNotFound
from quanshu.sharing.services.api import (
    ServicePermission,
    ServiceVersion,
    compare_specs,
    get_consumer,
    get_grant,
    get_service,
    move_grant,
    set_version_end,
)
from quanshu.supply.catalogue.api import get_entry

router = Router()
Json = dict[str, Any]
STEPS = {
    "take": services.take_order,
    "test": services.try_draft,
    "hand-over": services.hand_over,
    "accept": services.accept_order,
}
REASON_STEPS = {"send-back": services.send_back, "cancel": services.cancel_order}


class OrderBody(Schema):
    """What is asked for; `entry` and `unit` are uids, `fields` items of the entry."""

    entry: str
    unit: str
    title: str
    fields_asked: list[str]
    wanted: str = ""


class ReasonBody(Schema):
    """Why."""

    reason: str = ""


class AttachBody(Schema):
    """The draft's uid or code."""

    service: str


class EndBody(Schema):
    """The last day of an old version."""

    ends_on: date


def order_row(order: Order) -> Json:
    """An order for programs."""
    names = (
        *("uid", "number", "title", "wanted", "fields", "demand_uid", "state", "builder_name", "checks", "reason"),
        *("version", "sent_back", "created_at", "tested_at", "handed_at", "accepted_at", "published_at"),
    )
    return {
        **{name: getattr(order, name) for name in names},
        "entry_uid": order.entry.uid,
        "unit_uid": order.unit.uid,
        "service_uid": order.service.uid if order.service else None,
        "passed": bool(order.passed_digest),
        "due_on": getattr(order, "due_on", None),
    }


@router.get("/orders")
def list_orders(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> Json:
    """Orders, the newest first."""
    rows = queries.list_orders(actor_of(request, P.VIEW))
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=order_row)


@router.post("/orders", response={201: Json})
def open_order(request: HttpRequest, body: OrderBody) -> Status[Json]:
    """Open an order by hand."""
    actor = actor_of(request, P.OPEN)
    entry, unit = get_entry(actor=actor, uid=body.entry), get_unit(actor=actor, uid=body.unit)
    data = OrderData(body.title, tuple(body.fields_asked), body.wanted)
    order = services.open_order(actor=actor, now=now(), entry=entry, unit=unit, data=data)
    return Status(201, order_row(order))


@router.get("/orders/{uid}")
def get_order(request: HttpRequest, uid: str) -> Json:
    """One order with what was said of it."""
    order = queries.get_order(actor=actor_of(request, P.VIEW), uid=uid)
    names = ("uid", "text", "by_name", "at", "file_name", "digest")
    said = [{name: getattr(row, name) for name in names} for row in queries.comments_of(order)]
    return {**order_row(order), "comments": said}


@router.post("/orders/{uid}/attach")
def attach_draft(request: HttpRequest, uid: str, body: AttachBody) -> Json:
    """Attach the draft that answers the order."""
    actor = actor_of(request, P.BUILD)
    order, service = queries.get_order(actor=actor, uid=uid), get_service(actor=actor, uid=body.service)
    return order_row(services.attach_draft(actor=actor, now=now(), order=order, service=service))


@router.post("/orders/{uid}/steps/{step}")
def take_step(request: HttpRequest, uid: str, step: str, body: ReasonBody) -> Json:
    """take, test, hand-over, accept; send-back and cancel with a reason."""
    actor = actor_of(request, P.VIEW)
    order = queries.get_order(actor=actor, uid=uid)
    if step in STEPS:
        return order_row(STEPS[step](actor=actor, now=now(), order=order))
    if step in REASON_STEPS:
        return order_row(REASON_STEPS[step](actor=actor, now=now(), order=order, reason=body.reason))
    raise OrderNotFound(order=f"{uid}/{step}"[:80])


@router.post("/orders/{uid}/comments", response={201: Json})
def comment_order(
    request: HttpRequest, uid: str, text: Form[str], file: File[UploadedFile | None] = None
) -> Status[Json]:
    """Say something on an order, with a file or without."""
    actor = actor_of(request, P.VIEW)
    order = queries.get_order(actor=actor, uid=uid)
    row = services.comment_order(
        actor=actor, now=now(), order=order, text=text, name=(file.name or "") if file else "", stream=file
    )
    return Status(201, {"uid": row.uid, "digest": row.digest})


@router.get("/orders/{uid}/files/{comment}")
def read_file(request: HttpRequest, uid: str, comment: str) -> FileResponse:
    """A comment's file."""
    row, path = services.read_file(actor=actor_of(request, P.VIEW), now=now(), order_uid=uid, uid=comment)
    return file_answer(row.file_name, row.media_type, path)


@router.get("/figures")
def get_figures(request: HttpRequest) -> Json:
    """Orders by how far they came."""
    actor_of(request, P.VIEW)
    return asdict(queries.order_figures())


@router.get("/services/{uid}/document")
def get_document(request: HttpRequest, uid: str, language: str = "zh-hans") -> HttpResponse:
    """The documentation as Markdown; `language` zh-hans or en."""
    service = get_service(actor=actor_of(request, ServicePermission.VIEW), uid=uid)
    if language not in LANGUAGES:
        raise DocumentNotFound(service=f"{service.sid} ({language[:20]})")
    with override(language):
        return HttpResponse(markdown_of(service), content_type="text/markdown; charset=utf-8")


@router.get("/services/{uid}/sandbox")
def get_sandbox(request: HttpRequest, uid: str) -> Json:
    """Address, version and keys that exist of a service's sandbox."""
    service = get_service(actor=actor_of(request, ServicePermission.VIEW), uid=uid)
    found = queries.sandbox_of(service)
    address = f"{settings.QUANSHU_GATEWAY_URL}/sandbox/{service.sid}"
    return {"address": address, "version": found.number, "draft": found.draft, "keys": queries.example_keys(found)}


@router.post("/applications/{uid}/sandbox-key", response={201: Json})
def issue_sandbox_key(request: HttpRequest, uid: str) -> Status[Json]:
    """Give an application a sandbox secret; it is in this answer alone."""
    actor = actor_of(request, P.SANDBOX)
    consumer = get_consumer(actor=actor, uid=uid)
    secret = services.issue_sandbox_key(actor=actor, now=now(), consumer=consumer)
    return Status(201, {"rid": consumer.rid, "secret": secret})


@router.get("/services/{uid}/health")
def get_health(request: HttpRequest, uid: str) -> Json:
    """Availability of 24 hours, 30 days and this month, of 12 months, and the latest outages."""
    service = get_service(actor=actor_of(request, P.HEALTH), uid=uid)
    names = ("code", "began_at", "ended_at", "failures")
    return {
        "periods": [
            {**asdict(row), "availability": row.availability} for row in queries.health_periods(service, now=now())
        ],
        "months": [
            {**asdict(row), "availability": row.availability}
            for row in queries.availability_by_month(service, now=now())
        ],
        "outages": [{name: getattr(row, name) for name in names} for row in queries.list_outages(service)[:100]],
    }


@router.get("/services/{uid}/rolls")
def list_rolls(request: HttpRequest, uid: str, grain: str = "hour", limit: int = 50, offset: int = 0) -> Json:
    """Roll-ups by hour or day, the latest first."""
    service = get_service(actor=actor_of(request, P.HEALTH), uid=uid)
    names = ("start", "grain", "total", "ok", "p50_us", "p95_us", "codes")

    def serialise(row: ProbeRoll) -> Json:
        return {name: getattr(row, name) for name in names}

    return page_of(queries.list_rolls(service, grain), limit=limit, offset=offset, serialise=serialise)


@router.get("/services/{uid}/versions")
def list_versions(request: HttpRequest, uid: str) -> list[Json]:
    """Published versions, the newest first, with what each changed against the one before."""
    service = get_service(actor=actor_of(request, ServicePermission.VIEW), uid=uid)
    rows = list(ServiceVersion.objects.filter(service=service).order_by("number"))
    found: list[Json] = []
    for at, row in enumerate(rows):
        changes = compare_specs(rows[at - 1].spec, row.spec) if at else ()
        told = {"number": row.number, "published_at": row.published_at, "ends_on": row.ends_on}
        found.append({**told, "changes": [asdict(change) for change in changes]})
    return found[::-1]


@router.post("/services/{uid}/versions/{number}/end")
def move_end(request: HttpRequest, uid: str, number: int, body: EndBody) -> Json:
    """Move the printed end of an old version."""
    actor = actor_of(request, ServicePermission.PUBLISH)
    service = get_service(actor=actor, uid=uid)
    row = set_version_end(actor=actor, now=now(), service=service, number=number, ends_on=body.ends_on)
    return {"number": row.number, "ends_on": row.ends_on}


@router.post("/grants/{uid}/move")
def move_to_newest(request: HttpRequest, uid: str) -> Json:
    """Have a grant answered by the newest version."""
    actor = actor_of(request, ServicePermission.GRANT_VIEW)
    grant = move_grant(actor=actor, now=now(), grant=get_grant(actor=actor, uid=uid))
    return {"uid": grant.uid, "version": grant.version}
