"""Files pushed through a real gateway process: signed, whole, resumed, each content once, a right that ends."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from quanshu.gateway.client import GatewayClient
from quanshu.gateway.journal import read_after
from quanshu.gateway.pushing import push_sid
from quanshu.gateway.signing import sign_headers
from quanshu.gateway.snapshot import PushSpec, Snapshot, append_revocation, write_snapshot
from quanshu.gateway.spool import Spool
from quanshu.kernel.ids import new_uid
from support_gateway import RID, SECRET, GatewayHome

SOURCE = new_uid()
RIGHT = PushSpec("right-1", RID, SOURCE, 3_000_000)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[GatewayHome]:
    gateway = GatewayHome(tmp_path)
    snapshot = Snapshot(1, "2026-01-05T08:00:00+00:00", "jinan", (), (gateway.client(),), (), (RIGHT,))
    write_snapshot(gateway.directory, snapshot, gateway._pair.private)
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.kill()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "居民 1.csv"
    path.write_bytes(b"citizen_id,name\n" + b"370102199001010018,x\n" * 100_000)
    return path


def send(
    home: GatewayHome, content: bytes, *, digest: str = "", source: str = SOURCE, signed: str = "", **headers: str
) -> httpx.Response:
    """One part, signed."""
    digest = digest or hashlib.sha256(content).hexdigest()
    time.sleep(0.002)
    sign = sign_headers(RID, signed or push_sid(source, digest), SECRET, time.time_ns() // 1_000_000)
    given = {"X-File-Name": "a.csv", "X-Total": str(len(content)), "X-Offset": "0", **headers, **sign}
    return httpx.put(f"{home.url}/p/{source}/{digest}", content=content, headers=given, trust_env=False)


def test_a_file_is_received_once_under_one_receipt(home: GatewayHome, file: Path) -> None:
    with GatewayClient(home.url, RID, SECRET) as client:
        first = client.push(file, SOURCE, part=700_000)
        again = client.push(file, SOURCE)
    assert first.ok
    assert first.receipt_id
    assert (again.receipt_id, again.body["repeated"]) == (first.receipt_id, True)
    spool = Spool(home.directory)
    [pushed] = spool.waiting(10)
    assert (pushed.name, pushed.rid, pushed.receipt_id) == ("居民 1.csv", RID, first.receipt_id)
    assert spool.content_of(pushed).read_bytes() == file.read_bytes()
    [(_file, _number, receipt)] = read_after(home.directory, {})
    assert (receipt.receipt_id, receipt.sid, receipt.grant_uid, receipt.purpose, receipt.outcome) == (
        first.receipt_id,
        SOURCE,
        "right-1",
        "push",
        "ok",
    )
    assert receipt.request_hash == pushed.digest
    spool.forget_content(pushed)
    with GatewayClient(home.url, RID, SECRET) as client:
        assert client.push(file, SOURCE).receipt_id == first.receipt_id, "taken in by now, and still the same receipt"
    assert not spool.waiting(10)


def test_a_push_that_broke_off_goes_on(home: GatewayHome, file: Path) -> None:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    half = len(content) // 2
    part = send(home, content[:half], digest=digest, **{"X-Total": str(len(content))})
    assert part.json()["received"] == half
    assert not part.json()["receipt_id"]
    wrong = send(home, content[:10], digest=digest, **{"X-Total": str(len(content))})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "gateway.push_wrong_offset")
    home.kill()
    home.start()
    with GatewayClient(home.url, RID, SECRET) as client:
        assert client.push(file, SOURCE).receipt_id
    assert Spool(home.directory).waiting(1)[0].size == len(content)


def test_what_a_push_refuses(home: GatewayHome) -> None:
    def code(answer: httpx.Response) -> tuple[int, str]:
        return answer.status_code, answer.json()["code"]

    assert code(send(home, b"x", source=new_uid())) == (403, "gateway.no_push_right")
    assert code(send(home, b"x", **{"X-File-Name": "../a.csv"})) == (422, "gateway.bad_push")
    assert code(send(home, b"x", **{"X-File-Name": "a.exe"})) == (422, "gateway.bad_push")
    assert code(send(home, b"x", **{"X-Total": "-1"})) == (422, "gateway.bad_push")
    assert code(send(home, b"xy", **{"X-Total": "1"})) == (422, "gateway.bad_push")
    assert code(send(home, b"x", **{"X-Total": "9000000"})) == (413, "gateway.push_too_large")
    assert code(send(home, b"x", digest="0" * 64)) == (422, "gateway.wrong_digest")
    # The signature covers the content: one for other content is of no use.
    assert code(send(home, b"x", signed=push_sid(SOURCE, "1" * 64))) == (400, "gateway.wrong_service")
    assert httpx.put(f"{home.url}/p/{SOURCE}/{'0' * 64}", content=b"x", trust_env=False).status_code == 401
    assert send(home, b"x", source="x" * 36).status_code == 422
    assert not Spool(home.directory).waiting(1)


def test_a_right_that_has_ended_stops_within_a_second(home: GatewayHome, file: Path) -> None:
    assert send(home, b"first").status_code == 200
    append_revocation(home.directory, "push", RIGHT.uid, "2026-01-05T08:00:00+00:00")
    deadline = time.monotonic() + 1
    while send(home, b"second").status_code != 403:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    snapshot = Snapshot(2, "2026-01-05T08:00:01+00:00", "jinan", (), (home.client(),), (), (replace(RIGHT, uid="r2"),))
    write_snapshot(home.directory, snapshot, home._pair.private)
    time.sleep(0.6)
    assert send(home, b"third").status_code == 200, "a right granted anew holds"


def test_the_command(home: GatewayHome, file: Path) -> None:
    words = [sys.executable, "-m", "quanshu.cli", "push", str(file), "--source", SOURCE, "--rid", RID]
    done: Any = subprocess.run(
        [*words, "--gateway", home.url, "--secret", SECRET], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["receipt_id"]
    done = subprocess.run(
        [*words, "--gateway", home.url, "--secret", "wrong"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, json.loads(done.stdout)["code"]) == (1, "gateway.bad_signature")
