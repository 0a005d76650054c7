"""Restoring a node: everything is checked before the first byte is written, and compared after the last."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from quanshu.cli.readiness import RESTORING, shown
from quanshu.cli.safekeeping import comparing, database
from quanshu.cli.safekeeping.sealing import open_keys
from quanshu.cli.safekeeping.sources import Source, check_parts, open_source
from quanshu.cli.safekeeping.types import (
    CHUNK,
    MANIFEST,
    SEALED_KEYS,
    BackupNewer,
    Manifest,
    NotEmpty,
    OtherDatabase,
    RestoreFailed,
)

Say = Callable[[str], None]
# Made by every command that reads the settings, and replaced by the backup's own.
FRESH = frozenset({"keys", RESTORING})


def restore(place: Path, *, passphrase: str = "", now: datetime, say: Say) -> list[str]:
    """Make this empty node what the backup holds; returns what differs from it, nothing when all is as it was.

    Raises `backup.damaged`, `backup.none`, `backup.newer`, `restore.not_empty`, `restore.other_database`,
    `restore.passphrase_needed` before anything is written; `restore.failed` after.
    """
    with open_source(place) as source:
        manifest = source.manifest
        say(f"backup of {manifest.node}, made {manifest.made_at} by version {manifest.version}")
        check_fits(manifest)
        check_empty()
        keys = open_keys(source.open(SEALED_KEYS).read(), passphrase) if manifest.sealed else {}
        check_parts(source)
        say(f"{len(manifest.parts):,} parts are as the manifest says")
        try:
            write_all(source, keys)
            faults = [*comparing.database_faults(manifest), *comparing.lake_faults(manifest)]
            say("database and lake are in place")
            rebuild(now, say)
        except OSError as fault:
            raise RestoreFailed(fault=f"{fault.strerror or fault} ({fault.filename or ''}).") from fault
    home_marker().unlink()
    return [*faults, *comparing.node_faults(now)]


def check_fits(manifest: Manifest) -> None:
    """The backup is of this kind of database, and not of a newer version."""
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    if manifest.database != database.kind():
        raise OtherDatabase(kept=manifest.database, own=database.kind())
    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = {*loader.disk_migrations, *(key for row in loader.disk_migrations.values() for key in row.replaces)}
    names = {f"{app}.{name}" for app, name in known}
    labels = {config.label for config in apps.get_app_configs()}
    newer = tuple(name for name in manifest.migrations if name not in names and name.partition(".")[0] in labels)
    if newer:
        raise BackupNewer(version=manifest.version, names=shown(newer))


def check_empty() -> None:
    """Home folder, database and lake hold nothing yet. Raises `restore.not_empty`."""
    from django.conf import settings

    from quanshu.supply.lake_store import get_lake

    home: Path = settings.QUANSHU_HOME
    if home_marker().exists():
        raise NotEmpty(what=f"a restore into {home} did not come to its end")
    found = sorted(path.name for path in home.iterdir() if path.name not in FRESH) if home.is_dir() else []
    keys = [path.name for path in settings.QUANSHU_KEYS_DIR.glob("*") if path.name != "django-secret"]
    if found or keys:
        raise NotEmpty(what=f"{home} holds {', '.join([*found, *keys][:5])}")
    if database.kind() == "sqlite":
        if Path(settings.DATABASES["default"]["NAME"]).exists():
            raise NotEmpty(what=f"there is a database at {settings.DATABASES['default']['NAME']}")
    elif tables := database.table_names(database.own_rows, "postgresql"):
        raise NotEmpty(what=f"the database {settings.DATABASES['default']['NAME']} has {len(tables)} tables")
    if names := get_lake().storage.names():
        raise NotEmpty(what=f"the lake holds {len(names)} tables")


def home_marker() -> Path:
    """The file that says a restore is under way."""
    from django.conf import settings

    return Path(settings.QUANSHU_HOME) / RESTORING


def write_all(source: Source, keys: dict[str, bytes]) -> None:
    """Every part in its place."""
    from django.conf import settings
    from django.db import connections

    from quanshu.lake.storage import LOG
    from quanshu.supply.lake_store import get_lake

    home: Path = settings.QUANSHU_HOME
    home.mkdir(parents=True, exist_ok=True)
    home_marker().write_text(source.manifest.made_at, encoding="utf-8")
    journals = next(iter(settings.QUANSHU_GATEWAY_JOURNALS), settings.QUANSHU_GATEWAY_DIR)
    folders = {
        "files": settings.QUANSHU_FILES_DIR,
        "gateway": settings.QUANSHU_GATEWAY_DIR,
        "journals": journals,
        "keys": settings.QUANSHU_KEYS_DIR,
        "home": home,
    }
    storage = get_lake().storage
    # A table's log comes after its data, and in order: cut short, it is an earlier version.
    for part in sorted(source.manifest.parts, key=lambda part: (LOG in part.path, part.path)):
        kind, _slash, rest = part.path.partition("/")
        if kind == "database":
            restore_database(source, part.path, home)
        elif kind == "lake":
            name, _slash, file = rest.partition("/")
            with source.open(part.path) as data:
                storage.put_back(name, file, data)  # type: ignore[arg-type]
        elif kind in folders:
            put_file(source, part.path, folders[kind] / rest, private=kind == "keys")
    for name, key in keys.items():
        write_private(settings.QUANSHU_KEYS_DIR / Path(name).name, key)
    connections.close_all()
    os.sync()


def restore_database(source: Source, path: str, home: Path) -> None:
    """The database, by way of a scratch file beside it."""
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=home) as text:
        file = Path(text) / Path(path).name
        put_file(source, path, file)
        database.put_back(file)


def put_file(source: Source, path: str, target: Path, *, private: bool = False) -> None:
    """One part as a file."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o777)
    with source.open(path) as data, target.open("wb") as file:
        shutil.copyfileobj(data, file, CHUNK)
    if private:
        target.chmod(0o600)


def write_private(path: Path, data: bytes) -> None:
    """A key, for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)


def rebuild(now: datetime, say: Say) -> None:
    """Migrations of this version, serving tables of every service, and a snapshot that names them."""
    from django.core.management import call_command

    from quanshu.oversight.ledger.api import write_anew
    from quanshu.sharing.services.api import Service, ServiceState, prepare_gateway, publish_snapshot, serve_entry

    call_command("migrate", interactive=False, verbosity=0)
    entries = Service.objects.exclude(state=ServiceState.WITHDRAWN).order_by().values_list("entry__uid", flat=True)
    built = sum(serve_entry(uid, now) for uid in entries.distinct())
    prepare_gateway(now)
    publish_snapshot(now)
    say(f"{built} serving tables built, a snapshot published")
    say(f"the ledger's files written anew up to {write_anew(now):,} entries")


def check_backup(place: Path) -> Manifest:
    """Hold every part of a backup against its digest. Raises `backup.none`, `backup.damaged`."""
    with open_source(place) as source:
        check_parts(source)
        return source.manifest


__all__ = ["MANIFEST", "check_backup", "restore"]
