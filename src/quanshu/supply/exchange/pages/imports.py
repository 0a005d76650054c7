"""Imports of the official table: what a file comes to is shown before anything is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    Page,
    state_column,
    when,
)
from quanshu.supply.catalogue.api import (
    compare_versions,
    fault_line,
    field_row,
    item_row,
    items_of,
    snapshot_of,
    units_to_edit,
)
from quanshu.supply.exchange import services
from quanshu.supply.exchange.models import Import, ImportEntry, RefusedRow
from quanshu.supply.exchange.pages.tables import as_file
from quanshu.supply.exchange.permissions import ExchangePermission
from quanshu.supply.exchange.queries import counts_of, get_import, list_imports
from quanshu.supply.exchange.services import workbook
from quanshu.supply.exchange.types import ImportState, Outcome
from quanshu.supply.standards.api import Standard, standard_in_force, standard_of

STATES = {
    "reading": gettext_lazy("Being read"),
    "checked": gettext_lazy("Checked, nothing kept yet"),
    "keeping": gettext_lazy("Being kept"),
    "done": gettext_lazy("Kept as drafts"),
    "failed": gettext_lazy("Could not be read"),
    "discarded": gettext_lazy("Discarded"),
}
TONES = {
    "reading": "blue",
    "checked": "orange",
    "keeping": "blue",
    "done": "green",
    "failed": "red",
    "discarded": "secondary",
}
OUTCOMES = {
    "new": gettext_lazy("New entry"),
    "change": gettext_lazy("Changes an entry"),
    "same": gettext_lazy("Nothing changes"),
    "refused": gettext_lazy("Could not be kept"),
}
OUTCOME_TONES = {"new": "green", "change": "blue", "same": "secondary", "refused": "red"}
SHOWN = 20


class Imports(ListPage):
    """Imports of one's unit and those below it."""

    permission = ExchangePermission.IMPORT
    title = gettext_lazy("Imports from Excel")
    search = ("file_name", "unit__name", "unit__name_en")
    search_hint = gettext_lazy("File or unit")
    order = "-created"
    export_name = "catalogue-imports"
    empty_title = gettext_lazy("No import yet")
    empty_hint = gettext_lazy(
        "Download the template, fill it in, and import it. You see what it comes to before it is kept."
    )
    filters = (Filter("state", gettext_lazy("State"), choices=list(STATES.items())),)
    columns = (
        Column("file", gettext_lazy("File"), value="file_name", sort="file_name", link=Import.get_absolute_url),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        Column("by", gettext_lazy("Imported by"), value="account.person.name", phone=False),
        Column("created", gettext_lazy("Imported at"), value="created_at", kind="datetime", sort="created_at"),
        Column("refused", gettext_lazy("Rows refused"), value="refused_rows", kind="number", sort="refused_rows"),
        state_column(STATES, TONES, sort="state"),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Catalogue"), reverse("catalogue:entries")),)

    def queryset(self) -> Any:
        return list_imports(self.actor)

    def actions(self) -> list[Action]:
        template = Action(
            _("Download the template"), reverse("exchange:template"), "file-download", "outline-primary", "get"
        )
        return [Action(_("Import a file"), reverse("exchange:import-new"), "upload", method="get"), template]


class ImportForm(Form):
    unit = forms.ChoiceField(
        label=gettext_lazy("Provider"),
        help_text=gettext_lazy("The unit of rows that name none; the import is seen by whoever edits for it."),
    )
    file = forms.FileField(
        label=gettext_lazy("Excel file"),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        help_text=gettext_lazy("The official table, one row for each information item (.xlsx)."),
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [(unit.uid, str(unit)) for unit in units]  # type: ignore[attr-defined]


class NewImport(FormPage):
    """Take in a workbook; it is read and checked, nothing is kept yet."""

    permission = ExchangePermission.IMPORT
    title = gettext_lazy("Import a file")
    form_class = ImportForm
    submit_label = gettext_lazy("Read and check")
    success = ""
    cancel_url = "/catalogue/imports/"

    def crumbs(self) -> Any:
        home = (_("Catalogue"), reverse("catalogue:entries"))
        return (home, (_("Imports from Excel"), reverse("exchange:imports")))

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"units": units_to_edit(self.actor)}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"unit": self.actor.unit_uid}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        unit = units_to_edit(self.actor).get(uid=form.cleaned_data["unit"])
        upload = form.cleaned_data["file"]
        source = services.start_import(actor=self.actor, now=self.now, unit=unit, name=upload.name, stream=upload)
        return source.get_absolute_url()


class ImportPage(DetailPage):
    """One import: how far it is, what becomes of each entry, which rows were refused and why."""

    permission = ExchangePermission.IMPORT
    template_name = "exchange/import.html"
    audit_kind = "exchange.import"

    def get_object(self, **kwargs: Any) -> Import:
        return get_import(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        home = (_("Catalogue"), reverse("catalogue:entries"))
        return (home, (_("Imports from Excel"), reverse("exchange:imports")))

    def state(self, obj: Import) -> tuple[str, str]:
        return str(STATES[obj.state]), TONES[obj.state]

    def facts(self, obj: Import) -> list[tuple[Any, Any]]:
        return [
            (_("Unit"), str(obj.unit)),
            (_("Imported by"), obj.account.person.name),
            (_("Imported at"), when(obj.created_at)),
            (_("Ended at"), when(obj.finished_at)),
            (_("Version of the catalogue standard"), obj.standard),
            (_("Columns that were not read"), "、".join(obj.ignored)),
        ]

    def actions(self, obj: Import) -> list[Action]:
        found = []
        if obj.state == ImportState.CHECKED:
            counts = counts_of(obj)
            nothing = None if counts["new"] + counts["change"] else _("The file changes nothing.")
            keep = reverse("exchange:import-keep", args=[obj.uid])
            found.append(Action(_("Keep as drafts"), keep, "device-floppy", reason=nothing))
            discard = reverse("exchange:import-discard", args=[obj.uid])
            found.append(Action(_("Discard"), discard, "trash", "outline-danger"))
        if obj.refused.exists():
            url = reverse("exchange:import-refused", args=[obj.uid])
            found.append(Action(_("Download the refused rows"), url, "file-download", "outline-primary", "get"))
        return found

    def detail_context(self, obj: Import) -> dict[str, Any]:
        standard = standard_of(obj.standard)
        page = Paginator(obj.entries.select_related("entry__unit", "entry__classification", "unit"), SHOWN)
        entries = page.get_page(self.request.GET.get("page", "1"))
        moving = obj.state in {ImportState.READING, ImportState.KEEPING}
        return {
            "moving": moving,
            "ratio": obj.done / obj.total if obj.total and obj.state == ImportState.KEEPING else None,
            "counts": counts_of(obj),
            "entries": entries,
            "planned": [planned_row(row, standard) for row in entries],
            "refused": [refused_row(row, standard) for row in obj.refused.all()[:SHOWN]],
            "faults": [fault_line({**fault, "field": ""}, standard) for fault in obj.faults],
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.headers.get("HX-Request"):
            obj = self.get_object(**kwargs)
            context = self.detail_context(obj)
            if context["moving"]:
                return self.render({"object": obj, **context}, template="exchange/import_progress.html")
            response = self.render({"object": obj, **context}, template="exchange/import_progress.html")
            response["HX-Refresh"] = "true"
            return response
        return super().get(request, *args, **kwargs)


def planned_row(row: ImportEntry, standard: Standard) -> dict[str, Any]:
    """One entry of the file: what becomes of it, and what changes."""
    fields: list[Any] = []
    items: list[Any] = []
    if row.outcome == Outcome.CHANGE and row.entry is not None and not row.kept:
        now = snapshot_of(row.entry, items_of(row.entry))
        found = compare_versions(now, {**now, **row.data, "items": row.items})
        fields = [field_row(change, standard) for change in found.fields]
        items = [item_row(change, standard) for change in found.items]
    return {
        "name": row.name,
        "unit": str(row.unit or ""),
        "entry": row.entry,
        "outcome": OUTCOMES[row.outcome],
        "tone": OUTCOME_TONES[row.outcome],
        "items_count": len(row.items),
        "kept": row.kept,
        "fields": fields,
        "items": items,
    }


def refused_row(row: RefusedRow, standard: Standard) -> dict[str, Any]:
    """A refused row with each cell at fault and the reason."""
    return {
        "row": row.row,
        "name": row.cells.get("resource_name", ""),
        "item": row.cells.get("title", ""),
        "faults": [fault_line(fault, standard) for fault in row.faults],
    }


class OfImport(ActionPage):
    """A button on an import's page."""

    permission = ExchangePermission.IMPORT

    def source(self) -> Import:
        return get_import(actor=self.actor, uid=self.kwargs["uid"])

    def fallback_url(self, **kwargs: Any) -> str:
        return self.source().get_absolute_url()


class Keep(OfImport):
    """Keep the good entries as drafts."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        source = services.commit_import(actor=self.actor, now=self.now, source=self.source())
        counts = counts_of(source)
        if source.state == ImportState.KEEPING:
            return _("The drafts are being written."), source.get_absolute_url()
        text = _("%(kept)s entries kept as drafts, %(refused)s rows refused.")
        return text % {"kept": counts["kept"], "refused": counts["refused_rows"]}, source.get_absolute_url()


class Discard(OfImport):
    """Keep nothing of the file."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        source = services.discard_import(actor=self.actor, now=self.now, source=self.source())
        return _("Discarded; nothing was kept."), source.get_absolute_url()


class RefusedRows(Page):
    """The refused rows as a workbook with the reason behind each, to be corrected and imported again."""

    permission = ExchangePermission.IMPORT

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        source = get_import(actor=self.actor, uid=self.kwargs["uid"])
        standard = standard_in_force()
        rows = (
            {**row.cells, ":row": str(row.row), ":reason": "\n".join(refused_row(row, standard)["faults"])}
            for row in source.refused.iterator(chunk_size=500)
        )
        more = ((":reason", _("Reason")), (":row", _("Row in the file")))
        return as_file(workbook.write_table(standard, rows, more), "catalogue-refused")
