"""Power cuts of the gateway: every answer that a caller holds has its receipt in the journal, once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from quanshu.gateway.client import GatewayClient
from quanshu.gateway.journal import read_after
from quanshu.gateway.signing import sign_headers
from support_gateway import PERSON, QUERY, RID, SECRET, GatewayHome, a_grant, a_service

CALLERS = 4


@pytest.fixture
def home(tmp_path: Path) -> Iterator[GatewayHome]:
    home = GatewayHome(tmp_path)
    clients = tuple(home.client(f"app-{number}", "secret") for number in range(CALLERS))
    grants = tuple(a_grant(f"g-{client.rid}", rid=client.rid) for client in clients)
    grants += (a_grant("g-main", daily_limit=5),)
    home.publish(grants, (a_service(QUERY),), (*clients, home.client()))
    home.start()
    yield home
    home.kill()


def call_until(stop: threading.Event, url: str, rid: str, answered: list[str]) -> None:
    """Call without pause; keep the receipt number of each answer that arrived whole."""
    with GatewayClient(url, rid, "secret", timeout=2) as client:
        while not stop.is_set():
            try:
                answer = client.call(QUERY, {"id": PERSON})
            except httpx.HTTPError:
                time.sleep(0.02)
                continue
            if answer.ok:
                answered.append(answer.body["receipt_id"])


def test_each_answered_call_has_its_receipt_once_through_kills(home: GatewayHome) -> None:
    stop, answered = threading.Event(), [[] for _ in range(CALLERS)]
    threads = [
        threading.Thread(target=call_until, args=(stop, home.url, f"app-{number}", answered[number]))
        for number in range(CALLERS)
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2):
            time.sleep(0.5)
            home.kill()
            home.start()
        time.sleep(0.3)
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=10)
    held = [receipt_id for ids in answered for receipt_id in ids]
    kept = Counter(receipt.receipt_id for _file, _number, receipt in read_after(home.directory, {}, 1_000_000))
    assert len(held) > 20
    assert len(set(held)) == len(held)
    assert [receipt_id for receipt_id in held if kept[receipt_id] != 1] == []
    assert set(kept.values()) == {1}


def test_a_reader_with_cursors_carries_each_receipt_once_through_a_kill(home: GatewayHome) -> None:
    cursors: dict[str, int] = {}
    carried: list[str] = []

    def carry() -> None:
        for file, number, receipt in read_after(home.directory, cursors, 7):
            cursors[file] = number
            carried.append(receipt.receipt_id)

    held = []
    for round_ in range(2):
        with GatewayClient(home.url, "app-0", "secret") as client:
            for _ in range(10):
                held.append(client.call(QUERY, {"id": PERSON}).receipt_id)
                carry()
        home.kill()
        carry()
        if round_ == 0:
            home.start()
    for _ in range(10):
        carry()
    assert sorted(carried) == sorted(held)


def test_signatures_and_the_day_s_volume_survive_a_kill(home: GatewayHome) -> None:
    headers = sign_headers(RID, QUERY, SECRET, time.time_ns() // 1_000_000 - 5)
    first = httpx.post(f"{home.url}/s/{QUERY}", json={"id": PERSON}, headers=headers, trust_env=False)
    assert first.status_code == 200
    with GatewayClient(home.url, RID, SECRET) as client:
        assert [client.call(QUERY, {"id": PERSON}).status for _ in range(2)] == [200, 200]
    home.kill()
    home.start()
    again = httpx.post(f"{home.url}/s/{QUERY}", json={"id": PERSON}, headers=headers, trust_env=False)
    assert again.json()["code"] == "gateway.replayed"
    with GatewayClient(home.url, RID, SECRET) as client:
        codes = [client.call(QUERY, {"id": PERSON}).body["code"] for _ in range(3)]
    assert codes == ["ok", "ok", "gateway.daily_limit"]


def test_it_ends_when_asked_and_leaves_its_journal_whole(home: GatewayHome) -> None:
    with GatewayClient(home.url, "app-1", "secret") as client:
        held = [client.call(QUERY, {"id": PERSON}).receipt_id for _ in range(5)]
    assert home.stop() == 0
    kept = [receipt.receipt_id for _file, _number, receipt in read_after(home.directory, {})]
    assert kept == held
