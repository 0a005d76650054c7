"""A verification of 1,000 keys in one signed call, against 1,000 single signed calls in the same run."""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

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
    """Keys verified a second, in batches and by single calls over 16 connections."""

    batch: float
    single: float


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
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        while time.perf_counter() - began < SECONDS:
            stamp += 1
            keys = (person((done + number) * 7919 % ROWS) for number in range(KEYS))
            items = [{"id": key, "name": f"市民{int(key) % 1000}"} for key in keys]
            body = json.dumps({"items": items}, ensure_ascii=False).encode()
            answer = client.post(f"/s/{VERIFY}/batch", content=body, headers=sign_headers(RID, VERIFY, SECRET, stamp))
            found = answer.json()
            if answer.status_code != 200 or any(item["result"] != "match" for item in found["items"]):
                raise SystemExit(f"A batch was refused or answered wrongly: {answer.text[:200]}")
            done += KEYS
    return done / (time.perf_counter() - began)


def measure(home: Path) -> list[Turn]:
    """Both ways, turn by turn, each on a gateway of its own."""
    ids = tuple(f'{person(number * 7919 % ROWS)}","name":"市民{number * 7919 % ROWS % 1000}' for number in range(5000))
    turns = []
    for turn in range(ROUNDS):
        figures = []
        for batch in (True, False):
            port = free_port()
            extra = {"QUANSHU_HOME": str(home), "QUANSHU_GATEWAY_PORT": str(port)}
            with serving([sys.executable, "-m", "quanshu.gateway"], port, extra):
                if batch:
                    figures.append(in_batches(port, turn))
                else:
                    heard = fire(Shot(port, f"/s/{VERIFY}", RID, VERIFY, SECRET, ids, seconds=SECONDS, turn=turn))
                    if heard.refused:
                        raise SystemExit(f"{heard.refused} calls were refused; the figures would mean nothing.")
                    figures.append(heard.rate)
        turns.append(Turn(*figures))
    return turns


def run() -> list[Result]:
    """Keys verified a second, in batches of 1,000 against single calls."""
    with tempfile.TemporaryDirectory(prefix="quanshu-bench-") as folder:
        prepare(Path(folder))
        add_verification(Path(folder))
        turns = measure(Path(folder))
    ours, theirs = median([turn.batch for turn in turns]), median([turn.single for turn in turns])
    against = "1,000 single signed calls, 16 connections"
    return [Result("verification, 1,000 keys a call, 1 M rows", ours, against, theirs, 20.0, "keys/s")]
