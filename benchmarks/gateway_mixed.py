"""Mixed load at half the peak rate: look-ups, verifications, refusals and snapshot changes for a bounded time.

QUANSHU_BENCH_SECONDS says how long; a minute when it is not given, an hour by hand.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.gateway_lookup import RID, SECRET, SID, asked, fire_ours, free_port, prepare, serving
from benchmarks.load import read_rest
from benchmarks.result import Result
from quanshu.gateway.journal import lines_after
from quanshu.gateway.signing import sign_headers
from quanshu.gateway.snapshot import ParameterSpec, Snapshot, write_snapshot
from quanshu.gateway.state import seal_secret

VERIFY = "bench-person-verify"
CONNECTIONS = 8
CHANGE_SECONDS = 2.0
SAMPLE_SECONDS = 1.0
# Memory is compared after this part of the time, when caches are warm.
WARM = 0.3


@dataclass
class Seen:
    """What was answered, by code wanted and code got; receipts of the answers; memory over time (s, MiB)."""

    codes: Counter[tuple[str, str]] = field(default_factory=Counter)
    receipts: list[str] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    changes: int = 0


def widened(snapshot: Snapshot, seal: bytes) -> Snapshot:
    """The snapshot with a verification beside the query, and an application with both grants for each connection."""
    query, grant, client = snapshot.services[0], snapshot.grants[0], snapshot.clients[0]
    parameters = (*query.parameters, ParameterSpec("name", "name", compare=True))
    verify = dataclasses.replace(query, sid=VERIFY, shape="verify", parameters=parameters, fields=())
    clients, grants = [], []
    for rid in map(rid_of, range(CONNECTIONS)):
        key = dataclasses.replace(client.keys[0], secret_sealed=seal_secret(seal, rid, "k1", SECRET))
        clients.append(dataclasses.replace(client, rid=rid, keys=(key,)))
        grants.append(dataclasses.replace(grant, uid=f"q-{rid}", rid=rid))
        grants.append(dataclasses.replace(grant, uid=f"v-{rid}", rid=rid, sid=VERIFY, fields=("name",)))
    services, version = (query, verify), snapshot.version + 1
    return dataclasses.replace(
        snapshot, version=version, services=services, clients=tuple(clients), grants=tuple(grants)
    )


def rid_of(place: int) -> str:
    """The application of a connection."""
    return f"{RID}-{place}"


def request(rid: str, number: int, at_ms: int, key: str) -> tuple[str, bytes]:
    """(code to be answered, request): of ten calls six look-ups, two verifications and two refusals."""
    kind = number % 10
    sid, body, wanted = SID, {"id": key}, "ok"
    if kind in (6, 7):
        sid, body = VERIFY, {"id": key, "name": "市民"}
    elif kind == 8:
        body, wanted = {"id": "short"}, "gateway.bad_parameter"
    elif kind == 9:
        body, wanted = {"id": key, "fields": ["secret"]}, "gateway.field_not_granted"
    text = json.dumps(body)
    lines = [f"POST /s/{sid} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in sign_headers(rid, sid, SECRET, at_ms).items()]
    lines += [f"Content-Length: {len(text.encode())}", "", text]
    return wanted, "\r\n".join(lines).encode()


async def caller(port: int, place: int, gap: float, until: float, seen: Seen) -> None:
    """One connection and application at a steady pace; each signature has a millisecond of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    keys, number, due, last = asked(), 0, time.perf_counter() + gap * place / CONNECTIONS, 0
    while due < until:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        now_ms = time.time_ns() // 1_000_000
        last = max(last + 1, now_ms)
        wanted, data = request(rid_of(place), number, last, keys[(number * CONNECTIONS + place) % len(keys)])
        writer.write(data)
        head = await reader.readuntil(b"\r\n\r\n")
        answer = json.loads(await read_rest(reader, head.lower()))
        seen.codes[wanted, answer["code"]] += 1
        seen.receipts.append(answer["receipt_id"])
        number, due = number + 1, due + gap
    writer.close()


async def change(folder: Path, snapshot: Snapshot, key: bytes, until: float, seen: Seen) -> None:
    """A new snapshot every two seconds."""
    while time.perf_counter() < until:
        seen.changes += 1
        changed = dataclasses.replace(snapshot, version=snapshot.version + seen.changes)
        await asyncio.to_thread(write_snapshot, folder, changed, key)
        await asyncio.sleep(CHANGE_SECONDS)


async def watch(port: int, until: float, seen: Seen) -> None:
    """Resident memory of the processes that listen on the port's gateway, in MiB."""
    began = time.perf_counter()
    while time.perf_counter() < until:
        seen.memory.append((time.perf_counter() - began, resident(port)))
        await asyncio.sleep(SAMPLE_SECONDS)


def resident(port: int) -> float:
    """MiB held by all processes started with this port in their environment."""
    mark, total = f"QUANSHU_GATEWAY_PORT={port}".encode(), 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                total += int((folder / "statm").read_text(encoding="ascii").split()[1])
        except OSError:
            continue
    return total * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def slope(points: list[tuple[float, float]]) -> float:
    """MiB a minute, by least squares."""
    count = len(points)
    x, y = sum(at for at, _ in points) / count, sum(held for _, held in points) / count
    spread = sum((at - x) ** 2 for at, _ in points)
    return 60 * sum((at - x) * (held - y) for at, held in points) / spread if spread else 0.0


async def load(port: int, rate: float, seconds: float, folder: Path, snapshot: Snapshot, key: bytes) -> Seen:
    """Everything at once."""
    seen, until = Seen(), time.perf_counter() + seconds
    gap = CONNECTIONS / rate
    callers = (caller(port, place, gap, until, seen) for place in range(CONNECTIONS))
    await asyncio.gather(*callers, change(folder, snapshot, key, until, seen), watch(port, until, seen))
    return seen


def run() -> list[Result]:
    """No error, flat memory, every receipt there once."""
    seconds = float(os.environ.get("QUANSHU_BENCH_SECONDS", "60"))
    with tempfile.TemporaryDirectory(prefix="quanshu-bench-") as name:
        home = Path(name)
        snapshot, key = prepare(home)
        peak = fire_ours(home, 0).rate
        for path in (home / "gateway").glob("journal-*"):
            path.unlink()
        snapshot = widened(snapshot, (home / "keys" / "gateway.seal").read_bytes())
        write_snapshot(home / "gateway", snapshot, key)
        port = free_port()
        environment = {"QUANSHU_HOME": str(home), "QUANSHU_GATEWAY_PORT": str(port)}
        with serving([sys.executable, "-m", "quanshu.gateway"], port, environment):
            seen = asyncio.run(load(port, peak / 2, seconds, home / "gateway", snapshot, key))
        paths = (home / "gateway").glob("journal-*.log")
        kept = Counter(values[0] for path in paths for _offset, values in lines_after(path, 0))
    calls = sum(seen.codes.values())
    right = sum(count for (wanted, got), count in seen.codes.items() if wanted == got)
    once = sum(kept[receipt] == 1 for receipt in seen.receipts)
    warm = [point for point in seen.memory if point[0] >= seconds * WARM] or seen.memory
    growth = slope(warm)
    told = f"{calls} calls in {seconds:.0f} s, {seen.changes} snapshot changes"
    return [
        Result("mixed load: answers as they must be", right, told, calls, 1.0, "calls"),
        Result("mixed load: receipts kept once", once, told, calls, 1.0, "receipts"),
        Result("mixed load: 1 / (1 + MiB a minute)", 1 / (1 + max(0.0, growth)), "flat memory: 1", 1.0, 0.5, "1/MiB"),
    ]
