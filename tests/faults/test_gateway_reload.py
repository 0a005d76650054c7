"""Workers are replaced and snapshots change under load: every call is answered, each with its receipt, once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import httpx

from quanshu.gateway.client import GatewayClient
from quanshu.gateway.journal import read_after
from support_gateway import PERSON, QUERY, GatewayHome, a_grant, a_service

CALLERS = 6
LONGEST_SECONDS = 40


def publish(home: GatewayHome) -> None:
    clients = tuple(home.client(f"app-{number}", "secret") for number in range(CALLERS))
    grants = tuple(a_grant(f"g-{client.rid}", rid=client.rid) for client in clients)
    home.publish(grants, (a_service(QUERY),), clients)


def workers_of(home: GatewayHome) -> set[int]:
    """The process ids of the gateway's workers."""
    assert home.process is not None
    listed = Path(f"/proc/{home.process.pid}/task/{home.process.pid}/children").read_text(encoding="ascii")
    return set(map(int, listed.split()))


def call_until(stop: threading.Event, url: str, rid: str, answered: list[str], faults: list[str], fresh: bool) -> None:
    """Call without pause, over one connection or a new one each time; whatever is not an answer is a fault."""
    client = GatewayClient(url, rid, "secret", timeout=20)
    while not stop.is_set():
        try:
            answer = client.call(QUERY, {"id": PERSON})
        except httpx.HTTPError as fault:
            faults.append(repr(fault))
            continue
        (answered if answer.ok else faults).append(answer.body["receipt_id"] if answer.ok else str(answer.body))
        if fresh:
            client.close()
            client = GatewayClient(url, rid, "secret", timeout=20)
    client.close()


def test_no_call_and_no_receipt_is_lost_while_workers_and_snapshots_change(tmp_path: Path) -> None:
    home = GatewayHome(tmp_path)
    publish(home)
    home.start(workers=2)
    stop, answered, faults = threading.Event(), [[] for _ in range(CALLERS)], [[] for _ in range(CALLERS)]
    threads = [
        threading.Thread(
            target=call_until, args=(stop, home.url, f"app-{number}", answered[number], faults[number], number % 2 == 1)
        )
        for number in range(CALLERS)
    ]
    try:
        before = workers_of(home)
        for thread in threads:
            thread.start()
        assert home.process is not None
        os.kill(home.process.pid, signal.SIGHUP)
        until = time.monotonic() + LONGEST_SECONDS
        while (workers_of(home) & before or len(workers_of(home)) != 2) and time.monotonic() < until:
            publish(home)
            time.sleep(0.3)
        after = workers_of(home)
        time.sleep(1)
        stop.set()
        for thread in threads:
            thread.join(timeout=20)
        kept = Counter(receipt.receipt_id for _file, _number, receipt in read_after(home.directory, {}, 1_000_000))
    finally:
        stop.set()
        home.kill()
    assert not after & before, "every worker was replaced"
    assert [fault for found in faults for fault in found] == []
    held = [receipt_id for ids in answered for receipt_id in ids]
    assert len(held) > 100
    assert Counter(held) == kept
