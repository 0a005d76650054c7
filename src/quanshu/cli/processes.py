"""Running a node's processes together: start, watch, restart, stop without leaving any behind."""

from __future__ import annotations

import ctypes
import errno
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import click
import httpx

STOP_SECONDS = 10.0
RESTART_LIMIT = 5
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask Linux to end this process when its parent ends, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def is_taken(host: str, port: int) -> bool:
    """Whether a program listens at a port of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            return fault.errno == errno.EADDRINUSE
    return False


@dataclass
class Child:
    """One process of the node and how often it had to be started again."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    started: float = field(default=0.0)

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603
            list(self.command), env=dict(self.environment), preexec_fn=die_with_parent, start_new_session=True
        )
        self.started = time.monotonic()

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts children in order, restarts one that dies, and stops all of them on a signal.

    A child that dies `RESTART_LIMIT` times within ten seconds of its start each time stops the node:
    a loop of restarts helps no one.
    """

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = list(children)
        self.stopping = False

    def start(self) -> None:
        for child in self.children:
            child.start()

    def run(self, *, until: Callable[[], bool] = lambda: False) -> int:
        """Watch until a signal or `until()`; returns the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        code = 0
        while not self.stopping and not until():
            for child in self.children:
                if not child.alive() and not self._restart(child):
                    code, self.stopping = 1, True
                    break
            time.sleep(0.2)
        self.stop()
        return code

    def _on_signal(self, *_args: object) -> None:
        self.stopping = True

    def _restart(self, child: Child) -> bool:
        if self.stopping:
            return True
        code = child.process.returncode if child.process else None
        child.restarts = child.restarts + 1 if time.monotonic() - child.started < 10 else 1
        click.secho(f"{child.name} ended with code {code}; starting it again", fg="yellow", err=True)
        if child.restarts > RESTART_LIMIT:
            click.secho(
                f"{child.name} does not stay up; stopping the node. Its last lines say why.",
                fg="red",
                err=True,
            )
            return False
        time.sleep(min(0.2 * 2**child.restarts, 5))
        child.start()
        return True

    def stop(self) -> None:
        """Ask every child to end, then end those that did not within ten seconds."""
        for child in reversed(self.children):
            if child.alive() and child.process:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in reversed(self.children):
            if child.process:
                try:
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()


def wait_for(url: str, *, seconds: float, alive: Callable[[], bool] = lambda: True) -> bool:
    """Poll `url` until it answers below 500; False when time runs out or the process is gone."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and alive():
        try:
            if httpx.get(url, timeout=2).status_code < 500:
                return True
        except httpx.HTTPError:
            pass
        time.sleep(0.15)
    return False
