"""New data is checked as soon as it has landed."""

from __future__ import annotations

from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.outbox.api import Event, subscribe
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.quality.models import Rule, Scan
from quanshu.supply.quality.services import start_scan


@subscribe("catalogue.entry.repointed")
def check_new_table(event: Event) -> None:
    """Queue a scan when an entry's data are read from another table from now on."""
    entry = Entry.objects.select_related("unit").filter(uid=event.payload["entry_uid"]).first()
    if entry is None or Scan.objects.filter(run_uid=event.uid).exists():
        return
    if Rule.objects.filter(entry=entry, active=True).exists():
        start_scan(actor=SYSTEM, now=now(), entry=entry, run_uid=event.uid)


@subscribe("intake.batch.landed")
def check_new_data(event: Event) -> None:
    """Queue a scan of the table; a table without rules waits for them, and a batch told twice is checked once."""
    entry = Entry.objects.select_related("unit").filter(uid=event.payload["entry_uid"]).first()
    run_uid = event.payload["run_uid"]
    if entry is None or Scan.objects.filter(run_uid=run_uid).exists():
        return
    if Rule.objects.filter(entry=entry, active=True).exists():
        start_scan(actor=SYSTEM, now=now(), entry=entry, run_uid=run_uid)
