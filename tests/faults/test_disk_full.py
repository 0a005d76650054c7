"""A disk that fills up: no data leaves without its receipt, nothing is half saved, all goes on once there is room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyarrow as pa
import pytest

from quanshu.gateway.client import Answer, GatewayClient
from quanshu.gateway.journal import read_after
from quanshu.lake import Lake
from quanshu.lake.errors import DiskFull
from support_disk import fill, small_disk
from support_node import Node, a_demand, a_node, wait_until
from support_services import PERSON, QUERY

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with small_disk(tmp_path / "disk", 96) as disk, a_node(disk / "node") as node:
        node.log = tmp_path / "node.log"
        node.up()
        yield node


def call(node: Node) -> Answer:
    application = node.made["applications"][0]
    with GatewayClient(node.gateway, application["rid"], application["secret"]) as client:
        return client.call(QUERY.sid, {"citizen_id": PERSON})


def draft(node: Node, title: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {node.made['developer']}", "Accept-Language": "en"}
    address = f"{node.web}/api/v1/demands/demands"
    return httpx.post(address, json=a_demand(node, title), headers=headers, timeout=30, trust_env=False)


CARRIED = (
    "from quanshu.sharing.services.models import Exchange\n"
    "answer = list(Exchange.objects.values_list('receipt_id', flat=True))"
)
TITLES = (
    "from quanshu.sharing.demands.models import Demand\nanswer = list(Demand.objects.values_list('title', flat=True))"
)


def test_a_node_on_a_full_disk_refuses_plainly_and_goes_on_when_there_is_room(node: Node) -> None:
    held = [call(node).receipt_id]
    assert draft(node, "before").status_code == 200
    ballast = fill(node.home.parent)

    seen = []
    application = node.made["applications"][0]
    with GatewayClient(node.gateway, application["rid"], application["secret"]) as client:
        # A journal has taken room ahead for some thousand receipts.
        for number in range(20_000):
            if number % 100 == 0:
                # What the node clears away is room again.
                fill(node.home.parent)
            seen.append(client.call(QUERY.sid, {"citizen_id": PERSON}))
            if not seen[-1].ok:
                break
    last = seen[-1]
    assert (last.status, last.body["code"], last.receipt_id) == (503, "gateway.journal_failed", "")
    assert "data" not in last.body
    held += [answer.receipt_id for answer in seen if answer.ok]

    answers = [draft(node, f"full {number}") for number in range(60)]
    full = [answer for answer in answers if answer.status_code != 200]
    assert full, "the database still found room"
    assert {(answer.status_code, answer.json()["code"]) for answer in full} == {(507, "web.storage_full")}
    assert "operator" in full[0].json()["remedy"]
    assert httpx.get(f"{node.web}/sign-in/", trust_env=False, timeout=10).status_code == 200

    ballast.unlink()
    wait_until(lambda: call(node).ok, 30, "calls did not go on")
    wait_until(lambda: draft(node, "after").status_code == 200, 30, "writes did not go on")
    kept = [receipt.receipt_id for _f, _n, receipt in read_after(node.home / "gateway", {}, 100_000)]
    assert len(kept) == len(set(kept))
    assert set(held) <= set(kept)
    titles = node.inside(TITLES)
    saved = [f"full {number}" for number, answer in enumerate(answers) if answer.status_code == 200]
    assert {title for title in titles if title.startswith("full")} == set(saved)
    wait_until(lambda: set(held) <= set(node.inside(CARRIED)), 30, "receipts were not carried")
    sound = "from quanshu.shared.audit.api import integrity_report\nanswer = integrity_report().sound"
    assert node.inside(sound) is True
    assert node.down() == 0


def big(rows: int) -> pa.Table:
    return pa.table({"id": [f"{n:018d}" for n in range(rows)], "text": [os.urandom(200).hex() for _ in range(rows)]})


@pytest.mark.parametrize("operation", ["append", "overwrite", "upsert"])
def test_a_write_for_which_there_is_no_room_leaves_the_version_before(tmp_path: Path, operation: str) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        lake = Lake(disk / "lake", memory_limit="256MB")
        version = lake.append("big", big(100))
        ballast = fill(disk)
        change = big(4_000)
        with pytest.raises(DiskFull):
            lake.upsert("big", change, ["id"]) if operation == "upsert" else getattr(lake, operation)("big", change)
        assert (lake.version("big"), lake.count("big")) == (version, 100)
        ballast.unlink()
        lake.upsert("big", change, ["id"])
        assert (lake.version("big"), lake.count("big")) == (version + 1, 4_000)
