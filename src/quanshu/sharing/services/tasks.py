"""Background work of services: serving tables, the snapshot, receipts, probes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import every_tick, job, periodic
from quanshu.sharing.services.models import Service
from quanshu.sharing.services.services import (
    carry_receipts,
    clear_journals,
    mend_snapshot,
    probe_service,
    probe_services,
    publish_snapshot,
    serve_entry,
)
from quanshu.sharing.services.services.serving import clear_old_tables


@job("services.serve", max_attempts=5, lease_seconds=300)
def do_serve(payload: dict[str, Any]) -> None:
    """Build an entry's serving tables and put them in force."""
    serve_entry(payload["entry_uid"], now())


@job("services.probe", max_attempts=3, lease_seconds=60)
def do_probe(payload: dict[str, Any]) -> None:
    """Check the services in force, or the one just put in force once gateways have its snapshot."""
    if "service_uid" not in payload:
        probe_services(now())
        return
    publish_snapshot(now())
    service = Service.objects.select_related("entry").get(uid=payload["service_uid"])
    wait_and_probe(service)


def wait_and_probe(service: Service) -> None:
    """Give gateways a moment to load the snapshot, then check."""
    import time

    for _ in range(6):
        time.sleep(0.5)
        if probe_service(service, now()):
            return


@job("services.clear_tables", max_attempts=2, lease_seconds=120)
def do_clear(payload: dict[str, Any]) -> None:
    """Delete serving files nothing points at."""
    clear_old_tables(now())


periodic("services.probe", "* * * * *")
periodic("services.clear_tables", "30 3 * * *")


@every_tick("services.snapshot", 0.3)
def tick_snapshot(at: datetime) -> None:
    """Publish what has changed."""
    publish_snapshot(at)


@every_tick("services.mend", 5)
def tick_mend(at: datetime) -> None:
    """Heal a snapshot that was damaged on disk."""
    mend_snapshot(at)


@every_tick("services.clear_journals", 3600)
def tick_journals(at: datetime) -> None:
    """Delete journals carried long ago: each worker those of the folders it carries from."""
    clear_journals(at)


@every_tick("services.receipts", 0.5)
def tick_receipts(at: datetime) -> None:
    """Carry receipts."""
    carry_receipts(at)
