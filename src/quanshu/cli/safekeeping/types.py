"""What a backup is: parts with their digests, and a manifest that names them all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Any

from quanshu.kernel.errors import Conflict, Invalid, Unavailable

FORM = 1
MANIFEST = "manifest.json"
SEALED_KEYS = "keys.sealed"
CHUNK = 1 << 20


class BackupFailed(Unavailable):
    code = "backup.failed"
    message = "The backup was not made: %(fault)s"
    remedy = "Nothing of it was left behind, and earlier backups are as they were. Mend the cause and run it again."


class BackupBusy(Conflict):
    code = "backup.busy"
    message = "Another backup into %(target)s is under way."
    remedy = "Wait until it ends."


class ToolMissing(Unavailable):
    code = "backup.tool_missing"
    message = "The program %(tool)s is not installed, and a PostgreSQL database cannot be copied without it."
    remedy = (
        "Install PostgreSQL's client programs of the server's version, on Debian: apt-get install postgresql-client."
    )


class NoBackup(Invalid):
    code = "backup.none"
    message = "There is no whole backup at %(source)s: %(fault)s"
    remedy = "Name a backup's folder or .tar file, or the folder that holds backups."


class BackupDamaged(Invalid):
    code = "backup.damaged"
    message = "The backup is damaged, and nothing was restored: %(faults)s."
    remedy = "Take an earlier backup, or another copy of this one."


class BackupNewer(Conflict):
    code = "backup.newer"
    message = "The backup was made by version %(version)s, which has migrations this one lacks: %(names)s."
    remedy = "Install that version or a later one, restore with it, then upgrade."


class NotEmpty(Conflict):
    code = "restore.not_empty"
    message = "This node is not empty: %(what)s. Nothing was restored."
    remedy = (
        "Restore into an empty home folder and an empty database: set QUANSHU_HOME, QUANSHU_DATABASE_URL and "
        "QUANSHU_LAKE_URL to new ones, or move the old ones away."
    )


class OtherDatabase(Conflict):
    code = "restore.other_database"
    message = "The backup holds a %(kept)s database, and this node is set to %(own)s."
    remedy = "Set QUANSHU_DATABASE_URL to an empty database of the same kind."


class PassphraseNeeded(Invalid):
    code = "restore.passphrase_needed"
    message = "The keys in this backup are sealed, and the passphrase is missing or another one."
    remedy = "Give the file that holds it with --passphrase-file."


class RestoreFailed(Unavailable):
    code = "restore.failed"
    message = "The restore broke off: %(fault)s"
    remedy = "Mend the cause, empty the home folder (and the database, and the lake's bucket), and restore again."


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a backup: path in it, size in bytes, SHA-256 in hex."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `database` is sqlite or postgresql; `tables` are rows of each database table; `lake` is
    version and rows of each lake table; `audit` is size, root (hex) and entries of the trail."""

    version: str
    made_at: str
    node: str
    database: str
    migrations: tuple[str, ...]
    tables: dict[str, int]
    lake: dict[str, dict[str, int]]
    audit: dict[str, Any]
    sealed: bool
    settings: dict[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    form: int = FORM


def encode(manifest: Manifest) -> bytes:
    """The manifest with its own digest."""
    body = json.dumps(asdict(manifest), ensure_ascii=False, sort_keys=True, indent=1)
    return json.dumps({"sha256": hashlib.sha256(body.encode()).hexdigest(), "manifest": body}).encode()


def decode(data: bytes, source: str) -> Manifest:
    """A manifest from its bytes. Raises `backup.damaged` or `backup.none`."""
    try:
        outer = json.loads(data)
        body = str(outer["manifest"])
        if hashlib.sha256(body.encode()).hexdigest() != outer["sha256"]:
            raise BackupDamaged(faults=f"{MANIFEST} has another SHA-256 than it says")
        fields = json.loads(body)
        if fields["form"] != FORM:
            raise NoBackup(source=source, fault=f"its form {fields['form']} is not known to this version.")
        parts = tuple(Part(**row) for row in fields.pop("parts"))
        manifest = Manifest(**{**fields, "parts": parts, "migrations": tuple(fields["migrations"])})
    except (ValueError, KeyError, TypeError) as fault:
        raise BackupDamaged(faults=f"{MANIFEST} has not the form of a manifest") from fault
    for part in manifest.parts:
        path = PurePosixPath(part.path)
        if path.is_absolute() or ".." in path.parts or not part.path:
            raise BackupDamaged(faults=f"{MANIFEST} names a part outside the backup")
    return manifest
