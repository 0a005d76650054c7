"""A composite's names and its graph while it is drawn. A draft may have faults; what is published has none."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, require
from quanshu.sharing.composition import rules
from quanshu.sharing.composition.events import CompositionEvent as E
from quanshu.sharing.composition.models import Composition
from quanshu.sharing.composition.permissions import CompositionPermission as P
from quanshu.sharing.composition.services.noting import locked, note
from quanshu.sharing.composition.types import CompositionData, GraphData
from quanshu.sharing.services.api import Service, check_code

TEXTS = ("sid", "name", "name_en", "abstract", "abstract_en")


@transaction.atomic
def create_composition(*, actor: Actor, now: datetime, unit: Unit, data: CompositionData) -> Composition:
    """Begin a composite of a unit, without parts yet. Raises Forbidden, FieldErrors."""
    row = Composition(unit=unit, created_at=now, created_by=actor.name, owner_uid=actor.uid, updated_at=now)
    row.graph = plain(GraphData())
    require(actor, P.EDIT, row)
    _keep(row, data)
    note(E.CREATED, row, actor=actor, now=now)
    return row


@transaction.atomic
def change_composition(*, actor: Actor, now: datetime, composition: Composition, data: CompositionData) -> Composition:
    """Change the names; the code of a published one stays. Raises Forbidden, WrongState, FieldErrors."""
    row = locked(composition)
    require(actor, P.EDIT, row)
    rules.check_editable(row.state)
    if row.service_id is not None and data.sid != row.sid:
        fault = FieldError("sid", N_("Callers sign the code of a published service."), N_("Leave it as it is."))
        raise FieldErrors(errors=(fault,))
    row.updated_at = now
    _keep(row, data)
    note(E.CHANGED, row, actor=actor, now=now)
    return row


def _keep(row: Composition, data: CompositionData) -> None:
    check_code(data.sid, data.name)
    taken = FieldError("sid", N_("Another service has this code."), N_("Choose another code."))
    others = Service.objects.filter(sid=data.sid)
    if row.service is not None:
        others = others.exclude(pk=row.service.pk)
    if others.exists():
        raise FieldErrors(errors=(taken,))
    for name in TEXTS:
        setattr(row, name, getattr(data, name).strip())
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as fault:
        raise FieldErrors(errors=(taken,)) from fault


@transaction.atomic
def draw_graph(*, actor: Actor, now: datetime, composition: Composition, graph: GraphData) -> Composition:
    """Keep the graph as drawn, with its faults; what is published goes on answering. Raises Forbidden, WrongState."""
    row = locked(composition)
    require(actor, P.EDIT, row)
    rules.check_editable(row.state)
    row.graph, row.updated_at = plain(graph), now
    row.save(update_fields=["graph", "updated_at"])
    note(E.DRAWN, row, actor=actor, now=now, parts=list(rules.sids_of(graph)))
    return row


def plain(graph: GraphData) -> dict[str, object]:
    """The graph as JSON keeps it."""
    kept = asdict(graph)
    for node in kept["nodes"]:
        node["inputs"] = list(node["inputs"])
    for output in kept["outputs"]:
        output["sources"] = list(output["sources"])
    return {**kept, "nodes": list(kept["nodes"]), "outputs": list(kept["outputs"])}
