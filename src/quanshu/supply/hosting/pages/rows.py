"""Hosted rows: the data page, one row with its history, its forms, a whole file."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    Card,
    Column,
    DetailPage,
    Form,
    FormPage,
    ListPage,
    go_to,
    put_fault_on_form,
    reason_against,
)
from quanshu.supply.catalogue.api import ItemData, items_of
from quanshu.supply.hosting import queries, rules, services
from quanshu.supply.hosting.models import Agreement, Change
from quanshu.supply.hosting.pages import labels
from quanshu.supply.hosting.pages.agreements import crumbs_to
from quanshu.supply.hosting.pages.changes import CHANGE_COLUMNS
from quanshu.supply.hosting.permissions import HostingPermission as P
from quanshu.supply.hosting.queries.agreements import of_unit
from quanshu.supply.hosting.types import ChangeState, HostingNotFound, Row, RowChanged

BASE = "_base"


def editor_reason(actor: Any, agreement: Agreement) -> str | None:
    """Why the actor may not edit rows, from the rule the write asks."""
    return reason_against(
        rules.check_editor,
        state=agreement.state,
        actor_uid=actor.uid,
        of_unit=of_unit(actor, agreement),
        editors=agreement.editors,
        works=agreement.works,
    )


class Rows(ListPage):
    """The rows of a hosted table, masked as graded for those who do not edit it."""

    permission = P.ROW_VIEW
    template_name = "hosting/rows.html"
    search = ("any",)
    search_hint = gettext_lazy("Words in any column shown in clear")
    export_name = "hosted-rows"
    empty_title = gettext_lazy("No rows yet")
    empty_hint = gettext_lazy("Add the first row, or upload a file.")

    def agreement(self) -> Agreement:
        return queries.hosted_agreement(actor=self.actor, uid=self.kwargs["uid"])

    def page_title(self) -> Any:
        return f"{_('Data')} · {self.agreement()}"

    def crumbs(self) -> Any:
        return crumbs_to(self.agreement())

    @property
    def columns(self) -> Any:  # type: ignore[override]
        agreement = self.agreement()
        rows = self.queryset()
        sortable = set(rows.open_items())

        def link(row: dict[str, Any]) -> str:
            return reverse("hosting:row", args=[agreement.uid, queries.token_of(agreement, row["_key"])])

        found = [
            Column(item.name, labels.title_of(item), value=partial(labels.cell, item),
                   sort=item.name if item.name in sortable else "", link=link if item.is_key or at == 0 else None,
                   kind="code" if item.is_key else "text", phone=at < 3)
            for at, item in enumerate(items_of(agreement.entry))
        ]  # fmt: skip
        return tuple(found)

    def queryset(self) -> Any:
        agreement = self.agreement()
        return queries.RowSet(agreement, clear=queries.edits(self.actor, agreement))

    def find(self, rows: Any, text: str) -> Any:
        return rows.search(text)

    def actions(self) -> list[Action]:
        agreement = self.agreement()
        if not allows(self.actor, P.ROW_EDIT, agreement):
            return []
        reason = editor_reason(self.actor, agreement)
        return [
            Action(_("Add a row"), reverse("hosting:add", args=[agreement.uid]), "plus", "primary", "get", reason),
            Action(_("Upload a file"), reverse("hosting:upload", args=[agreement.uid]), "upload", "outline-primary",
                   "get", reason),
        ]  # fmt: skip

    def context(self, **kwargs: Any) -> dict[str, Any]:
        agreement = self.agreement()
        return {"agreement": agreement, "clear": queries.edits(self.actor, agreement)}


class RowPage(DetailPage):
    """One row with its history."""

    permission = P.ROW_VIEW

    def get_object(self, **kwargs: Any) -> Row:
        self.agreement = queries.hosted_agreement(actor=self.actor, uid=kwargs["uid"])
        return queries.find_row(self.agreement, kwargs["token"])

    def page_title(self) -> Any:
        clear = queries.edits(self.actor, self.agreement)
        shown = queries.masked_values(items_of(self.agreement.entry), self.object.values, clear=clear)
        return f"{self.agreement} · {' '.join(str(shown[name]) for name in self.object.key)}"

    def crumbs(self) -> Any:
        rows = (_("Data"), reverse("hosting:rows", args=[self.agreement.uid]))
        return (*crumbs_to(self.agreement), rows)

    def actions(self, obj: Row) -> list[Action]:
        if not allows(self.actor, P.ROW_EDIT, self.agreement):
            return []
        reason = editor_reason(self.actor, self.agreement)
        at = [self.agreement.uid, self.kwargs["token"]]
        found = [
            Action(_("Edit"), reverse("hosting:edit", args=at), "pencil", "primary", "get", reason),
            Action(_("Delete"), reverse("hosting:delete", args=at), "trash", "outline-danger", "get", reason),
        ]
        history = [row for row in queries.history_of(self.agreement, obj.key) if row.state == ChangeState.APPLIED]
        if history and reason is None:
            last = history[0]
            refused = reason_against(rules.check_undo, kind=last.kind, state=last.state, latest=queries.is_latest(last))
            url = reverse("hosting:undo", args=[last.uid])
            found.append(Action(_("Undo the last change"), url, "arrow-back-up", "outline-primary", reason=refused))
        return found

    def cards(self, obj: Row) -> list[Card]:
        items, clear = items_of(self.agreement.entry), queries.edits(self.actor, self.agreement)
        shown = queries.masked_values(items, obj.values, clear=clear)
        note = "" if clear else _("Values are masked as graded; those who edit the table see them in clear.")
        facts = [(labels.title_of(item), labels.shown(item, shown[item.name])) for item in items]
        history = queries.history_of(self.agreement, obj.key)
        hint = _("It came with a file, or before the table was hosted.")
        return [
            Card(_("This row"), note=note, facts=facts),
            Card(_("History of the row"), columns=CHANGE_COLUMNS, rows=history,
                 empty_title=_("Never changed by hand"), empty_hint=hint),
        ]  # fmt: skip


class RowForm(Form):
    """A row by the contract: a field an item, its key fixed when it is edited."""

    def __init__(self, *args: Any, items: tuple[ItemData, ...], fixed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[BASE] = forms.CharField(required=False, widget=forms.HiddenInput)
        for item in items:
            self.fields[item.name] = field_for(item, fixed=fixed and item.is_key)

    def values(self) -> dict[str, str]:
        """{column: text}."""
        return {name: value for name, value in self.cleaned_data.items() if name != BASE}


def field_for(item: ItemData, *, fixed: bool) -> forms.Field:
    """The form field of one item; what is entered stays text, for landing casts it by the contract."""
    head: dict[str, Any] = {
        "label": labels.title_of(item),
        "required": (item.required or item.is_key) and not fixed,
        "disabled": fixed,
        "help_text": help_of(item),
    }
    if item.code_list or item.data_type == "boolean":
        codes = [(code, code) for code in item.code_list]
        choices: list[tuple[str, Any]] = codes if item.data_type != "boolean" else list(labels.YES_NO.items())
        select = forms.Select(attrs={"class": "form-select"})
        return forms.ChoiceField(**head, choices=[("", "—"), *choices], widget=select)
    css = {"class": "form-control"}
    if item.data_type == "date":
        return forms.CharField(**head, widget=forms.TextInput(attrs={**css, "type": "date"}))
    if item.data_type in {"integer", "decimal"}:
        return forms.CharField(**head, widget=forms.TextInput(attrs={**css, "inputmode": "decimal"}))
    long = (item.length or 0) > 200 and item.data_type == "string"
    widget: Any = forms.Textarea(attrs={**css, "rows": 3}) if long else forms.TextInput(attrs=css)
    return forms.CharField(**head, max_length=item.length if item.data_type == "string" else None, widget=widget)


def help_of(item: ItemData) -> str:
    """What the contract asks of a field, beside it."""
    parts = []
    if item.data_type == "datetime":
        parts.append(_("For example 2026-03-31 08:30."))
    if item.data_type == "string" and item.length and not item.code_list:
        parts.append(_("At most %(n)s characters.") % {"n": item.length})
    if item.unit_of_measure:
        parts.append(item.unit_of_measure)
    return " ".join(str(part) for part in parts)


class AddRow(FormPage):
    """Add a row."""

    title = gettext_lazy("Add a row")
    permission = P.ROW_EDIT
    form_class: ClassVar[type[forms.Form]] = RowForm
    fixed = False

    def agreement(self) -> Agreement:
        found = queries.hosted_agreement(actor=self.actor, uid=self.kwargs["uid"])
        if not queries.edits(self.actor, found):
            raise HostingNotFound
        return found

    def crumbs(self) -> Any:
        agreement = self.agreement()
        return (*crumbs_to(agreement), (_("Data"), reverse("hosting:rows", args=[agreement.uid])))

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"items": items_of(self.agreement().entry), "fixed": self.fixed}

    def save(self, form: Any, **kwargs: Any) -> str:
        change = services.add_row(actor=self.actor, now=self.now, agreement=self.agreement(), values=form.values())
        return self.after(change)

    def after(self, change: Change) -> str:
        """Where a change leads: to its own page, which says whether it was written or waits."""
        return change.get_absolute_url()


class EditRow(AddRow):
    """Edit a row; another's change in the meantime is shown, and nothing is lost."""

    title = gettext_lazy("Edit the row")
    template_name = "hosting/row_form.html"
    fixed = True

    def row(self) -> Row:
        return queries.find_row(self.agreement(), self.kwargs["token"])

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        row = self.row()
        return {**row.values, BASE: row.base}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form: Any = self.get_form(**kwargs)
        if not form.is_valid():
            return self.render({"form": form, **self.context(**kwargs)}, status=422)
        try:
            change = services.edit_row(
                actor=self.actor,
                now=self.now,
                agreement=self.agreement(),
                key=self.row().key,
                base=form.cleaned_data[BASE],
                values=form.values(),
            )
        except RowChanged as fault:
            return self.met(form, fault)
        except QuanshuError as fault:
            if fault.status == 404:
                raise
            put_fault_on_form(form, fault)
            return self.render({"form": form, **self.context(**kwargs)}, status=fault.status)
        return go_to(request, self.after(change))

    def met(self, form: Any, fault: RowChanged) -> HttpResponseBase:
        """What was entered stays in the form; beside it stands the row as it is now, which a second save replaces."""
        put_fault_on_form(form, fault)
        row = self.row()
        entered = form.values()
        form.data = form.data.copy()
        form.data[BASE] = row.base
        theirs = [
            (
                labels.title_of(item),
                labels.shown(item, row.values.get(item.name)),
                labels.shown(item, entered.get(item.name)),
            )
            for item in items_of(self.agreement().entry)
            if (row.values.get(item.name) or "") != (entered.get(item.name) or "") and not item.is_key
        ]
        return self.render({"form": form, "theirs": theirs}, status=fault.status)


class DeleteForm(Form):
    """Only the mark of the row as read."""

    base = forms.CharField(widget=forms.HiddenInput, required=False)


class DeleteRow(AddRow):
    """Delete a row, after showing it once more."""

    title = gettext_lazy("Delete the row")
    form_class = DeleteForm
    template_name = "hosting/row_delete.html"
    submit_label = gettext_lazy("Delete the row")
    success = gettext_lazy("Deleted. It can be restored from its history.")

    def row(self) -> Row:
        return queries.find_row(self.agreement(), self.kwargs["token"])

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"base": self.row().base}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        row = self.row()
        return {"facts": [(labels.title_of(item), labels.shown(item, row.values.get(item.name))) for item in
                          items_of(self.agreement().entry)]}  # fmt: skip

    def save(self, form: Any, **kwargs: Any) -> str:
        change = services.delete_row(
            actor=self.actor, now=self.now, agreement=self.agreement(), key=self.row().key,
            base=form.cleaned_data["base"],
        )  # fmt: skip
        return self.after(change)


class UploadForm(Form):
    """A file and how it is loaded."""

    file = forms.FileField(
        label=gettext_lazy("File"), help_text=gettext_lazy("CSV or Excel; its first row names the columns.")
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("How it is loaded"), choices=list(labels.MODES.items()), widget=forms.RadioSelect,
        initial="upsert",
    )  # fmt: skip


class Upload(AddRow):
    """Load a whole file through intake."""

    title = gettext_lazy("Upload a file")
    form_class = UploadForm
    submit_label = gettext_lazy("Upload")
    success = gettext_lazy("Taken. Its page shows what becomes of it.")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {}

    def save(self, form: Any, **kwargs: Any) -> str:
        given = form.cleaned_data
        change = services.upload_file(
            actor=self.actor, now=self.now, agreement=self.agreement(), name=given["file"].name, stream=given["file"],
            mode=given["mode"],
        )  # fmt: skip
        return self.after(change)
