"""Versions as people compare them, and what does not fit a version of the standard, over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Status

from quanshu.kernel.clock import now
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.catalogue import queries, services
from quanshu.supply.catalogue.models import Fit
from quanshu.supply.catalogue.permissions import CataloguePermission as P
from quanshu.supply.catalogue.rest.bodies import whole
from quanshu.supply.catalogue.rest.reading import find, router
from quanshu.supply.catalogue.rules.comparing import compare_versions, marks_between
from quanshu.supply.standards.api import get_version


@router.get("/entries/{uid}/comparison")
def comparison(
    request: HttpRequest, uid: str, before: int = Query(..., alias="from"), after: int | None = Query(None, alias="to")
) -> dict[str, Any]:
    """Two versions as people compare them: core fields, items added, removed, changed; texts with marks."""
    entry = find(request, uid)
    if after is None and not queries.sees_drafts(actor_of(request, P.VIEW), entry):
        after = entry.published_version
    found = compare_versions(*queries.two_versions(entry, before, after))

    def row(change: Any) -> dict[str, Any]:
        texts = isinstance(change.before, str) and isinstance(change.after, str)
        marks = marks_between(change.before, change.after) if texts else ()
        told = [{"kind": mark.kind, "text": mark.text} for mark in marks]
        return {"field": change.field, "before": change.before, "after": change.after, "marks": told}

    items = [
        {"kind": item.kind, "name": item.name, "title": item.title, "changes": [row(each) for each in item.changes]}
        for item in found.items
    ]
    return {"fields": [row(change) for change in found.fields], "items": items, "moved": found.moved}


@router.post("/entries/{uid}/standard")
def adopt_standard(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Put a draft under the standard in force."""
    actor, entry = actor_of(request, P.EDIT), find(request, uid)
    return whole(services.adopt_standard(actor=actor, now=now(), entry=entry))


def fit_row(row: Fit) -> dict[str, Any]:
    """What an entry lacks under a version, as a line of a list."""
    return {
        "uid": row.entry.uid,
        "code": row.entry.code,
        "resource_name": row.entry.resource_name,
        "provider_name": row.entry.unit.name,
        "provider_code": row.entry.unit.code,
        "made_under": row.entry.standard,
        "fits": row.fits,
        "missing": row.faults,
        "checked_at": row.checked_at,
    }


@router.get("/migration/{number}")
def migration(
    request: HttpRequest, number: int, fits: bool | None = None, unit: str = "", limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """The migration list of a version: entries with what is missing, progress per unit."""
    actor = actor_of(request, P.VIEW)
    version = get_version(actor=actor, number=number)
    rows = queries.list_fits(actor, version.number).order_by("pk")
    rows = rows if fits is None else rows.filter(fits=fits)
    rows = rows.filter(entry__unit__uid=unit) if unit else rows
    assessment = queries.find_assessment(version.number)
    progress = queries.progress_of(actor, version.number)
    return {
        **page_of(rows, limit=limit, offset=offset, serialise=fit_row),
        "state": assessment.state if assessment else None,
        "units": [
            {
                "unit_uid": row.unit_uid,
                "unit_name": row.unit_name,
                "checked": row.checked,
                "fitting": row.fitting,
                "moved": row.moved,
            }
            for row in progress
        ],
    }


@router.post("/migration/{number}/check", response={202: dict[str, Any]})
def check_migration(request: HttpRequest, number: int) -> Status[dict[str, Any]]:
    """Have the published entries held against a version."""
    actor = actor_of(request, P.ASSESS)
    version = get_version(actor=actor, number=number)
    row = services.assess_standard(actor=actor, now=now(), number=version.number)
    return Status(202, {"number": row.number, "state": row.state})
