"""The official table: the narrowed list, one entry, and the empty template as Excel files."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from quanshu.shared.access.api import Actor, allows
from quanshu.shared.web.api import Action, Page
from quanshu.supply.catalogue.api import FACETS, Entry, get_entry, in_language, list_entries, narrowed_entries
from quanshu.supply.catalogue.api import CataloguePermission as P
from quanshu.supply.exchange import services
from quanshu.supply.exchange.permissions import ExchangePermission
from quanshu.supply.exchange.services import workbook
from quanshu.supply.standards.api import Need, Standard, standard_in_force

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table_actions(actor: Actor, query: str) -> list[Action]:
    """What can be done with the official table from the list of entries; `query` is how the list is narrowed."""
    found = []
    if allows(actor, ExchangePermission.IMPORT):
        found.append(Action(_("Import from Excel"), reverse("exchange:imports"), "upload", "outline-primary", "get"))
    url = reverse("exchange:table") + (f"?{query}" if query else "")
    found.append(Action(_("Official table (Excel)"), url, "file-spreadsheet", "outline-primary", "get"))
    return found


def entry_files(actor: Actor, entry: Entry) -> list[Action]:
    """An entry as files: the official table, and as a graph once a version is in force."""
    table = reverse("exchange:entry-table", args=[entry.uid])
    found = [Action(_("Official table (Excel)"), table, "file-spreadsheet", method="get")]
    if entry.published_version:
        for ending, name, icon in (("ttl", "Turtle", "binary-tree"), ("jsonld", "JSON-LD", "json")):
            url = reverse("exchange:entry-dcat-file", args=[entry.uid, ending])
            found.append(Action(f"DCAT-AP ({name})", url, icon, method="get"))
    return found


def as_file(body: bytes, name: str) -> HttpResponse:
    """An Excel file to keep."""
    response = HttpResponse(body, content_type=EXCEL)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response


class ExportTable(Page):
    """The entries the list shows, by the same words and facets, in the official columns."""

    permission = P.VIEW

    def rows(self) -> QuerySet[Entry]:
        asked = self.request.GET
        chosen = {facet: asked[facet] for facet in FACETS if asked.get(facet)}
        return narrowed_entries(self.actor, asked.get("q", ""), chosen)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        body = services.export_table(actor=self.actor, now=self.now, rows=self.rows())
        return as_file(body, f"catalogue-{timezone.localtime(self.now):%Y%m%d-%H%M}")


class EntryTable(ExportTable):
    """One entry in the official columns."""

    def rows(self) -> QuerySet[Entry]:
        entry = get_entry(actor=self.actor, uid=self.kwargs["uid"])
        return list_entries(self.actor).filter(pk=entry.pk)


class Template(Page):
    """The empty table with its explanations."""

    permission = P.VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        standard = standard_in_force()
        body = workbook.write_template(standard, notes=notes_of(standard), note_title=_("How to fill it in"))
        return as_file(body, f"catalogue-template-v{standard.number}")


def notes_of(standard: Standard) -> list[list[str]]:
    """What each column takes: title, whether it must be filled, its values, its note."""
    needs = {
        Need.MANDATORY: _("Mandatory"),
        Need.CONDITIONAL: _("Conditionally mandatory"),
        Need.OPTIONAL: _("Optional"),
    }
    lines = [[_("Column"), _("Obligation"), _("Longest length"), _("Values"), _("Note")]]
    for each in standard.columns():
        need = needs[Need(each.need)]
        other = standard.field(each.when)
        if other is not None:
            codes = [value.title for value in standard.values_of(each.when) if value.code in each.when_values]
            need = f"{need}: {in_language(other.title, other.title_en)} = {'、'.join(codes)}"
        values = "；".join(value.title for value in standard.values_of(each.code))
        lines.append([each.column, need, str(each.max_length or ""), values, each.note])
    return lines
