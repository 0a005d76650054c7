"""What the gateway counts, and who may read it: GET /metrics.

One event loop counts, so a call costs two dictionary updates and one search among 14 bounds, and no lock.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from quanshu.gateway import messages
from quanshu.kernel.metrics import CONTENT_TYPE, Metrics, may_scrape

if TYPE_CHECKING:
    from quanshu.gateway.app import Gateway

FOLDER = "metrics"
LOOPBACK = "127.0.0.0/8,::1/128"
OTHER = "other"


class GatewayMetrics:
    """The metrics of one gateway process; labels are services in force and the gateway's own codes."""

    def __init__(self, directory: Path) -> None:
        self.metrics = Metrics(directory / FOLDER)
        new = self.metrics
        self.calls = new.counter(
            "quanshu_gateway_calls", "Calls with a receipt, by service and outcome.", "sid", "outcome"
        )
        self.seconds = new.histogram("quanshu_gateway_call_seconds", "Time from request to answer, by service.", "sid")
        self.rows = new.counter("quanshu_gateway_rows", "Rows answered with, by service.", "sid")
        self.unsigned = new.counter("quanshu_gateway_unsigned", "Calls refused before the caller was known.")
        self.unkept = new.counter("quanshu_gateway_unkept", "Calls refused because the receipt could not be kept.")
        self.snapshot = new.gauge("quanshu_gateway_snapshot_version", "Oldest snapshot in force.", mode="livemin")
        self.services = new.gauge("quanshu_gateway_services", "Services in force.", mode="livemin")

    def count(self, sid: str, outcome: str, *, rows: int, seconds: float) -> None:
        """One answered or refused call of a known caller."""
        self.calls.add(sid, outcome)
        self.seconds.observe(sid, seconds=seconds)
        if rows:
            self.rows.add(sid, by=rows)


def label_of(gateway: Gateway, sid: str) -> str:
    """The service's code when it is in force, so that callers cannot make up labels."""
    loaded = gateway.state.loaded
    return sid if loaded is not None and sid in loaded.executors else OTHER


def refresh(gateway: Gateway) -> None:
    """Write the figures where the other processes can read them."""
    loaded, figures = gateway.state.loaded, gateway.figures
    figures.snapshot.set(to=loaded.snapshot.version if loaded else 0)
    figures.services.set(to=len(loaded.executors) if loaded else 0)
    figures.metrics.flush()


async def serve(request: Request) -> Response:
    """GET /metrics, for whoever QUANSHU_METRICS_TOKEN or QUANSHU_METRICS_ALLOW lets in; else not found."""
    gateway: Gateway = request.app.state.gateway
    networks = [part.strip() for part in os.environ.get("QUANSHU_METRICS_ALLOW", LOOPBACK).split(",") if part.strip()]
    token = os.environ.get("QUANSHU_METRICS_TOKEN", "")
    address = request.client.host if request.client else ""
    if not may_scrape(address, request.headers, token=token, networks=networks):
        return JSONResponse(messages.envelope("gateway.not_found", {}, ""), status_code=404)
    refresh(gateway)
    return Response(gateway.figures.metrics.text(), media_type=CONTENT_TYPE)
