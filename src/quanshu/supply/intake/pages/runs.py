"""Runs: progress, counts that add up, refused rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.jobs.api import worker_seen_at
from quanshu.shared.web.api import Action, ActionPage, Column, DetailPage, Filter, ListPage, Page, reason_against
from quanshu.supply.catalogue.api import key_columns
from quanshu.supply.intake import queries, rules, services
from quanshu.supply.intake.models import Run
from quanshu.supply.intake.pages.labels import (
    KINDS,
    NOTES,
    ROW_STATES,
    ROW_TONES,
    STAGES,
    STATES,
    drift_columns,
    kind_of,
    mode_of,
    reason_of,
    state_of,
    tone_of,
)
from quanshu.supply.intake.permissions import IntakePermission as P
from quanshu.supply.intake.types import FINISHED, HeldFor, LoadMode, RowState, RunState, Stage

PAGE = 50
EXPORT_BATCH = 5000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def url_of_run(run: Run, part: str = "") -> str:
    """A run's page, or the address of a step on it."""
    return reverse(f"intake:run-{part}" if part else "intake:run", args=[run.uid])


def seconds_of(run: Run) -> str:
    """How long it took, as text."""
    return "" if run.seconds is None else f"{run.seconds:.1f}"


def units(page: Any) -> list[tuple[str, str]]:
    """Units that have sources the reader may see."""
    return [(unit.uid, str(unit)) for unit in queries.units_with_sources(page.actor)]


RUN_COLUMNS = (
    Column("queued", gettext_lazy("Started at"), value="queued_at", kind="datetime", sort="queued_at", link=url_of_run),
    Column("source", gettext_lazy("Source"), value="source.name", sort="source__name"),
    Column(
        "unit", gettext_lazy("Unit"), value=lambda run: str(run.source.unit), sort="source__unit__name", phone=False
    ),
    Column("rows_in", gettext_lazy("Rows in"), kind="number", sort="rows_in", phone=False),
    Column("landed", gettext_lazy("Rows landed"), kind="number", sort="landed"),
    Column("refused", gettext_lazy("Rows refused"), kind="number", sort="refused"),
    Column("seconds", gettext_lazy("Seconds"), value=seconds_of, kind="number", phone=False),
    Column("by", gettext_lazy("Started by"), value="started_by", phone=False),
    Column("state", gettext_lazy("State"), value=state_of, kind="badge", tone=tone_of, sort="state"),
)


class Runs(ListPage):
    """Every run the actor may see; `?source=` narrows to one source."""

    title = gettext_lazy("Loads")
    permission = P.VIEW
    search = ("source__name", "source__entry__resource_name", "source__entry__name_en", "started_by")
    search_hint = gettext_lazy("Source, entry or person")
    order = "-queued"
    export_name = "runs"
    empty_title = gettext_lazy("Nothing has been loaded yet")
    empty_hint = gettext_lazy("Open a source and start its first load.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(STATES.items())),
        Filter("unit", gettext_lazy("Unit"), choices=units, field="source__unit__uid"),
        Filter("kind", gettext_lazy("Kind"), choices=list(KINDS.items()), field="source__kind"),
        Filter("from", gettext_lazy("From"), kind="date", field="queued_at__date__gte"),
        Filter("to", gettext_lazy("To"), kind="date", field="queued_at__date__lte"),
    )
    columns = RUN_COLUMNS

    def queryset(self) -> Any:
        rows = queries.list_runs(self.actor)
        source = self.request.GET.get("source", "")
        return rows.filter(source__uid=source) if source else rows


class RunPage(DetailPage):
    """One run: how far it is, then its counts and what it refused."""

    permission = P.VIEW
    template_name = "intake/run.html"
    audit_kind = "intake.run"

    def get_object(self, **kwargs: Any) -> Run:
        return queries.get_run(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return _("Load of %(source)s") % {"source": self.object.source.name}

    def crumbs(self) -> list[tuple[Any, str]]:
        source = self.object.source
        return [(_("Loads"), reverse("intake:runs")), (source.name, reverse("intake:source", args=[source.uid]))]

    def state(self, obj: Run) -> tuple[str, str]:
        return str(state_of(obj)), tone_of(obj)

    def facts(self, obj: Run) -> list[tuple[Any, Any]]:
        source = obj.source
        return [
            (_("Entry"), str(source.entry)),
            (_("Unit"), str(source.unit)),
            (_("Kind"), kind_of(source)),
            (_("Mode"), mode_of(source)),
            (_("Started by"), obj.started_by),
            (_("Seconds"), seconds_of(obj)),
            (_("Attempts"), obj.attempt),
            *([(_("File"), obj.file_name)] if obj.file_name else []),
            *([(_("Cursor reached"), obj.cursor)] if obj.cursor else []),
            *((NOTES[name], count) for name, count in obj.notes.items() if name in NOTES),
        ]

    def actions(self, obj: Run) -> list[Action]:
        if obj.state == RunState.HELD:
            return held_actions(self.actor, obj)
        if obj.state not in FINISHED:
            if not allows(self.actor, P.CANCEL, obj):
                return []
            reason = reason_against(rules.check_cancellable, obj.state, obj.stage)
            ask = _("Stop this load? The table stays as it was.")
            cancel = url_of_run(obj, "cancel")
            return [Action(_("Cancel the load"), cancel, "x", style="outline-danger", reason=reason, confirm=ask)]
        if obj.state == RunState.LANDED or not allows(self.actor, P.RUN, obj):
            return []
        source = obj.source
        reason = reason_against(
            rules.check_startable,
            active=source.active,
            entry_state=source.entry.state,
            entry_name=str(source.entry),
            mode=source.mode,
            keys=key_columns(source.entry),
            busy=queries.is_busy(source),
            kind=source.kind,
        )
        start = reverse("intake:source-start", args=[source.uid])
        return [Action(_("Start again"), start, "player-play", reason=reason)]

    def detail_context(self, obj: Run) -> dict[str, Any]:
        return {
            **progress_of(obj),
            **self.refused_of(obj),
            "drift": obj.drift,
            "drift_columns": drift_columns(),
            "first": obj.replay_of,
            "replays": obj.replays.all(),
        }

    def refused_of(self, obj: Run) -> dict[str, Any]:
        """One page of refused rows; a row may have several faults."""
        if obj.state not in FINISHED or not obj.refused:
            return {}
        paginator = Paginator(range(obj.refused), PAGE)
        current = paginator.get_page(self.request.GET.get("page", "1"))
        rows = queries.refused_rows(actor=self.actor, run=obj, limit=PAGE, offset=(current.number - 1) * PAGE)
        states = dict(obj.corrections.values_list("row_number", "state"))
        for row in rows:
            row["state"] = states.get(row["row_number"], RowState.OPEN)
        may_correct = allows(self.actor, P.CORRECT, obj)
        counts = queries.row_counts(obj)
        return {
            "refused_rows": rows,
            "row_counts": [(ROW_STATES[RowState(state)], count) for state, count in counts.items()],
            "ready": counts[RowState.READY],
            "may_correct": may_correct and obj.source.mode != LoadMode.CHANGES,
            "refused_columns": refused_columns(obj, may_correct=may_correct),
            "reasons": queries.refused_reasons(obj),
            "reason_columns": (
                Column("column", _("Field"), kind="code"),
                Column("reason", _("Reason"), value=reason_of),
                Column("rows", _("Rows"), kind="number"),
            ),
            "sees_all": queries.sees_refused(self.actor, obj),
            "refused_page": current,
        }


def refused_columns(run: Run, *, may_correct: bool) -> tuple[Column, ...]:
    """The table of refused rows; for those who may, with the way to a row's correction and dismissal."""
    closed = {RowState.CORRECTED, RowState.DISMISSED}

    def editor(row: dict[str, Any]) -> str:
        if not may_correct or row["state"] in closed or run.source.mode == LoadMode.CHANGES:
            return ""
        return reverse("intake:run-row", args=[run.uid, row["row_number"]])

    def dismissal(row: dict[str, Any]) -> str:
        return reverse("intake:run-row-dismiss", args=[run.uid, row["row_number"]])

    def step(row: dict[str, Any]) -> str:
        return _("Dismiss") if may_correct and row["state"] == RowState.OPEN else ""

    return (
        Column("row_number", _("Row"), kind="number", link=editor),
        Column("column", _("Field"), kind="code"),
        Column("value", _("Value"), value=lambda row: _("(personal)") if row["hidden"] else row["value"]),
        Column("reason", _("Reason"), value=reason_of),
        Column(
            "state",
            _("State"),
            value=lambda row: ROW_STATES[RowState(row["state"])],
            kind="badge",
            tone=lambda row: ROW_TONES[RowState(row["state"])],
        ),
        Column("dismiss", "", value=step, link=dismissal),
    )


def held_actions(actor: Any, run: Run) -> list[Action]:
    """What may be decided of a load that waits; each button says why it cannot be pressed."""
    if not allows(actor, P.DECIDE, run):
        return []
    decidable = reason_against(
        rules.check_decidable, state=run.state, newer_landed=services.newer_landed(run), mode=run.source.mode
    )
    release, actions = url_of_run(run, "release"), []
    if run.held_for == HeldFor.DELETES:
        ask = _("Delete %(rows)s rows that the source no longer has?") % {"rows": run.pending_deletes}
        actions.append(Action(_("Confirm the deletions"), release, "check", reason=decidable, confirm=ask))
    else:
        known = _("Load the known columns")
        actions.append(Action(known, release, "check", reason=decidable, values={"decision": "known"}))
        anew = _("Check against the contract anew")
        actions.append(
            Action(anew, release, "refresh", style="outline-primary", reason=decidable, values={"decision": "contract"})
        )
        drift = services.drift_of(run)
        why = reason_against(rules.check_proposable, state=run.state, held_for=run.held_for, drift=drift)
        propose = _("Propose the new columns as items")
        actions.append(Action(propose, url_of_run(run, "propose"), "plus", style="outline-primary", reason=why))
    ask = _("Discard this load? The table stays as it was.")
    actions.append(Action(_("Discard"), url_of_run(run, "discard"), "x", style="outline-danger", confirm=ask))
    return actions


def progress_of(run: Run) -> dict[str, Any]:
    """What the live fragment shows."""
    message, remedy = queries.error_text(run, _)
    at = list(STAGES).index(Stage(run.stage))
    return {
        "run": run,
        "running": run.state not in FINISHED and run.state != RunState.HELD,
        "steps": [
            (label, "done" if number < at else "now" if number == at else "")
            for number, label in enumerate(STAGES.values())
        ],
        "no_worker": run.state == RunState.QUEUED and worker_seen_at() is None,
        "fault": message,
        "remedy": remedy,
    }


class Progress(Page):
    """The fragment that a run's page asks for each second while it goes on."""

    permission = P.VIEW
    template_name = "intake/progress.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        run = queries.get_run(actor=self.actor, uid=kwargs["uid"])
        response = self.render(progress_of(run))
        if run.state in FINISHED or run.state == RunState.HELD:
            response["HX-Refresh"] = "true"
        return response


class RefusedCsv(Page):
    """Every refused row with its reason and, for those who may see it, the whole record."""

    permission = P.VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        run = queries.get_run(actor=self.actor, uid=kwargs["uid"])
        services.note_export(actor=self.actor, run=run, now=self.now)
        response = StreamingHttpResponse(self.lines(run), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="refused-{run.uid}.csv"'
        return response

    def lines(self, run: Run) -> Iterator[str]:
        # Excel reads Chinese only after a byte-order mark.
        yield "\ufeff" + line([_("Row"), _("Field"), _("Value"), _("Reason"), _("Whole record")])
        for offset in range(0, run.refused or 0, EXPORT_BATCH):
            for row in queries.refused_rows(actor=self.actor, run=run, limit=EXPORT_BATCH, offset=offset):
                value = _("(personal)") if row["hidden"] else row["value"]
                yield line([row["row_number"], row["column"], value, str(reason_of(row)), row["record_json"]])


def line(values: list[Any]) -> str:
    """One CSV line; no cell is one that a spreadsheet takes for a formula."""
    buffer = io.StringIO()
    safe = [f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value for value in values]
    csv.writer(buffer).writerow(safe)
    return buffer.getvalue()


class Cancel(ActionPage):
    """Stop a run that has not ended."""

    permission = P.CANCEL

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        run = queries.get_run(actor=self.actor, uid=kwargs["uid"])
        services.cancel_run(actor=self.actor, run=run, now=self.now)
        return _("The load is cancelled."), url_of_run(run)
