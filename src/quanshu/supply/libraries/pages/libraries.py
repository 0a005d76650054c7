"""Libraries: all of them with their figures, and one with its models and lineage."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Unit
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Card, Column, DetailPage, Form, FormPage, Page
from quanshu.supply.catalogue.api import Classification
from quanshu.supply.libraries import queries, services
from quanshu.supply.libraries.models import Library
from quanshu.supply.libraries.pages import labels
from quanshu.supply.libraries.permissions import LibraryPermission as P
from quanshu.supply.libraries.queries.listing import ModelFigures
from quanshu.supply.libraries.types import LibraryData


def figure_columns() -> tuple[Column, ...]:
    """A model's live figures."""
    return (
        Column("model", _("Table"), value=lambda row: str(row.model), link=lambda row: row.model.get_absolute_url()),
        Column("rows", _("Rows"), kind="number"),
        Column("coverage", _("Share of its largest source"), kind="percent", phone=False),
        Column("rate", _("Pass rate"), value="pass_rate", kind="percent", phone=False),
        Column("built", _("Built at"), value="built_at", kind="datetime"),
        Column("state", _("State"), kind="badge", phone=False, value=state_of, tone=tone_of),
    )


def state_of(row: ModelFigures) -> str:
    """Whether a model holds data."""
    if row.built_at:
        return _("In use")
    return _("Not built yet") if row.model.published_id else _("Not published")


def tone_of(row: ModelFigures) -> str:
    return "green" if row.built_at else "secondary"


class Libraries(Page):
    """Every library by kind, each model with its live figures, and the graph of all of them."""

    title = gettext_lazy("Libraries")
    subtitle = gettext_lazy("Tables fused from several sources, each built by a versioned model and tested.")
    permission = P.VIEW
    template_name = "libraries/libraries.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        figures: dict[int, list[ModelFigures]] = {}
        for row in queries.library_figures(queries.list_models(self.actor)):
            figures.setdefault(row.model.library_id, []).append(row)
        rows = list(queries.list_libraries(self.actor))
        kinds = [
            (name, [(library, figures.get(library.pk, [])) for library in rows if library.kind == kind])
            for kind, name in labels.KINDS.items()
        ]
        graph, height = labels.graph_chart(queries.model_graph())
        actions = [Action(_("Builds"), reverse("libraries:builds"), "history", "outline-primary", "get")]
        if allows(self.actor, P.EDIT):
            actions.insert(0, Action(_("New library"), reverse("libraries:new"), "plus", method="get"))
        return {
            "kinds": kinds,
            "columns": figure_columns(),
            "graph": graph,
            "height": height,
            "any": bool(rows),
            "built": any(row.built_at for found in figures.values() for row in found),
            "actions": actions,
        }


class LibraryPage(DetailPage):
    """One library."""

    permission = P.VIEW
    template_name = "libraries/library.html"
    audit_kind = "libraries.library"

    def get_object(self, **kwargs: Any) -> Library:
        return queries.get_library(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return ((_("Libraries"), reverse("libraries:libraries")),)

    def state(self, obj: Library) -> tuple[str, str]:
        return str(labels.KINDS[obj.kind]), "blue"

    def facts(self, obj: Library) -> list[tuple[Any, Any]]:
        return [
            (_("Code"), obj.code),
            (_("Kept by"), str(obj.unit)),
            (_("Description"), obj.description),
            (_("Class in the catalogue"), obj.classification_code),
        ]

    def actions(self, obj: Library) -> list[Action]:
        found = []
        if allows(self.actor, P.WRITE, obj):
            url = reverse("libraries:model-new", args=[obj.uid])
            found.append(Action(_("New model"), url, "plus", method="get"))
        if allows(self.actor, P.EDIT, obj):
            url = reverse("libraries:change", args=[obj.uid])
            found.append(Action(_("Change"), url, "pencil", "outline-primary", "get"))
        return found

    def cards(self, obj: Library) -> list[Card]:
        rows = queries.library_figures(queries.list_models(self.actor).filter(library=obj))
        return [
            Card(
                _("Models"),
                columns=figure_columns(),
                rows=rows,
                empty_title=_("No model yet"),
                empty_hint=_("A model says in one SELECT how a table is made from others."),
            )
        ]

    def detail_context(self, obj: Library) -> dict[str, Any]:
        graph = queries.model_graph(obj)
        chart, height = labels.graph_chart(graph)
        return {"graph": chart if graph.nodes else None, "height": height}


class LibraryForm(Form):
    """A library as entered; its unit only when it is new."""

    unit = forms.ChoiceField(label=gettext_lazy("Kept by"))
    code = forms.CharField(label=gettext_lazy("Code"), max_length=40)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(labels.KINDS.items()))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=200, required=False)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    classification_code = forms.ChoiceField(label=gettext_lazy("Class in the catalogue"))

    def __init__(self, *args: Any, units: list[tuple[str, str]] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        classes: Any = self.fields["classification_code"]
        classes.choices = [(row.code, str(row)) for row in Classification.objects.filter(level__gte=3)]
        if units is None:
            del self.fields["unit"]
        else:
            unit: Any = self.fields["unit"]
            unit.choices = units

    def data_entered(self) -> LibraryData:
        """The cleaned values as what the services take."""
        return LibraryData(**{name: value for name, value in self.cleaned_data.items() if name != "unit"})


class NewLibrary(FormPage):
    """Make a library."""

    title = gettext_lazy("New library")
    permission = P.EDIT
    form_class = LibraryForm

    def crumbs(self) -> Any:
        return ((_("Libraries"), reverse("libraries:libraries")),)

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        units = Unit.objects.filter(closed_on__isnull=True).order_by("path")
        return {"units": [(row.uid, str(row)) for row in units if allows(self.actor, P.EDIT, Library(unit=row))]}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"unit": self.actor.unit_uid}

    def save(self, form: Any, **kwargs: Any) -> str:
        unit = Unit.objects.get(uid=form.cleaned_data["unit"])
        library = services.create_library(actor=self.actor, now=self.now, unit=unit, data=form.data_entered())
        return library.get_absolute_url()


class ChangeLibrary(FormPage):
    """Change a library."""

    title = gettext_lazy("Change the library")
    permission = P.EDIT
    form_class = LibraryForm

    def library(self) -> Library:
        return queries.get_library(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        library = self.library()
        return ((_("Libraries"), reverse("libraries:libraries")), (str(library), library.get_absolute_url()))

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"units": None}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        library = self.library()
        names = ("code", "kind", "name", "name_en", "description", "classification_code")
        return {name: getattr(library, name) for name in names}

    def save(self, form: Any, **kwargs: Any) -> str:
        library = self.library()
        services.change_library(actor=self.actor, now=self.now, library=library, data=form.data_entered())
        return library.get_absolute_url()
