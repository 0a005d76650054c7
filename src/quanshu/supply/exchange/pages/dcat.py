"""The catalogue as DCAT-AP 3: Turtle, RDF/XML, JSON-LD, by ending or by what the reader accepts."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

from quanshu.shared.web.api import PUBLIC, Page
from quanshu.supply.catalogue.api import CataloguePermission as P
from quanshu.supply.catalogue.api import EntryVersion, VersionNotFound, get_entry
from quanshu.supply.exchange import queries
from quanshu.supply.exchange.queries.dcat import PAGE
from quanshu.supply.exchange.rules.dcat import FORMATS, best_format


def answer(request: HttpRequest, rows: QuerySet[EntryVersion], name: str) -> HttpResponse:
    """A page of versions as a graph; `Link` names the next page while there is one."""
    asked = request.GET.get("page", "1")
    page = max(int(asked), 1) if asked.isdecimal() and len(asked) < 7 else 1
    found = list(rows[(page - 1) * PAGE : page * PAGE + 1])
    body, media = queries.export_dcat(found[:PAGE], base=request.build_absolute_uri("/"), name=name)
    response = HttpResponse(body, content_type=f"{media}; charset=utf-8")
    if len(found) > PAGE:
        response["Link"] = f'<{request.build_absolute_uri(request.path)}?page={page + 1}>; rel="next"'
    response["Content-Disposition"] = f'inline; filename="catalogue.{FORMATS[name][1]}"'
    patch_vary_headers(response, ["Accept"])
    return response


class Dcat(Page):
    """A part of the catalogue as a graph."""

    permission = P.VIEW

    def rows(self) -> QuerySet[EntryVersion]:
        return queries.readable_versions(self.actor)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        ending = kwargs.get("ending", "")
        name = queries.format_called(ending) if ending else best_format(request.headers.get("Accept", ""))
        return answer(request, self.rows(), name)


class WholeCatalogue(Dcat):
    """Every published entry the reader may see."""


class OneEntry(Dcat):
    """One published entry."""

    def rows(self) -> QuerySet[EntryVersion]:
        entry = get_entry(actor=self.actor, uid=self.kwargs["uid"])
        if entry.published_version is None:
            raise VersionNotFound(number=1)
        return queries.readable_versions(self.actor).filter(entry=entry)


class OpenCatalogue(Page):
    """Entries that are open to society, for anyone."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return answer(request, queries.open_versions(), "turtle")
