"""Delivery: the city's map takes the district's stations as a CSV file every night, and the first one is downloaded."""

from __future__ import annotations

import csv
import hashlib
import io

from quanshu.demo.play.hosting import DATA
from quanshu.demo.play.people import Cast, steward_of
from quanshu.demo.play.supply import Say, wait
from quanshu.kernel.clock import now
from quanshu.sharing.bulk.api import BulkGrant
from quanshu.sharing.delivery.api import (
    Batch,
    BatchState,
    Channel,
    Delivery,
    DeliveryData,
    Extent,
    create_delivery,
    start_batch,
    take_file,
)
from quanshu.supply.catalogue.api import Entry

NIGHTLY = DeliveryData(
    name="户外劳动者驿站每日文件",
    channel=Channel.PAGE,
    form="csv-utf8-bom",
    extent=Extent.WHOLE,
    cron="30 2 * * *",
    link_days=7,
)


def waiting(batch: Batch) -> int:
    """1 while a batch waits or is under way."""
    batch.refresh_from_db()
    return int(batch.state in {BatchState.QUEUED, BatchState.RUNNING})


def play_delivery(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """A nightly delivery, its first batch made now and downloaded by the unit that receives it."""
    grants = BulkGrant.objects.filter(entry__resource_name=DATA.resource_name, state="active")
    grant = grants.select_related("consumer__unit", "entry__unit").first()
    if grant is None or Delivery.objects.filter(grant=grant, name=NIGHTLY.name).exists():
        return
    steward = steward_of(grant.consumer.unit, now())
    delivery = create_delivery(actor=steward, grant=grant, data=NIGHTLY, now=now())
    batch = start_batch(actor=steward, delivery=delivery, now=now())
    wait("a file to be delivered", lambda: waiting(batch), lambda _text: None, seconds=60)
    content = take_file(actor=steward, batch=batch, now=now()).read_bytes()
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    same = hashlib.sha256(content).hexdigest() == batch.digest
    say(f"{batch.file_name} downloaded: {len(rows):,} rows, SHA-256 {'as told' if same else 'DIFFERS'}")
