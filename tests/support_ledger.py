"""A log of tiles in a folder with its keys, and a witness as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from quanshu.tlog.checkpoints import Checkpoint
from quanshu.tlog.integrator import Integrator
from quanshu.tlog.keys import ED25519, SM2, SigningKey, VerifierKey
from quanshu.tlog.monitor import Monitor, Seen
from quanshu.tlog.policies import Policy, threshold_policy
from quanshu.tlog.proofs import Proof
from quanshu.tlog.store import TileStore
from quanshu.tlog.trees import TileTree
from quanshu.tlog.witness import WitnessHome

ORIGIN = "log.example/jinan"


@dataclass
class Log:
    """A log that grows by `add` and shows a checkpoint of each size."""

    folder: Path
    keys: tuple[SigningKey, ...] = field(
        default_factory=lambda: tuple(SigningKey.generate(ORIGIN, kind) for kind in (ED25519, SM2))
    )
    entries: list[bytes] = field(default_factory=list)

    @property
    def store(self) -> TileStore:
        return TileStore(self.folder)

    @property
    def policy(self) -> Policy:
        return threshold_policy([key.verifier for key in self.keys], [], 0)

    def add(self, entries: Sequence[bytes]) -> Checkpoint:
        """Append and publish; the checkpoint."""
        log = Integrator(self.store, len(self.entries))
        log.append(entries)
        log.flush()
        before, self.entries = len(self.entries), [*self.entries, *entries]
        found = Checkpoint(self.keys[0].verifier.name, log.size, log.root())
        self.store.publish(str(found.note().signed(*self.keys)))
        self.store.drop_partials(before, log.size)
        return found

    def resign(self) -> None:
        """Sign what the tiles say now: what the log's operator can do and nobody else."""
        root = TileTree(self.store, len(self.entries)).root()
        found = Checkpoint(self.keys[0].verifier.name, len(self.entries), root)
        self.store.publish(str(found.note().signed(*self.keys)))

    def monitor(self, seen: Seen | None = None) -> Monitor:
        return Monitor(self.store, self.policy, seen)

    def prove(self, index: int) -> Proof:
        return self.monitor().prove(index, self.entries[index])


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class RunningWitness:
    """A witness process."""

    home: WitnessHome
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "quanshu.cli", "witness", "--folder", str(self.home.folder)]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen([*command, "--port", str(self.port)], env=environment, start_new_session=True)
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(self.url, timeout=1)
                return
            except httpx.HTTPError:
                assert time.monotonic() < deadline, "the witness did not start"
                assert self.process.poll() is None, "the witness ended"
                time.sleep(0.05)

    def forget(self) -> None:
        """As if it had seen no log yet."""
        with closing(sqlite3.connect(self.home.folder / "witness.sqlite3")) as store, store:
            store.execute("DELETE FROM latest")

    def stop(self, *, kill: bool = False) -> None:
        if self.process is None:
            return
        if kill:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.terminate()
        self.process.wait(15)
        self.process = None


@contextmanager
def a_witness(folder: Path, name: str, logs: Sequence[VerifierKey]) -> Iterator[RunningWitness]:
    """A witness that trusts these logs, running."""
    home = WitnessHome.make(folder, name)
    for key in logs:
        home.trust(key)
    found = RunningWitness(home, free_port())
    found.start()
    try:
        yield found
    finally:
        found.stop()
