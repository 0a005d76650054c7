"""The standard, the official table and DCAT-AP over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Status, UploadedFile

from quanshu.kernel.clock import now
from quanshu.organisation.api import get_unit
from quanshu.shared.web.api import page_of
from quanshu.supply.catalogue import queries, services
from quanshu.supply.catalogue.models import Fit, Import, ImportEntry, RefusedRow
from quanshu.supply.catalogue.pages.dcat import answer
from quanshu.supply.catalogue.pages.tables import as_file, narrowed
from quanshu.supply.catalogue.permissions import CataloguePermission as P
from quanshu.supply.catalogue.queries.imports import counts_of, get_import, list_imports
from quanshu.supply.catalogue.rest.bodies import Facets, whole
from quanshu.supply.catalogue.rest.reading import actor_of, find, router
from quanshu.supply.catalogue.rules.comparing import compare_versions, marks_between
from quanshu.supply.standards.api import get_version


@router.get("/entries/{uid}/comparison")
def comparison(
    request: HttpRequest, uid: str, before: int = Query(..., alias="from"), after: int | None = Query(None, alias="to")
) -> dict[str, Any]:
    """Two versions as people compare them: core fields, items added, removed, changed; texts with marks."""
    entry = find(request, uid)
    if after is None and not queries.sees_drafts(actor_of(request), entry):
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
    actor = actor_of(request)
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


@router.get("/table")
def table(request: HttpRequest, asked: Query[Facets]) -> HttpResponse:
    """Entries by words and facets as a workbook in the official columns."""
    actor = actor_of(request)
    rows = narrowed(actor, asked.q, asked.chosen())
    return as_file(services.export_table(actor=actor, now=now(), rows=rows), "catalogue")


def import_row(row: Import) -> dict[str, Any]:
    """An import as a line of a list."""
    return {
        "uid": row.uid,
        "file_name": row.file_name,
        "unit_uid": row.unit.uid,
        "state": row.state,
        "total": row.total,
        "done": row.done,
        "faults": row.faults,
        "ignored_columns": row.ignored,
        "created_at": row.created_at,
    }


def import_whole(row: Import) -> dict[str, Any]:
    """An import with its counts."""
    return {**import_row(row), "counts": counts_of(row)}


@router.get("/imports")
def imports(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Imports of the official table, newest first."""
    rows = list_imports(actor_of(request, P.EDIT))
    return page_of(rows, limit=limit, offset=offset, serialise=import_row)


@router.post("/imports", response={201: dict[str, Any]})
def start_import(request: HttpRequest, unit_uid: Form[str], file: File[UploadedFile]) -> Status[dict[str, Any]]:
    """Take in a workbook; it is read and checked, nothing is kept yet."""
    actor = actor_of(request, P.EDIT)
    unit = get_unit(actor=actor, uid=unit_uid)
    source = services.start_import(actor=actor, now=now(), unit=unit, name=file.name or "", stream=file)
    return Status(201, import_whole(source))


@router.get("/imports/{uid}")
def one_import(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One import: how far it is and what it comes to."""
    return import_whole(get_import(actor=actor_of(request, P.EDIT), uid=uid))


def entry_of_import(row: ImportEntry) -> dict[str, Any]:
    """An entry of a file."""
    return {
        "name": row.name,
        "outcome": row.outcome,
        "kept": row.kept,
        "entry_uid": row.entry.uid if row.entry else None,
        "data": row.data,
        "items": row.items,
        "rows": [number for number, _cells in row.rows],
    }


@router.get("/imports/{uid}/entries")
def entries_of_import(request: HttpRequest, uid: str, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """What becomes of each entry of the file."""
    source = get_import(actor=actor_of(request, P.EDIT), uid=uid)
    return page_of(source.entries.select_related("entry"), limit=limit, offset=offset, serialise=entry_of_import)


def refused(row: RefusedRow) -> dict[str, Any]:
    """A refused row."""
    return {"row": row.row, "cells": row.cells, "faults": row.faults}


@router.get("/imports/{uid}/refused")
def refused_rows(request: HttpRequest, uid: str, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Refused rows by cell and reason."""
    source = get_import(actor=actor_of(request, P.EDIT), uid=uid)
    return page_of(source.refused.all(), limit=limit, offset=offset, serialise=refused)


@router.post("/imports/{uid}/keep")
def keep(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Keep the good entries as drafts."""
    actor = actor_of(request, P.EDIT)
    source = get_import(actor=actor, uid=uid)
    return import_whole(services.commit_import(actor=actor, now=now(), source=source))


@router.post("/imports/{uid}/discard")
def discard(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Keep nothing of the file."""
    actor = actor_of(request, P.EDIT)
    source = get_import(actor=actor, uid=uid)
    return import_whole(services.discard_import(actor=actor, now=now(), source=source))


@router.get("/dcat")
def dcat(request: HttpRequest, format: str = "ttl") -> HttpResponse:
    """The published catalogue as DCAT-AP 3: ttl, rdf or jsonld; `page` turns pages of a thousand."""
    return answer(request, queries.readable_versions(actor_of(request)), queries.format_called(format))


@router.get("/entries/{uid}/dcat")
def entry_dcat(request: HttpRequest, uid: str, format: str = "ttl") -> HttpResponse:
    """One published entry as DCAT-AP 3."""
    rows = queries.readable_versions(actor_of(request)).filter(entry=find(request, uid))
    return answer(request, rows, queries.format_called(format))
