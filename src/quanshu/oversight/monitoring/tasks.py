"""Background work of monitoring. Looks and samples run beside the worker's ticks, which must not wait for them."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from quanshu.kernel.clock import now
from quanshu.oversight.monitoring.models import Progress
from quanshu.oversight.monitoring.services import clear_old, count_levels, note_web, take_samples, watch
from quanshu.shared.jobs.api import every_tick, job, periodic
from quanshu.shared.web.api import flush_figures

logger = logging.getLogger(__name__)
LOOK_SECONDS = 5.0
SAMPLE_SECONDS = 15.0
# A web process takes over looking when nobody has looked for this long.
LAPSED = timedelta(seconds=12)
_at_work: dict[str, threading.Thread] = {}


def process_name(kind: str) -> str:
    """This process, as the progress row names it."""
    return f"{kind} {socket.gethostname()}:{os.getpid()}"


def beside(name: str, work: Callable[[], Any]) -> None:
    """Run in a thread of its own; left out while the one before still runs."""
    thread = _at_work.get(name)
    if thread is not None and thread.is_alive():
        return
    thread = threading.Thread(target=quietly, args=(name, work), name=name, daemon=True)
    _at_work[name] = thread
    thread.start()


def quietly(name: str, work: Callable[[], Any]) -> None:
    """A fault is logged; the next turn tries again."""
    try:
        work()
    except Exception:
        logger.exception("%s failed", name)
    finally:
        connection.close()


@every_tick("monitoring.watch", LOOK_SECONDS)
def tick_watch(at: datetime) -> None:
    """Look at what is broken."""
    beside("monitoring.watch", lambda: watch(now(), process_name("worker")))


@every_tick("monitoring.sample", SAMPLE_SECONDS)
def tick_sample(at: datetime) -> None:
    """Take samples."""
    beside("monitoring.sample", lambda: take_samples(now()))


@job("monitoring.levels", max_attempts=3, lease_seconds=300)
def do_levels(payload: dict[str, Any]) -> None:
    """Count service levels."""
    count_levels(now())


@job("monitoring.clear", max_attempts=3, lease_seconds=300)
def do_clear(payload: dict[str, Any]) -> None:
    """Clear old samples."""
    clear_old(now())


periodic("monitoring.levels", "*/10 * * * *")
periodic("monitoring.clear", "20 3 * * *")


def stand_in(at: datetime) -> bool:
    """Look when nobody has for a while, as no worker is there to do it; whether it was this process that did."""
    row = Progress.objects.filter(pk=1).first()
    if row is not None and row.watched_at is not None and at - row.watched_at < LAPSED:
        return False
    watch(at, process_name("web"))
    return True


def guard_web(stop: threading.Event | None = None) -> threading.Thread:
    """The web process's own thread: shows that it lives, writes its figures, looks when no worker does."""
    ended = stop or threading.Event()

    def turn() -> None:
        note_web(now())
        flush_figures()
        stand_in(now())

    def run() -> None:
        while not ended.wait(LOOK_SECONDS):
            quietly("monitoring.guard", turn)

    thread = threading.Thread(target=run, name="monitoring.guard", daemon=True)
    thread.start()
    return thread
