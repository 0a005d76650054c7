"""Clause 2.5.2: bulk reads and deliveries are among the stages' figures, and their faults are alerts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from quanshu.kernel.clock import now
from quanshu.oversight.monitoring.api import Alert, Sample, take_samples
from quanshu.oversight.monitoring.types import Grain
from quanshu.sharing.bulk.api import BulkGrant
from quanshu.sharing.delivery.api import Batch, Delivery
from quanshu.sharing.services.api import Exchange
from support_bulk import a_bulk_grant
from support_delivery import a_batch, a_delivery
from support_monitoring import Node

pytestmark = pytest.mark.django_db


@pytest.fixture
def node(settings: Any, tmp_path: Path) -> Node:
    settings.QUANSHU_HOME = tmp_path
    return Node(settings, tmp_path)


def read(node: Node, grant: BulkGrant, at: datetime, *, count: int, rows: int, status: int = 200) -> None:
    """Bulk reads as the receipts of a gateway tell them."""
    first = Exchange.objects.count()
    Exchange.objects.bulk_create(
        Exchange(
            receipt_id=f"b{first + number}", at=at, rid=node.consumer.rid, sid=f"bulk:{grant.full_name}",
            consumer=node.consumer, service_version=0, grant_uid=grant.uid, outcome="ok" if status < 400 else "x",
            status=status, rows=rows, duration_us=5000, request_hash="", response_hash="", snapshot_version=1,
            purpose=grant.purpose, carried_at=at,
        )
        for number in range(count)
    )  # fmt: skip


def sums(measure: str, path: str) -> tuple[int, int, int]:
    """(count, failed, amount) of a measure over the minutes of a unit."""
    rows = Sample.objects.filter(grain=Grain.MINUTE, measure=measure, unit_path=path)
    return sum(r.count for r in rows), sum(r.failed for r in rows), sum(r.amount for r in rows)


def test_bulk_reads_and_deliveries_are_counted_by_stage_and_unit(node: Node) -> None:
    grant = a_bulk_grant(node.city, node.consumer)
    delivery = a_delivery(node.city, grant)
    batch = a_batch(node.city, delivery)
    assert batch.state == "done"
    moment = now()
    read(node, grant, moment, count=3, rows=7)
    read(node, grant, moment, count=1, rows=0, status=500)
    take_samples(moment + timedelta(minutes=2))
    provider, user = node.city.units["police"].path, node.city.units["labour"].path
    assert sums("transfer.bulk", provider) == (4, 1, 21)
    assert sums("use.bulk", user) == (4, 1, 21)
    assert sums("use.calls", user) == (0, 0, 0), "bulk reads are counted by themselves"
    assert sums("transfer.deliveries", provider) == (1, 0, batch.rows)
    assert sums("use.deliveries", user) == (1, 0, batch.rows)
    page = node.browser().get("/monitoring/transfer/").content.decode()
    for name in ("Bulk reads", "Batches delivered", "Deliveries under way", "Bulk views behind their source"):
        assert name in page
    assert "Batches received by units" in node.browser().get("/monitoring/use/").content.decode()


def fired(code: str) -> Alert:
    return Alert.objects.get(rule__code=code, state="firing")


def test_broken_reads_failing_deliveries_and_late_views_are_alerts(node: Node) -> None:
    grant = a_bulk_grant(node.city, node.consumer)
    delivery: Delivery = a_delivery(node.city, grant)
    batch = a_batch(node.city, delivery)
    # Where the gateway is silent its alert stands for those of reads.
    with node.running():
        read(node, grant, node.at, count=10, rows=1)
        node.look(15)
        codes = ("bulk.errors", "bulk.behind", "delivery.failing")
        assert not Alert.objects.filter(rule__code__in=codes).exists()
        read(node, grant, node.at, count=10, rows=0, status=503)
        Batch.objects.filter(pk=batch.pk).update(state="failed", error={"code": "lake.unreachable"}, ended_at=node.at)
        BulkGrant.objects.update(stale_since=node.at - timedelta(hours=2), fault="lake.no_table")
        node.look(30)
        assert fired("bulk.errors").url == grant.get_absolute_url()
        late = fired("bulk.behind")
        assert (late.unit_path, late.params) == (node.city.units["police"].path, {"code": "lake.no_table"})
        failing = fired("delivery.failing")
        assert (failing.url, failing.value, failing.params) == (
            delivery.get_absolute_url(),
            1,
            {"code": "lake.unreachable"},
        )
        Batch.objects.filter(pk=batch.pk).update(state="done")
        BulkGrant.objects.update(stale_since=None, fault="")
        node.look(30)
        assert not Alert.objects.filter(rule__code__in=["bulk.behind", "delivery.failing"], state="firing").exists()
