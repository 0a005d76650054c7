"""The worker process: one thread for what happens at every tick, others for jobs."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time

from django.db import connection

from quanshu.kernel.clock import now as clock_now
from quanshu.shared.jobs import registry, services

logger = logging.getLogger(__name__)
TICK_SECONDS = 0.1
IDLE_SECONDS = 0.3


def run_worker(stop: threading.Event, threads: int = 2) -> None:
    """Work until `stop` is set; jobs under way are finished first."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    runners = [threading.Thread(target=run_jobs, args=(stop,), name=f"jobs-{n}") for n in range(threads)]
    for runner in runners:
        runner.start()
    keep_ticking(stop, name)
    for runner in runners:
        runner.join()


def keep_ticking(stop: threading.Event, name: str) -> None:
    """Call each registered tick when its time has come; one that fails is logged and called again."""
    due: dict[str, float] = {}
    own = {
        "jobs.periodic": registry.TickSpec("jobs.periodic", 5, services.queue_periodic),
        "jobs.sign": registry.TickSpec("jobs.sign", 5, lambda now: services.sign_in_worker(name, now)),
    }
    try:
        while not stop.wait(TICK_SECONDS):
            for spec in [*own.values(), *registry.ticks.values()]:
                if time.monotonic() >= due.get(spec.name, 0):
                    tick(spec)
                    due[spec.name] = time.monotonic() + spec.seconds
    finally:
        connection.close()


def tick(spec: registry.TickSpec) -> None:
    """One call of a tick."""
    try:
        spec.work(clock_now())
    except Exception:
        logger.exception("tick %s failed", spec.name)
        connection.close_if_unusable_or_obsolete()


def run_jobs(stop: threading.Event) -> None:
    """Claim and run jobs one after another."""
    try:
        while not stop.is_set():
            try:
                job = services.claim(clock_now())
                if job is not None:
                    services.run(job)
                    continue
            except Exception:
                logger.exception("the job loop failed")
                connection.close_if_unusable_or_obsolete()
            stop.wait(IDLE_SECONDS)
    finally:
        connection.close()
