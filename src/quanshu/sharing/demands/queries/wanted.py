"""Demands for a service by itself: what it tells, and what a composite needs of the services it calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quanshu.gateway.composing import Composite
from quanshu.sharing.demands.models import Demand
from quanshu.sharing.demands.types import PartState
from quanshu.sharing.services.api import Consumer, Grant, Service, Shape, fields_of, gateway_spec, published_spec


@dataclass(frozen=True, slots=True)
class PartNeed:
    """A service that a composite calls, the fields it needs of it, how often a call, and how that stands for a demand.

    `state` is held (a grant in force covers it), own (the demand's supplier provides it, and so grants it as well), or
    missing (another unit has to grant it first).
    """

    service: Service
    fields: tuple[str, ...]
    calls: int
    state: PartState


def told_parts(service: Service) -> list[Mapping[str, Any]]:
    """What a service tells, as its spec describes it: fields, groups and measures, or what a verification compares."""
    spec = published_spec(service)
    if service.shape == Shape.VERIFY:
        return [part for part in spec["parameters"] if part["compare"]]
    return list(spec["fields"])


def in_force(service: Service) -> bool:
    """Whether a service can be granted: published, or an earlier version of it answers."""
    return service.state == "published" or (service.state != "withdrawn" and service.served_version is not None)


def parts_needed(service: Service, fields: Sequence[str]) -> dict[str, tuple[tuple[str, ...], int]]:
    """{service code: (fields needed, calls)} of a composite answered with `fields`; {} of any other shape.

    Of a query that is only to find something one field is needed, of a verification all that it compares.
    """
    spec = gateway_spec(service, published_spec(service), version=service.served_version or 0, table=False)
    if spec.composite is None:
        return {}
    sids = {node.name: node.sid for node in spec.composite.nodes}
    named: dict[str, list[str]] = {}
    calls: dict[str, int] = {}
    for node, names in Composite(spec, spec.composite).needed(tuple(fields)).items():
        named.setdefault(sids[node], []).extend(names)
        calls[sids[node]] = calls.get(sids[node], 0) + 1
    found = {}
    for part in Service.objects.filter(sid__in=list(named)):
        offers = fields_of(part)
        asked = tuple(name for name in offers if name in named[part.sid]) or offers[:1]
        found[part.sid] = (offers if part.shape == Shape.VERIFY else asked, calls[part.sid])
    return found


def parts_of(demand: Demand, *, now: datetime) -> list[PartNeed]:
    """What the composite that a demand asks for needs of each service it calls, in the order of their codes."""
    if demand.wanted is None:
        return []
    needed = parts_needed(demand.wanted, demand.fields)
    rows = Service.objects.filter(sid__in=list(needed)).select_related("entry__unit", "unit").order_by("sid")
    return [
        PartNeed(part, *needed[part.sid], state=part_state(demand, part, needed[part.sid][0], now=now)) for part in rows
    ]


def part_state(demand: Demand, part: Service, fields: Sequence[str], *, now: datetime) -> PartState:
    """How one part stands."""
    if is_held(demand.consumer, part, fields, now=now):
        return PartState.HELD
    return PartState.OWN if part.entry.unit_id == demand.supplier_unit_id else PartState.MISSING


def is_held(consumer: Consumer, service: Service, fields: Sequence[str], *, now: datetime) -> bool:
    """Whether an application holds a grant in force for a service with all of these fields."""
    rows = Grant.objects.filter(
        consumer=consumer, service=service, revoked_at__isnull=True, valid_from__lte=now, valid_until__gt=now
    )
    return any(set(fields) <= set(grant.fields) for grant in rows)


def covering(demand: Demand, *, now: datetime) -> Service | None:
    """The service a demand asks for, when it is in force and every part of another unit is granted; else None."""
    service = demand.wanted
    if service is None or not in_force(service) or not set(demand.fields) <= set(fields_of(service)):
        return None
    missing = any(part.state == PartState.MISSING for part in parts_of(demand, now=now))
    return None if missing else service
