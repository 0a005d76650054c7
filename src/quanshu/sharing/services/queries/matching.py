"""What already covers the fields somebody wants: services, grants, and the probable supplier of some typed freely."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor
from quanshu.sharing.services.models import Grant, Service
from quanshu.sharing.services.queries import fields_of, published_spec
from quanshu.sharing.services.types import Shape
from quanshu.supply.catalogue.api import Entry, list_entries, search_entries

WORDS = re.compile(r"[\s,，、;；]+")
MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class ServiceMatch:
    """A service of an entry, and which of the fields asked for it carries.

    A query answers with them; a statistic counts by them or sums them up, a composite passes them on, a verification
    compares them. Those are asked for by themselves.
    """

    service: Service
    has: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether it carries them all."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class GrantMatch:
    """A grant that a unit holds, and which of the fields asked for it covers."""

    grant: Grant
    has: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SupplierMatch:
    """An entry that seems to hold the data typed freely: the words found in it, and those not."""

    entry: Entry
    found: tuple[str, ...]
    missing: tuple[str, ...]


def matching_services(entry: Entry, fields: Sequence[str]) -> list[ServiceMatch]:
    """Services that carry some of an entry's fields, published or being made: queries first, the fullest first.

    Of equals the published come first, then the narrowest. Composites count that call a service of the entry.
    """
    rows = Service.objects.filter(Q(entry=entry) | Q(shape=Shape.COMPOSITE)).exclude(state="withdrawn")
    own = set(Service.objects.filter(entry=entry).values_list("sid", flat=True))
    found = []
    for service in rows.select_related("unit", "entry"):
        offers = items_told(service, own)
        has = tuple(name for name in fields if name in offers)
        if has:
            missing = tuple(name for name in fields if name not in offers)
            other = service.shape != Shape.QUERY
            late = service.state != "published"
            found.append((other, len(missing), late, len(offers), service.sid, service, has, missing))
    return [ServiceMatch(*row[5:]) for row in sorted(found, key=lambda row: row[:5])]


def items_told(service: Service, own: set[str]) -> set[str]:
    """Names of an entry's items that a service tells something of; `own` are codes of the entry's services."""
    spec = published_spec(service)
    if service.shape == Shape.STATISTIC:
        cube = spec["statistic"]
        return {part["item"] for part in [*cube["groups"], *cube["measures"]] if part["item"]}
    if service.shape == Shape.COMPOSITE:
        graph = spec["composite"]
        nodes = {node["name"] for node in graph["nodes"] if node["sid"] in own}
        return {name for output in graph["outputs"] for node, name in output["sources"] if node in nodes}
    return set(fields_of(service))


def held_grants(unit: Unit, entry: Entry, fields: Sequence[str], *, now: datetime) -> list[GrantMatch]:
    """Grants of a unit's applications for the entry that hold now and cover some of the fields: the fullest first."""
    rows = Grant.objects.filter(
        Q(consumer__unit=unit),
        service__entry=entry,
        consumer__active=True,
        revoked_at__isnull=True,
        valid_from__lte=now,
        valid_until__gt=now,
    ).select_related("consumer", "service")
    found = []
    for grant in rows:
        has = tuple(name for name in fields if name in set(grant.fields))
        if has:
            found.append(GrantMatch(grant, has, tuple(name for name in fields if name not in set(grant.fields))))
    return sorted(found, key=lambda match: (len(match.missing), match.grant.pk))


def probable_suppliers(actor: Actor, text: str, *, limit: int = 20) -> list[SupplierMatch]:
    """Published entries that may be asked for and hold fields named in Chinese, English or by sound.

    `text` is split at spaces and commas; the entries in which most words are found come first.
    """
    words = [word for word in WORDS.split(text.strip()) if word][:MOST_WORDS]
    within = list_entries(actor).filter(published_version__isnull=False).exclude(share_type="3")
    if actor.unit_path:
        within = within.exclude(unit__path=actor.unit_path)
    found: dict[int, tuple[Entry, list[str]]] = {}
    order: dict[int, int] = {}
    for word in words:
        for place, hit in enumerate(search_entries(actor=actor, text=word, within=within, limit=50).hits):
            found.setdefault(hit.entry.pk, (hit.entry, []))[1].append(word)
            order[hit.entry.pk] = min(order.get(hit.entry.pk, place), place)
    ranked = sorted(found.items(), key=lambda item: (-len(item[1][1]), order[item[0]]))
    return [
        SupplierMatch(entry, tuple(has), tuple(word for word in words if word not in has))
        for _pk, (entry, has) in ranked[:limit]
    ]
