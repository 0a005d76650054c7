"""New data, and entries that leave the catalogue, as services see them."""

from __future__ import annotations

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import enqueue
from quanshu.shared.outbox.api import Event, subscribe
from quanshu.sharing.services.services import withdraw_not_allowed
from quanshu.sharing.services.services.defining import SERVE_JOB
from quanshu.sharing.services.services.publishing import mark_dirty


@subscribe("intake.batch.landed")
def serve_new_data(event: Event) -> None:
    """Build the serving tables anew; a batch told twice finds its file there."""
    run = event.payload["run_uid"]
    enqueue(SERVE_JOB, {"entry_uid": event.payload["entry_uid"]}, now=now(), key=f"{SERVE_JOB}:{run}")


@subscribe("catalogue.entry.repointed")
def serve_new_table(event: Event) -> None:
    """Build the serving tables from the table an entry's data are now read from."""
    enqueue(SERVE_JOB, {"entry_uid": event.payload["entry_uid"]}, now=now(), key=f"{SERVE_JOB}:{event.uid}")


@subscribe("catalogue.entry.published")
def check_new_version(event: Event) -> None:
    """Stop services that the entry's new version forbids; those stopped before are left alone."""
    withdraw_not_allowed(entry_uid=event.payload["entry_uid"], now=now())


@subscribe("catalogue.entry.withdrawn")
def stop_with_entry(event: Event) -> None:
    """Stop the services of an entry that left the catalogue."""
    withdraw_not_allowed(entry_uid=event.payload["entry_uid"], now=now())


@subscribe("intake.push.granted", "intake.push.revoked", "intake.source.changed")
def publish_push_rights(event: Event) -> None:
    """Gateways learn from the next snapshot who may push where."""
    mark_dirty()
