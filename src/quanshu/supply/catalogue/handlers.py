"""Keeps an entry's live figures, and holds the entries against a new version of the standard."""

from __future__ import annotations

from datetime import datetime

from quanshu.kernel.clock import now as clock_now
from quanshu.shared.outbox.api import Event, subscribe
from quanshu.supply.catalogue.models import Entry
from quanshu.supply.catalogue.search.index import index_units
from quanshu.supply.catalogue.services.migrating import queue_assessment


@subscribe("intake.batch.landed")
def note_landing(event: Event) -> None:
    """Rows of the entry are in the lake. An older batch told late changes nothing."""
    at = datetime.fromisoformat(event.payload["at"])
    rows = Entry.objects.filter(uid=event.payload["entry_uid"])
    rows = rows.filter(landed_at__isnull=True) | rows.filter(landed_at__lte=at)
    rows.update(landed_rows=event.payload["rows_total"], landed_at=at)


@subscribe("services.mount.changed")
def note_mounting(event: Event) -> None:
    """A probe of the entry's services has changed its answer."""
    at = datetime.fromisoformat(event.payload["at"])
    rows = Entry.objects.filter(uid=event.payload["entry_uid"])
    rows = rows.filter(mounted_checked_at__isnull=True) | rows.filter(mounted_checked_at__lte=at)
    rows.update(mounted=event.payload["mounted"], mounted_checked_at=at)


@subscribe("organisation.unit.changed")
def note_unit(event: Event) -> None:
    """A unit may have a new name: its entries are found by it."""
    index_units([event.payload["uid"]])


@subscribe("standards.version.decided", "standards.version.began")
def hold_against(event: Event) -> None:
    """A version of the standard is decided or in force: find the entries that do not fit it."""
    queue_assessment(event.payload["number"], now=clock_now())
