"""Delivery over REST."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.bulk.api import get_bulk
from quanshu.sharing.delivery import queries, services
from quanshu.sharing.delivery.models import Batch, Delivery
from quanshu.sharing.delivery.permissions import DeliveryPermission as P
from quanshu.sharing.delivery.types import DeliveryData

router = Router()


class DeliveryBody(Schema):
    """A delivery. `options` and `secret` by channel, see the room's types."""

    name: str
    channel: str = "page"
    form: str = "csv-utf8-bom"
    extent: str = "whole"
    cron: str = ""
    link_days: int = 7
    options: dict[str, str | int] = {}
    secret: dict[str, str] = {}


class NewDelivery(DeliveryBody):
    """A delivery of a bulk grant."""

    grant_uid: str


class StartBody(Schema):
    """`whole`: the whole view, also where changes are delivered."""

    whole: bool = False


def data_in(body: DeliveryBody) -> DeliveryData:
    """What the service functions take."""
    return DeliveryData(**body.dict(exclude={"grant_uid"}))


def delivery_row(row: Delivery) -> dict[str, Any]:
    """A delivery; never its secrets."""
    names = ("uid", "name", "channel", "form", "extent", "cron", "next_at", "link_days", "options", "state", "target")
    return {
        **{name: getattr(row, name) for name in names},
        "grant_uid": row.grant.uid,
        "table": row.grant.full_name,
        "rid": row.grant.consumer.rid,
        "delivered_version": row.base_version,
        "delivered_at": row.delivered_at,
    }


BATCH = (
    "uid", "number", "state", "asked_by", "asked_at", "scheduled", "attempts", "started_at", "ended_at", "version",
    "mode", "progress", "rows", "inserted", "updated", "deleted", "bytes", "digest", "target", "file_name",
    "expires_at", "reconciliation", "error",
)  # fmt: skip


def batch_row(row: Batch) -> dict[str, Any]:
    """One batch with its receipt."""
    return {name: getattr(row, name) for name in BATCH} | {"delivery_uid": row.delivery.uid}


def found(request: HttpRequest, uid: str) -> dict[str, Any]:
    """The actor, the moment and the delivery of an address."""
    actor = actor_of(request)
    return {"actor": actor, "now": now(), "delivery": queries.get_delivery(actor=actor, uid=uid)}


@router.get("/deliveries")
def list_deliveries(
    request: HttpRequest, state: str = "", channel: str = "", limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """Deliveries to the caller's units, and of what they provide."""
    actor = actor_of(request, P.VIEW)
    facets = {"state": state, "channel": channel}
    rows = queries.list_deliveries(actor).filter(**{key: value for key, value in facets.items() if value})
    return page_of(rows, limit=limit, offset=offset, serialise=delivery_row)


@router.post("/deliveries", response={201: dict[str, Any]})
def create_delivery(request: HttpRequest, body: NewDelivery) -> Status[dict[str, Any]]:
    """Set up a delivery of a bulk grant."""
    actor = actor_of(request)
    grant = get_bulk(actor=actor, uid=body.grant_uid)
    made = services.create_delivery(actor=actor, grant=grant, data=data_in(body), now=now())
    return Status(201, delivery_row(made))


@router.get("/deliveries/{uid}")
def get_delivery(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One delivery."""
    return delivery_row(found(request, uid)["delivery"])


@router.put("/deliveries/{uid}")
def change_delivery(request: HttpRequest, uid: str, body: DeliveryBody) -> dict[str, Any]:
    """Change a delivery; an empty secret keeps the one it has."""
    return delivery_row(services.change_delivery(data=data_in(body), **found(request, uid)))


@router.post("/deliveries/{uid}/start", response={201: dict[str, Any]})
def start_batch(request: HttpRequest, uid: str, body: StartBody) -> Status[dict[str, Any]]:
    """Deliver now."""
    return Status(201, batch_row(services.start_batch(whole=body.whole, **found(request, uid))))


@router.post("/deliveries/{uid}/pause")
def pause_delivery(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Stop for a time."""
    return delivery_row(services.pause_delivery(**found(request, uid)))


@router.post("/deliveries/{uid}/resume")
def resume_delivery(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Go on."""
    return delivery_row(services.resume_delivery(**found(request, uid)))


@router.post("/deliveries/{uid}/end")
def end_delivery(request: HttpRequest, uid: str) -> dict[str, Any]:
    """End a delivery for good."""
    return delivery_row(services.end_delivery(**found(request, uid)))


@router.post("/deliveries/{uid}/try")
def try_delivery(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Try the connection to the receiver."""
    return delivery_row(services.try_delivery(**found(request, uid)))


@router.get("/deliveries/{uid}/batches")
def list_batches(request: HttpRequest, uid: str, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """The batches of a delivery, the latest first."""
    rows = found(request, uid)["delivery"].batches.select_related("delivery")
    return page_of(rows, limit=limit, offset=offset, serialise=batch_row)


@router.get("/batches/{uid}")
def get_batch(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One batch with its receipt."""
    return batch_row(queries.get_batch(actor=actor_of(request), uid=uid))


@router.get("/batches/{uid}/file")
def download(request: HttpRequest, uid: str) -> FileResponse:
    """The file of a batch; its SHA-256 stands in `X-Content-SHA256`. Each download is noted."""
    actor = actor_of(request)
    batch = queries.get_batch(actor=actor, uid=uid)
    return file_answer(batch, services.take_file(actor=actor, batch=batch, now=now()))


def file_answer(batch: Batch, path: Any) -> FileResponse:
    """A file as an answer, which nobody keeps on the way."""
    answer = FileResponse(path.open("rb"), as_attachment=True, filename=batch.file_name)
    answer["Content-Type"] = "application/octet-stream"
    answer["Cache-Control"] = "no-store"
    answer["X-Content-SHA256"] = batch.digest
    return answer
