"""Services themselves: listed, described, made, published, withdrawn."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.kernel.clock import now
from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.services import api as services
from quanshu.sharing.services.api import (
    ConsentTerms,
    FieldData,
    GroupData,
    MeasureData,
    ParameterData,
    Service,
    ServiceData,
    StatisticData,
)
from quanshu.sharing.services.api import ServicePermission as P
from quanshu.supply.catalogue.api import get_entry

router = Router()


class ParameterBody(Schema):
    """A parameter: an item of the entry."""

    name: str
    example: str
    required: bool = True
    pattern: str = ""
    max_length: int = 100
    compare: bool = False


class FieldBody(Schema):
    """A field a query answers with; an empty mask takes the grade's."""

    name: str
    mask: str = ""


class GroupBody(Schema):
    """A group of a statistic: an item by value, by its first `width` characters (prefix), or in bands by `edges`."""

    name: str
    item: str
    kind: str = "value"
    width: int = 0
    edges: list[int] = []
    values: list[str] = []
    title: str = ""
    title_en: str = ""


class MeasureBody(Schema):
    """A measure: count, share, or sum or average of an item."""

    name: str
    kind: str = "count"
    item: str = ""


class StatisticBody(Schema):
    """The cube of a statistic."""

    groups: list[GroupBody]
    measures: list[MeasureBody]
    least: int = 10
    percent: int = 10

    def value(self) -> StatisticData:
        """As the value services take."""
        tuples = [{"edges": tuple(part.edges), "values": tuple(part.values)} for part in self.groups]
        groups = (GroupData(**{**part.dict(), **more}) for part, more in zip(self.groups, tuples, strict=True))
        measures = (MeasureData(**part.dict()) for part in self.measures)
        return StatisticData(tuple(groups), tuple(measures), self.least, self.percent)


class ServiceBody(Schema):
    """A service as entered. `consent_mode` is none, consent or statutory: on what ground it tells of people."""

    sid: str
    name: str
    shape: str
    parameters: list[ParameterBody] = []
    answer_fields: list[FieldBody] = []
    name_en: str = ""
    abstract: str = ""
    abstract_en: str = ""
    row_cap: int = 50
    statistic: StatisticBody | None = None
    consent_mode: str = "none"
    statutory_basis: str = ""
    consent_parameter: str = ""
    consent_subject: str = "person"

    def value(self) -> ServiceData:
        """As the value services take."""
        names = ("sid", "name", "shape", "name_en", "abstract", "abstract_en", "row_cap")
        return ServiceData(
            **{name: getattr(self, name) for name in names},
            parameters=tuple(ParameterData(**part.dict()) for part in self.parameters),
            fields=tuple(FieldData(**part.dict()) for part in self.answer_fields),
            statistic=self.statistic.value() if self.statistic and self.shape == "statistic" else None,
            consent=ConsentTerms(self.consent_mode, self.statutory_basis, self.consent_parameter, self.consent_subject),
        )


class NewServiceBody(ServiceBody):
    """A new service over an entry."""

    entry_uid: str


class ReasonBody(Schema):
    """Why."""

    reason: str


def service_row(service: Service) -> dict[str, Any]:
    """A service as a line of a list."""
    return {
        "uid": service.uid,
        "sid": service.sid,
        "name": service.name,
        "name_en": service.name_en,
        "entry_uid": service.entry.uid,
        "entry_code": service.entry.code,
        "provider_name": service.unit.name,
        "provider_code": service.unit.code,
        "shape": service.shape,
        "state": service.state,
        "version": service.version,
        "served_version": service.served_version,
        "answering": service.probe_ok,
        "consent_mode": service.consent_mode,
        "statutory_basis": service.statutory_basis,
        "lacks_ground": service.lacks_ground,
    }


def whole(service: Service) -> dict[str, Any]:
    """A service with everything it says."""
    return service_row(service) | {
        "abstract": service.abstract,
        "abstract_en": service.abstract_en,
        "share_type": service.entry.share_type,
        "share_condition": service.entry.share_condition,
        "address": f"{settings.QUANSHU_GATEWAY_URL}/s/{service.sid}",
        "published_at": service.published_at,
        "served_at": service.served_at,
        "serving_rows": service.serving_rows,
        "probed_at": service.probed_at,
        "spec": services.published_spec(service),
    }


def find(request: HttpRequest, uid: str) -> Service:
    """The service of the address, as the caller may see it."""
    actor_of(request, P.VIEW)
    return services.get_service(actor=actor_of(request), uid=uid)


@router.get("/services")
def list_services(
    request: HttpRequest,
    q: str = "",
    state: str = "",
    shape: str = "",
    unit: str = "",
    entry: str = "",
    limit: int = 50,
    offset: int = 0,
) -> dict[str, Any]:
    """Services by words and facets; `unit` and `entry` are uids."""
    actor = actor_of(request, P.VIEW)
    rows = services.list_services(actor)
    for word in q.split():
        rows = rows.filter(Q(name__icontains=word) | Q(name_en__icontains=word) | Q(sid__icontains=word))
    facets = {"state": state, "shape": shape, "unit__uid": unit, "entry__uid": entry}
    rows = rows.filter(**{key: value for key, value in facets.items() if value})
    return page_of(rows, limit=limit, offset=offset, serialise=service_row)


@router.get("/services/{uid}")
def get_service(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One service by uid or code."""
    return whole(find(request, uid))


@router.get("/services/{uid}/openapi")
def get_openapi(request: HttpRequest, uid: str) -> dict[str, Any]:
    """The OpenAPI document of its version in force."""
    return services.openapi_of(find(request, uid), server=settings.QUANSHU_GATEWAY_URL)


@router.post("/services", response={201: dict[str, Any]})
def create_service(request: HttpRequest, body: NewServiceBody) -> Status[dict[str, Any]]:
    """Draft a service over a published entry."""
    actor = actor_of(request)
    entry = get_entry(actor=actor, uid=body.entry_uid)
    return Status(201, whole(services.create_service(actor=actor, now=now(), entry=entry, data=body.value())))


@router.put("/services/{uid}")
def update_service(request: HttpRequest, uid: str, body: ServiceBody) -> dict[str, Any]:
    """Change a draft."""
    actor = actor_of(request)
    return whole(services.update_service(actor=actor, now=now(), service=find(request, uid), data=body.value()))


@router.post("/services/{uid}/publish")
def publish_service(request: HttpRequest, uid: str, ends_on: date | None = None) -> dict[str, Any]:
    """Freeze the draft as a version and have it served; `ends_on` is the last day of the version before."""
    actor = actor_of(request)
    return whole(services.publish_service(actor=actor, now=now(), service=find(request, uid), ends_on=ends_on))


@router.post("/services/{uid}/revise")
def revise_service(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Open the next version as a draft."""
    actor = actor_of(request)
    return whole(services.revise_service(actor=actor, now=now(), service=find(request, uid)))


@router.post("/services/{uid}/withdraw")
def withdraw_service(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Stop a service; gateways refuse its calls within a second."""
    actor = actor_of(request)
    return whole(services.withdraw_service(actor=actor, now=now(), service=find(request, uid), reason=body.reason))
