"""Builds: the list, one with its tests, and putting an earlier one in use."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Column,
    DetailPage,
    Filter,
    ListPage,
    kept_fault,
    reason_against,
    state_column,
    when,
)
from quanshu.supply.libraries import queries, rules, services
from quanshu.supply.libraries.models import Build
from quanshu.supply.libraries.pages import labels
from quanshu.supply.libraries.permissions import LibraryPermission as P
from quanshu.supply.libraries.types import BuildState

MOVING = frozenset({BuildState.QUEUED, BuildState.RUNNING})


class Builds(ListPage):
    """Every build the actor may see."""

    title = gettext_lazy("Builds")
    permission = P.VIEW
    search = ("model__title", "model__title_en", "model__code", "model__library__name")
    search_hint = gettext_lazy("Model or library")
    order = "-queued"
    export_name = "builds"
    empty_title = gettext_lazy("No build yet")
    empty_hint = gettext_lazy("Publish a model and build it.")
    filters = (Filter("state", gettext_lazy("State"), choices=list(labels.BUILD_STATES.items()), field="state"),)
    columns = (
        Column("queued", gettext_lazy("Asked for"), value="queued_at", sort="queued_at", kind="datetime",
               link=Build.get_absolute_url),
        Column("model", gettext_lazy("Model"), value=lambda row: str(row.model), sort="model__title"),
        Column("library", gettext_lazy("Library"), value=lambda row: str(row.model.library), phone=False),
        Column("cause", gettext_lazy("Cause"), value=lambda row: labels.CAUSES.get(row.cause, row.cause), phone=False),
        Column("rows", gettext_lazy("Rows"), kind="number", sort="rows"),
        Column("ended", gettext_lazy("Ended"), value="ended_at", kind="datetime", sort="ended_at", phone=False),
        state_column(labels.BUILD_STATES, labels.BUILD_TONES, sort="state"),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Libraries"), reverse("libraries:libraries")),)

    def queryset(self) -> Any:
        return queries.list_builds(self.actor)


class BuildPage(DetailPage):
    """One build."""

    permission = P.VIEW
    template_name = "libraries/build.html"
    audit_kind = "libraries.build"
    moving_part = ("build", "libraries/build_result.html")

    def get_object(self, **kwargs: Any) -> Build:
        return queries.get_build(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return _("Build of %(model)s") % {"model": self.object.model}

    def crumbs(self) -> Any:
        model = self.object.model
        return (
            (_("Libraries"), reverse("libraries:libraries")),
            (str(model.library), model.library.get_absolute_url()),
            (str(model), model.get_absolute_url()),
        )

    def state(self, obj: Build) -> tuple[str, str]:
        if obj.model.current_id == obj.pk:
            return _("In use"), "green"
        return str(labels.BUILD_STATES[obj.state]), labels.BUILD_TONES[obj.state]

    def facts(self, obj: Build) -> list[tuple[Any, Any]]:
        return [
            (_("Version"), obj.version.number),
            (_("Cause"), labels.CAUSES.get(obj.cause, obj.cause)),
            (_("By"), obj.started_by),
            (_("Asked for"), when(obj.queued_at)),
            (_("Started"), when(obj.started_at) if obj.started_at else None),
            (_("Ended"), when(obj.ended_at) if obj.ended_at else None),
            (_("Lake table"), _("Removed") if obj.dropped else obj.lake_table),
        ]

    def actions(self, obj: Build) -> list[Action]:
        found = []
        if allows(self.actor, P.ROLL_BACK, obj):
            reason = reason_against(
                rules.check_swappable, state=obj.state, kept=not obj.dropped, in_use=obj.model.current_id == obj.pk
            )
            url = reverse("libraries:build-swap", args=[obj.uid])
            confirm = _("Put this build in use? Services read from it at once.")
            found.append(Action(_("Put in use"), url, "arrow-back-up", reason=reason, confirm=confirm))
        url = reverse("api:build_events", args=[obj.uid])
        found.append(Action("OpenLineage", url, "braces", "outline-primary", "get"))
        return found

    def detail_context(self, obj: Build) -> dict[str, Any]:
        fault, remedy = kept_fault(obj.error)
        return {
            "build": obj,
            "moving": obj.state in MOVING,
            "fault": fault,
            "remedy": remedy,
            "inputs": [(alias, *pair) for alias, pair in obj.inputs.items()],
        }


class SwapBuild(ActionPage):
    """Put a build in use."""

    permission = P.ROLL_BACK

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        build = queries.get_build(actor=self.actor, uid=kwargs["uid"])
        services.swap_build(actor=self.actor, now=self.now, build=build)
        return _("The build is in use."), build.get_absolute_url()
