"""Reads of delivery."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet, Sum

from quanshu.kernel.clock import CITY_TZ
from quanshu.lake.delivering import Target
from quanshu.lake.landing import Reach, SftpSpec
from quanshu.lake.views import ROW_KEY
from quanshu.shared.access.api import Actor, find_seen
from quanshu.shared.keys import open_text
from quanshu.sharing.bulk.api import BulkGrant, list_bulk, reads_of
from quanshu.sharing.delivery.models import Batch, Delivery
from quanshu.sharing.delivery.types import UNFINISHED, BatchNotFound, BatchState, DeliveryNotFound
from quanshu.supply.catalogue.api import key_columns
from quanshu.supply.lake_store import get_lake

FAMILY = "delivery"
PARTS = ("grant__consumer__unit", "grant__entry__unit")


def list_deliveries(actor: Actor) -> QuerySet[Delivery]:
    """Every delivery the actor may see."""
    return Delivery.objects.visible_to(actor).select_related(*PARTS)


def get_delivery(*, actor: Actor, uid: str) -> Delivery:
    """One delivery; DeliveryNotFound when there is none or it may not be seen."""
    return find_seen(list_deliveries(actor), uid, DeliveryNotFound(delivery=uid))


def list_batches(actor: Actor) -> QuerySet[Batch]:
    """Every batch of the deliveries that the actor may see."""
    seen = Delivery.objects.visible_to(actor).values("pk")
    return Batch.objects.filter(delivery__in=seen).select_related(*(f"delivery__{part}" for part in PARTS))


def get_batch(*, actor: Actor, uid: str) -> Batch:
    """One batch; BatchNotFound when there is none or it may not be seen."""
    return find_seen(list_batches(actor), uid, BatchNotFound(batch=uid))


def grants_to_deliver(actor: Actor) -> QuerySet[BulkGrant]:
    """Bulk grants in force that the actor may see."""
    return list_bulk(actor).filter(state="active")


def is_busy(delivery: Delivery) -> bool:
    """Whether a batch waits or is under way."""
    return delivery.batches.filter(state__in=UNFINISHED).exists()


def used_today(grant: BulkGrant, now: datetime) -> int:
    """Rows that have gone out under a grant since the city's midnight, read or delivered."""
    since = now.astimezone(CITY_TZ).replace(hour=0, minute=0, second=0, microsecond=0)
    read = reads_of(grant).filter(at__gte=since, status__lt=400).aggregate(rows=Sum("rows"))["rows"] or 0
    batches = Batch.objects.filter(delivery__grant=grant, state=BatchState.DONE, ended_at__gte=since)
    return int(read) + int(batches.aggregate(rows=Sum("rows"))["rows"] or 0)


def keys_of(grant: BulkGrant, view: str) -> tuple[str, ...]:
    """The columns that tell a view's rows apart; none where its entry has no key."""
    names = get_lake().schema(view).names
    if ROW_KEY in names:
        return (ROW_KEY,)
    keys = tuple(key_columns(grant.entry))
    return keys if set(keys) <= set(names) else ()


def file_of(batch: Batch) -> Path:
    """Where the file of a batch lies on this node."""
    return delivery_folder() / f"{batch.uid}.data"


def delivery_folder() -> Path:
    """Where files lie until they are downloaded or sent."""
    folder: Path = settings.QUANSHU_HOME / "deliveries"
    return folder


def reach() -> Reach:
    """Where deliveries of this node may go."""
    return Reach(tuple(settings.QUANSHU_DELIVERY_HOSTS), tuple(settings.QUANSHU_DELIVERY_PRIVATE_NETWORKS))


def secret_of(delivery: Delivery) -> dict[str, str]:
    """A delivery's password and private key."""
    if not delivery.sealed_secret:
        return {}
    return dict(json.loads(open_text(FAMILY, delivery.sealed_secret, delivery.uid)))


def server_of(delivery: Delivery) -> SftpSpec:
    """The SFTP server of a delivery."""
    options, secret = delivery.options, secret_of(delivery)
    return SftpSpec(
        host=options["host"],
        port=options["port"],
        username=options["username"],
        folder=options["folder"],
        password=secret.get("password", ""),
        private_key=secret.get("private_key", ""),
        host_key=options["host_key"],
    )


def database_of(delivery: Delivery) -> Target:
    """The table of a delivery."""
    names = ("host", "port", "database", "username", "table", "schema", "sslmode")
    return Target(password=secret_of(delivery).get("password", ""), **{name: delivery.options[name] for name in names})
