"""Runs: progress, counts that add up, refused rows."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Column, DetailPage, Filter, ListPage, Page, reason_against
from quanshu.supply.intake import queries, rules, services
from quanshu.supply.intake.models import Run
from quanshu.supply.intake.pages.labels import MODES, REASONS, STAGES, STATES, TONES
from quanshu.supply.intake.permissions import IntakePermission as P
from quanshu.supply.intake.types import FINISHED, RunState

PAGE = 50
BATCH = 1000


def url_of_run(run: Run, part: str = "") -> str:
    """A run's page, or a page below it."""
    return f"/intake/runs/{run.uid}/{part}"


RUN_COLUMNS = (
    Column("queued", gettext_lazy("Queued at"), value="queued_at", kind="datetime", sort="queued_at", link=url_of_run),
    Column("source", gettext_lazy("Source"), value="source.name", sort="source__name"),
    Column("in", gettext_lazy("Rows in"), value="rows_in", kind="number", sort="rows_in"),
    Column("landed", gettext_lazy("Landed"), value="landed", kind="number", sort="landed"),
    Column("refused", gettext_lazy("Rows refused"), value="refused", kind="number", sort="refused"),
    Column("by", gettext_lazy("Started by"), value="started_by", phone=False),
    Column(
        "state",
        gettext_lazy("State"),
        value=lambda row: STATES[row.state],
        kind="badge",
        tone=lambda row: TONES[row.state],
        sort="state",
    ),
)


class Runs(ListPage):
    """Every run the actor may see."""

    title = gettext_lazy("Intake runs")
    permission = P.VIEW
    search = ("source__name", "source__entry__resource_name", "started_by")
    search_hint = gettext_lazy("Source, entry or person")
    order = "-queued_at"
    export_name = "runs"
    empty_title = gettext_lazy("Nothing has been loaded yet")
    empty_hint = gettext_lazy("Open a source and start its first load.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(STATES.items()), field="state"),
        Filter("from", gettext_lazy("From"), kind="date", field="queued_at__date__gte"),
        Filter("to", gettext_lazy("To"), kind="date", field="queued_at__date__lte"),
    )
    columns = RUN_COLUMNS

    def queryset(self) -> Any:
        return queries.list_runs(self.actor)


class RunPage(DetailPage):
    """One run."""

    permission = P.VIEW
    template_name = "intake/run.html"
    audit_kind = "intake.run"

    def get_object(self, **kwargs: Any) -> Run:
        return queries.get_run(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return str(self.object.source.name)

    def crumbs(self) -> list[tuple[Any, str]]:
        source = self.object.source
        return [(_("Intake runs"), "/intake/runs/"), (source.name, f"/intake/sources/{source.uid}/")]

    def state(self, obj: Run) -> tuple[str, str]:
        return str(STATES[obj.state]), TONES[obj.state]  # type: ignore[index]

    def facts(self, obj: Run) -> list[tuple[Any, Any]]:
        return [
            (_("Entry"), str(obj.source.entry)),
            (_("Mode"), MODES[obj.source.mode]),  # type: ignore[index]
            (_("Started by"), obj.started_by),
            (_("Attempts"), obj.attempt),
            (_("Seconds"), f"{obj.seconds:.1f}" if obj.seconds is not None else ""),
            (_("Rows inserted"), obj.inserted),
            (_("Rows updated"), obj.updated),
            (_("Rows unchanged"), obj.unchanged),
            (_("Rows in the table now"), obj.rows_total),
            (_("Version in the lake"), obj.lake_version),
        ]

    def actions(self, obj: Run) -> list[Action]:
        if obj.state not in FINISHED and allows(self.actor, P.CANCEL, obj):
            reason = reason_against(rules.check_cancellable, obj.state)
            ask = _("Stop this load? What it has not written yet is left out.")
            return [Action(_("Cancel"), url_of_run(obj, "cancel/"), style="outline-danger", reason=reason, confirm=ask)]
        if obj.state in {RunState.FAILED, RunState.CANCELLED} and allows(self.actor, P.RUN, obj):
            return [Action(_("Start again"), f"/intake/sources/{obj.source.uid}/start/", "player-play")]
        return []

    def detail_context(self, obj: Run) -> dict[str, Any]:
        return progress_of(obj) | self.refused_of(obj)

    def refused_of(self, obj: Run) -> dict[str, Any]:
        """One page of refused rows, for those who may see raw data."""
        if not obj.refused or not allows(self.actor, P.REFUSED, obj):
            return {"may_see": allows(self.actor, P.REFUSED, obj)}
        paginator = Paginator(range(obj.refused), PAGE)
        current = paginator.get_page(self.request.GET.get("page", "1"))
        rows = queries.refused_rows(actor=self.actor, run=obj, limit=PAGE, offset=(current.number - 1) * PAGE)
        columns = (
            Column("row_number", _("Row"), kind="number"),
            Column("column", _("Column"), kind="code"),
            Column("value", _("Value")),
            Column("reason", _("Reason"), value=lambda row: REASONS.get(row["reason"], row["message"])),
        )
        return {"may_see": True, "refused_rows": rows, "refused_columns": columns, "rows": current}


def progress_of(run: Run) -> dict[str, Any]:
    """What the live fragment shows."""
    return {
        "run": run,
        "running": run.state not in FINISHED,
        "stage": STAGES.get(run.stage, run.stage),  # type: ignore[call-overload]
        "fault": fault_of(run),
    }


def fault_of(run: Run) -> str:
    """Why a run failed, in the reader's language."""
    if not run.error:
        return ""
    text = _(run.error.get("message", "")) if run.error.get("message") else run.error.get("code", "")
    remedy = _(run.error.get("remedy", "")) if run.error.get("remedy") else ""
    try:
        return f"{text % run.error.get('params', {})} {remedy % run.error.get('params', {})}".strip()
    except (KeyError, ValueError, TypeError):
        return f"{text} {remedy}".strip()


class Progress(Page):
    """The fragment that a run's page asks for each second while it goes on."""

    permission = P.VIEW
    template_name = "intake/progress.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        run = queries.get_run(actor=self.actor, uid=kwargs["uid"])
        response = self.render(progress_of(run))
        if run.state in FINISHED:
            response["HX-Refresh"] = "true"
        return response


class RefusedCsv(Page):
    """Every refused row with its reason and the whole record, as CSV."""

    permission = P.REFUSED

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        run = queries.get_run(actor=self.actor, uid=kwargs["uid"])
        queries.refused_rows(actor=self.actor, run=run, limit=1)
        response = StreamingHttpResponse(self.lines(run), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="refused-{run.uid}.csv"'
        return response

    def lines(self, run: Run) -> Any:
        names = ["row_number", "column", "value", "reason", "record_json"]
        yield "\ufeff" + ",".join(names) + "\r\n"
        for offset in range(0, run.refused or 0, BATCH):
            buffer = io.StringIO()
            writer = csv.writer(buffer)
            for row in queries.refused_rows(actor=self.actor, run=run, limit=BATCH, offset=offset):
                writer.writerow([safe(row[name]) for name in names])
            yield buffer.getvalue()


def safe(value: Any) -> Any:
    """A cell that a spreadsheet will not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value


class Cancel(ActionPage):
    """Stop a run that has not ended."""

    permission = P.CANCEL

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        run = queries.get_run(actor=self.actor, uid=kwargs["uid"])
        services.cancel_run(actor=self.actor, run=run, now=self.now)
        return _("The load is cancelled."), url_of_run(run)
