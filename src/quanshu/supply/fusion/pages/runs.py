"""Runs: the list, and one with its stage and what it found."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.web.api import Column, DetailPage, Filter, ListPage, kept_fault, state_column, when
from quanshu.supply.fusion import queries
from quanshu.supply.fusion.models import Run
from quanshu.supply.fusion.pages import labels
from quanshu.supply.fusion.pages.schemes import crumbs_to
from quanshu.supply.fusion.permissions import FusionPermission as P
from quanshu.supply.fusion.types import RunState

MOVING = frozenset({RunState.QUEUED, RunState.RUNNING})


def scheme_choices(page: Any) -> list[tuple[str, str]]:
    """Schemes to narrow a list by."""
    return [(row.code, str(row)) for row in queries.list_schemes(page.actor)]


class Runs(ListPage):
    """Every run the actor may see."""

    title = gettext_lazy("Runs of fusion")
    permission = P.VIEW
    search = ("scheme__title", "scheme__title_en", "scheme__code")
    search_hint = gettext_lazy("Scheme")
    order = "-queued"
    export_name = "fusion-runs"
    empty_title = gettext_lazy("No run yet")
    empty_hint = gettext_lazy("Put a scheme in force and run it.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(labels.RUN_STATES.items()), field="state"),
        Filter("scheme", gettext_lazy("Scheme"), choices=scheme_choices, field="scheme__code"),
    )
    columns = (
        Column("queued", gettext_lazy("Asked for"), value="queued_at", sort="queued_at", kind="datetime",
               link=Run.get_absolute_url),
        Column("scheme", gettext_lazy("Scheme"), value=lambda row: str(row.scheme), sort="scheme__title"),
        Column("cause", gettext_lazy("Cause"), value=lambda row: labels.CAUSES.get(row.cause, row.cause), phone=False),
        Column("touched", gettext_lazy("Records compared"), value=lambda row: row.figures.get("touched"),
               kind="number", phone=False),
        Column("records", gettext_lazy("Records"), value=lambda row: row.figures.get("records"), kind="number"),
        Column("ended", gettext_lazy("Ended"), value="ended_at", kind="datetime", sort="ended_at", phone=False),
        state_column(labels.RUN_STATES, labels.RUN_TONES, sort="state"),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return crumbs_to()

    def queryset(self) -> Any:
        return queries.list_runs(self.actor)


class RunPage(DetailPage):
    """One run."""

    permission = P.VIEW
    template_name = "fusion/run.html"
    audit_kind = "fusion.run"
    moving_part = ("run", "fusion/run_result.html")

    def get_object(self, **kwargs: Any) -> Run:
        return queries.get_run(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return _("Run of %(scheme)s") % {"scheme": self.object.scheme}

    def crumbs(self) -> Any:
        return crumbs_to(self.object.scheme)

    def state(self, obj: Run) -> tuple[str, str]:
        if obj.scheme.current_id == obj.pk:
            return _("In use"), "green"
        return str(labels.RUN_STATES[obj.state]), labels.RUN_TONES[obj.state]

    def facts(self, obj: Run) -> list[tuple[Any, Any]]:
        return [
            (_("Version"), obj.version.number),
            (_("Cause"), labels.CAUSES.get(obj.cause, obj.cause)),
            (_("By"), obj.started_by),
            (_("Asked for"), when(obj.queued_at)),
            (_("Started"), when(obj.started_at) if obj.started_at else None),
            (_("Ended"), when(obj.ended_at) if obj.ended_at else None),
        ]

    def detail_context(self, obj: Run) -> dict[str, Any]:
        fault, remedy = kept_fault(obj.error)
        figures = obj.figures
        events = obj.identity_events.all()
        columns = (
            Column("identity", _("Identity"), kind="code",
                   link=lambda row: reverse("fusion:identity", args=[row.identity])),
            Column("happening", _("What happened"), value=lambda row: labels.HAPPENINGS[row.happening]),
            Column("other", _("The other one"), kind="code", phone=False,
                   link=lambda row: reverse("fusion:identity", args=[row.other]) if row.other else ""),
            Column("decided", _("By decision")),
        )  # fmt: skip
        counted = [
            (_("Records"), f"{figures['records']:,}"),
            (_("Records compared"), f"{figures['touched']:,}"),
            (_("Pairs found"), f"{figures['pairs']:,}"),
            (_("Identities"), f"{figures['identities'].get('active', 0):,}"),
            (_("Identifiers that are not valid"), f"{figures['unreadable']:,}"),
            *((labels.HOW[how], f"{count:,}") for how, count in figures["how"].items()),
        ] if figures else []  # fmt: skip
        return {
            "run": obj,
            "moving": obj.state in MOVING,
            "stage": labels.STAGES[obj.stage],
            "fault": fault,
            "remedy": remedy,
            "counted": counted,
            "inputs": [(name, *pair, figures.get("by_source", {}).get(name)) for name, pair in obj.inputs.items()],
            "shared": figures.get("shared", []),
            "events": events[:50],
            "event_columns": columns,
        }
