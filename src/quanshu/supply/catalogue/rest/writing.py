"""Writes of the catalogue."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Status

from quanshu.kernel.clock import now
from quanshu.organisation.api import get_unit
from quanshu.shared.web.api import actor_of
from quanshu.supply.catalogue import services
from quanshu.supply.catalogue.permissions import CataloguePermission as P
from quanshu.supply.catalogue.rest.bodies import EntryBody, GradeBody, ItemBody, NewEntryBody, ReasonBody, whole
from quanshu.supply.catalogue.rest.reading import find, router


@router.post("/entries", response={201: dict[str, Any]})
def create_entry(request: HttpRequest, body: NewEntryBody) -> Status[dict[str, Any]]:
    """Draft an entry of a unit."""
    actor = actor_of(request, P.EDIT)
    unit = get_unit(actor=actor, uid=body.unit_uid)
    items = [item.value() for item in body.items]
    return Status(201, whole(services.create_entry(actor=actor, now=now(), unit=unit, data=body.value(), items=items)))


@router.put("/entries/{uid}")
def update_entry(request: HttpRequest, uid: str, body: EntryBody) -> dict[str, Any]:
    """Change a draft's core metadata."""
    actor, entry = actor_of(request, P.EDIT), find(request, uid)
    return whole(services.update_entry(actor=actor, now=now(), entry=entry, data=body.value()))


@router.put("/entries/{uid}/items")
def set_items(request: HttpRequest, uid: str, body: list[ItemBody]) -> dict[str, Any]:
    """Replace a draft's items."""
    actor, entry = actor_of(request, P.EDIT), find(request, uid)
    items = [item.value() for item in body]
    return whole(services.set_items(actor=actor, now=now(), entry=entry, items=items))


@router.put("/entries/{uid}/grades")
def grade_items(request: HttpRequest, uid: str, body: GradeBody) -> dict[str, Any]:
    """Grade items of a draft or of an entry under review."""
    actor, entry = actor_of(request, P.GRADE), find(request, uid)
    return whole(services.grade_items(actor=actor, now=now(), entry=entry, grades=body.grades))


@router.post("/entries/{uid}/submit")
def submit_entry(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Send a draft to the bureau for review."""
    actor, entry = actor_of(request, P.SUBMIT), find(request, uid)
    return whole(services.submit_entry(actor=actor, now=now(), entry=entry))


@router.post("/entries/{uid}/publish")
def publish_entry(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Publish an entry under review."""
    actor, entry = actor_of(request, P.PUBLISH), find(request, uid)
    return whole(services.publish_entry(actor=actor, now=now(), entry=entry))


@router.post("/entries/{uid}/return")
def return_entry(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Send an entry under review back to its unit."""
    actor, entry = actor_of(request, P.PUBLISH), find(request, uid)
    return whole(services.return_entry(actor=actor, now=now(), entry=entry, reason=body.reason))


@router.post("/entries/{uid}/withdraw")
def withdraw_entry(request: HttpRequest, uid: str, body: ReasonBody) -> dict[str, Any]:
    """Take a published entry out of force."""
    actor, entry = actor_of(request, P.WITHDRAW), find(request, uid)
    return whole(services.withdraw_entry(actor=actor, now=now(), entry=entry, reason=body.reason))


@router.post("/entries/{uid}/revise")
def revise_entry(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Open the next version of a published or withdrawn entry."""
    actor, entry = actor_of(request, P.EDIT), find(request, uid)
    return whole(services.revise_entry(actor=actor, now=now(), entry=entry))
