"""Reads of composition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from quanshu.shared.access.api import Actor
from quanshu.sharing.composition import rules
from quanshu.sharing.composition.models import Composition
from quanshu.sharing.composition.types import RESULT, CompositionNotFound, Fault, GraphData, PartFacts
from quanshu.sharing.services.api import Service, Shape, published_spec

KIND = "composition.graph"
# What a verification tells; its title stands in both languages, as a catalogue item's does.
VERDICT = {"type": "string", "grade": "general-1", "mask": "none", "title": "核验结果", "title_en": "Result"}


def list_compositions(actor: Actor) -> QuerySet[Composition]:
    """Every composite the actor may see."""
    return Composition.objects.visible_to(actor).select_related("unit", "service__entry")


def get_composition(*, actor: Actor, uid: str) -> Composition:
    """One composite by uid, code or its service's uid; CompositionNotFound."""
    rows = list_compositions(actor).filter(Q(uid=uid) | Q(sid=uid) | Q(service__uid=uid))
    found = rows.first()
    if found is None:
        raise CompositionNotFound(composition=uid)
    return found


def services_to_call() -> QuerySet[Service]:
    """Services in force that can be parts."""
    rows = Service.objects.filter(served_version__isnull=False).exclude(state="withdrawn")
    return rows.filter(shape__in=(Shape.QUERY, Shape.VERIFY)).select_related("unit", "entry").order_by("name")


def parts_of(sids: Iterable[str]) -> dict[str, PartFacts]:
    """Facts of services by code."""
    rows = Service.objects.filter(sid__in=list(sids)).select_related("entry")
    return {service.sid: facts_of(service) for service in rows}


def facts_of(service: Service) -> PartFacts:
    """What a service offers as a part."""
    # Of a service just published the newest version, which is put in force within moments.
    published = service.state == "published"
    spec: dict[str, Any] = service.spec if published else published_spec(service)
    verify = service.shape == Shape.VERIFY
    fields = {RESULT: VERDICT} if verify else {field["name"]: field for field in spec["fields"]}
    return PartFacts(
        sid=service.sid,
        title=service.title,
        shape=service.shape,
        version=service.version if published else service.served_version or service.version,
        served=published or service.served_version is not None,
        parameters={part["name"]: part for part in spec["parameters"]},
        fields=fields,
    )


def faults_now(graph: GraphData) -> list[Fault]:
    """What is wrong with a graph as its services are now."""
    return rules.faults_of(graph, parts_of(rules.sids_of(graph)))


def composites_with(sid: str) -> QuerySet[Composition]:
    """Published composites that call a service."""
    rows = Composition.objects.filter(state="published").select_related("unit", "service")
    found = [row.pk for row in rows if sid in rules.sids_of(rules.graph_of(row.published_graph or {}))]
    return rows.filter(pk__in=found)
