"""A signed single-record look-up with grant, mask and durable receipt, against the bare floor."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.load import Heard, Shot, fire
from benchmarks.result import Result, median
from quanshu.gateway.snapshot import (
    ClientSpec,
    FieldSpec,
    GrantSpec,
    KeySpec,
    ParameterSpec,
    ServiceSpec,
    Snapshot,
    write_snapshot,
)
from quanshu.gateway.state import seal_secret
from quanshu.kernel.ciphers import suite

ROWS = 1_000_000
ROUNDS = 3
RID, SID, SECRET = "bench", "bench-person-query", "a secret of the benchmark alone"
ROOT = Path(__file__).resolve().parent.parent


def person(number: int) -> str:
    """A made-up key of 18 digits."""
    return f"{number:018d}"


def fill(table: Path) -> None:
    """A million people."""
    with sqlite3.connect(table) as connection:
        connection.execute("CREATE TABLE person (id TEXT PRIMARY KEY, name TEXT, age INTEGER) WITHOUT ROWID")
        connection.executemany("INSERT INTO person VALUES (?, ?, ?)", people())
    connection.close()


def people() -> Iterator[tuple[str, str, int]]:
    """A million made-up people."""
    return ((person(number), f"市民{number % 1000}", number % 100) for number in range(ROWS))


def prepare(home: Path, *, table_file: str = "person.sqlite", table: str = "person") -> tuple[Snapshot, bytes]:
    """Keys, table and snapshot of a node with one service, one application and one grant.

    Returns the snapshot and the key it is signed with. `table_file` and `table` are where the service reads.
    """
    for name in ("keys", "serving", "gateway"):
        (home / name).mkdir(parents=True)
    if table_file == "person.sqlite":
        fill(home / "serving" / table_file)
    pair, seal = suite("intl").generate_key_pair(), suite("intl").generate_key()
    (home / "keys" / "snapshot.pub").write_bytes(pair.public)
    (home / "keys" / "gateway.seal").write_bytes(seal)
    fields = (FieldSpec("name", "name", mask="name"), FieldSpec("age", "age", "integer"))
    service = ServiceSpec(
        sid=SID,
        version=1,
        name="bench",
        shape="query",
        table_file=table_file,
        table=table,
        parameters=(ParameterSpec("id", "id", pattern=r"\d{18}", max_length=18),),
        fields=fields,
        entry_uid="bench-entry",
        key=("id",),
    )
    day = time.time() + 86_400
    client = ClientSpec(RID, "bench", "bench", (KeySpec("k1", seal_secret(seal, RID, "k1", SECRET), 0, day),))
    grant = GrantSpec("g1", RID, SID, ("name", "age"), "bench", 60_000_000, None, 0, day)
    snapshot = Snapshot(1, datetime.now(UTC).isoformat(), "bench", (service,), (client,), (grant,))
    write_snapshot(home / "gateway", snapshot, pair.private)
    return snapshot, pair.private


@contextmanager
def serving(command: list[str], port: int, extra: dict[str, str]) -> Iterator[int]:
    """A server process that answers on its port."""
    environment = {**os.environ, **extra, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        time.sleep(0.5)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def asked() -> tuple[str, ...]:
    """Keys spread over the table."""
    return tuple(person(number * 7919 % ROWS) for number in range(5000))


def fire_ours(home: Path, turn: int, **extra: str) -> Heard:
    """A turn of our gateway, started anew."""
    port = free_port()
    environment = {"QUANSHU_HOME": str(home), "QUANSHU_GATEWAY_PORT": str(port), **extra}
    with serving([sys.executable, "-m", "quanshu.gateway"], port, environment):
        return fire(Shot(port, f"/s/{SID}", RID, SID, SECRET, asked(), turn=turn))


def fire_floor(app: str, **extra: str) -> Heard:
    """A turn of a bare application on granian."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port), "--no-access-log", app]
    with serving(command, port, {"FLOOR_SECRET": SECRET, **extra}):
        return fire(Shot(port, "/", RID, SID, SECRET, asked()))


def check_refused(heard: list[Heard]) -> None:
    """Stops where calls were refused."""
    refused = sum(one.refused for one in heard)
    if refused:
        raise SystemExit(f"{refused} calls were refused; the figures would mean nothing.")


def measure(home: Path) -> tuple[list[Heard], list[Heard]]:
    """Ours and the floor, turn by turn."""
    ours: list[Heard] = []
    floor: list[Heard] = []
    for turn in range(ROUNDS):
        ours.append(fire_ours(home, turn))
        floor.append(fire_floor("benchmarks.floor_app:app", FLOOR_TABLE=str(home / "serving" / "person.sqlite")))
    return ours, floor


def run() -> list[Result]:
    """Rate against the floor, and our 99th percentile against the 5 ms that are allowed."""
    with tempfile.TemporaryDirectory(prefix="quanshu-bench-") as folder:
        prepare(Path(folder))
        ours, floor = measure(Path(folder))
    check_refused([*ours, *floor])
    rate, bare = median([heard.rate for heard in ours]), median([heard.rate for heard in floor])
    against = "floor: granian ASGI, HMAC, the same SQLite query"
    p99 = median([heard.p99_ms for heard in ours])
    return [
        Result("signed look-up, 1 M rows, 16 connections", rate, against, bare, 0.40, "calls/s"),
        Result("signed look-up: 1 / p99", 1 / p99, "5 ms at the 99th percentile", 1 / 5.0, 1.0, "1/ms"),
    ]
