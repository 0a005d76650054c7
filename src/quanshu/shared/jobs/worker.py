"""The worker process: one thread for what happens at every tick, others for jobs."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from datetime import datetime

from django.conf import settings
from django.db import connection

from quanshu.kernel.clock import now as clock_now
from quanshu.kernel.trace import new_trace, tracing
from quanshu.shared.jobs import figures, registry, services

logger = logging.getLogger(__name__)
TICK_SECONDS = 0.1
IDLE_SECONDS = 0.3


def run_worker(stop: threading.Event, threads: int = 2) -> None:
    """Work until `stop` is set; jobs under way are finished first."""
    os.environ["QUANSHU_PROCESS"] = "worker"
    name = f"{socket.gethostname()}:{os.getpid()}"
    host, port = settings.QUANSHU_WORKER_METRICS
    server = figures.serve((host, port)) if port else None
    runners = [threading.Thread(target=run_jobs, args=(stop,), name=f"jobs-{n}") for n in range(threads)]
    for runner in runners:
        runner.start()
    keep_ticking(stop, name)
    for runner in runners:
        runner.join()
    if server is not None:
        server.shutdown()


def write_figures(now: datetime) -> None:
    """Put this worker's metrics where they can be read."""
    figures.write_textfile(settings.QUANSHU_HOME / "metrics")


def keep_ticking(stop: threading.Event, name: str) -> None:
    """Call each registered tick when its time has come; one that fails is logged and called again."""
    due: dict[str, float] = {}
    own = {
        "jobs.periodic": registry.TickSpec("jobs.periodic", 5, services.queue_periodic),
        "jobs.figures": registry.TickSpec("jobs.figures", 10, write_figures),
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
    began, outcome = time.perf_counter(), "failed"
    try:
        with tracing(new_trace()):
            spec.work(clock_now())
        outcome = "done"
    except Exception:
        logger.exception("tick %s failed", spec.name)
        connection.close_if_unusable_or_obsolete()
    figures.count_tick(spec.name, outcome, time.perf_counter() - began)


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
