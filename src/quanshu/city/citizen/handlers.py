"""New data: what was reported on the table is held against it."""

from __future__ import annotations

from quanshu.city.citizen.services import recheck_table
from quanshu.kernel.clock import now
from quanshu.shared.outbox.api import Event, subscribe


@subscribe("intake.batch.landed")
def recheck_landed(event: Event) -> None:
    """Close or open again the corrections of the table; told twice, it finds nothing the second time."""
    recheck_table(event.payload["entry_uid"], now())


@subscribe("catalogue.entry.repointed")
def recheck_repointed(event: Event) -> None:
    """The same for a table that is read from another place from now on."""
    recheck_table(event.payload["entry_uid"], now())
