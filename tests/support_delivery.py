"""Deliveries in the small city of services' tests."""

from __future__ import annotations

from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import run_due
from quanshu.sharing.bulk.api import BulkGrant
from quanshu.sharing.delivery.models import Batch, Delivery
from quanshu.sharing.delivery.services import create_delivery, run_batch, start_batch
from quanshu.sharing.delivery.types import DeliveryData
from support_services import City

API = "/api/v1/delivery"
JSON = "application/json"


def body(grant: BulkGrant, **changes: Any) -> dict[str, Any]:
    """A delivery to the download page, over the API."""
    return {"grant_uid": grant.uid, "name": "每日人口底数", "channel": "page", "form": "csv-utf8-bom", **changes}


def a_delivery(city: City, grant: BulkGrant, **changes: Any) -> Delivery:
    """A delivery that the receiver's unit has set up."""
    values = {key: value for key, value in body(grant, **changes).items() if key != "grant_uid"}
    return create_delivery(actor=city.actor("developer"), grant=grant, data=DeliveryData(**values), now=now())


def a_batch(city: City, delivery: Delivery, **more: Any) -> Batch:
    """A batch, done in this process."""
    batch = start_batch(actor=city.actor("developer"), delivery=delivery, now=now(), **more)
    return run_batch(batch.uid, now())


def work() -> None:
    """What is due."""
    run_due(now())
