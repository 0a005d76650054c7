"""A verification of 1,000 keys in one signed call, against 1,000 single signed calls in the same run."""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path

import orjson

from benchmarks.gateway_lookup import RID, SECRET, free_port, person, prepare, serving
from benchmarks.load import Shot, fire
from benchmarks.result import Result, median
from quanshu.gateway.signing import sign_headers
from quanshu.gateway.snapshot import ParameterSpec, decode, write_snapshot
from quanshu.kernel.ciphers import suite

KEYS, ROWS, ROUNDS, SECONDS = 1000, 1_000_000, 3, 4.0
VERIFY = "bench-person-verify"


@dataclass(frozen=True)
class Turn:
    """Keys verified a second: in batches, by single calls of one caller, and over 16 connections at once."""

    batch: float
    single: float
    together: float


def add_verification(home: Path) -> None:
    """The benchmark's node with a verification beside its query."""
    before = decode((home / "gateway" / "snapshot-1.json").read_bytes())
    (query,) = before.services
    name = ParameterSpec("name", "name", required=False, compare=True)
    verify = replace(query, sid=VERIFY, shape="verify", parameters=(*query.parameters, name), fields=())
    grant = replace(before.grants[0], uid="g2", sid=VERIFY, fields=("name",))
    pair = suite("intl").generate_key_pair()
    (home / "keys" / "snapshot.pub").write_bytes(pair.public)
    snapshot = replace(before, version=2, services=(query, verify), grants=(*before.grants, grant))
    write_snapshot(home / "gateway", snapshot, pair.private)


def in_batches(port: int, turn: int) -> float:
    """Keys a second of one caller that sends batch after batch."""
    done, began = 0, time.perf_counter()
    stamp = time.time_ns() // 1_000_000 - 100_000 - turn * 10_000
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    while time.perf_counter() - began < SECONDS:
        stamp += 1
        keys = ((done + number) * 7919 % ROWS for number in range(KEYS))
        body = orjson.dumps({"items": [{"id": person(key), "name": f"市民{key % 1000}"} for key in keys]})
        headers = {**sign_headers(RID, VERIFY, SECRET, stamp), "Content-Type": "application/json"}
        connection.request("POST", f"/s/{VERIFY}/batch", body, headers)
        answer = connection.getresponse()
        found = orjson.loads(answer.read())
        if answer.status != 200 or any(item["result"] != "match" for item in found["items"]):
            raise SystemExit(f"A batch was refused or answered wrongly: {found}")
        done += KEYS
    connection.close()
    return done / (time.perf_counter() - began)


def one_by_one(port: int, turn: float, ids: tuple[str, ...], connections: int) -> float:
    """Keys a second by single calls over so many connections."""
    shot = Shot(port, f"/s/{VERIFY}", RID, VERIFY, SECRET, ids, connections=connections, seconds=SECONDS, turn=turn)
    heard = fire(shot)
    if heard.refused:
        raise SystemExit(f"{heard.refused} calls were refused; the figures would mean nothing.")
    return heard.rate


def measure(home: Path) -> list[Turn]:
    """Every way, turn by turn, each on a gateway of its own."""
    ids = tuple(f'{person(number * 7919 % ROWS)}","name":"市民{number * 7919 % ROWS % 1000}' for number in range(5000))
    turns = []
    for turn in range(ROUNDS):
        figures = []
        for connections in (0, 1, 16):
            port = free_port()
            extra = {"QUANSHU_HOME": str(home), "QUANSHU_GATEWAY_PORT": str(port)}
            with serving([sys.executable, "-m", "quanshu.gateway"], port, extra):
                # Each way has signatures of its own: the gateways share a journal.
                way = turn if connections == 1 else turn + 0.2
                figures.append(one_by_one(port, way, ids, connections) if connections else in_batches(port, turn))
        turns.append(Turn(*figures))
    return turns


def run() -> list[Result]:
    """Keys verified a second, in batches of 1,000 against single calls."""
    with tempfile.TemporaryDirectory(prefix="quanshu-bench-") as folder:
        prepare(Path(folder))
        add_verification(Path(folder))
        turns = measure(Path(folder))
    batch, single, together = (
        median([getattr(turn, way) for turn in turns]) for way in ("batch", "single", "together")
    )
    name = "verification, 1,000 keys a call, 1 M rows"
    return [
        Result(name, batch, "1,000 single signed calls of one caller", single, 20.0, "keys/s"),
        Result(f"{name}, one caller", batch, "single signed calls, 16 connections at once", together, 8.0, "keys/s"),
    ]
