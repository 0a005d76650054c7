"""A node whose clock is wrong and right again: calls are refused plainly meanwhile, and nothing stands still after."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from quanshu.gateway.client import Answer, GatewayClient
from quanshu.gateway.signing import sign_headers
from support_node import Node, a_node, wait_until
from support_services import PERSON, QUERY

HOUR, DAY = 3600, 86_400
CLOCK = Path(__file__).resolve().parent.parent / "support_clock"

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("clock")
    (folder / "offset").write_text("0")
    paths = f"{CLOCK}:{CLOCK.parent}"
    extra = {"PYTHONPATH": paths, "QUANSHU_TEST_CLOCK": str(folder / "offset")}
    with a_node(folder / "node", extra=extra) as node:
        node.up()
        yield node


def put_off(node: Node, seconds: int) -> None:
    """Set the node's clock off by some seconds, whole and at once."""
    path = node.home.parent / "offset"
    path.with_suffix(".new").write_text(str(seconds))
    path.with_suffix(".new").replace(path)


def call(node: Node, number: int = 0) -> Answer:
    application = node.made["applications"][number]
    with GatewayClient(node.gateway, application["rid"], application["secret"]) as client:
        return client.call(QUERY.sid, {"citizen_id": PERSON})


@pytest.mark.parametrize("off", [2 * HOUR, -2 * HOUR])
def test_calls_are_refused_by_name_while_the_clock_is_wrong_and_go_on_after(node: Node, off: int) -> None:
    application = node.made["applications"][0]
    headers = sign_headers(application["rid"], QUERY.sid, application["secret"], time.time_ns() // 1_000_000)
    address = f"{node.gateway}/s/{QUERY.sid}"
    first = httpx.post(address, json={"citizen_id": PERSON}, headers=headers, trust_env=False)
    assert first.status_code == 200
    put_off(node, off)
    try:
        answer = call(node)
        assert (answer.status, answer.body["code"]) == (401, "gateway.outside_window")
        told = re.search(r"[0-9]{4}", answer.body["message"])
        assert told is not None
        assert abs(int(told[0]) - 2 * HOUR) < 60
    finally:
        put_off(node, 0)
    again = httpx.post(address, json={"citizen_id": PERSON}, headers=headers, trust_env=False)
    assert again.json()["code"] == "gateway.replayed"
    assert call(node).ok


def test_the_minute_s_rate_goes_on_after_the_clock_came_back(node: Node) -> None:
    uid = node.made["applications"][1]["grant"]
    node.inside(
        "from quanshu.sharing.services.models import Grant\nfrom quanshu.sharing.services.services import mark_dirty\n"
        f"Grant.objects.filter(uid={uid!r}).update(rate_per_minute=12)\nmark_dirty()"
    )
    time.sleep(2)
    # Both clocks are wrong for a while, so calls are answered in what is the future.
    put_off(node, 280)
    assert call(node, 1).ok
    put_off(node, 0)
    while call(node, 1).ok:
        pass
    wait_until(lambda: call(node, 1).ok, 10, "the rate stands still until the clock has caught up")


JOBS = """
from quanshu.kernel.clock import now
from quanshu.shared.jobs.models import Job, PeriodicJob
from quanshu.shared.outbox.models import Delivery
answer = {
    "done": Job.objects.filter(name="services.probe", state="done").count(),
    "next": PeriodicJob.objects.get(name="services.probe").next_at.isoformat(),
    "waiting": Delivery.objects.filter(state="waiting").count(),
    "now": now().isoformat(),
}
"""


def test_periodic_work_goes_on_after_the_clock_was_days_ahead(node: Node) -> None:
    put_off(node, 3 * DAY)
    ahead = node.inside("from quanshu.kernel.clock import now\nanswer = now().isoformat()")
    wait_until(lambda: node.inside(JOBS)["next"] > ahead, 30, "periodic work was not due in the future")
    put_off(node, 0)
    wait_until(
        lambda: (
            (found := node.inside(JOBS))["next"] < ahead
            and (datetime.fromisoformat(found["next"]) - datetime.fromisoformat(found["now"])).total_seconds() < 120
        ),
        30,
        "periodic work waits for the clock to catch up",
    )
    done = node.inside(JOBS)["done"]
    wait_until(lambda: node.inside(JOBS)["done"] > done, 90, "no periodic job ran after the clock came back")
    assert node.inside(JOBS)["waiting"] == 0
