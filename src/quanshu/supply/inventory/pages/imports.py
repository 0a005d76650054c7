"""Workbooks: the template, the import with what was refused, the export."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import fill
from quanshu.shared.access.api import allows
from quanshu.shared.files.api import ALLOWED
from quanshu.shared.web.api import Action, Column, Form, FormPage, ListPage, Page, go_to, when
from quanshu.shared.workflow.api import city_day
from quanshu.supply.inventory import queries, services
from quanshu.supply.inventory.models import Import, ImportFault
from quanshu.supply.inventory.pages.assets import CRUMB
from quanshu.supply.inventory.permissions import InventoryPermission as P


def workbook(content: bytes, name: str) -> HttpResponse:
    """A workbook to download."""
    answer = HttpResponse(content, content_type=ALLOWED[".xlsx"])
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


class Template(Page):
    """The empty workbook with official column titles."""

    permission = P.VIEW

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return workbook(services.write_workbook({}), "inventory-template.xlsx")


class Export(Page):
    """The inventory in the form that is imported."""

    permission = P.VIEW

    def get(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        content = services.export_workbook(actor=self.actor, now=self.now, unit=request.GET.get("unit", ""))
        return workbook(content, f"inventory-{city_day(self.now):%Y%m%d}.xlsx")


class Imports(ListPage):
    """Workbooks taken in."""

    title = gettext_lazy("Imports")
    permission = P.VIEW
    search = ("file_name", "by")
    search_hint = gettext_lazy("File or person")
    order = "-at"
    export_name = "inventory-imports"
    empty_title = gettext_lazy("Nothing was imported yet")
    empty_hint = gettext_lazy("Download the template, fill it in and import it.")
    columns = (
        Column("at", gettext_lazy("Imported at"), kind="datetime", sort="at", link=Import.get_absolute_url),
        Column("file", gettext_lazy("File"), value="file_name", sort="file_name", phone=False),
        Column("by", gettext_lazy("Imported by"), sort="by", phone=False),
        Column("added", gettext_lazy("Added"), kind="number", sort="added"),
        Column("changed", gettext_lazy("Changed"), kind="number", sort="changed"),
        Column("unchanged", gettext_lazy("Unchanged"), kind="number", sort="unchanged", phone=False),
        Column("refused", gettext_lazy("Refused rows"), kind="number", sort="refused"),
    )

    def crumbs(self) -> Any:
        return (CRUMB,)

    def queryset(self) -> Any:
        return queries.list_imports(self.actor)

    def actions(self) -> list[Action]:
        found = [Action(_("Template"), reverse("inventory:template"), "file-download", "outline-primary", "get")]
        if allows(self.actor, P.EDIT):
            found.insert(0, Action(_("Import"), reverse("inventory:import_new"), "upload", "primary", "get"))
        return found


class ImportForm(Form):
    """The workbook."""

    file = forms.FileField(
        label=gettext_lazy("Workbook"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        help_text=gettext_lazy("The template, filled in; at most 20,000 rows. Rows that are refused change nothing."),
    )


class NewImport(FormPage):
    """Take a workbook in."""

    title = gettext_lazy("Import")
    permission = P.EDIT
    form_class = ImportForm
    template_name = "inventory/import_form.html"
    submit_label = gettext_lazy("Import")
    success = ""
    cancel_url = "/inventory/"

    def crumbs(self) -> Any:
        return (CRUMB, (_("Imports"), reverse("inventory:imports")))

    def save(self, form: Any, **kwargs: Any) -> str:
        file = form.cleaned_data["file"]
        taken = services.import_workbook(actor=self.actor, now=self.now, name=file.name, content=file.read())
        return taken.get_absolute_url()


def text_of(fault: ImportFault, part: str) -> str:
    """Fault or remedy in the reader's language."""
    template = getattr(fault, part)
    return fill(_(template), fault.params) if template else ""


class ImportPage(ListPage):
    """One import: what it did, and every refused cell, to read or to download."""

    permission = P.VIEW
    template_name = "inventory/import.html"
    search = ("sheet", "value", "title")
    search_hint = gettext_lazy("Sheet, column or value")
    export_name = "refused-cells"
    empty_title = gettext_lazy("No cell was refused")
    empty_hint = gettext_lazy("Every row of the workbook is in the inventory.")
    columns = (
        Column("sheet", gettext_lazy("Sheet")),
        Column("cell", gettext_lazy("Cell"), value=lambda row: f"{row.column}{row.row}", kind="code"),
        Column("title", gettext_lazy("Column")),
        Column("value", gettext_lazy("Value"), phone=False),
        Column("fault", gettext_lazy("Why it is refused"), value=lambda row: text_of(row, "fault")),
        Column("remedy", gettext_lazy("What to do"), value=lambda row: text_of(row, "remedy"), phone=False),
    )

    def taken(self) -> Import:
        return queries.get_import(actor=self.actor, uid=self.kwargs["uid"])

    def page_title(self) -> Any:
        return str(self.taken())

    def crumbs(self) -> Any:
        return (CRUMB, (_("Imports"), reverse("inventory:imports")))

    def queryset(self) -> Any:
        return self.taken().faults.all()

    def row_context(self) -> dict[str, Any]:
        taken = self.taken()
        counts = [
            (_("Added"), taken.added, "green"),
            (_("Changed"), taken.changed, "blue"),
            (_("Unchanged"), taken.unchanged, "secondary"),
            (_("Refused rows"), taken.refused, "red"),
        ]
        share = taken.rows_done / taken.rows if taken.rows else 1.0
        return {"counts": counts, "told": f"{taken.by} · {when(taken.at)}", "taken": taken, "share": share}

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The page, or its progress alone while rows are being taken in; the page anew once they are."""
        if request.headers.get("HX-Target") != "progress":
            return super().get(request, *args, **kwargs)
        taken = self.taken()
        if taken.is_done:
            return go_to(request, taken.get_absolute_url())
        return self.render(self.row_context(), template="inventory/import_progress.html")

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.EDIT):
            return []
        return [Action(_("Import again"), reverse("inventory:import_new"), "upload", "primary", "get")]
