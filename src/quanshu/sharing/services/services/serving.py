"""Serving tables: the columns a service needs, indexed, rebuilt for each new version of the data."""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path
from typing import Any

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
from quanshu.sharing.services.services.releasing import make_release, release_table
from quanshu.sharing.services.types import ServiceState, Shape
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
    rows = Service.objects.filter(entry__uid=entry_uid).exclude(shape=Shape.COMPOSITE)
    for service in rows.select_related("entry"):
        row = ServiceVersion.objects.filter(service=service).order_by("-number").first()
        if row is None or service.state == ServiceState.WITHDRAWN or not lake.exists(service.entry.lake_table):
            continue
        table, columns, keys, key = source_of(lake, service, row.spec, now)
        built = build(lake, table, columns, keys)
        old = build_old(lake, service, row, now)
        with transaction.atomic():
            for before in old:
                before.save(update_fields=["serving_file", "serving_table", "serving_key"])
            Serving.objects.create(
                service=service,
                version=row.number,
                file=built.file,
                rows=built.rows,
                lake_table=table,
                lake_version=built.lake_version,
                landed_at=service.entry.landed_at if built.lake_version != service.lake_version else None,
                at=now,
            )
            put_in_force(
                service,
                now,
                served_version=row.number,
                serving_file=built.file,
                serving_table=built.table,
                serving_rows=built.rows,
                serving_key=list(key),
                lake_version=built.lake_version,
            )
        done += 1
    return done


def source_of(
    lake: Lake, service: Service, spec: dict[str, Any], now: datetime
) -> tuple[str, list[str], list[list[str]], tuple[str, ...]]:
    """(table, columns, sets of keys, marking key) to build from: a statistic's is its release, without any record."""
    if service.shape == Shape.STATISTIC:
        table = make_release(lake, service, spec, now)
        return table, list(lake.schema(table).names), [["level"]], ()
    landed = set(lake.schema(service.entry.lake_table).names)
    key = tuple(name for name in rules.marking_key(items_of(service.entry)) if name in landed)
    return service.entry.lake_table, [*rules.columns_of(spec), *key], rules.key_sets(spec), key


@transaction.atomic
def put_in_force(service: Service, now: datetime, **served: Any) -> None:
    """A version answers from the next snapshot on, and is checked then. A composite has no table of its own."""
    served = served or {"served_version": service.version}
    rows = Service.objects.filter(pk=service.pk).exclude(state=ServiceState.WITHDRAWN)
    rows.update(served_at=now, **served)
    mark_dirty()
    jobs.enqueue(PROBE_JOB, {"service_uid": service.uid}, now=now, run_at=None)


def build(lake: Lake, table: str, columns: list[str], keys: list[list[str]]) -> ServingTable:
    """The serving table where the node keeps them: on the PostgreSQL server, or as a file."""
    if settings.QUANSHU_SERVING_URL:
        return build_server_table(lake, table, columns=columns, keys=keys, url=settings.QUANSHU_SERVING_URL)
    built = build_serving_table(lake, table, columns=columns, keys=keys, target=settings.QUANSHU_SERVING_DIR)
    os.utime(built.path)
    return built


def build_old(lake: Lake, service: Service, newest: ServiceVersion, now: datetime) -> list[ServiceVersion]:
    """Build anew for the versions that answer beside the newest; those that have a new table, not yet saved.

    One whose columns the data no longer have keeps the table it has.
    """
    done = []
    for row in ServiceVersion.objects.filter(service=service, number__lt=newest.number, ends_on__gte=city_day(now)):
        try:
            table, columns, keys, key = source_of(lake, service, row.spec, now)
            built = build(lake, table, columns, keys)
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
    cubes = Service.objects.filter(shape=Shape.STATISTIC).values_list("sid", flat=True)
    tables = set(Service.objects.values_list("entry__lake_table", flat=True))
    for table in tables | {release_table(sid) for sid in cubes}:
        gone += len(remove_serving_tables(folder, table, keep=kept))
        gone += len(remove_server_tables(url, table, keep=needed, before=before)) if url else 0
    return gone


def recent_files(folder: Path) -> set[str]:
    """Names of the serving files that the snapshot in force and the one before it name."""
    version = current_version(folder) or 0
    found = [folder / f"snapshot-{number}.json" for number in (version, version - 1)]
    return {part.table_file for path in found if path.exists() for part in decode(path.read_bytes()).services}
