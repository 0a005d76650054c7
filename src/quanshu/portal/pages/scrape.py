"""GET /metrics of the web processes, with the state of the platform as gauges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse

from quanshu.kernel.clock import now
from quanshu.kernel.metrics import CONTENT_TYPE, Named, may_scrape
from quanshu.organisation.api import Unit
from quanshu.oversight.monitoring.api import Alert, Part, Severity, measures
from quanshu.shared.jobs.api import job_figures
from quanshu.shared.outbox.api import outbox_figures
from quanshu.shared.web.api import web_metrics

ALERTS = Named("quanshu_alerts_open", "Open alerts, by severity.", ("severity",))
JOBS = Named("quanshu_jobs_now", "Background jobs, by state (queued or running).", ("state",))
EVENTS = Named("quanshu_outbox_events", "Deliveries of events, by state (waiting or dead).", ("state",))
PARTS = Named("quanshu_part_up", "Parts of the node of a kind that are well.", ("kind",))
BACKLOG = Named("quanshu_stage_backlog", "What waits, by measure and unit code.", ("measure", "unit"))
GAUGES = (ALERTS, JOBS, EVENTS, PARTS, BACKLOG)


class Platform:
    """What the rows of the node say at this moment."""

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        for named, values in self.values():
            family = GaugeMetricFamily(named.name, named.help, labels=named.labels)
            for labels, value in values.items():
                family.add_metric(labels, value)
            yield family

    def values(self) -> Iterator[tuple[Named, dict[tuple[str, ...], float]]]:
        """Each gauge with its values by label values."""
        counts = dict(Alert.objects.open().order_by().values_list("severity").annotate(n=Count("pk")))
        yield ALERTS, {(severity.value,): counts.get(severity.value, 0) for severity in Severity}
        jobs, events = job_figures(now()), outbox_figures()
        yield JOBS, {("queued",): jobs.queued, ("running",): jobs.running}
        yield EVENTS, {("waiting",): events["waiting"], ("dead",): events["dead"]}
        yield PARTS, {(kind,): count for kind, count in part_counts().items()}
        codes = dict(Unit.objects.active().exclude(kind="village").values_list("path", "code"))
        backlog: dict[tuple[str, ...], float] = {}
        for measure in measures().values():
            for point in measure.level(now()) if measure.level else ():
                key = (measure.code, codes.get(point.unit_path, ""))
                backlog[key] = backlog.get(key, 0) + point.amount
        yield BACKLOG, backlog


def part_counts() -> dict[str, int]:
    """{kind of part: how many are well}."""
    found: dict[str, int] = {}
    for kind, ok in Part.objects.values_list("kind", "ok"):
        found[kind] = found.get(kind, 0) + int(ok)
    return found


def metrics(request: HttpRequest) -> HttpResponse:
    """The exposition, for whoever QUANSHU_METRICS_TOKEN or QUANSHU_METRICS_ALLOW lets in; else not found."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    address = request.META.get("REMOTE_ADDR", "")
    networks, token = settings.QUANSHU_METRICS_ALLOW, settings.QUANSHU_METRICS_TOKEN
    if not may_scrape(address, headers, token=token, networks=networks):
        raise Http404
    return HttpResponse(web_metrics.text([Platform()]), content_type=CONTENT_TYPE)
