"""A bulk read of a view by the official Delta Sharing client, against the same Parquet files read directly.

QUANSHU_BENCH_BULK_ROWS sets the size (10,000,000 by default).
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.gateway_lookup import RID, free_port, serving
from benchmarks.result import Measured, Result, apart, median
from quanshu.gateway.snapshot import BulkSpec, BulkTokenSpec, ClientSpec, Snapshot, write_snapshot
from quanshu.kernel.ciphers import suite
from quanshu.lake import Lake

ROWS = int(os.environ.get("QUANSHU_BENCH_BULK_ROWS", "10000000"))
ROUNDS = 3
VIEW, TOKEN = "bulk.bench", "qst_of_the_benchmark_alone"
PEOPLE = """
SELECT printf('%018d', i) AS id, '市民' || repeat('*', (i % 2 + 1)::INTEGER) AS name,
       '3701' || printf('%02d', i % 12) AS district, '街道' || (i % 132)::VARCHAR AS street,
       (DATE '1930-01-01' + (i % 33000)::INTEGER) AS born, (i % 9973) / 7.0 AS amount, (i * 7919) % 100000 AS points,
       TIMESTAMPTZ '2026-01-01 00:00:00+08' + INTERVAL (i % 31000000) SECOND AS changed
FROM range({rows}) AS r(i)
"""


def prepare(home: Path) -> list[str]:
    """A node with one view, one bulk grant and one token; answers the view's files."""
    for name in ("keys", "gateway", "serving"):
        (home / name).mkdir(parents=True)
    pair = suite("intl").generate_key_pair()
    (home / "keys" / "snapshot.pub").write_bytes(pair.public)
    (home / "keys" / "gateway.seal").write_bytes(suite("intl").generate_key())
    lake = Lake(home / "lake")
    with lake.connect() as connection:
        lake.append(VIEW, connection.sql(PEOPLE.format(rows=ROWS)).to_arrow_reader(65_536))
    day = time.time() + 86_400
    grant = BulkSpec("b1", RID, "city", "bench", "people", VIEW, ("id", "name"), "bench", 0.0, day)
    token = BulkTokenSpec("t1", RID, hashlib.sha256(TOKEN.encode()).hexdigest(), 0.0, day)
    client = ClientSpec(RID, "bench", "bench", ())
    snapshot = Snapshot(1, datetime.now(UTC).isoformat(), "bench", (), (client,), bulk=(grant,), bulk_tokens=(token,))
    write_snapshot(home / "gateway", snapshot, pair.private)
    return lake.files(VIEW)[0]


def by_client(profile: str) -> tuple[float, int]:
    """(seconds, rows) of a load by the official client, its packages imported before."""
    import delta_sharing

    began = time.perf_counter()
    frame = delta_sharing.load_as_pandas(f"{profile}#city.bench.people")
    return time.perf_counter() - began, len(frame)


def directly(files: list[str]) -> tuple[float, int]:
    """(seconds, rows) of the same files made into the same frame, from disk."""
    import pandas
    from pyarrow.dataset import dataset

    began = time.perf_counter()
    frames = [
        dataset(file, format="parquet")
        .to_table()
        .to_pandas(date_as_object=True, use_threads=False, split_blocks=False, self_destruct=True)
        for file in files
    ]
    frame = pandas.concat(frames, axis=0, ignore_index=True, copy=False)
    return time.perf_counter() - began, len(frame)


def profile_in(home: Path, port: int) -> str:
    """The reader's profile."""
    path = home / "bench.share"
    endpoint = f"http://127.0.0.1:{port}/delta-sharing/"
    body = {"shareCredentialsVersion": 1, "endpoint": endpoint, "bearerToken": TOKEN}
    path.write_text(json.dumps(body), encoding="utf-8")
    return str(path)


def rate(found: list[Measured]) -> float:
    """Rows a second, the middle of the rounds. A read that lacks rows ends the benchmark."""
    if any(measured.value[1] != ROWS for measured in found):
        raise SystemExit("A read lacks rows; the figures would mean nothing.")
    return ROWS / median([measured.value[0] for measured in found])


def run() -> list[Result]:
    """Rows a second by the official client through the gateway, at least half of the direct reader's."""
    ours: list[Measured] = []
    theirs: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="quanshu-bench-") as folder:
        home = Path(folder)
        files = prepare(home)
        port = free_port()
        extra = {"QUANSHU_HOME": str(home), "QUANSHU_GATEWAY_PORT": str(port)}
        with serving([sys.executable, "-m", "quanshu.gateway"], port, extra):
            profile = profile_in(home, port)
            for _round in range(ROUNDS):
                theirs.append(apart(directly, files))
                ours.append(apart(by_client, profile))
    name = f"bulk read of {ROWS / 1e6:g} M rows by the official Delta Sharing client"
    peak = max(measured.peak_mib for measured in ours)
    return [Result(name, rate(ours), "the same Parquet files, pyarrow to pandas", rate(theirs), 0.5, "rows/s", peak)]
