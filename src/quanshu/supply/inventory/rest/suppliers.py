"""Public-service companies over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.inventory import queries, services
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.types import CompanyData, RecordData

router = Router()


class CompanyBody(Schema):
    """What the list says of a company. `sector`: water, power, gas, heat, telecom, transport; `unit_uid`: the unit it
    is registered as, or empty."""

    name: str
    sector: str
    name_en: str = ""
    code: str = ""
    unit_uid: str = ""
    note: str = ""

    def value(self) -> CompanyData:
        """As the value services take."""
        return CompanyData(**{name: getattr(self, name) for name in CompanyBody.model_fields})


class RecordBody(Schema):
    """A coordination record; days in ISO form, `stage` contacted, agreed, connected or empty."""

    day: str
    people: str
    matter: str
    outcome: str
    stage: str = ""
    next_step: str = ""
    next_due: str = ""

    def value(self) -> RecordData:
        """As the value services take."""
        return RecordData(**{name: getattr(self, name) for name in RecordBody.model_fields})


class WhyBody(Schema):
    """Why."""

    reason: str


def row_of(company: Any) -> dict[str, Any]:
    """A company with its state as counted."""
    names = ("uid", "name", "name_en", "sector", "code", "note", "listed_at", "delisted_at", "delisted_reason")
    return {name: getattr(company, name) for name in names} | {
        "unit_uid": company.unit.uid if company.unit else "",
        "state": queries.state_of(company),
    }


def find(request: HttpRequest, uid: str) -> Any:
    """The company of the address, as the caller may see it."""
    return queries.get_company(actor=actor_of(request, P.COMPANY_VIEW), uid=uid)


@router.get("/suppliers")
def list_companies(request: HttpRequest, sector: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Companies on the list."""
    actor = actor_of(request, P.COMPANY_VIEW)
    rows = queries.list_companies(actor).filter(delisted_at__isnull=True)
    return page_of(rows.filter(sector=sector) if sector else rows, limit=limit, offset=offset, serialise=row_of)


@router.get("/suppliers/figures")
def get_figures(request: HttpRequest) -> list[dict[str, Any]]:
    """Enterprises sharing / listed, over all and by sector."""
    actor = actor_of(request, P.COMPANY_VIEW)
    names = ("sector", "listed", "sharing", "rate")
    rows = queries.supplier_figures(queries.list_companies(actor))
    return [{name: getattr(row, name) for name in names} for row in rows]


@router.post("/suppliers", response={201: dict[str, Any]})
def list_company(request: HttpRequest, body: CompanyBody) -> Status[dict[str, Any]]:
    """Put a company on the list."""
    actor = actor_of(request)
    made = services.list_company(actor=actor, now=now(), data=body.value())
    return Status(201, row_of(queries.get_company(actor=actor, uid=made.uid)))


@router.get("/suppliers/{uid}")
def get_company(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One company with its coordination records."""
    company = find(request, uid)
    names = ("day", "people", "matter", "outcome", "stage", "next_step", "next_due", "done_at", "created_by")
    records = [{name: getattr(row, name) for name in names} for row in company.records.all()]
    return row_of(company) | {"records": records}


@router.put("/suppliers/{uid}")
def change_company(request: HttpRequest, uid: str, body: CompanyBody) -> dict[str, Any]:
    """Change what the list says of a company."""
    actor, company = actor_of(request), find(request, uid)
    services.change_company(actor=actor, now=now(), company=company, data=body.value())
    return row_of(find(request, uid))


@router.post("/suppliers/{uid}/records", response={201: dict[str, Any]})
def record_coordination(request: HttpRequest, uid: str, body: RecordBody) -> Status[dict[str, Any]]:
    """File a coordination record."""
    actor, company = actor_of(request), find(request, uid)
    record = services.record_coordination(actor=actor, now=now(), company=company, data=body.value())
    return Status(201, row_of(find(request, uid)) | {"record": record.uid})


@router.post("/suppliers/{uid}/delist")
def delist_company(request: HttpRequest, uid: str, body: WhyBody) -> dict[str, Any]:
    """Take a company off the list."""
    actor, company = actor_of(request), find(request, uid)
    services.delist_company(actor=actor, now=now(), company=company, reason=body.reason)
    return row_of(find(request, uid))


@router.post("/suppliers/{uid}/relist")
def relist_company(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Put a company on the list again."""
    actor, company = actor_of(request), find(request, uid)
    services.relist_company(actor=actor, now=now(), company=company)
    return row_of(find(request, uid))
