"""A composite in force: a version of a service like any other."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.shared.access.api import Actor, require
from quanshu.sharing.composition import rules
from quanshu.sharing.composition.events import CompositionEvent as E
from quanshu.sharing.composition.models import Composition
from quanshu.sharing.composition.permissions import CompositionPermission as P
from quanshu.sharing.composition.queries import parts_of
from quanshu.sharing.composition.services.drawing import TEXTS
from quanshu.sharing.composition.services.noting import locked, note
from quanshu.sharing.composition.types import CompositionState, NothingNew, NotPublished
from quanshu.sharing.services.api import (
    Service,
    ServiceData,
    Shape,
    create_service,
    publish_service,
    revise_service,
    update_service,
    withdraw_service,
)


@transaction.atomic
def publish_composition(*, actor: Actor, now: datetime, composition: Composition) -> Composition:
    """Check the graph and put it in force as the next version of its service.

    The service stands at the catalogue entry of the first part, by which it is found and asked for. Raises
    Forbidden, WrongState, NothingNew, FieldErrors with the parts named, and as publish_service.
    """
    row = locked(composition)
    require(actor, P.PUBLISH, row)
    rules.check_editable(row.state)
    if row.state == CompositionState.PUBLISHED and not row.changed and not row.faults:
        raise NothingNew
    graph = row.drawn
    parts = parts_of(rules.sids_of(graph))
    rules.check_graph(graph, parts)
    texts = {name: getattr(row, name) for name in TEXTS}
    spec = rules.spec_of(graph, parts)
    data = ServiceData(**texts, shape=Shape.COMPOSITE, parameters=(), composite=spec)
    service = _service(row, data, graph.nodes[0].sid, actor=actor, now=now)
    row.service = publish_service(actor=actor, now=now, service=service)
    row.state, row.published_graph, row.updated_at = CompositionState.PUBLISHED, row.graph, now
    row.faults, row.failing_since = [], None
    row.save()
    note(E.PUBLISHED, row, actor=actor, now=now, version=row.service.version, parts=list(rules.sids_of(graph)))
    return row


def _service(row: Composition, data: ServiceData, first: str, *, actor: Actor, now: datetime) -> Service:
    """The draft of the next version."""
    if row.service is None:
        entry = Service.objects.select_related("entry__unit").get(sid=first).entry
        return create_service(actor=actor, now=now, entry=entry, data=data, unit=row.unit)
    service = revise_service(actor=actor, now=now, service=row.service) if row.service.state != "draft" else row.service
    return update_service(actor=actor, now=now, service=service, data=data)


@transaction.atomic
def withdraw_composition(*, actor: Actor, now: datetime, composition: Composition, reason: str) -> Composition:
    """End a composite; gateways refuse its calls within a second. Raises Forbidden, NotPublished, FieldErrors."""
    row = locked(composition)
    require(actor, P.PUBLISH, row)
    if row.state != CompositionState.PUBLISHED or row.service is None:
        raise NotPublished
    withdraw_service(actor=actor, now=now, service=row.service, reason=reason)
    row.state, row.faults, row.failing_since, row.updated_at = CompositionState.WITHDRAWN, [], None, now
    row.save(update_fields=["state", "faults", "failing_since", "updated_at"])
    note(E.WITHDRAWN, row, actor=actor, now=now, reason=reason)
    return row
