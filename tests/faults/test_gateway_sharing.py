"""Several processes and hosts: limits are never passed, and a signature is good once among all of them."""

from __future__ import annotations

import http.client
import json
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from quanshu.gateway.client import GatewayClient
from quanshu.gateway.signing import sign_headers
from quanshu.kernel.ids import new_uid
from support_gateway import OTHER, PERSON, QUERY, RID, SECRET, VERIFY, GatewayHome, GatewayProcess, a_grant, a_service
from support_postgresql import URL, needs_postgresql

DAILY, BURST, ROWS, CALLS = 40, 25, 30, 160


def publish(home: GatewayHome) -> None:
    """A grant with a daily limit, one with a burst, one with a day's rows; nobody has used them yet."""
    home.publish(
        grants=(
            a_grant(new_uid(), QUERY, daily_limit=DAILY),
            a_grant(new_uid(), OTHER, rate_per_minute=6, burst=BURST),
            a_grant(new_uid(), VERIFY, daily_rows=ROWS),
        ),
        services=(a_service(QUERY), a_service(OTHER), a_service(VERIFY)),
        clients=(home.client(),),
    )


@contextmanager
def two_hosts(folder: Path) -> Iterator[list[str]]:
    """Two hosts of two processes each, with a folder of their own and one PostgreSQL."""
    first = GatewayHome(folder / "one")
    publish(first)
    shutil.copytree(folder / "one", folder / "two")
    second = GatewayProcess(folder / "two")
    try:
        for host in (first, second):
            host.start(workers=2, QUANSHU_GATEWAY_SHARED_URL=URL)
        yield [first.url, second.url]
    finally:
        first.kill()
        second.kill()


@contextmanager
def one_host(folder: Path) -> Iterator[list[str]]:
    """One host of four processes."""
    home = GatewayHome(folder / "one")
    publish(home)
    home.start(workers=4)
    try:
        yield [home.url]
    finally:
        home.kill()


def code_of(url: str, sid: str, headers: dict[str, str], person: str) -> str:
    """What a call over a connection of its own is answered with."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        connection.request("POST", f"/s/{sid}", json.dumps({"id": person}), headers)
        return str(json.loads(connection.getresponse().read())["code"])
    finally:
        connection.close()


def fire(urls: list[str], sid: str) -> tuple[Counter[str], float]:
    """Codes of many calls at once, each over a connection of its own, and the minutes they took."""
    codes: list[str] = []
    lock, moment = threading.Lock(), time.time_ns() // 1_000_000
    numbers = iter(range(CALLS))

    def work() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            headers = sign_headers(RID, sid, SECRET, moment - number)
            codes.append(code_of(urls[number % len(urls)], sid, headers, PERSON))

    began = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(codes), (time.monotonic() - began) / 60


def check_limits(urls: list[str], *, exact: bool) -> None:
    """What is answered is never more than granted; on one host nothing is refused early either."""
    codes, _minutes = fire(urls, QUERY)
    assert codes["ok"] <= DAILY
    assert codes["ok"] == DAILY or not exact
    assert codes["ok"] > DAILY // 2
    assert codes["ok"] + codes["gateway.daily_limit"] == CALLS
    codes, minutes = fire(urls, OTHER)
    assert 0 < codes["ok"] <= BURST + 6 * minutes + 1
    assert codes["ok"] >= BURST or not exact
    assert codes["ok"] + codes["gateway.rate_limited"] == CALLS
    codes, _minutes = fire(urls, VERIFY)
    assert ROWS // 2 < codes["ok"] <= ROWS
    assert codes["ok"] == ROWS or not exact
    assert codes["ok"] + codes["gateway.daily_rows"] == CALLS


def check_replay(urls: list[str]) -> None:
    """A signature is answered by one process, whichever; every other refuses it."""
    headers = sign_headers(RID, QUERY, SECRET, time.time_ns() // 1_000_000 - 60_000)
    codes: list[str] = []

    def send(url: str) -> None:
        codes.append(code_of(url, QUERY, headers, "?"))

    threads = [threading.Thread(target=send, args=(urls[number % len(urls)],)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(codes) == {"gateway.bad_parameter": 1, "gateway.replayed": 11}


def check_shared_tables() -> None:
    """The shared tables keep numbers and signatures only."""
    with psycopg.connect(URL) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'quanshu_gateway'"
        ).fetchall()
    assert {name for table, name in columns if table == "seen"} == {"sign", "at"}


def test_processes_of_a_host_share_limits_exactly_and_know_each_other_s_signatures(tmp_path: Path) -> None:
    with one_host(tmp_path) as urls:
        check_replay(urls)
        check_limits(urls, exact=True)


@needs_postgresql
def test_hosts_never_pass_a_limit_together_and_know_each_other_s_signatures(tmp_path: Path) -> None:
    with two_hosts(tmp_path) as urls:
        check_replay(urls)
        check_limits(urls, exact=False)
    check_shared_tables()


@needs_postgresql
def test_without_the_shared_database_no_data_leaves(tmp_path: Path) -> None:
    home = GatewayHome(tmp_path)
    publish(home)
    home.start(QUANSHU_GATEWAY_SHARED_URL="postgresql://quanshu@127.0.0.1:1/postgres")
    try:
        with GatewayClient(home.url, RID, SECRET) as client:
            answer = client.call(QUERY, {"id": PERSON})
        assert (answer.status, answer.body["code"]) == (503, "gateway.sharing_failed")
        assert answer.body["receipt_id"]
    finally:
        home.kill()
