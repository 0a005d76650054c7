"""PostgreSQL crashes and comes back under load: no process of the node has to be started again, and nothing is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from quanshu.gateway.client import GatewayClient
from support_cluster import Cluster, a_cluster
from support_node import NAMES, Node, a_demand, a_node, wait_until
from support_services import PERSON, QUERY

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with a_cluster() as cluster:
        yield cluster


@pytest.fixture
def node(tmp_path: Path, cluster: Cluster) -> Iterator[Node]:
    with a_node(tmp_path / "node", database=cluster.url) as node:
        node.up()
        yield node


def test_a_node_lives_through_crashes_of_its_database(node: Node, cluster: Cluster) -> None:
    before = {name: node.child(name) for name in NAMES}
    stop = threading.Event()
    receipts: list[str] = []
    demands: dict[str, str] = {}
    refused: set[tuple[int, str]] = set()

    def call() -> None:
        application = node.made["applications"][0]
        with GatewayClient(node.gateway, application["rid"], application["secret"]) as client:
            while not stop.is_set():
                answer = client.call(QUERY.sid, {"citizen_id": PERSON})
                # The gateway knows no database: its calls go on.
                assert answer.ok, answer.body
                receipts.append(answer.receipt_id)
                time.sleep(0.02)

    def write() -> None:
        headers = {"Authorization": f"Bearer {node.made['developer']}"}
        with httpx.Client(base_url=node.web, headers=headers, timeout=30, trust_env=False) as client:
            number = 0
            while not stop.is_set():
                number += 1
                answer = client.post("/api/v1/demands/demands", json=a_demand(node, f"第 {number} 件"))
                if answer.status_code == 200:
                    demands[answer.json()["uid"]] = f"第 {number} 件"
                else:
                    refused.add((answer.status_code, answer.json()["code"]))
                time.sleep(0.02)

    threads = [threading.Thread(target=call), threading.Thread(target=write)]
    for thread in threads:
        thread.start()
    try:
        for pause in (1.5, 0.2):
            time.sleep(1.5)
            written = len(demands)
            cluster.stop()
            time.sleep(pause)
            cluster.start()
            wait_until(lambda written=written: len(demands) > written + 3, 40, "writes did not go on")  # type: ignore[misc]
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)
    assert refused <= {(503, "web.database_away")}
    assert {name: node.child(name) for name in NAMES} == before

    titles = (
        "from quanshu.sharing.demands.models import Demand\nanswer = dict(Demand.objects.values_list('uid', 'title'))"
    )
    kept = node.inside(titles)
    assert {uid: kept.get(uid) for uid in demands} == demands
    carried = (
        "from quanshu.sharing.services.models import Exchange\n"
        "answer = list(Exchange.objects.filter(probe=False).values_list('receipt_id', flat=True))"
    )
    wait_until(lambda: set(receipts) <= set(node.inside(carried)), 60, "the worker did not carry on")
    found = node.inside(carried)
    assert len(found) == len(set(found)) == len(set(receipts))
    sound = "from quanshu.shared.audit.api import integrity_report\nanswer = integrity_report().sound"
    assert node.inside(sound) is True
    assert node.down() == 0
