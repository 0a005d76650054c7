"""A PostgreSQL server of one test's own, to be stopped and started as the test likes."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support_node import free_port

USERS = ("postgres", "nobody")
SETTINGS = ("max_connections=100", "log_min_messages=fatal", "listen_addresses=127.0.0.1")


class Cluster:
    """A server in a folder; it keeps what was committed, also when it is killed."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder, self.port = programs, folder, free_port()
        self.options: dict[str, Any] = {"cwd": "/", "check": True, "stdout": subprocess.DEVNULL, "timeout": 60}
        if os.geteuid() == 0:
            known = {entry.pw_name: entry for entry in pwd.getpwall()}
            user = known[next(name for name in USERS if name in known)]
            shutil.chown(folder, user.pw_name)
            self.options |= {"user": user.pw_name, "group": user.pw_gid, "extra_groups": []}
        words = ["-D", str(self.folder / "data"), "-U", "quanshu", "-A", "trust", "-E", "UTF8", "--no-locale"]
        subprocess.run([str(programs / "initdb"), *words], **self.options)

    @property
    def url(self) -> str:
        return f"postgresql://quanshu@127.0.0.1:{self.port}/postgres"

    def control(self, *words: str) -> None:
        """Run pg_ctl and wait for it."""
        command = [str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), "-w", *words]
        subprocess.run(command, **self.options)

    def start(self) -> None:
        settings = " ".join(f"-c {pair}" for pair in SETTINGS)
        self.control("start", "-o", f"-p {self.port} -k {self.folder} {settings}", "-l", str(self.folder / "log"))

    def stop(self, how: str = "immediate") -> None:
        """`immediate` is a crash: the next start recovers from the write-ahead log."""
        self.control("stop", "-m", how)


def programs() -> Path | None:
    """The folder of PostgreSQL's programs."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def a_cluster() -> Iterator[Cluster]:
    """A running server; the test is skipped where PostgreSQL is not installed."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="quanshu-cluster-"))
    cluster = Cluster(found, folder)
    cluster.start()
    try:
        yield cluster
    finally:
        subprocess.run(
            [str(found / "pg_ctl"), "-D", str(folder / "data"), "stop", "-m", "immediate"],
            **{**cluster.options, "check": False},
        )
        shutil.rmtree(folder, ignore_errors=True)
