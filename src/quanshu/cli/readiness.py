"""Whether this code and the node's database fit each other, asked before a process starts."""

from __future__ import annotations

from dataclasses import dataclass

from quanshu.kernel.errors import Conflict, Unavailable

SHOWN = 5


class DatabaseOlder(Conflict):
    code = "node.database_older"
    message = "The database lacks %(count)s migrations of this version: %(names)s."
    remedy = "Run “quanshu upgrade” (it backs up first), or “quanshu setup” on a new node, then start again."


class DatabaseNewer(Conflict):
    code = "node.database_newer"
    message = "The database was written by a newer version: it has %(count)s migrations this one lacks: %(names)s."
    remedy = "Install the version that wrote it, or restore the backup of before the upgrade with this one."


class DatabaseSilent(Unavailable):
    code = "node.database_silent"
    message = "The database does not answer: %(fault)s"
    remedy = "Check QUANSHU_DATABASE_URL, and that the server runs and takes connections from this machine."


class RestoreUnfinished(Conflict):
    code = "node.restore_unfinished"
    message = "A restore into %(home)s did not come to its end."
    remedy = "Empty that folder (and the database, and the lake's bucket if it has one) and restore again."


@dataclass(frozen=True, slots=True)
class Standing:
    """Migrations that the database lacks, and those that only the database knows; `app.name` each."""

    lacking: tuple[str, ...]
    unknown: tuple[str, ...]
    applied: tuple[str, ...]


def standing() -> Standing:
    """Compare the migrations of this code with those of the database. Raises `node.database_silent`."""
    from django.apps import apps
    from django.db import OperationalError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
    except OperationalError as fault:
        raise DatabaseSilent(fault=str(fault).strip().splitlines()[0]) from fault
    loader = executor.loader
    lacking = [migration for migration, _back in executor.migration_plan(loader.graph.leaf_nodes())]
    replaced = {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    labels = {config.label for config in apps.get_app_configs()}
    known = {*loader.disk_migrations, *replaced}
    unknown = [key for key in loader.applied_migrations if key[0] in labels and key not in known]
    return Standing(
        lacking=tuple(f"{migration.app_label}.{migration.name}" for migration in lacking),
        unknown=tuple(sorted(f"{app}.{name}" for app, name in unknown)),
        applied=tuple(sorted(f"{app}.{name}" for app, name in loader.applied_migrations)),
    )


def check_not_newer(found: Standing) -> None:
    """Refuse a database that a newer version has written. Raises `node.database_newer`."""
    if found.unknown:
        raise DatabaseNewer(count=len(found.unknown), names=shown(found.unknown))


def check_ready() -> None:
    """Refuse to start on a half-restored home, or a database older or newer than this code."""
    from django.conf import settings

    if (settings.QUANSHU_HOME / RESTORING).exists():
        raise RestoreUnfinished(home=settings.QUANSHU_HOME)
    found = standing()
    check_not_newer(found)
    if found.lacking:
        raise DatabaseOlder(count=len(found.lacking), names=shown(found.lacking))


def shown(names: tuple[str, ...]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


# A file of this name is in the home folder from the first byte of a restore to its end.
RESTORING = "restoring"
