"""What workers count, for Prometheus: jobs and ticks. Read on a port of the worker's own or from a text file."""

from __future__ import annotations

import logging
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from django.conf import settings

from quanshu.kernel.metrics import CONTENT_TYPE, Metrics, exposition, may_scrape

logger = logging.getLogger(__name__)
metrics = Metrics(settings.QUANSHU_HOME / "metrics" / "worker")
jobs = metrics.counter("quanshu_jobs", "Background jobs ended, by work and outcome (done or failed).", "job", "outcome")
job_seconds = metrics.histogram("quanshu_job_seconds", "How long background jobs took.", "job")
ticks = metrics.counter("quanshu_ticks", "Periodic steps of workers, by step and outcome.", "tick", "outcome")
tick_seconds = metrics.counter("quanshu_tick_seconds", "Time spent in periodic steps.", "tick")


def count_job(name: str, outcome: str, seconds: float) -> None:
    """A job ended; names are those that rooms register, so their number is bounded."""
    with metrics.lock:
        jobs.add(name, outcome)
        job_seconds.observe(name, seconds=seconds)


def count_tick(name: str, outcome: str, seconds: float) -> None:
    """A periodic step ended."""
    with metrics.lock:
        ticks.add(name, outcome)
        tick_seconds.add(name, by=seconds)


def write_textfile(folder: Path) -> Path:
    """Write what all workers of this machine have counted, for a collector that reads text files; replaced whole."""
    metrics.flush()
    target = folder / "worker.prom"
    target.parent.mkdir(parents=True, exist_ok=True)
    waiting = target.with_suffix(".writing")
    waiting.write_bytes(exposition(metrics.folder))
    waiting.replace(target)
    return target


class Scraped(BaseHTTPRequestHandler):
    """GET /metrics of a worker."""

    def do_GET(self) -> None:
        given = {name.lower(): value for name, value in self.headers.items()}
        networks, token = settings.QUANSHU_METRICS_ALLOW, settings.QUANSHU_METRICS_TOKEN
        if self.path != "/metrics" or not may_scrape(self.client_address[0], given, token=token, networks=networks):
            self.send_error(404)
            return
        body = metrics.text()
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Scrapes are not logged."""


def serve(address: tuple[str, int]) -> ThreadingHTTPServer | None:
    """Answer scrapes in a thread; None when another worker has the port, which then answers for all of them."""
    try:
        server = ThreadingHTTPServer(address, Scraped)
    except OSError as fault:
        logger.info("metrics port %s is not opened here: %s", address[1], fault)
        return None
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
