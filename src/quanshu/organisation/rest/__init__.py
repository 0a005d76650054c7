"""The organisation over the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from quanshu.kernel.clock import now
from quanshu.organisation import queries, services
from quanshu.organisation.models import Person, Region, Unit
from quanshu.organisation.permissions import OrganisationPermission as P
from quanshu.organisation.types import UnitData
from quanshu.shared.access.api import require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.shared.workflow.api import calendar

router = Router()


class UnitBody(Schema):
    """A unit as entered."""

    name: str
    kind: str
    code: str
    name_en: str = ""
    parent_uid: str = ""
    region_code: str = ""
    office_name: str = ""
    office_phone: str = ""


class PersonBody(Schema):
    """A person of a unit."""

    name: str
    position: str = ""
    phone: str = ""
    email: str = ""


class DutyBody(Schema):
    """Who takes a duty."""

    kind: str
    person_uid: str
    position: str = ""
    replace: bool = False


def unit_row(unit: Unit) -> dict[str, Any]:
    """A unit as JSON."""
    return {
        "uid": unit.uid,
        "code": unit.code,
        "name": unit.name,
        "name_en": unit.name_en,
        "kind": unit.kind,
        "parent_uid": unit.parent.uid if unit.parent else None,
        "region_code": unit.region.code if unit.region else None,
        "office_name": unit.office_name,
    }


def person_row(person: Person) -> dict[str, Any]:
    """A person as JSON; no secrets."""
    return {
        "uid": person.uid,
        "name": person.name,
        "position": person.position,
        "unit_uid": person.unit.uid,
        "active": person.active,
    }


@router.get("/me")
def me(request: HttpRequest) -> dict[str, Any]:
    """Who the session or token acts as."""
    actor = actor_of(request)
    return {"uid": actor.uid, "name": actor.name, "unit_uid": actor.unit_uid, "roles": sorted(actor.roles)}


@router.get("/units")
def list_units(request: HttpRequest, q: str = "", limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Units, by name or code."""
    actor = actor_of(request, P.UNIT_VIEW)
    rows = queries.list_units(actor).active()
    if q:
        rows = rows.filter(name__icontains=q) | rows.filter(code__icontains=q)
    return page_of(rows, limit=limit, offset=offset, serialise=unit_row)


@router.post("/units")
def create_unit(request: HttpRequest, body: UnitBody) -> dict[str, Any]:
    """Register a unit."""
    actor = actor_of(request)
    return unit_row(services.create_unit(actor=actor, data=UnitData(**body.dict()), now=now()))


@router.get("/units/{uid}")
def get_unit(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One unit with its duties."""
    actor = actor_of(request)
    unit = queries.get_unit(actor=actor, uid=uid)
    duties = unit.duties.select_related("person")
    return unit_row(unit) | {
        "duties": [
            {
                "kind": row.kind,
                "person": row.person.name,
                "position": row.position,
                "since": row.since,
                "until": row.until,
            }
            for row in duties
        ]
    }


@router.post("/units/{uid}/people")
def create_person(request: HttpRequest, uid: str, body: PersonBody) -> dict[str, Any]:
    """Add a person to a unit."""
    actor = actor_of(request)
    unit = queries.get_unit(actor=actor, uid=uid)
    return person_row(services.create_person(actor=actor, unit=unit, now=now(), **body.dict()))


@router.post("/units/{uid}/duties")
def appoint(request: HttpRequest, uid: str, body: DutyBody) -> dict[str, Any]:
    """Appoint to a duty; `replace` ends the present holder's."""
    actor = actor_of(request)
    unit = queries.get_unit(actor=actor, uid=uid)
    person = queries.get_person(actor=actor, uid=body.person_uid)
    write = services.replace_holder if body.replace else services.appoint
    duty = write(actor=actor, unit=unit, kind=body.kind, person=person, position=body.position, now=now())
    return {"kind": duty.kind, "person": person.name, "since": duty.since}


@router.get("/people")
def list_people(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """People the actor may see."""
    actor = actor_of(request, P.PERSON_VIEW)
    return page_of(queries.list_people(actor), limit=limit, offset=offset, serialise=person_row)


@router.get("/duties")
def duties(request: HttpRequest) -> dict[str, Any]:
    """Clause 3.1 in figures, and what each unit lacks."""
    require(actor_of(request), P.UNIT_VIEW)
    figures = queries.duty_figures()
    gaps = [queries.gap_of(unit) for unit in queries.duty_units()]
    return {
        "units": figures.units,
        "complete": figures.complete,
        "rate": figures.rate,
        "gaps": [
            {"unit_uid": gap.unit_uid, "unit": gap.unit_name, "missing": gap.missing} for gap in gaps if gap.missing
        ],
    }


@router.get("/regions")
def list_regions(
    request: HttpRequest, q: str = "", parent: str = "", limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """Regions, by name, code or the region they lie in."""
    require(actor_of(request), P.UNIT_VIEW)
    rows = Region.objects.select_related("parent")
    if q:
        rows = rows.filter(name__icontains=q) | rows.filter(code__startswith=q)
    if parent:
        rows = rows.filter(parent__code=parent)

    def as_json(row: Region) -> dict[str, Any]:
        names = ("code", "name", "level", "valid_from", "valid_to")
        return {name: getattr(row, name) for name in names} | {"parent": row.parent.code if row.parent else None}

    return page_of(rows, limit=limit, offset=offset, serialise=as_json)


@router.get("/calendar/due")
def due(request: HttpRequest, start: date, days: int) -> dict[str, Any]:
    """The last day of a term of so many working days that begins on `start`."""
    return {"start": start, "days": days, "due": calendar().due(start, days)}
