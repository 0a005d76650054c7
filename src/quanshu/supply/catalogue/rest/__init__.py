"""The catalogue over the API."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import Router, Schema

from quanshu.kernel.clock import now
from quanshu.organisation.api import get_unit
from quanshu.shared.access.api import require
from quanshu.shared.web.api import page_of
from quanshu.supply.catalogue import queries, rules, services
from quanshu.supply.catalogue.models import Entry
from quanshu.supply.catalogue.permissions import CataloguePermission as P
from quanshu.supply.catalogue.types import EntryData, ItemData

router = Router()


class ItemBody(Schema):
    """An information item."""

    name: str
    title: str
    data_type: str = "string"
    title_en: str = ""
    length: int | None = None
    required: bool = False
    is_key: bool = False
    code_list: list[str] = []
    grade: str = ""
    personal: bool = False
    mask: str = "none"
    unit_of_measure: str = ""


class EntryBody(Schema):
    """Core metadata as entered."""

    resource_name: str
    classification_code: str
    abstract: str
    name_en: str = ""
    abstract_en: str = ""
    format_class: str = "database"
    share_type: str = "2"
    share_condition: str = ""
    share_law: str = ""
    share_mode: str = "gateway"
    open_type: str = "closed"
    open_condition: str = ""
    update_cycle: str = "monthly"
    related_codes: list[str] = []
    sensitive_reason: str = ""

    def value(self) -> EntryData:
        """As the value services take."""
        return EntryData(
            **{**self.dict(include=set(EntryBody.model_fields)), "related_codes": tuple(self.related_codes)}
        )


class NewEntryBody(EntryBody):
    """A new entry of a unit with its items."""

    unit_uid: str
    items: list[ItemBody] = []


class GradeBody(Schema):
    """{field: grade}."""

    grades: dict[str, str]


class ReasonBody(Schema):
    """Why."""

    reason: str


def item_values(items: list[ItemBody]) -> list[ItemData]:
    """Items as the values services take."""
    return [ItemData(**{**item.dict(), "code_list": tuple(item.code_list)}) for item in items]


def entry_row(entry: Entry) -> dict[str, Any]:
    """An entry as a line of a list."""
    return {
        "uid": entry.uid,
        "code": entry.code,
        "resource_name": entry.resource_name,
        "name_en": entry.name_en,
        "provider_name": entry.unit.name,
        "provider_code": entry.unit.code,
        "state": entry.state,
        "version": entry.version,
        "share_type": entry.share_type,
        "update_cycle": entry.update_cycle,
        "landed_rows": entry.landed_rows,
        "mounted": entry.mounted,
    }


def whole(entry: Entry) -> dict[str, Any]:
    """An entry with everything it says."""
    return (
        entry_row(entry)
        | queries.snapshot_of(entry, queries.items_of(entry))
        | {
            "highest_grade": queries.highest_grade(entry),
            "landed_at": entry.landed_at,
            "mounted_checked_at": entry.mounted_checked_at,
            "publish_date": entry.publish_date,
        }
    )


def find(request: HttpRequest, uid: str) -> Entry:
    """The entry of the address, as the caller may see it."""
    return queries.get_entry(actor=request.actor, uid=uid)  # type: ignore[attr-defined]


@router.get("/entries")
def list_entries(
    request: HttpRequest,
    q: str = "",
    state: str = "",
    unit: str = "",
    share_type: str = "",
    mounted: bool | None = None,
    limit: int = 50,
    offset: int = 0,
) -> dict[str, Any]:
    """Entries by words and facets."""
    actor = request.actor  # type: ignore[attr-defined]
    require(actor, P.VIEW)
    rows = queries.list_entries(actor)
    for word in q.split():
        found = Q(resource_name__icontains=word) | Q(abstract__icontains=word) | Q(items__title__icontains=word)
        rows = rows.filter(found | Q(name_en__icontains=word) | Q(code__icontains=word)).distinct()
    facets = {"state": state, "unit__uid": unit, "share_type": share_type}
    rows = rows.filter(**{key: value for key, value in facets.items() if value})
    if mounted is not None:
        rows = rows.filter(mounted=mounted)
    return page_of(rows, limit=limit, offset=offset, serialise=entry_row)


@router.post("/entries")
def create_entry(request: HttpRequest, body: NewEntryBody) -> dict[str, Any]:
    """Draft an entry."""
    actor = request.actor  # type: ignore[attr-defined]
    unit = get_unit(actor=actor, uid=body.unit_uid)
    items = item_values(body.items)
    return whole(services.create_entry(actor=actor, now=now(), unit=unit, data=body.value(), items=items))


@router.get("/entries/{uid}")
def get_entry(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One entry by uid."""
    return whole(find(request, uid))


@router.put("/entries/{uid}")
def update_entry(request: HttpRequest, uid: str, body: EntryBody) -> dict[str, Any]:
    """Change a draft."""
    actor = request.actor  # type: ignore[attr-defined]
    return whole(services.update_entry(actor=actor, now=now(), entry=find(request, uid), data=body.value()))


@router.put("/entries/{uid}/items")
def set_items(request: HttpRequest, uid: str, body: list[ItemBody]) -> dict[str, Any]:
    """Replace a draft's items."""
    actor = request.actor  # type: ignore[attr-defined]
    return whole(services.set_items(actor=actor, now=now(), entry=find(request, uid), items=item_values(body)))


@router.post("/entries/{uid}/grades")
def grade(request: HttpRequest, uid: str, body: GradeBody) -> dict[str, Any]:
    """Grade items."""
    actor = request.actor  # type: ignore[attr-defined]
    return whole(services.grade_items(actor=actor, now=now(), entry=find(request, uid), grades=body.grades))


@router.post("/entries/{uid}/submit")
def submit(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Send to review."""
    return whole(services.submit_entry(actor=request.actor, now=now(), entry=find(request, uid)))  # type: ignore[attr-defined]


@router.post("/entries/{uid}/publish")
def publish(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Publish an entry under review."""
    return whole(services.publish_entry(actor=request.actor, now=now(), entry=find(request, uid)))  # type: ignore[attr-defined]


@router.post("/entries/{uid}/return")
def send_back(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Send back to the unit."""
    actor, entry = request.actor, find(request, uid)  # type: ignore[attr-defined]
    return whole(services.return_entry(actor=actor, now=now(), entry=entry, reason=body.reason))


@router.post("/entries/{uid}/withdraw")
def withdraw(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Withdraw a published entry."""
    actor, entry = request.actor, find(request, uid)  # type: ignore[attr-defined]
    return whole(services.withdraw_entry(actor=actor, now=now(), entry=entry, reason=body.reason))


@router.post("/entries/{uid}/revise")
def revise(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Open the next version."""
    return whole(services.revise_entry(actor=request.actor, now=now(), entry=find(request, uid)))  # type: ignore[attr-defined]


@router.get("/entries/{uid}/versions")
def versions(request: HttpRequest, uid: str) -> list[dict[str, Any]]:
    """Published versions, newest first, each with what it changed."""
    rows = list(find(request, uid).versions.order_by("number"))
    found = []
    for before, row in zip([None, *rows], rows, strict=False):
        changed = rules.differences(before.snapshot, row.snapshot) if before else []
        found.append(
            {
                "number": row.number,
                "published_at": row.published_at,
                "published_by": row.published_by,
                "changes": [{"path": path, "before": old, "after": new} for path, old, new in changed],
            }
        )
    return found[::-1]
