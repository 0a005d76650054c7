"""Serving tables: the columns a service needs, indexed, rebuilt for each new version of the data."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from quanshu.lake.serving import build_serving_table, remove_serving_tables
from quanshu.shared.jobs import api as jobs
from quanshu.sharing.services import rules
from quanshu.sharing.services.models import Service, ServiceVersion
from quanshu.sharing.services.services.publishing import mark_dirty
from quanshu.sharing.services.types import ServiceState
from quanshu.supply.lake_store import get_lake

PROBE_JOB = "services.probe"


def serve_entry(entry_uid: str, now: datetime) -> int:
    """Build what the entry's published services need from the newest data, and put it in force; returns how many.

    Safe to run again: a file that is there is reused, and the pointers move together in one transaction.
    """
    lake = get_lake()
    done = 0
    for service in Service.objects.filter(entry__uid=entry_uid).select_related("entry"):
        row = ServiceVersion.objects.filter(service=service).order_by("-number").first()
        if row is None or service.state == ServiceState.WITHDRAWN or not lake.exists(service.entry.lake_table):
            continue
        built = build_serving_table(
            lake,
            service.entry.lake_table,
            columns=rules.columns_of(row.spec),
            keys=rules.key_sets(row.spec),
            target=settings.QUANSHU_SERVING_DIR,
        )
        with transaction.atomic():
            Service.objects.filter(pk=service.pk).exclude(state=ServiceState.WITHDRAWN).update(
                served_version=row.number,
                serving_file=built.path.name,
                serving_table=built.table,
                serving_rows=built.rows,
                lake_version=built.lake_version,
                served_at=now,
            )
            mark_dirty()
            jobs.enqueue(PROBE_JOB, {"service_uid": service.uid}, now=now, run_at=None)
        done += 1
    return done


def clear_old_tables() -> int:
    """Delete serving files that no service points at any more; gateways that hold one keep it. Returns how many."""
    rows = Service.objects.exclude(serving_file="").values_list("entry__lake_table", "serving_file")
    kept: dict[str, list[Path]] = {}
    for table, file in rows:
        kept.setdefault(table, []).append(settings.QUANSHU_SERVING_DIR / file)
    return sum(
        len(remove_serving_tables(settings.QUANSHU_SERVING_DIR, table, keep=files)) for table, files in kept.items()
    )
