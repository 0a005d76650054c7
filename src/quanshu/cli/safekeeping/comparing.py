"""Whether a node is whole, and whether it is what a backup says; each fault is one plain line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from quanshu.cli.readiness import check_not_newer, standing
from quanshu.cli.safekeeping import database
from quanshu.cli.safekeeping.sinks import file_chunks
from quanshu.cli.safekeeping.types import Manifest


def database_faults(manifest: Manifest) -> Iterator[str]:
    """Where the database differs from the backup's counts and audit tree."""
    counts = database.table_counts(database.own_rows, database.kind())
    for name in sorted(manifest.tables.keys() | counts.keys()):
        kept, there = manifest.tables.get(name), counts.get(name)
        if kept != there:
            yield f"table {name}: {told(there)} instead of {told(kept)}"
    head = database.audit_head(database.own_rows)
    yield from (
        f"audit {key}: {head[key]} instead of {kept}" for key, kept in manifest.audit.items() if head[key] != kept
    )


def told(rows: int | None) -> str:
    """A count of rows, or that there is no such table."""
    return "no table" if rows is None else f"{rows} rows"


def lake_faults(manifest: Manifest) -> Iterator[str]:
    """Where the lake differs from the backup's versions and rows."""
    from quanshu.supply.lake_store import get_lake

    lake = get_lake()
    there = set(lake.tables())
    for name, kept in sorted(manifest.lake.items()):
        if name not in there:
            yield f"lake table {name} is missing"
        elif lake.version(name) != kept["version"]:
            yield f"lake table {name}: version {lake.version(name)} instead of {kept['version']}"
        elif (rows := counted(name)) != kept["rows"]:
            yield f"lake table {name}: {rows} rows instead of {kept['rows']}"
    yield from (f"lake table {name} is not in the backup" for name in sorted(there - manifest.lake.keys()))


def counted(name: str) -> int:
    """Rows of a lake table, counted by reading it: what its log says is not believed."""
    from quanshu.supply.lake_store import get_lake

    lake = get_lake()
    schema = lake.schema(name)
    with lake.scan(name, columns=schema.names[:1]) as reader:
        return sum(batch.num_rows for batch in reader)


def node_faults(now: datetime) -> Iterator[str]:
    """What is wrong with this node: migrations, audit trail, lake, files, keys, serving tables, snapshot."""
    found = standing()
    check_not_newer(found)
    yield from (f"migration {name} is missing: run quanshu upgrade" for name in found.lacking)
    yield from audit_faults()
    yield from named_faults()
    yield from file_faults()
    yield from serving_faults(now)


def audit_faults() -> Iterator[str]:
    """The audit trail recomputed."""
    from quanshu.shared.audit.api import integrity_report

    report = integrity_report()
    if not report.sound:
        yield "audit trail: " + ", ".join(f"{name} {value}" for name, value in report.as_rows())


def named_faults() -> Iterator[str]:
    """Lake tables that loads have written: there, and with that version."""
    from quanshu.supply.lake_store import get_lake

    lake = get_lake()
    sql = (
        "SELECT e.lake_table, max(r.lake_version) FROM intake_run r JOIN intake_source s ON s.id = r.source_id "
        "JOIN catalogue_entry e ON e.id = s.entry_id WHERE r.lake_version IS NOT NULL GROUP BY e.lake_table"
    )
    for name, version in database.own_rows(sql):
        if not lake.exists(name):
            yield f"lake table {name} is missing"
        elif lake.version(name) < version:
            yield f"lake table {name}: newest version {lake.version(name)}, the database names {version}"


def file_faults() -> Iterator[str]:
    """Files handed in: each there, with the content its name says."""
    from django.conf import settings

    folder: Path = settings.QUANSHU_FILES_DIR
    for (name,) in database.own_rows("SELECT digest FROM files_storedfile"):
        path = folder / name[:2] / name
        if not path.is_file():
            yield f"file {name} is missing"
            continue
        digest = hashlib.sha256()
        for chunk in file_chunks(path):
            digest.update(chunk)
        if digest.hexdigest() != name:
            yield f"file {name} has another content"


def serving_faults(now: datetime) -> Iterator[str]:
    """Keys, the signed snapshot, and the serving tables it names."""
    from django.conf import settings

    from quanshu.gateway.snapshot import BadSnapshot, load_snapshot
    from quanshu.gateway.state import open_keys

    keys: Path = settings.QUANSHU_KEYS_DIR
    missing = [name for name in ("snapshot.pub", "snapshot.key", "gateway.seal") if not (keys / name).exists()]
    yield from (f"key {name} is missing" for name in missing)
    if missing:
        return
    try:
        snapshot = load_snapshot(settings.QUANSHU_GATEWAY_DIR, (keys / "snapshot.pub").read_bytes())
        for client in snapshot.clients:
            open_keys(client, (keys / "gateway.seal").read_bytes())
    except BadSnapshot as fault:
        yield f"snapshot: {fault.render()}"
        return
    for service in snapshot.services:
        is_file = service.table_file.endswith(".sqlite")
        if is_file and not (settings.QUANSHU_SERVING_DIR / service.table_file).exists():
            yield f"serving table {service.table_file} of {service.sid} is missing"
