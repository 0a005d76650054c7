"""The four stages on one page, live, and one page a stage."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.oversight.monitoring import queries
from quanshu.oversight.monitoring.models import Progress
from quanshu.oversight.monitoring.pages import labels
from quanshu.oversight.monitoring.permissions import MonitoringPermission as P
from quanshu.oversight.monitoring.queries.stages import UnitFigures, span_of
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Column, Page, export_rows

# Waiting times with a promise of their own, in seconds.
TARGETS = {"transfer.calls": 0.5, "transfer.carried": 5.0}
# Where the objects behind a stage's figures are: (label, address, permission).
DRILL = {
    "intake": (
        (gettext_lazy("Batches"), "/intake/runs/", "intake.source.view"),
        (gettext_lazy("Failed batches"), "/intake/runs/?state=failed", "intake.source.view"),
        (gettext_lazy("Sources"), "/intake/", "intake.source.view"),
        (gettext_lazy("Where landing hangs"), "/catalogue/landing/", "catalogue.entry.view"),
    ),
    "review": (
        (gettext_lazy("Entries to review"), "/catalogue/?state=review", "catalogue.entry.view"),
        (gettext_lazy("Registrations"), "/registration/", "registration.application.view"),
        (gettext_lazy("Demands overdue"), "/demands/?overdue=1", "demands.demand.view"),
        (gettext_lazy("Quality checks"), "/quality/", "quality.scorecard.view"),
    ),
    "transfer": (
        (gettext_lazy("Calls"), "/services/calls/", "services.exchange.view"),
        (gettext_lazy("Refused calls"), "/services/calls/?outcome=refused", "services.exchange.view"),
        (gettext_lazy("Services"), "/services/", "services.service.view"),
        (gettext_lazy("Operations"), "/operations/", "portal.operations.view"),
    ),
    "use": (
        (gettext_lazy("Calls"), "/services/calls/", "services.exchange.view"),
        (gettext_lazy("Grants"), "/services/grants/", "services.grant.view"),
        (gettext_lazy("Libraries"), "/libraries/", "libraries.library.view"),
        (gettext_lazy("Workspaces"), "/workspaces/", "workspaces.workspace.view"),
    ),
}


class Overview(Page):
    """Today against the usual in the four stages, the way of the data, what is broken. Refreshed every few seconds."""

    title = gettext_lazy("Monitoring")
    subtitle = gettext_lazy("The four stages today: what was done, what failed, what waits.")
    permission = P.VIEW
    template_name = "monitoring/overview.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        stages = [
            {
                "code": found.stage,
                "label": labels.STAGES[found.stage],
                "icon": labels.STAGE_ICONS[found.stage],
                "figures": found,
                "mean": labels.lasting(found.mean_wait),
                "oldest": labels.lasting(found.oldest) if found.waiting else "",
                "url": reverse("monitoring:stage", args=[found.stage]),
                "chart": labels.day_chart(found),
            }
            for found in queries.overview(self.actor, self.now)
        ]
        hops = [
            {"label": hop.label, "mean": labels.lasting(hop.mean), "peak": labels.lasting(hop.peak), "count": hop.count}
            for hop in queries.hops(self.actor, self.now)
        ]
        counts = queries.counts_of_alerts(self.actor)
        progress = Progress.objects.filter(pk=1).first()
        return {
            "stages": stages,
            "hops": hops,
            "alerts": [
                (labels.SEVERITIES[code], labels.SEVERITY_TONES[code], counts.get(code, 0))
                for code in labels.SEVERITIES
            ],
            "open": queries.open_alerts(self.actor)[:5],
            "sampled_to": progress.sampled_to if progress else None,
            "silent": progress is None or progress.sampled_to is None,
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        fragment = request.headers.get("HX-Target") == "live"
        return self.render(self.context(**kwargs), template="monitoring/live.html" if fragment else "")


def unit_columns() -> tuple[Column, ...]:
    """The table by unit."""
    return (
        Column("unit", gettext_lazy("Unit"), value=lambda row: row.unit_name or labels.PLATFORM),
        Column("done", gettext_lazy("Done"), kind="number"),
        Column("failed", gettext_lazy("Failed"), kind="number"),
        Column("fail_rate", gettext_lazy("Share failed"), kind="percent", phone=False),
        Column("amount", gettext_lazy("Rows"), kind="number", phone=False),
        Column("mean_wait", gettext_lazy("Mean time"), value=lambda row: labels.lasting(row.mean_wait), phone=False),
        Column("waiting", gettext_lazy("Waiting"), kind="number"),
        Column("oldest", gettext_lazy("Oldest"), value=lambda row: labels.lasting(row.oldest) if row.waiting else "—"),
    )


class StagePage(Page):
    """One stage: charts over a span, by unit, and the ways to the objects."""

    permission = P.VIEW
    template_name = "monitoring/stage.html"

    def stage(self) -> Any:
        return queries.stage_of(self.kwargs["stage"])

    def page_title(self) -> Any:
        return labels.STAGES[self.stage()]

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Monitoring"), reverse("monitoring:overview"))]

    def units(self) -> list[UnitFigures]:
        return queries.by_unit(self.actor, self.stage(), span_of(self.request.GET.get("span", ""))[0], self.now)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        stage, span = self.stage(), span_of(self.request.GET.get("span", ""))[0]
        charts = []
        for found in queries.series(self.actor, stage, span, self.now):
            code = found.measure.code
            entry = {
                "ident": code.replace(".", "-"),
                "label": found.measure.label,
                "chart": labels.series_chart(found, span),
                "total": sum(point["count"] for point in found.points),
                "amount": sum(point["amount"] for point in found.points),
                "unit": found.measure.unit,
                "level": found.measure.level is not None,
            }
            if any(point["waits"] for point in found.points):
                entry["delays"] = labels.delay_chart(found, span, TARGETS.get(code))
            charts.append(entry)
        drill = [(label, url) for label, url, permission in DRILL[stage] if allows(self.actor, permission)]
        return {
            "stage": stage,
            "span": span,
            "spans": list(labels.SPANS.items()),
            "charts": charts,
            "units": self.units(),
            "unit_columns": unit_columns(),
            "drill": drill,
            "alerts": queries.open_alerts(self.actor).filter(stage=stage)[:5],
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        kind = request.GET.get("export", "")
        if kind:
            name = f"monitoring-{self.stage()}"
            return export_rows(self, unit_columns(), self.units(), kind, name=name, now=self.now)
        return self.render(self.context(**kwargs))


def samples_csv(found: list[Any], span: str) -> HttpResponse:
    """Every measure of a stage over a span as CSV: one row a stretch and measure."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([_("Measure"), _("From"), _("Count"), _("Failed"), _("Rows"), _("Mean, s"), _("Longest, s")])
    for each in found:
        for point in each.points:
            mean = round(point["wait"] / point["waits"], 3) if point["waits"] else ""
            at = point["at"].isoformat()
            row = [
                each.measure.code,
                at,
                point["count"],
                point["failed"],
                point["amount"],
                mean,
                round(point["peak"], 3),
            ]
            writer.writerow(row)
    response = HttpResponse("\ufeff" + buffer.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="samples-{span}.csv"'
    return response


class History(StagePage):
    """A stage's samples as a file."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        from quanshu.shared.audit.api import record

        span = span_of(request.GET.get("span", ""))[0]
        stage = self.stage()
        found = queries.series(self.actor, stage, span, self.now)
        details = {"span": span}
        record(
            actor=self.actor,
            action="web.list.exported",
            kind="web.list",
            uid=f"samples-{stage}",
            details=details,
            now=self.now,
        )
        return samples_csv(found, span)
