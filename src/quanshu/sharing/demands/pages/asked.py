"""What can be asked for, as the pages show it: items of an entry, or what a service tells by itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from quanshu.shared.web.api import Card, Column
from quanshu.sharing.demands.models import Demand
from quanshu.sharing.demands.pages.labels import PART_STATES, PART_TONES
from quanshu.sharing.demands.queries.wanted import PartNeed, told_parts
from quanshu.sharing.demands.types import PartState
from quanshu.sharing.desk.api import title_of
from quanshu.sharing.services.api import Service
from quanshu.supply.catalogue.api import Entry


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A field that can be asked for."""

    name: str
    title: str
    grade: str


def rows_of(entry: Entry, wanted: Service | None) -> list[AskedRow]:
    """The fields of a service asked for by itself, else the entry's items."""
    if wanted is None:
        return [AskedRow(item.name, item.title, item.grade) for item in entry.items.all()]
    return [AskedRow(part["name"], title_of(part), part.get("grade", "general-1")) for part in told_parts(wanted)]


def asked_rows(demand: Demand) -> list[AskedRow]:
    """The fields that a demand asks for."""
    asked = set(demand.fields)
    return [row for row in rows_of(demand.entry, demand.wanted) if row.name in asked]


def ask_part(row: PartNeed) -> str:
    """Where a part that another unit must grant is asked for."""
    if row.state != PartState.MISSING:
        return row.service.get_absolute_url()
    address = f"{reverse('demands:new')}?entry={row.service.entry.uid}"
    return address if row.service.shape == "query" else f"{address}&service={row.service.uid}"


def parts_card(parts: list[PartNeed]) -> Card:
    """The services that the composite asked for calls, and how the grant of each stands."""
    columns = (
        Column("service", _("Service"), lambda row: row.service.title, link=ask_part),
        Column("unit", _("Supplier"), lambda row: str(row.service.entry.unit), phone=False),
        Column("fields", _("Fields"), lambda row: ", ".join(row.fields)),
        Column("state", _("State"), lambda row: PART_STATES[row.state], kind="badge",
               tone=lambda row: PART_TONES[row.state]),
    )  # fmt: skip
    note = _("The grant follows when every part of another unit is granted to the application.")
    return Card(_("Services that the composite calls"), note=note, columns=columns, rows=parts)
