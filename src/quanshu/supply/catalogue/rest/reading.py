"""Reads of the catalogue."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from quanshu.kernel.clock import today
from quanshu.shared.web.api import actor_of, check_page, page_of
from quanshu.supply.catalogue import queries
from quanshu.supply.catalogue.models import Classification, Entry
from quanshu.supply.catalogue.permissions import CataloguePermission as P
from quanshu.supply.catalogue.rest.bodies import Facets, changes, entry_row, found_row, marks, whole
from quanshu.supply.catalogue.search.finding import search as search_catalogue
from quanshu.supply.catalogue.search.listing import Listing

router = Router()


def find(request: HttpRequest, uid: str, permission: P = P.VIEW) -> Entry:
    """The entry of the address, as the caller may see it."""
    return queries.get_entry(actor=actor_of(request, permission), uid=uid)


@router.get("/entries")
def list_entries(request: HttpRequest, asked: Query[Facets], limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Entries by words and facets, the best first, with the values every facet offers and their counts."""
    listing = Listing(actor_of(request, P.VIEW), asked.q, asked.chosen())
    rows: Any = listing.rows(None)
    options = queries.facet_options(listing.found(), listing.chosen)
    facets = {key: [{"value": one.value, "count": one.count} for one in ones] for key, ones in options.items()}
    page = page_of(rows, limit=limit, offset=offset, serialise=found_row)
    return {**page, "facets": facets, "did_you_mean": listing.meant()}


@router.get("/search")
def search(request: HttpRequest, q: str, limit: int = 25, offset: int = 0) -> dict[str, Any]:
    """The best entries for words in Chinese, English or pinyin, and where each was found; `total` stops at 1,000."""
    check_page(limit, offset)
    found = search_catalogue(actor=actor_of(request, P.VIEW), text=q, limit=limit, offset=offset)
    return {**found.as_dict(), "items": [{**entry_row(hit.entry), **marks(hit)} for hit in found.hits]}


@router.get("/entries/{uid}")
def get_entry(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One entry; outside one's own scope, the version in force."""
    return whole(*queries.face_of(actor_of(request, P.VIEW), find(request, uid)))


@router.get("/entries/{uid}/versions")
def list_versions(request: HttpRequest, uid: str) -> list[dict[str, Any]]:
    """Published versions, newest first."""
    rows = find(request, uid).versions.all()
    return [{"number": row.number, "published_at": row.published_at, "published_by": row.published_by} for row in rows]


@router.get("/entries/{uid}/versions/{number}")
def get_version(request: HttpRequest, uid: str, number: int) -> dict[str, Any]:
    """What the entry said in a published version."""
    row = queries.version_of(find(request, uid), number)
    return {"number": row.number, "published_at": row.published_at, "snapshot": row.snapshot}


@router.get("/entries/{uid}/diff")
def compare(
    request: HttpRequest, uid: str, before: int = Query(..., alias="from"), after: int | None = Query(None, alias="to")
) -> dict[str, Any]:
    """What differs between two versions; without `to`, between a version and the entry as one may see it."""
    entry = find(request, uid)
    if after is None and not queries.sees_drafts(actor_of(request, P.VIEW), entry):
        after = entry.published_version
    return {"from": before, "to": after, "changes": changes(queries.compare(entry, before, after))}


@router.get("/classification")
def classification(request: HttpRequest) -> list[dict[str, Any]]:
    """The classes of the standard with the number of entries under each."""
    counts = queries.class_counts(actor_of(request, P.VIEW))
    return [
        {
            "code": row.code,
            "name": row.name,
            "name_en": row.name_en,
            "level": row.level,
            "parent": row.parent.code if row.parent else None,
            "entries": counts.get(row.code, 0),
        }
        for row in Classification.objects.select_related("parent")
    ]


@router.get("/figures")
def figures(request: HttpRequest) -> dict[str, Any]:
    """目录挂载率, 落地率 and graded items over the entries one may see."""
    found = queries.catalogue_figures(queries.list_entries(actor_of(request, P.VIEW)), today=today())
    rates = {name: getattr(found, name) for name in ("mounting_rate", "landing_rate", "graded_rate")}
    return asdict(found) | rates
