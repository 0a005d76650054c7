"""Composites: the list, one's page, its names, and its steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import get_unit
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    ReasonForm,
    reason_against,
    when,
)
from quanshu.sharing.composition import queries, rules, services
from quanshu.sharing.composition.models import Composition
from quanshu.sharing.composition.pages.canvas import as_texts, draw
from quanshu.sharing.composition.pages.labels import STATES, TITLES, fault_line, kept_faults, state_of
from quanshu.sharing.composition.permissions import CompositionPermission as P
from quanshu.sharing.composition.types import CompositionData
from quanshu.sharing.services.api import try_part

PART_COLUMNS = (
    Column("name", gettext_lazy("Part"), value="name", kind="code"),
    Column("service", gettext_lazy("Service"), value="title", link=lambda row: row["url"]),
    Column("required", gettext_lazy("Required"), value=lambda row: _("Yes") if row["required"] else _("No")),
    Column("timeout", gettext_lazy("Time limit, ms"), value="timeout_ms", kind="number", phone=False),
    Column("inputs", gettext_lazy("Parameters from"), value="inputs", phone=False),
    Column("answers", gettext_lazy("With its example"), value="answers"),
)


def crumbs_to(row: Composition | None = None) -> list[tuple[Any, str]]:
    """The way to a composite."""
    way: list[tuple[Any, str]] = [(_("Composites"), reverse("composition:compositions"))]
    return [*way, (row.title, row.get_absolute_url())] if row is not None else way


class Compositions(ListPage):
    """Composites of the actor's units."""

    title = gettext_lazy("Composites")
    subtitle = gettext_lazy("Several services called as one; each part under the caller's own grant.")
    permission = P.VIEW
    search = ("name", "name_en", "sid", "unit__name")
    search_hint = gettext_lazy("Name, code or unit")
    order = "-updated_at"
    export_name = "composites"
    empty_title = gettext_lazy("No composite yet")
    empty_hint = gettext_lazy("Compose several published services into one call.")
    filters = (Filter("state", gettext_lazy("State"), choices=list(STATES.items()), field="state"),)
    columns = (
        Column("name", gettext_lazy("Name"), value="title", sort="name", link=lambda row: row.get_absolute_url()),
        Column("sid", gettext_lazy("Service code"), kind="code", sort="sid", phone=False),
        Column("unit", gettext_lazy("Provider"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        Column("parts", gettext_lazy("Parts"), value=lambda row: len(row.drawn.nodes), kind="number"),
        Column(
            "state",
            gettext_lazy("State"),
            value=lambda row: state_of(row)[0],
            kind="badge",
            tone=lambda row: state_of(row)[1],
        ),
        Column(
            "updated", gettext_lazy("Changed at"), value="updated_at", kind="datetime", sort="updated_at", phone=False
        ),
    )

    def queryset(self) -> Any:
        return queries.list_compositions(self.actor)

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.EDIT):
            return []
        return [Action(_("New composite"), reverse("composition:new"), "plus", method="get")]


class NamesForm(Form):
    """Everything of a composite but its graph."""

    sid = forms.CharField(
        label=gettext_lazy("Service code"),
        max_length=60,
        help_text=gettext_lazy("Lower-case words joined by hyphens, such as jn-ga-resident-query. Callers sign it."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=200, required=False)
    abstract = forms.CharField(label=gettext_lazy("What it does"), widget=forms.Textarea, required=False)
    abstract_en = forms.CharField(label=gettext_lazy("In English"), widget=forms.Textarea, required=False)


class NewComposition(FormPage):
    """Begin a composite."""

    title = gettext_lazy("New composite")
    permission = P.EDIT
    form_class = NamesForm
    submit_label = gettext_lazy("Save and draw")
    success = ""

    def crumbs(self) -> list[tuple[Any, str]]:
        return crumbs_to()

    def save(self, form: Any, **kwargs: Any) -> str:
        unit = get_unit(actor=self.actor, uid=self.actor.unit_uid or "")
        data = CompositionData(**form.cleaned_data)
        row = services.create_composition(actor=self.actor, now=self.now, unit=unit, data=data)
        return reverse("composition:edit", args=[row.uid])


class ChangeNames(FormPage):
    """Change a composite's names."""

    title = gettext_lazy("Change the names")
    permission = P.EDIT
    form_class = NamesForm

    def row(self) -> Composition:
        return queries.get_composition(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return crumbs_to(self.row())

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        row = self.row()
        return {name: getattr(row, name) for name in ("sid", "name", "name_en", "abstract", "abstract_en")}

    def save(self, form: Any, **kwargs: Any) -> str:
        data = CompositionData(**form.cleaned_data)
        row = services.change_composition(actor=self.actor, now=self.now, composition=self.row(), data=data)
        return str(row.get_absolute_url())


class CompositionPage(DetailPage):
    """One composite: its drawing, parts, faults, and steps."""

    permission = P.VIEW
    audit_kind = queries.KIND
    template_name = "composition/composition.html"
    answers: dict[str, str] | None = None

    def get_object(self, **kwargs: Any) -> Composition:
        return queries.get_composition(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return crumbs_to()

    def page_title(self) -> str:
        return self.object.title

    def state(self, obj: Composition) -> tuple[str, str]:
        return state_of(obj)

    def facts(self, obj: Composition) -> list[tuple[Any, Any]]:
        return [
            (_("Service code"), obj.sid),
            (_("Provider"), str(obj.unit)),
            (_("Version in force"), obj.service.served_version if obj.service else None),
            (_("Time limit of the whole, ms"), obj.drawn.timeout_ms),
            (_("Composed by"), obj.created_by),
            (_("Fails since"), when(obj.failing_since)),
        ]

    def actions(self, obj: Composition) -> list[Action]:
        found = []
        reason = reason_against(rules.check_editable, obj.state)
        if allows(self.actor, P.PUBLISH, obj):
            graph = obj.drawn
            parts = queries.parts_of(rules.sids_of(graph))
            why = reason or reason_against(rules.check_graph, graph, parts)
            if obj.changed or obj.faults:
                found.append(Action(_("Publish"), reverse("composition:publish", args=[obj.uid]), "rocket", reason=why))
        if allows(self.actor, P.EDIT, obj):
            for label, name, icon in ((_("Draw"), "edit", "sitemap"), (_("Change the names"), "names", "edit")):
                url = reverse(f"composition:{name}", args=[obj.uid])
                found.append(Action(label, url, icon, style="outline-primary", method="get", reason=reason))
            url = reverse("composition:try", args=[obj.uid])
            found.append(Action(_("Try with examples"), url, "player-play", style="outline-primary", reason=reason))
        if allows(self.actor, P.PUBLISH, obj) and obj.state == "published":
            url = reverse("composition:withdraw", args=[obj.uid])
            found.append(Action(_("Withdraw"), url, style="outline-danger", method="get"))
        return found

    def detail_context(self, obj: Composition) -> dict[str, Any]:
        graph = obj.drawn
        parts = queries.parts_of(rules.sids_of(graph))
        found = rules.faults_of(graph, parts)
        answers = self.answers or {}
        rows = [
            {
                "name": node.name,
                "title": parts[node.sid].title if node.sid in parts else node.sid,
                "url": reverse("services:service", args=[node.sid]),
                "required": node.required,
                "timeout_ms": node.timeout_ms,
                "inputs": ", ".join(f"{part.parameter} ← {part.source}" for part in node.inputs),
                "answers": answers.get(node.sid, "—"),
            }
            for node in graph.nodes
        ]
        return {
            "canvas": draw(graph, parts, as_texts(TITLES), {fault.node for fault in found}),
            "part_columns": PART_COLUMNS,
            "parts": rows,
            "faults": [fault_line(fault) for fault in found] if graph.nodes else [],
            "failing": [fault_line(fault) for fault in kept_faults(obj.faults)],
            "pending": obj.state == "published" and obj.changed,
        }


class TryParts(CompositionPage):
    """The page with each part called by the platform with its own example, which is nobody's value."""

    permission = P.EDIT

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        row = self.get_object(**kwargs)
        self.answers = {sid: try_part(sid) for sid in rules.sids_of(row.drawn)}
        return self.get(request, *args, **kwargs)


class Publish(ActionPage):
    """Put the graph in force."""

    permission = P.PUBLISH

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        row = queries.get_composition(actor=self.actor, uid=kwargs["uid"])
        row = services.publish_composition(actor=self.actor, now=self.now, composition=row)
        return _("Published. It answers within moments."), row.get_absolute_url()


class Withdraw(FormPage):
    """End a composite, with the reason."""

    title = gettext_lazy("Withdraw the composite")
    permission = P.PUBLISH
    form_class = ReasonForm
    submit_label = gettext_lazy("Withdraw")
    success = gettext_lazy("The composite is withdrawn.")

    def crumbs(self) -> list[tuple[Any, str]]:
        return crumbs_to(queries.get_composition(actor=self.actor, uid=self.kwargs["uid"]))

    def save(self, form: Any, **kwargs: Any) -> str:
        row = queries.get_composition(actor=self.actor, uid=kwargs["uid"])
        reason = form.cleaned_data["reason"]
        row = services.withdraw_composition(actor=self.actor, now=self.now, composition=row, reason=reason)
        return str(row.get_absolute_url())
