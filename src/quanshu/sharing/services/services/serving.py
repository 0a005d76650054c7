"""Serving tables: the columns a service needs, indexed, rebuilt for each new version of the data."""

from __future__ import annotations

import logging
import os
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from quanshu.gateway.snapshot import current_version, decode
from quanshu.lake.errors import MissingColumn
from quanshu.lake.serving import ServingTable, build_serving_table, remove_serving_tables
from quanshu.lake.serving_server import build_server_table, remove_server_tables
from quanshu.lake.tables import Lake
from quanshu.shared.jobs import api as jobs
from quanshu.shared.workflow.api import city_day
from quanshu.sharing.services import rules
from quanshu.sharing.services.models import Service, ServiceVersion, Serving
from quanshu.sharing.services.services.publishing import mark_dirty
from quanshu.sharing.services.types import ServiceState
from quanshu.supply.catalogue.api import items_of
from quanshu.supply.lake_store import get_lake

PROBE_JOB = "services.probe"
logger = logging.getLogger(__name__)
YOUNG = 3600


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
        landed = set(lake.schema(service.entry.lake_table).names)
        key = tuple(name for name in rules.marking_key(items_of(service.entry)) if name in landed)
        built = build_for(lake, service, row, key)
        old = build_old(lake, service, row, key, city_day(now))
        with transaction.atomic():
            for before in old:
                before.save(update_fields=["serving_file", "serving_table", "serving_key"])
            Service.objects.filter(pk=service.pk).exclude(state=ServiceState.WITHDRAWN).update(
                served_version=row.number,
                serving_file=built.file,
                serving_table=built.table,
                serving_rows=built.rows,
                serving_key=list(key),
                lake_version=built.lake_version,
                served_at=now,
            )
            Serving.objects.create(
                service=service,
                version=row.number,
                file=built.path.name,
                rows=built.rows,
                lake_table=service.entry.lake_table,
                lake_version=built.lake_version,
                landed_at=service.entry.landed_at if built.lake_version != service.lake_version else None,
                at=now,
            )
            mark_dirty()
            jobs.enqueue(PROBE_JOB, {"service_uid": service.uid}, now=now, run_at=None)
        done += 1
    return done


def build_for(lake: Lake, service: Service, row: ServiceVersion, key: tuple[str, ...]) -> ServingTable:
    """The serving table of one version over the newest data, where the node keeps them: on a server, or as a file."""
    table, keys = service.entry.lake_table, rules.key_sets(row.spec)
    columns = [*rules.columns_of(row.spec), *key]
    if settings.QUANSHU_SERVING_URL:
        return build_server_table(lake, table, columns=columns, keys=keys, url=settings.QUANSHU_SERVING_URL)
    built = build_serving_table(lake, table, columns=columns, keys=keys, target=settings.QUANSHU_SERVING_DIR)
    os.utime(built.path)
    return built


def build_old(
    lake: Lake, service: Service, newest: ServiceVersion, key: tuple[str, ...], today: date
) -> list[ServiceVersion]:
    """Build anew for the versions that answer beside the newest; those that have a new table, not yet saved.

    One whose columns the data no longer have keeps the table it has.
    """
    done = []
    for row in ServiceVersion.objects.filter(service=service, number__lt=newest.number, ends_on__gte=today):
        try:
            built = build_for(lake, service, row, key)
        except MissingColumn as fault:
            logger.warning("version %s of %s keeps its table: %s", row.number, service.sid, fault)
            continue
        row.serving_file, row.serving_table, row.serving_key = built.file, built.table, list(key)
        done.append(row)
    return done


def clear_old_tables(now: datetime) -> int:
    """Delete serving tables that nothing needs any more; returns how many.

    Kept are those that services in force point at, those that a gateway may still have from the last two
    snapshots, and those of the last hour, which a build may be about to put in force.
    """
    folder, url = settings.QUANSHU_SERVING_DIR, settings.QUANSHU_SERVING_URL
    in_force = Service.objects.exclude(state=ServiceState.WITHDRAWN).values_list("serving_file", flat=True)
    old = ServiceVersion.objects.filter(ends_on__gte=city_day(now)).values_list("serving_file", flat=True)
    needed = {*in_force, *old, *recent_files(settings.QUANSHU_GATEWAY_DIR)}
    before = now.timestamp() - YOUNG
    young = {path.name for path in folder.glob("*.sqlite") if path.stat().st_mtime > before}
    kept = [folder / name for name in needed | young]
    gone = 0
    for table in Service.objects.values_list("entry__lake_table", flat=True).distinct().order_by():
        gone += len(remove_serving_tables(folder, table, keep=kept))
        gone += len(remove_server_tables(url, table, keep=needed, before=before)) if url else 0
    return gone


def recent_files(folder: Path) -> set[str]:
    """Names of the serving files that the snapshot in force and the one before it name."""
    version = current_version(folder) or 0
    found = [folder / f"snapshot-{number}.json" for number in (version, version - 1)]
    return {part.table_file for path in found if path.exists() for part in decode(path.read_bytes()).services}
