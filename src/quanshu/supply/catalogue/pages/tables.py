"""The official table: the narrowed list, one entry, and the empty template as Excel files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from quanshu.shared.access.api import Actor, allows
from quanshu.shared.web.api import Action, Page
from quanshu.supply.catalogue import queries, services
from quanshu.supply.catalogue.models import Entry, in_language
from quanshu.supply.catalogue.permissions import CataloguePermission as P
from quanshu.supply.catalogue.search.listing import Listing
from quanshu.supply.catalogue.services import workbook
from quanshu.supply.standards.api import Need, Standard, standard_in_force

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table_actions(actor: Any, query: str) -> list[Action]:
    """What can be done with the official table from the list of entries; `query` is how the list is narrowed."""
    found = []
    if allows(actor, P.EDIT):
        found.append(Action(_("Import from Excel"), reverse("catalogue:imports"), "upload", "outline-primary", "get"))
    url = reverse("catalogue:table") + (f"?{query}" if query else "")
    found.append(Action(_("Official table (Excel)"), url, "file-spreadsheet", "outline-primary", "get"))
    url = reverse("catalogue:migration-now")
    found.append(Action(_("Entries that do not fit"), url, "list-check", "outline-primary", "get"))
    return found


def as_file(body: bytes, name: str) -> HttpResponse:
    """An Excel file to keep."""
    response = HttpResponse(body, content_type=EXCEL)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response


def narrowed(actor: Actor, text: str, chosen: Mapping[str, str]) -> QuerySet[Entry]:
    """The entries a list shows by words and facets, in the order of their codes."""
    return queries.narrow_entries(Listing(actor, text, {}).found(), chosen).order_by("code")


class ExportTable(Page):
    """The entries the list shows, by the same words and facets, in the official columns."""

    permission = P.VIEW

    def rows(self) -> QuerySet[Entry]:
        asked = self.request.GET
        chosen = {facet: asked[facet] for facet in queries.FACETS if asked.get(facet)}
        return narrowed(self.actor, asked.get("q", ""), chosen)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        body = services.export_table(actor=self.actor, now=self.now, rows=self.rows())
        return as_file(body, f"catalogue-{timezone.localtime(self.now):%Y%m%d-%H%M}")


class EntryTable(ExportTable):
    """One entry in the official columns."""

    def rows(self) -> QuerySet[Entry]:
        entry = queries.get_entry(actor=self.actor, uid=self.kwargs["uid"])
        return queries.list_entries(self.actor).filter(pk=entry.pk)


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
