"""The official table and DCAT-AP 3 over the API, below the catalogue's addresses."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, Status, UploadedFile

from quanshu.kernel.clock import now
from quanshu.organisation.api import get_unit
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.catalogue.api import CataloguePermission, Facets, get_entry, narrowed_entries
from quanshu.supply.exchange import queries, services
from quanshu.supply.exchange.models import Import, ImportEntry, RefusedRow
from quanshu.supply.exchange.pages.dcat import answer
from quanshu.supply.exchange.pages.tables import as_file
from quanshu.supply.exchange.permissions import ExchangePermission as P
from quanshu.supply.exchange.queries import counts_of, get_import, list_imports

router = Router()


@router.get("/table")
def table(request: HttpRequest, asked: Query[Facets]) -> HttpResponse:
    """Entries by words and facets as a workbook in the official columns."""
    actor = actor_of(request, CataloguePermission.VIEW)
    rows = narrowed_entries(actor, asked.q, asked.chosen())
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
    rows = list_imports(actor_of(request, P.IMPORT))
    return page_of(rows, limit=limit, offset=offset, serialise=import_row)


@router.post("/imports", response={201: dict[str, Any]})
def start_import(request: HttpRequest, unit_uid: Form[str], file: File[UploadedFile]) -> Status[dict[str, Any]]:
    """Take in a workbook; it is read and checked, nothing is kept yet."""
    actor = actor_of(request, P.IMPORT)
    unit = get_unit(actor=actor, uid=unit_uid)
    source = services.start_import(actor=actor, now=now(), unit=unit, name=file.name or "", stream=file)
    return Status(201, import_whole(source))


@router.get("/imports/{uid}")
def one_import(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One import: how far it is and what it comes to."""
    return import_whole(get_import(actor=actor_of(request, P.IMPORT), uid=uid))


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
    source = get_import(actor=actor_of(request, P.IMPORT), uid=uid)
    return page_of(source.entries.select_related("entry"), limit=limit, offset=offset, serialise=entry_of_import)


def refused(row: RefusedRow) -> dict[str, Any]:
    """A refused row."""
    return {"row": row.row, "cells": row.cells, "faults": row.faults}


@router.get("/imports/{uid}/refused")
def refused_rows(request: HttpRequest, uid: str, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Refused rows by cell and reason."""
    source = get_import(actor=actor_of(request, P.IMPORT), uid=uid)
    return page_of(source.refused.all(), limit=limit, offset=offset, serialise=refused)


@router.post("/imports/{uid}/keep")
def keep(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Keep the good entries as drafts."""
    actor = actor_of(request, P.IMPORT)
    source = get_import(actor=actor, uid=uid)
    return import_whole(services.commit_import(actor=actor, now=now(), source=source))


@router.post("/imports/{uid}/discard")
def discard(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Keep nothing of the file."""
    actor = actor_of(request, P.IMPORT)
    source = get_import(actor=actor, uid=uid)
    return import_whole(services.discard_import(actor=actor, now=now(), source=source))


@router.get("/dcat")
def dcat(request: HttpRequest, format: str = "ttl") -> HttpResponse:
    """The published catalogue as DCAT-AP 3: ttl, rdf or jsonld; `page` turns pages of a thousand."""
    return answer(
        request, queries.readable_versions(actor_of(request, CataloguePermission.VIEW)), queries.format_called(format)
    )


@router.get("/entries/{uid}/dcat")
def entry_dcat(request: HttpRequest, uid: str, format: str = "ttl") -> HttpResponse:
    """One published entry as DCAT-AP 3."""
    actor = actor_of(request, CataloguePermission.VIEW)
    rows = queries.readable_versions(actor).filter(entry=get_entry(actor=actor, uid=uid))
    return answer(request, rows, queries.format_called(format))
