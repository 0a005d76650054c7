"""The catalogue as the official table: what one may see, in the columns of the standard in force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.supply.catalogue.api import Classification, Entry, ItemData, data_of, face_of
from quanshu.supply.exchange.events import ExchangeEvent
from quanshu.supply.exchange.rules import table
from quanshu.supply.exchange.services import workbook
from quanshu.supply.exchange.types import TableTooLarge
from quanshu.supply.standards.api import Standard, standard_in_force

MOST_ENTRIES = 20_000


@transaction.atomic
def note_export(*, actor: Actor, now: datetime, rows: int) -> None:
    """Put into the trail that the table was exported; the page or call has narrowed it by the row rights."""
    audit.record(
        actor=actor,
        action=ExchangeEvent.EXPORTED,
        kind="exchange.table",
        uid="table",
        details={"entries": rows},
        now=now,
    )
    outbox.add(name=ExchangeEvent.EXPORTED, payload={"entries": rows, "by": actor.uid}, now=now)


def existing_of(actor: Actor, entry: Entry) -> table.Existing:
    """An entry as the reader may see it, for the table."""
    shown, items = face_of(actor, entry)
    return as_existing(shown, items)


def as_existing(entry: Entry, items: tuple[ItemData, ...]) -> table.Existing:
    """An entry with given items, for the table."""
    given = {
        "code": entry.code,
        "provider_name": entry.unit.name,
        "provider_code": entry.unit.code,
        "publish_date": entry.publish_date.isoformat() if entry.publish_date else "",
    }
    return table.Existing(data_of(entry), items, given)


def class_names() -> dict[str, str]:
    """{class code: Chinese name}."""
    return dict(Classification.objects.values_list("code", "name"))


def export_table(*, actor: Actor, now: datetime, rows: QuerySet[Entry]) -> bytes:
    """A workbook of entries in the official columns. Raises TableTooLarge."""
    total = rows.count()
    if total > MOST_ENTRIES:
        raise TableTooLarge(rows=total, most=MOST_ENTRIES)
    note_export(actor=actor, now=now, rows=total)
    standard = standard_in_force()
    return workbook.write_table(standard, lines(actor, rows, standard))


def lines(actor: Actor, rows: QuerySet[Entry], standard: Standard) -> Iterator[dict[str, str]]:
    """The table's rows, entry by entry."""
    names = class_names()
    found = rows.select_related("unit", "classification").prefetch_related("items")
    for entry in found.iterator(chunk_size=500):
        yield from table.table_rows(existing_of(actor, entry), standard, names)
