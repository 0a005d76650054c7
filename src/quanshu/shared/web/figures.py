"""What web processes count, for Prometheus."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from quanshu.kernel.metrics import Metrics

metrics = Metrics(settings.QUANSHU_HOME / "metrics" / "web")
requests = metrics.counter(
    "quanshu_web_requests", "Requests answered, by room, method and class of status.", "room", "method", "status"
)
seconds = metrics.histogram("quanshu_web_request_seconds", "Time from request to answer, by room.", "room")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_request(request: HttpRequest, status: int, took: float) -> None:
    """One answered request; the room is the address's namespace, so that callers cannot make up labels."""
    match = request.resolver_match
    room = (match.namespaces[0] if match.namespaces else "shell") if match is not None else "none"
    method = request.method if request.method in METHODS else "other"
    with metrics.lock:
        requests.add(room, str(method), f"{status // 100}xx")
        seconds.observe(room, seconds=took)


def flush_figures() -> None:
    """Write what has been counted where the other web processes can read it."""
    metrics.flush()
