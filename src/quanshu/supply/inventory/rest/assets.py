"""Businesses, systems, data resources, their links, and the workbook."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import File, Router, Schema, Status, UploadedFile

from quanshu.kernel.clock import now
from quanshu.organisation.api import get_unit
from quanshu.shared.access.api import require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.shared.workflow.api import city_day
from quanshu.supply.inventory import queries, rules, services
from quanshu.supply.inventory.models import Asset, Import
from quanshu.supply.inventory.pages.imports import text_of, workbook
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.types import AssetData

router = Router()


class AssetBody(Schema):
    """What is entered for an object. `basis` for a business; `network` and `protection` for a system; `form`, `cycle`
    and `entry_code` (a resource code of the catalogue) for a data resource."""

    name: str
    description: str = ""
    priority: str = "normal"
    task: str = ""
    basis: str = ""
    network: str = ""
    protection: str = ""
    form: str = ""
    cycle: str = ""
    entry_code: str = ""

    def value(self) -> AssetData:
        """As the value services take."""
        return AssetData(**{name: getattr(self, name) for name in AssetBody.model_fields})


class NewAssetBody(AssetBody):
    """An object of a unit (its uid) and kind: business, system or data; without a code one is issued."""

    unit: str
    kind: str
    code: str = ""


class ReasonBody(Schema):
    """Why."""

    reason: str


class LinkBody(Schema):
    """Uid or code of the upper and the lower end."""

    upper: str
    lower: str


def row_of(asset: Asset) -> dict[str, Any]:
    """An object."""
    names = ("uid", "code", "kind", "name", "description", "priority", "task", "basis", "network", "protection")
    more = ("form", "cycle", "state", "retired_reason")
    return {name: getattr(asset, name) for name in (*names, *more)} | {
        "unit_uid": asset.unit.uid,
        "unit_name": asset.unit.name,
        "entry_code": asset.entry.code if asset.entry else "",
    }


def find(request: HttpRequest, uid: str) -> Asset:
    """The object of the address, as the caller may see it."""
    return queries.get_asset(actor=actor_of(request, P.VIEW), uid=uid)


@router.get("/assets")
def list_assets(
    request: HttpRequest, kind: str = "", unit: str = "", state: str = "", q: str = "", limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """Businesses, systems and data resources."""
    actor = actor_of(request, P.VIEW)
    given = {"kind": kind, "unit__uid": unit, "state": state, "name__icontains": q.replace("\x00", "")}
    rows = queries.list_assets(actor).filter(**{name: value for name, value in given.items() if value})
    return page_of(rows, limit=limit, offset=offset, serialise=row_of)


@router.post("/assets", response={201: dict[str, Any]})
def create_asset(request: HttpRequest, body: NewAssetBody) -> Status[dict[str, Any]]:
    """Enter an object."""
    actor = actor_of(request, P.EDIT)
    unit = get_unit(actor=actor, uid=body.unit)
    made = services.create_asset(actor=actor, now=now(), unit=unit, kind=body.kind, data=body.value(), code=body.code)
    return Status(201, row_of(made))


@router.get("/assets/{uid}")
def get_asset(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One object with what stands above and below it."""
    asset = find(request, uid)
    seen = queries.list_assets(actor_of(request))
    return row_of(asset) | {
        "above": [row_of(row) for row in seen.filter(links_down__lower=asset)],
        "below": [row_of(row) for row in seen.filter(links_up__upper=asset)],
    }


@router.put("/assets/{uid}")
def update_asset(request: HttpRequest, uid: str, body: AssetBody) -> dict[str, Any]:
    """Change what is said of an object."""
    actor, asset = actor_of(request), find(request, uid)
    row, changed = services.update_asset(actor=actor, now=now(), asset=asset, data=body.value())
    return row_of(row) | {"changed": changed}


@router.post("/assets/{uid}/retire")
def retire_asset(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Take an object out of use."""
    actor, asset = actor_of(request), find(request, uid)
    return row_of(services.retire_asset(actor=actor, now=now(), asset=asset, reason=body.reason))


@router.post("/assets/{uid}/restore")
def restore_asset(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Bring an object back into use."""
    actor, asset = actor_of(request), find(request, uid)
    return row_of(services.restore_asset(actor=actor, now=now(), asset=asset))


@router.get("/links")
def list_links(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Links between objects in use."""
    actor = actor_of(request, P.VIEW)

    def serialise(link: Any) -> dict[str, Any]:
        return {"upper": link.upper.code, "lower": link.lower.code}

    return page_of(queries.links_of(actor), limit=limit, offset=offset, serialise=serialise)


@router.post("/links", response={201: dict[str, Any]})
def link_assets(request: HttpRequest, body: LinkBody) -> Status[dict[str, Any]]:
    """Link two objects."""
    actor = actor_of(request)
    upper, lower = find(request, body.upper), find(request, body.lower)
    services.link_assets(actor=actor, now=now(), upper=upper, lower=lower)
    return Status(201, {"upper": upper.code, "lower": lower.code})


@router.post("/links/remove")
def unlink_assets(request: HttpRequest, body: LinkBody) -> dict[str, Any]:
    """Take a link away."""
    actor = actor_of(request)
    upper, lower = find(request, body.upper), find(request, body.lower)
    services.unlink_assets(actor=actor, now=now(), upper=upper, lower=lower)
    return {"upper": upper.code, "lower": lower.code}


def import_row(taken: Import) -> dict[str, Any]:
    """An import."""
    names = ("uid", "file_name", "by", "at", "rows", "rows_done", "added", "changed", "unchanged", "refused")
    return {name: getattr(taken, name) for name in names}


@router.get("/imports")
def list_imports(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Workbooks taken in."""
    actor = actor_of(request, P.VIEW)
    return page_of(queries.list_imports(actor), limit=limit, offset=offset, serialise=import_row)


@router.post("/imports", response={201: dict[str, Any]})
def import_workbook(request: HttpRequest, file: File[UploadedFile]) -> Status[dict[str, Any]]:
    """Take a workbook in."""
    actor = actor_of(request, P.EDIT)
    taken = services.import_workbook(actor=actor, now=now(), name=file.name or "", content=file.read())
    return Status(201, import_row(taken))


@router.get("/imports/{uid}")
def get_import(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One import with its refused cells."""
    actor = actor_of(request, P.VIEW)
    taken = queries.get_import(actor=actor, uid=uid)
    faults = [
        {
            "sheet": row.sheet,
            "cell": f"{row.column}{row.row}",
            "column": row.title,
            "value": row.value,
            "fault": text_of(row, "fault"),
            "remedy": text_of(row, "remedy"),
        }
        for row in taken.faults.all()
    ]
    return import_row(taken) | {"faults": faults}


@router.get("/template")
def get_template(request: HttpRequest) -> HttpResponse:
    """The empty workbook."""
    require(actor_of(request), P.VIEW)
    return workbook(services.write_workbook({}), "inventory-template.xlsx")


@router.get("/export")
def get_export(request: HttpRequest, unit: str = "") -> HttpResponse:
    """The inventory in the form that is imported."""
    actor = actor_of(request, P.VIEW)
    return workbook(services.export_workbook(actor=actor, now=now(), unit=unit), "inventory.xlsx")


@router.get("/figures")
def get_figures(request: HttpRequest) -> dict[str, Any]:
    """Share of core businesses with a system, and open gaps by class."""
    actor = actor_of(request, P.VIEW)
    figures = queries.inventory_figures(today=city_day(now()), actor=actor)
    names = ("businesses", "with_system", "rate", "systems", "data", "open_gaps", "overdue")
    return {name: getattr(figures, name) for name in names} | {"by_kind": dict(figures.by_kind)}


@router.get("/graph")
def get_graph(request: HttpRequest, around: str) -> dict[str, Any]:
    """An object's neighbours as nodes and edges."""
    centre = find(request, around)
    links = queries.links_of(actor_of(request))
    pairs = [(link.upper, link.lower) for link in links.filter(Q(upper=centre) | Q(lower=centre))]
    nodes = {asset.uid: asset for pair in pairs for asset in pair} | {centre.uid: centre}
    return {
        "nodes": [row_of(asset) for asset in nodes.values()],
        "edges": [{"upper": upper.code, "lower": lower.code} for upper, lower in pairs],
        "kinds": sorted(f"{upper}-{lower}" for upper, lower in rules.LINKS),
    }
