"""Models: one with its text, columns, lineage, tests, versions and builds; its editor; the steps to publication."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Form,
    FormPage,
    ReasonStepPage,
    StepPage,
    reason_against,
    state_column,
    when,
)
from quanshu.supply.libraries import queries, rules, services
from quanshu.supply.libraries.models import Build, Library, Model, Version
from quanshu.supply.libraries.pages import labels
from quanshu.supply.libraries.permissions import LibraryPermission as P
from quanshu.supply.libraries.types import ModelData, VersionState

EDITABLE = (VersionState.DRAFT, VersionState.PUBLISHED, VersionState.REPLACED)
BUILDS = 10


def build_columns() -> tuple[Column, ...]:
    """Builds of a model."""
    return (
        Column("queued", _("Asked for"), value="queued_at", kind="datetime", link=Build.get_absolute_url),
        Column("version", _("Version"), value="version.number", kind="number", phone=False),
        Column("cause", _("Cause"), value=lambda row: labels.CAUSES.get(row.cause, row.cause), phone=False),
        Column("rows", _("Rows"), kind="number"),
        Column("ended", _("Ended"), value="ended_at", kind="datetime", phone=False),
        Column("state", _("State"), kind="badge",
               value=lambda row: _("In use") if row.model.current_id == row.pk else labels.BUILD_STATES[row.state],
               tone=lambda row: labels.BUILD_TONES[row.state]),
    )  # fmt: skip


class ModelPage(DetailPage):
    """One model."""

    permission = P.VIEW
    template_name = "libraries/model.html"
    audit_kind = "libraries.model"

    def get_object(self, **kwargs: Any) -> Model:
        return queries.get_library_model(actor=self.actor, uid=kwargs["uid"])

    def latest(self) -> Version:
        version: Version = self.object.versions.first()
        return version

    def crumbs(self) -> Any:
        library = self.object.library
        return ((_("Libraries"), reverse("libraries:libraries")), (str(library), library.get_absolute_url()))

    def state(self, obj: Model) -> tuple[str, str]:
        latest = self.latest()
        return str(labels.VERSION_STATES[latest.state]), labels.VERSION_TONES[latest.state]

    def facts(self, obj: Model) -> list[tuple[Any, Any]]:
        latest = self.latest()
        (figures,) = queries.library_figures(queries.list_models(self.actor).filter(pk=obj.pk))
        return [
            (_("Code"), obj.code),
            (_("Library"), str(obj.library)),
            (_("Kept by"), str(obj.library.unit)),
            (_("Description"), obj.description),
            (_("Version"), f"{latest.number} · {labels.VERSION_STATES[latest.state]}"),
            (_("Author"), latest.author),
            (_("Reviewer's note"), latest.note),
            (_("Rows"), figures.rows),
            (_("Built at"), when(figures.built_at) if figures.built_at else None),
            (_("Schedule"), obj.cron),
            (_("Follows its sources"), _("Yes") if obj.follows else _("No")),
            (_("Next build"), when(obj.next_at) if obj.next_at else None),
        ]

    def actions(self, obj: Model) -> list[Action]:
        latest = self.latest()
        found = []

        def at(name: str) -> str:
            return reverse(f"libraries:{name}", args=[obj.uid])

        if allows(self.actor, P.BUILD, obj):
            reason = reason_against(rules.check_buildable, obj.published)
            found.append(Action(_("Build now"), at("model-build"), "hammer", reason=reason))
        if allows(self.actor, P.WRITE, obj):
            reason = reason_against(rules.check_step, latest.state, *EDITABLE)
            found.append(Action(_("Edit"), at("model-edit"), "pencil", "outline-primary", "get", reason=reason))
            reason = reason_against(rules.check_step, latest.state, VersionState.DRAFT)
            found.append(Action(_("Submit for review"), at("model-submit"), "send", "outline-primary", reason=reason))
            found.append(Action(_("Schedule"), at("model-schedule"), "clock", "outline-primary", "get"))
        if allows(self.actor, P.PUBLISH, obj):
            reason = reason_against(
                rules.check_reviewer, state=latest.state, author_uid=latest.author_uid, actor_uid=self.actor.uid
            )
            found.append(Action(_("Publish"), at("model-publish"), "check", "success", reason=reason))
            url = at("model-return")
            found.append(Action(_("Return"), url, "arrow-back-up", "outline-danger", "get", reason=reason))
        return found

    def cards(self, obj: Model) -> list[Card]:
        latest = self.latest()
        versions = (
            Column("number", _("Version"), kind="number"),
            state_column(labels.VERSION_STATES, labels.VERSION_TONES),
            Column("author", _("Author"), phone=False),
            Column("saved", _("Saved at"), value="saved_at", kind="datetime"),
            Column("reviewer", _("Reviewed by"), phone=False),
        )  # fmt: skip
        return [
            Card(_("Query"), template="libraries/text.html", values={"version": latest}),
            Card(
                _("Builds"),
                columns=build_columns(),
                rows=queries.list_builds(self.actor).filter(model=obj)[:BUILDS],
                empty_title=_("Not built yet"),
            ),
            Card(_("Versions"), columns=versions, rows=obj.versions.all()),
        ]

    def detail_context(self, obj: Model) -> dict[str, Any]:
        readers = queries.downstream_of(obj.entry) if obj.entry else []
        return {
            "lines": [
                (line, labels.GRADES.get(line.grade, line.grade), labels.MASKS.get(line.mask, line.mask))
                for line in queries.column_graph(obj)
            ],
            "readers": readers,
        }


class ModelForm(Form):
    """A model as entered."""

    code = forms.CharField(
        label=gettext_lazy("Code"), max_length=40, help_text=gettext_lazy("Other models name this one by it.")
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=100)
    title_en = forms.CharField(label=gettext_lazy("English title"), max_length=200, required=False)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    references = forms.CharField(
        label=gettext_lazy("Reads from"),
        widget=forms.Textarea(attrs={"rows": 4, "class": "q-code", "spellcheck": "false"}),
        help_text=gettext_lazy("One “name = resource code” or “name = model code” a line; the query uses the names."),
    )
    sql = forms.CharField(
        label=gettext_lazy("Query"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 16, "data-editor": "sql", "class": "q-code", "spellcheck": "false"}),
        help_text=gettext_lazy("One SELECT; each column has a name."),
    )
    keys = forms.CharField(
        label=gettext_lazy("Key columns"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("With commas between; together they name a row."),
    )
    columns = forms.CharField(
        label=gettext_lazy("Columns"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "q-code", "spellcheck": "false"}),
        help_text=gettext_lazy("One “name = title | English title | mask” a line, where the source's own will not do."),
    )
    tests = forms.CharField(
        label=gettext_lazy("Tests"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "q-code", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One a line: required a · unique a, b · accepted a: x, y · pattern a: [0-9]+ · range a: 0 .. 150 ·"
            " reference a -> table.column · rows 1 .. 1000 · sql SELECT … that finds no row of “this”."
        ),
    )

    def data_entered(self) -> ModelData:
        """The cleaned values as what the services take."""
        return ModelData(**self.cleaned_data)


class ModelEditor(FormPage):
    """What a new model and the next version of one share."""

    permission = P.WRITE
    form_class = ModelForm
    template_name = "libraries/editor.html"
    success = gettext_lazy("Saved as a draft.")

    def library(self) -> Library:
        raise NotImplementedError

    def model(self) -> Model | None:
        return None

    def crumbs(self) -> Any:
        library = self.library()
        return ((_("Libraries"), reverse("libraries:libraries")), (str(library), library.get_absolute_url()))

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"hints": json.dumps({}), "model": self.model()}

    def save(self, form: Any, **kwargs: Any) -> str:
        version = services.save_model(
            actor=self.actor, now=self.now, library=self.library(), data=form.data_entered(), model=self.model()
        )
        return version.model.get_absolute_url()


class NewModel(ModelEditor):
    """Write a new model."""

    title = gettext_lazy("New model")

    def library(self) -> Library:
        return queries.get_library(actor=self.actor, uid=self.kwargs["uid"])


class EditModel(ModelEditor):
    """Write a model's next version."""

    title = gettext_lazy("Edit the model")

    def model(self) -> Model | None:
        return queries.get_library_model(actor=self.actor, uid=self.kwargs["uid"])

    def library(self) -> Library:
        return queries.get_library_model(actor=self.actor, uid=self.kwargs["uid"]).library

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        model = queries.get_library_model(actor=self.actor, uid=self.kwargs["uid"])
        data = queries.data_of(model, model.versions.all()[0])
        return {name: getattr(data, name) for name in ModelForm.base_fields}


class OfModel:
    """What a step moves."""

    subject: ClassVar[str] = "model"
    read = staticmethod(queries.get_library_model)


class SubmitModel(OfModel, StepPage):
    """Give a model to review."""

    permission = P.WRITE
    service = staticmethod(services.submit_model)
    done = gettext_lazy("The model is under review.")


class PublishModel(OfModel, StepPage):
    """Put a reviewed model in force."""

    permission = P.PUBLISH
    service = staticmethod(services.publish_model)
    done = gettext_lazy("Published. Build it to put it in use.")


class ReturnModel(OfModel, ReasonStepPage):
    """Give a model back with what is to be mended."""

    title = gettext_lazy("Return the model")
    permission = P.PUBLISH
    service = staticmethod(services.return_model)
    submit_label = gettext_lazy("Return")
    success = gettext_lazy("The model is with its author again.")


class BuildModel(ActionPage):
    """Build a model now; its build's page shows how it goes."""

    permission = P.BUILD

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        model = queries.get_library_model(actor=self.actor, uid=kwargs["uid"])
        return "", services.start_build(actor=self.actor, now=self.now, model=model).get_absolute_url()


class ScheduleForm(Form):
    """When a model is built."""

    cron = forms.CharField(
        label=gettext_lazy("Schedule"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Minute, hour, day, month, weekday: “0 2 * * *” is two each night. May be empty."),
    )
    follows = forms.BooleanField(
        label=gettext_lazy("Build also when a source has new data"), required=False, initial=True
    )


class ScheduleModel(FormPage):
    """Set when a model is built."""

    title = gettext_lazy("Schedule of the model")
    permission = P.WRITE
    form_class = ScheduleForm

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        model = queries.get_library_model(actor=self.actor, uid=self.kwargs["uid"])
        return {"cron": model.cron, "follows": model.follows}

    def save(self, form: Any, **kwargs: Any) -> str:
        model = queries.get_library_model(actor=self.actor, uid=self.kwargs["uid"])
        given = form.cleaned_data
        services.schedule_model(
            actor=self.actor, now=self.now, model=model, cron=given["cron"], follows=given["follows"]
        )
        return model.get_absolute_url()
