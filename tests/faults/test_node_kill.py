"""Web, worker and gateway killed at random under load: the node heals, and nothing is lost, doubled or widened."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from quanshu.gateway.client import GatewayClient
from quanshu.gateway.journal import read_after
from support_node import NAMES, Node, a_demand, a_node, at_random, wait_until
from support_services import PERSON, QUERY

KILLS = 8
LOAD_SECONDS = 11.0

pytestmark = pytest.mark.timeout(900)


@dataclass
class Heard:
    """What callers and writers were told, each answer as it arrived whole."""

    receipts: list[str] = field(default_factory=list)
    demands: dict[str, str] = field(default_factory=dict)
    after_end: list[str] = field(default_factory=list)
    ended_at: float | None = None


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with a_node(tmp_path / "node") as node:
        node.up()
        yield node


def call(node: Node, application: dict[str, str], heard: Heard, stop: threading.Event, *, ends: bool) -> None:
    """Call without pause; of the application whose grant ends, note every answer with data a second after its end."""
    with GatewayClient(node.gateway, application["rid"], application["secret"], timeout=3) as client:
        while not stop.is_set():
            asked = time.monotonic()
            try:
                answer = client.call(QUERY.sid, {"citizen_id": PERSON})
            except httpx.HTTPError:
                time.sleep(0.05)
                continue
            if answer.receipt_id:
                heard.receipts.append(answer.receipt_id)
            if ends and answer.ok and heard.ended_at is not None and asked > heard.ended_at + 1:
                heard.after_end.append(answer.receipt_id)
            time.sleep(0.005)


def write(node: Node, heard: Heard, stop: threading.Event) -> None:
    """Draft demands over the API; keep the uid of each that was answered."""
    number = 0
    headers = {"Authorization": f"Bearer {node.made['developer']}"}
    with httpx.Client(base_url=node.web, headers=headers, timeout=5, trust_env=False) as client:
        while not stop.is_set():
            number += 1
            title = f"第 {number} 件"
            body = a_demand(node, title)
            try:
                answer = client.post("/api/v1/demands/demands", json=body)
            except httpx.HTTPError:
                time.sleep(0.1)
                continue
            if answer.status_code < 300:
                heard.demands[answer.json()["uid"]] = title
            time.sleep(0.02)


def end_grant(node: Node, heard: Heard) -> None:
    """Revoke the first application's grant; try again while the web process is down."""
    address = f"{node.web}/api/v1/services/grants/{node.made['applications'][0]['grant']}/revoke"
    headers = {"Authorization": f"Bearer {node.made['bureau']}"}

    def told() -> bool:
        try:
            answer = httpx.post(address, json={"reason": "测试"}, headers=headers, timeout=5, trust_env=False)
        except httpx.HTTPError:
            return False
        # A first try that was done but not answered leaves the second to be told that it is over.
        return answer.status_code < 300 or answer.json().get("code") == "services.grant_over"

    wait_until(told, 40, "the grant could not be revoked")
    heard.ended_at = time.monotonic()


def run_under_kills(node: Node, heard: Heard) -> int:
    """Load from four callers and a writer while processes die; returns how many were killed."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=call, args=(node, application, heard, stop), kwargs={"ends": number == 0})
        for number, application in enumerate(node.made["applications"])
    ]
    threads.append(threading.Thread(target=write, args=(node, heard, stop)))
    for thread in threads:
        thread.start()
    killed, chance = 0, at_random(20261125)
    order = [*NAMES, *NAMES, "web", "gateway"][:KILLS]
    chance.shuffle(order)
    try:
        for number, name in enumerate(order):
            time.sleep(chance.uniform(0.6, LOAD_SECONDS / KILLS * 2 - 0.6))
            killed += node.kill(name)
            if number == KILLS // 2:
                end_grant(node, heard)
        wait_until(node.answers, 60, "the node did not heal by itself")
        time.sleep(2)
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=20)
    return killed


CARRIED = """
from quanshu.sharing.services.models import Exchange
from quanshu.shared.audit.models import AuditEntry
answer = {
    "exchanges": list(Exchange.objects.filter(probe=False).values_list("receipt_id", flat=True)),
    "audited": list(AuditEntry.objects.filter(action="gateway.call").values_list("object_uid", flat=True)),
    "probes": list(Exchange.objects.filter(probe=True).values_list("receipt_id", flat=True)),
}
"""
STATE = """
from quanshu.sharing.demands.models import Demand
from quanshu.shared.audit.api import integrity_report
from quanshu.shared.audit.models import AuditEntry
from quanshu.shared.jobs.models import Job
from quanshu.shared.outbox.models import Delivery
answer = {
    "demands": dict(Demand.objects.values_list("uid", "title")),
    "drafted": list(AuditEntry.objects.filter(object_kind="demands.demand").values_list("object_uid", flat=True)),
    "sound": integrity_report().sound,
    "failed": list(Job.objects.filter(state="failed").values_list("name", "error")),
    "dead": Delivery.objects.filter(state="dead").count(),
}
"""


def test_a_node_whose_processes_die_under_load_loses_and_doubles_nothing(node: Node) -> None:
    heard = Heard()
    assert run_under_kills(node, heard) >= KILLS - 2
    assert len(heard.receipts) > 100
    assert len(heard.demands) > 10

    kept = Counter(receipt.receipt_id for _f, _n, receipt in read_after(node.home / "gateway", {}, 1_000_000))
    assert set(kept.values()) == {1}
    assert [held for held in heard.receipts if held not in kept] == []

    def carried() -> dict[str, list[str]]:
        found: dict[str, list[str]] = node.inside(CARRIED)
        return found

    wait_until(lambda: len(carried()["exchanges"]) >= len(set(heard.receipts)), 60, "receipts were not carried")
    time.sleep(1.5)
    found = carried()
    for ids in (found["exchanges"], found["audited"]):
        assert len(ids) == len(set(ids))
    assert set(heard.receipts) <= set(found["exchanges"])
    assert {*found["exchanges"], *found["probes"]} == set(found["audited"])

    state = node.inside(STATE)
    assert {uid: state["demands"].get(uid) for uid in heard.demands} == heard.demands
    assert set(state["demands"]) == set(state["drafted"])
    assert (state["sound"], state["failed"], state["dead"]) == (True, [], 0)

    assert heard.after_end == []
    application = node.made["applications"][0]
    with GatewayClient(node.gateway, application["rid"], application["secret"]) as client:
        assert client.call(QUERY.sid, {"citizen_id": PERSON}).body["code"] == "gateway.no_grant"
    assert node.down() == 0
