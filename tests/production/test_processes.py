"""Several processes of each kind on one PostgreSQL: every job once, every receipt once, one snapshot for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from quanshu.gateway.client import GatewayClient
from quanshu.gateway.journal import read_after
from support_installation import Node, answers, free_port, wait_until

pytestmark = pytest.mark.timeout(900)
CALLS = 30
LOAD = """
import sys, django
django.setup()
import pyarrow as pa
from quanshu.kernel.clock import now
from quanshu.shared.jobs import api as jobs
from quanshu.sharing.services.api import Service
from quanshu.sharing.services.services.defining import SERVE_JOB
from quanshu.supply.lake_store import get_lake
row = {"citizen_id": "370102199001010034", "name": "王五", "born": "1990-01-03", "informant": ""}
row["street"] = "趵突泉街道"
get_lake().append(sys.argv[1], pa.table({name: [text] for name, text in row.items()}))
service = Service.objects.get(sid=sys.argv[2])
jobs.enqueue(SERVE_JOB, {"entry_uid": service.entry.uid}, now=now())
for number in range(40):
    jobs.enqueue("services.probe", {"service_uid": service.uid}, now=now())
"""


def test_two_of_each_process_share_one_database(
    a_copy: Callable[[str], tuple[Node, dict[str, str]]], tmp_path: Path
) -> None:
    node, facts = a_copy("postgresql")
    ports = (node.gateway_port, free_port())
    # Two hosts: one home folder, and journals on a disk of each.
    hosts = [
        {"QUANSHU_GATEWAY_PORT": str(port), "QUANSHU_GATEWAY_JOURNALS": str(tmp_path / f"host{number}")}
        for number, port in enumerate(ports)
    ]
    gateways = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        node.start("web", "--workers", "2")
        for host in hosts:
            node.start("gateway", **host)
            node.start("worker", **host)
        for address in (f"{node.web}/sign-in/", *(f"{gateway}/health" for gateway in gateways)):
            wait_until(lambda address=address: answers(address), f"{address} answers")
        done = node.python("-c", LOAD, facts["table"], facts["sid"], environment=DJANGO)
        assert done.returncode == 0, done.stderr
        statuses = call_through(gateways, facts)
        assert statuses == Counter({200: 2 * CALLS})
        wait_until(lambda: street(gateways, facts) == {"趵突泉街道"}, "both gateways show what was loaded")
        wait_until(
            lambda: node.rows("SELECT count(*) FROM jobs_job WHERE state <> 'done' AND run_at < now()") == [[0]],
            "all jobs are done",
        )
        reconcile(node, [Path(host["QUANSHU_GATEWAY_JOURNALS"]) for host in hosts])
        assert node.rows("SELECT count(*) FROM jobs_job WHERE name = 'services.probe' AND attempts <> 1") == [[0]]
        workers = node.rows("SELECT count(*) FROM jobs_workersign")
        assert workers == [[2]]
        assert node.run("ledger", "check").returncode == 0
    finally:
        codes = node.stop()
    assert set(codes) == {0}
    assert "failed" not in node.logs(), node.logs()[-3000:]


DJANGO = {"DJANGO_SETTINGS_MODULE": "quanshu.config.settings"}


def call_through(gateways: list[str], facts: dict[str, str]) -> Counter[int]:
    """Calls through both gateways in turn; how many had which status."""
    found = Counter[int]()
    with ExitStack() as stack:
        clients = [stack.enter_context(GatewayClient(gateway, facts["rid"], facts["secret"])) for gateway in gateways]
        for number in range(CALLS * len(clients)):
            client = clients[number % len(clients)]
            found[client.call(facts["sid"], {"citizen_id": facts["person"]}).status] += 1
    return found


def street(gateways: list[str], facts: dict[str, str]) -> set[str]:
    """What each gateway answers of the person that was loaded."""
    found = set()
    for gateway in gateways:
        with GatewayClient(gateway, facts["rid"], facts["secret"]) as client:
            rows = client.call(facts["sid"], {"citizen_id": "370102199001010034"}).body["data"]
            found |= {row["street"] for row in rows} or {""}
    return found


def reconcile(node: Node, folders: list[Path]) -> None:
    """Every receipt of both journals is one row and one audit entry."""

    def receipts() -> Counter[str]:
        found = Counter[str]()
        for folder in folders:
            kept = read_after(folder, {}, 1_000_000)
            assert kept
            found.update(receipt.receipt_id for _file, _number, receipt in kept)
        return found

    def carried() -> bool:
        rows = node.rows(
            "SELECT e.receipt_id, (SELECT count(*) FROM audit_auditentry a WHERE a.object_uid = e.receipt_id "
            "AND a.action = 'gateway.call') FROM services_exchange e"
        )
        return dict(rows) == dict(receipts()) and set(receipts().values()) == {1}

    wait_until(carried, "every receipt is carried, each once")
