"""Drafts: the list, the editor with the rows of the last run, and the steps of review."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    ReasonForm,
    go_to,
    kept_fault,
    put_fault_on_form,
    reason_against,
    state_column,
    when,
)
from quanshu.supply.libraries.api import get_library, list_libraries
from quanshu.supply.workspaces import queries, rules, services
from quanshu.supply.workspaces.models import Draft, Run, Workspace
from quanshu.supply.workspaces.pages import labels
from quanshu.supply.workspaces.permissions import WorkspacePermission as P
from quanshu.supply.workspaces.services.drafts import ran_as_is
from quanshu.supply.workspaces.types import DraftData, TableState


class Drafts(ListPage):
    """Every draft the actor may see."""

    title = gettext_lazy("Drafts")
    permission = P.VIEW
    search = ("title", "author", "workspace__name", "workspace__unit__name")
    search_hint = gettext_lazy("Draft, author or unit")
    order = "-updated"
    export_name = "drafts"
    empty_title = gettext_lazy("No draft yet")
    empty_hint = gettext_lazy("Open a workspace and write one.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(labels.DRAFT_STATES.items()), field="state"),
        Filter("kind", gettext_lazy("Kind"), choices=list(labels.DRAFT_KINDS.items()), field="kind"),
    )
    columns = (
        Column("title", gettext_lazy("Draft"), sort="title", link=Draft.get_absolute_url),
        Column("kind", gettext_lazy("Kind"), value=lambda row: labels.DRAFT_KINDS[row.kind], sort="kind", phone=False),
        Column("space", gettext_lazy("Workspace"), value=lambda row: str(row.workspace), sort="workspace__name"),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.workspace.unit), phone=False),
        Column("author", gettext_lazy("Author"), sort="author", phone=False),
        Column("updated", gettext_lazy("Saved at"), value="updated_at", kind="datetime", sort="updated_at",
               phone=False),
        state_column(labels.DRAFT_STATES, labels.DRAFT_TONES, sort="state"),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Workspaces"), reverse("workspaces:workspaces")),)

    def queryset(self) -> Any:
        return queries.list_drafts(self.actor)


class DraftForm(Form):
    """A draft's title, kind and text."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=100)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=list(labels.DRAFT_KINDS.items()),
        help_text=gettext_lazy("A model can be given to review and becomes part of the libraries."),
    )
    sql = forms.CharField(
        label=gettext_lazy("Query"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "data-editor": "sql", "class": "q-code"}),
        help_text=gettext_lazy("One SELECT over the tables beside. It runs on samples of 10,000 rows at most."),
    )

    def data_entered(self) -> DraftData:
        """The cleaned values as what the services take."""
        given = self.cleaned_data
        return DraftData(given["title"], given["kind"], given["sql"])


class Editor(FormPage):
    """What writing a new draft and a next revision share."""

    permission = P.WRITE
    form_class = DraftForm
    template_name = "workspaces/editor.html"
    submit_label = gettext_lazy("Save and run")
    success = ""

    def draft(self) -> Draft | None:
        return None

    def space(self) -> Workspace:
        raise NotImplementedError

    def crumbs(self) -> Any:
        space = self.space()
        return ((_("Workspaces"), reverse("workspaces:workspaces")), (str(space), space.get_absolute_url()))

    def context(self, **kwargs: Any) -> dict[str, Any]:
        granted = self.space().tables.filter(state=TableState.GRANTED).select_related("entry__unit")
        tables = []
        for table in granted:
            titles = {item.name: item.title for item in table.entry.items.all()}
            fields = [(name, titles.get(name, ""), labels.MASKS.get(mask)) for name, mask in table.masks.items()]
            tables.append((table, fields))
        draft = self.draft()
        run = draft.runs.first() if draft else None
        return {
            "tables": tables,
            "hints": json.dumps({table.alias: [name for name, *_rest in fields] for table, fields in tables}),
            "draft": draft,
            **answer_of(run),
        }

    def save(self, form: Any, **kwargs: Any) -> str:
        draft = services.save_draft(
            actor=self.actor, now=self.now, space=self.space(), data=form.data_entered(), draft=self.draft()
        )
        if "run" in self.request.POST:
            services.run_draft(actor=self.actor, now=self.now, draft=draft)
        return reverse("workspaces:draft-edit", args=[draft.uid])


class NewDraft(Editor):
    """Write a new draft."""

    title = gettext_lazy("New draft")

    def space(self) -> Workspace:
        return queries.get_workspace(actor=self.actor, uid=self.kwargs["uid"])

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        table = self.space().tables.filter(state=TableState.GRANTED).first()
        return {"sql": f"SELECT *\nFROM {table.alias}\nLIMIT 50\n" if table else ""}


class EditDraft(Editor):
    """Write a draft's next revision, and see what it answers."""

    def draft(self) -> Draft | None:
        return queries.get_draft(actor=self.actor, uid=self.kwargs["uid"])

    def space(self) -> Workspace:
        return queries.get_draft(actor=self.actor, uid=self.kwargs["uid"]).workspace

    def page_title(self) -> Any:
        return str(self.draft())

    def crumbs(self) -> Any:
        draft = queries.get_draft(actor=self.actor, uid=self.kwargs["uid"])
        return (*super().crumbs(), (_("Draft"), draft.get_absolute_url()))

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        draft = queries.get_draft(actor=self.actor, uid=self.kwargs["uid"])
        return {"title": draft.title, "kind": draft.kind, "sql": draft.sql}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Saving goes back to the editor; a text that may not run is shown with its fault beside it."""
        form = self.get_form(**kwargs)
        if not form.is_valid():
            return self.render({"form": form, **self.context(**kwargs)}, status=422)
        try:
            return go_to(request, self.save(form, **kwargs))
        except QuanshuError as fault:
            put_fault_on_form(form, fault)
            return self.render({"form": form, **self.context(**kwargs)}, status=fault.status)


def answer_of(run: Run | None) -> dict[str, Any]:
    """A run's rows as a table for the page, or its fault."""
    if run is None:
        return {"run": None}
    fault, remedy = kept_fault(run.error)
    head = [name for name, _kind in run.columns]
    return {"run": run, "fault": fault, "remedy": remedy, "head": head, "kinds": [kind for _name, kind in run.columns]}


class DraftPage(DetailPage):
    """One draft: its text, what it answered, its revisions, the steps of review."""

    permission = P.VIEW
    audit_kind = "workspaces.draft"

    def get_object(self, **kwargs: Any) -> Draft:
        return queries.get_draft(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        space = self.object.workspace
        return ((_("Workspaces"), reverse("workspaces:workspaces")), (str(space), space.get_absolute_url()))

    def state(self, obj: Draft) -> tuple[str, str]:
        return str(labels.DRAFT_STATES[obj.state]), labels.DRAFT_TONES[obj.state]

    def facts(self, obj: Draft) -> list[tuple[Any, Any]]:
        return [
            (_("Kind"), labels.DRAFT_KINDS[obj.kind]),
            (_("Workspace"), str(obj.workspace)),
            (_("Unit"), str(obj.workspace.unit)),
            (_("Author"), obj.author),
            (_("Revision"), obj.revision),
            (_("Saved at"), when(obj.updated_at)),
            (_("Reviewer's note"), obj.review_note),
        ]

    def actions(self, obj: Draft) -> list[Action]:
        found = []
        if allows(self.actor, P.WRITE, obj):
            locked = reason_against(rules.check_writable, obj.state)
            url = reverse("workspaces:draft-edit", args=[obj.uid])
            found.append(Action(_("Edit"), url, "pencil", method="get", reason=locked))
            reason = reason_against(rules.check_submittable, state=obj.state, kind=obj.kind, ran_as_is=ran_as_is(obj))
            url = reverse("workspaces:draft-submit", args=[obj.uid])
            found.append(Action(_("Submit for review"), url, "send", "outline-primary", reason=reason))
            url = reverse("workspaces:draft-drop", args=[obj.uid])
            confirm = _("Drop the draft? It can still be read.")
            found.append(Action(_("Drop"), url, "trash", "outline-danger", reason=locked, confirm=confirm))
        if allows(self.actor, P.REVIEW, obj) and obj.kind == "model":
            reason = reason_against(
                rules.check_reviewable, state=obj.state, author_uid=obj.author_uid, actor_uid=self.actor.uid
            )
            url = reverse("workspaces:draft-promote", args=[obj.uid])
            found.append(Action(_("Promote"), url, "books", "success", "get", reason=reason))
            url = reverse("workspaces:draft-return", args=[obj.uid])
            found.append(Action(_("Return"), url, "arrow-back-up", "outline-danger", "get", reason=reason))
        return found

    def detail_context(self, obj: Draft) -> dict[str, Any]:
        return answer_of(obj.runs.first())

    def cards(self, obj: Draft) -> list[Card]:
        runs = (
            Column("at", _("Run at"), value="started_at", kind="datetime"),
            Column("by", _("By"), value="started_by", phone=False),
            Column("revision", _("Revision"), kind="number", phone=False),
            Column("rows", _("Rows"), value="row_count", kind="number"),
            Column("took", _("Milliseconds"), value="took_ms", kind="number", phone=False),
            state_column(labels.RUN_STATES, labels.RUN_TONES),
        )  # fmt: skip
        revisions = (
            Column("number", _("Revision"), kind="number"),
            Column("saved", _("Saved at"), value="saved_at", kind="datetime"),
            Column("by", _("By"), value="saved_by"),
        )
        return [
            Card(_("Query"), template="workspaces/sql.html", values={"sql": obj.sql}),
            Card(_("Answer"), template="workspaces/answer.html"),
            Card(_("Runs of the draft"), columns=runs, rows=obj.runs.all(), empty_title=_("Not run yet")),
            Card(_("Revisions"), columns=revisions, rows=obj.revisions.all()),
        ]


class SubmitDraft(ActionPage):
    """Give a model to review."""

    permission = P.WRITE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        draft = queries.get_draft(actor=self.actor, uid=kwargs["uid"])
        services.submit_draft(actor=self.actor, now=self.now, draft=draft)
        return _("The model is under review."), draft.get_absolute_url()


class DropDraft(ActionPage):
    """Put a draft away."""

    permission = P.WRITE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        draft = queries.get_draft(actor=self.actor, uid=kwargs["uid"])
        services.drop_draft(actor=self.actor, now=self.now, draft=draft)
        return _("The draft is put away."), draft.workspace.get_absolute_url()


class ReturnDraft(FormPage):
    """Give a draft back with what is to be mended."""

    title = gettext_lazy("Return the draft")
    permission = P.REVIEW
    form_class = ReasonForm
    submit_label = gettext_lazy("Return")
    success = gettext_lazy("The draft is with its author again.")

    def save(self, form: Any, **kwargs: Any) -> str:
        draft = queries.get_draft(actor=self.actor, uid=kwargs["uid"])
        reason = form.cleaned_data["reason"]
        return services.return_draft(actor=self.actor, now=self.now, draft=draft, reason=reason).get_absolute_url()


class PromoteForm(Form):
    """Where a model goes."""

    library = forms.ChoiceField(label=gettext_lazy("Library"))
    code = forms.CharField(
        label=gettext_lazy("Code"), max_length=40, help_text=gettext_lazy("Other models name this one by it.")
    )
    keys = forms.CharField(
        label=gettext_lazy("Key columns"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("With commas between; together they name a row."),
    )

    def __init__(self, *args: Any, libraries: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        library: Any = self.fields["library"]
        library.choices = libraries


class PromoteDraft(FormPage):
    """Make a draft a model of a library."""

    title = gettext_lazy("Promote the draft to a library")
    permission = P.REVIEW
    form_class = PromoteForm
    submit_label = gettext_lazy("Promote")
    success = gettext_lazy("The model is in the library, waiting to be published.")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"libraries": [(row.uid, str(row)) for row in list_libraries(self.actor)]}

    def save(self, form: Any, **kwargs: Any) -> str:
        given = form.cleaned_data
        draft = queries.get_draft(actor=self.actor, uid=self.kwargs["uid"])
        library = get_library(actor=self.actor, uid=given["library"])
        promoted = services.promote_draft(
            actor=self.actor, now=self.now, draft=draft, library=library, code=given["code"], keys=given["keys"]
        )
        return reverse("libraries:model", args=[promoted.model_uid])
