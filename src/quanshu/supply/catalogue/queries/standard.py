"""Reads about the standard: under which version an entry stands, and what does not fit a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from quanshu.shared.access.api import Actor
from quanshu.supply.catalogue.models import Assessment, Entry, Fit
from quanshu.supply.catalogue.types import EntryData, ItemData
from quanshu.supply.standards.api import Standard, standard_of


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """One unit's published entries: how many were checked, fit a version, and already stand under it."""

    unit_uid: str
    unit_name: str
    checked: int
    fitting: int
    moved: int

    @property
    def rate(self) -> float | None:
        return self.fitting / self.checked if self.checked else None


def standard_of_entry(entry: Entry) -> Standard:
    """The version of the standard an entry was made under."""
    return standard_of(entry.standard)


def data_said(snapshot: Mapping[str, Any]) -> EntryData:
    """A published version's metadata as the value the rules work on."""
    given = {name: snapshot[name] for name in EntryData.__slots__ if name in snapshot}
    return EntryData(**{**given, "related_codes": tuple(given.get("related_codes", ()))})


def items_said(snapshot: Mapping[str, Any]) -> tuple[ItemData, ...]:
    """A published version's items."""
    return tuple(ItemData(**{**item, "code_list": tuple(item["code_list"])}) for item in snapshot["items"])


def find_assessment(number: int) -> Assessment | None:
    """How far the entries have been held against a version; None when that was not asked for."""
    return Assessment.objects.filter(number=number).first()


def list_fits(actor: Actor, number: int) -> QuerySet[Fit]:
    """What was found of the entries the actor may see under a version."""
    rows = Fit.objects.visible_to(actor).filter(number=number)
    return rows.select_related("entry__unit", "entry__classification")


def progress_of(actor: Actor, number: int) -> list[UnitProgress]:
    """Per unit, over the entries the actor may see: checked, fitting, moved; the furthest behind first."""
    rows: Any = (
        Fit.objects.visible_to(actor)
        .filter(number=number)
        .order_by()
        .values(unit_uid=F("entry__unit__uid"), unit_name=F("entry__unit__name"))
        .annotate(
            checked=Count("pk"),
            fitting=Count("pk", filter=Q(fits=True)),
            moved=Count("pk", filter=Q(fits=True, entry__standard__gte=number)),
        )
        .order_by("unit_name")
    )
    return sorted((UnitProgress(**row) for row in rows), key=lambda row: row.rate or 0)
