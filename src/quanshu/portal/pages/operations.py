"""Operations: is every process at work, what waits, what failed and what to do about it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu import __version__
from quanshu.oversight.monitoring.api import PARTS, lasting, open_alerts, part_states, snapshot_in_force
from quanshu.shared.audit.api import tree_head, waiting_entries
from quanshu.shared.jobs.api import JobNotFound, job_figures, job_list, jobs_called, retry_job, worker_seen_at
from quanshu.shared.outbox.api import oldest_waiting, outbox_figures
from quanshu.shared.web.api import Action, ActionPage, Card, Column, DetailPage, Filter, ListPage, Page, grouped

STATES = {
    "queued": gettext_lazy("Queued"),
    "running": gettext_lazy("Running"),
    "done": gettext_lazy("Done"),
    "failed": gettext_lazy("Failed"),
}
FACTS = {
    "version": gettext_lazy("Version"),
    "engine": gettext_lazy("Engine"),
    "snapshot_version": gettext_lazy("Snapshot"),
    "services": gettext_lazy("Services"),
    "fault": gettext_lazy("Fault"),
    "skew": gettext_lazy("Clock apart, s"),
    "free_gib": gettext_lazy("Free, GiB"),
    "took_ms": gettext_lazy("Answered in, ms"),
    "set_up": gettext_lazy("Set up"),
}
TONES = {"done": "green", "running": "blue", "queued": "secondary", "failed": "orange", "dead": "red"}


SHOWN = ("version", "engine", "snapshot_version", "services", "fault", "skew", "free_gib", "took_ms", "set_up")


def told(value: Any) -> Any:
    """A fact as a page tells it: yes and no are words, numbers are grouped and have no needless digits."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return grouped(value)


def part_rows() -> list[dict[str, Any]]:
    """Processes and parts of the node: state, since, what is known of them, what to do."""
    return [
        {
            "label": PARTS.get(part.kind, part.kind),
            "name": part.name,
            "ok": part.ok,
            "since": part.since,
            "seen_at": part.seen_at,
            "facts": [(FACTS[key], told(part.facts[key])) for key in SHOWN if part.facts.get(key) not in (None, "")],
            "remedy": part.advice,
        }
        for part in part_states()
    ]


class Operations(ListPage):
    """The worker's jobs below the state of the node's parts."""

    title = gettext_lazy("Operations")
    permission = "portal.operations.view"
    template_name = "portal/operations.html"
    order = "-created_at"
    export_name = "jobs"
    search = ("name", "error")
    empty_title = gettext_lazy("No background work yet")
    empty_hint = gettext_lazy("Loads, scans and periodic work appear here.")
    filters = (
        Filter(
            "state",
            gettext_lazy("State"),
            choices=list(STATES.items()),
        ),
    )
    columns = (
        Column(
            "name",
            gettext_lazy("Work"),
            value="label",
            sort="name",
            link=lambda row: f"/operations/jobs/{row.uid}/",
        ),
        Column(
            "state",
            gettext_lazy("State"),
            value=lambda row: STATES.get(row.state, row.state),
            kind="badge",
            tone=lambda row: TONES.get(row.state, "secondary"),
            sort="state",
        ),
        Column("attempts", gettext_lazy("Attempts"), kind="number"),
        Column("created_at", gettext_lazy("Queued at"), kind="datetime", sort="created_at"),
        Column("finished_at", gettext_lazy("Ended"), kind="datetime", phone=False),
        Column("error", gettext_lazy("Error"), phone=False),
    )

    def queryset(self) -> Any:
        return job_list(self.actor)

    def find(self, rows: Any, text: str) -> Any:
        return super().find(rows, text) | rows.filter(name__in=jobs_called(text))

    def row_context(self) -> dict[str, Any]:
        version, published = snapshot_in_force()
        oldest = oldest_waiting()
        jobs = job_figures(self.now)
        return {
            "parts": part_rows(),
            "open_alerts": open_alerts(self.actor)[:10],
            "worker_seen": worker_seen_at(),
            "outbox": outbox_figures(),
            "oldest_event": lasting(self.now - oldest) if oldest else "",
            "jobs": jobs,
            "oldest_job": lasting(self.now - jobs.oldest_due) if jobs.oldest_due else "",
            "snapshot": version,
            "published_at": published,
            "head": tree_head(),
            "waiting": waiting_entries(),
        }


class JobPage(DetailPage):
    """One piece of background work: what it was to do, how it went, and a second chance if it failed."""

    permission = "portal.operations.view"

    def get_object(self, **kwargs: Any) -> Any:
        job = job_list(self.actor).filter(uid=kwargs["uid"]).first()
        if job is None:
            raise JobNotFound(job=kwargs["uid"])
        return job

    def page_title(self) -> Any:
        return self.object.label

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(gettext_lazy("Operations"), "/operations/")]

    def state(self, obj: Any) -> tuple[str, str]:
        return str(STATES.get(obj.state, obj.state)), TONES.get(obj.state, "secondary")

    def actions(self, obj: Any) -> list[Action]:
        if obj.state != "failed":
            return []
        return [Action(_("Queue again"), f"/operations/jobs/{obj.uid}/retry/", "refresh")]

    def cards(self, obj: Any) -> list[Card]:
        facts = [
            (_("Number"), obj.uid),
            (_("Code"), obj.name),
            (_("Attempts"), obj.attempts),
            (_("Queued at"), obj.created_at),
            (_("Ended"), obj.finished_at),
            (_("Details"), ", ".join(f"{name}: {value}" for name, value in obj.payload.items())),
            (_("Error"), obj.error),
            (_("Trace"), obj.trace_id),
        ]
        return [Card(_("Work"), facts=facts)]


class RetryJob(ActionPage):
    """Queues a failed job again."""

    permission = "portal.operations.view"

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        retry_job(actor=self.actor, uid=kwargs["uid"], now=self.now)
        return _("The work is queued again."), "/operations/"


class About(Page):
    """What this node is."""

    title = gettext_lazy("About this node")
    template_name = "portal/about.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"version": __version__, "region": settings.QUANSHU_NODE_REGION}


class ApiDocs(Page):
    """How to use the API, and where its description is."""

    title = gettext_lazy("API")
    template_name = "portal/api_docs.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"gateway_url": settings.QUANSHU_GATEWAY_URL}
