"""Sources: where an entry's data comes from."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from quanshu.lake.landing import Reach, database_file, fetch_host_key, host_of
from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.intake import rules
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Source
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.services.sealing import seal_secret, seal_text, secret_of
from quanshu.supply.intake.types import FolderGone, HostKeyChanged, OutsideFolder, SourceData, SourceKind

KIND = "intake.source"


@transaction.atomic
def create_source(*, actor: Actor, now: datetime, entry: Entry, data: SourceData) -> Source:
    """Register a source for an entry; its unit is the entry's.

    Raises Forbidden, FieldErrors, OutsideFolder or FileGone.
    """
    source = Source(unit=entry.unit, entry=entry, created_at=now)
    require(actor, IntakePermission.EDIT, source)
    return _keep(source, data, actor=actor, now=now, event=IntakeEvent.SOURCE_CREATED)


@transaction.atomic
def change_source(*, actor: Actor, now: datetime, source: Source, data: SourceData) -> Source:
    """Change a source. An empty address or file keeps the one it has. Raises as create_source."""
    require(actor, IntakePermission.EDIT, source)
    return _keep(source, data, actor=actor, now=now, event=IntakeEvent.SOURCE_CHANGED)


@transaction.atomic
def switch_source(*, actor: Actor, now: datetime, source: Source, active: bool) -> Source:
    """Switch a source on or off; one that is off cannot be run. Raises Forbidden."""
    require(actor, IntakePermission.EDIT, source)
    source.active = active
    source.updated_at = now
    source.save(update_fields=["active", "updated_at"])
    _note(source, IntakeEvent.SOURCE_CHANGED, actor=actor, now=now, details={"active": active})
    return source


def _keep(source: Source, data: SourceData, *, actor: Actor, now: datetime, event: IntakeEvent) -> Source:
    secret = {**secret_of(source), **{name: value for name, value in data.secret.items() if value}}
    options = rules.clean_options(data.kind, data.mode, data.options)
    moved = data.kind == SourceKind.SFTP and any(options[name] != source.options.get(name) for name in ("host", "port"))
    # The confirmed key belongs to one machine, and only a confirmation sets it.
    options |= {"host_key": "" if moved else source.options.get("host_key", "")} if "host_key" in options else {}
    data = replace(data, options=options)
    rules.check_source(replace(with_kept(source, data), secret=secret))
    check_places(data)
    for name in ("name", "kind", "mode", "sheet", "table", "drift"):
        setattr(source, name, getattr(data, name))
    source.options = options
    if data.file_digest or data.path:
        source.file_digest, source.file_name, source.path = data.file_digest, data.file_name, data.path
    source.updated_at = now
    if data.url:
        source.sealed_url = seal_text(data.url, source.uid)
    if secret:
        source.sealed_secret = seal_secret(source, secret)
    source.save()
    _note(source, event, actor=actor, now=now, details={"kind": source.kind, "mode": source.mode})
    return source


def check_places(data: SourceData) -> None:
    """What the source names lies where sources may read. Raises OutsideFolder, FileGone, FolderGone, `lake.*`."""
    if data.path and data.kind == SourceKind.FOLDER:
        folder_of(data.path)
    elif data.path:
        rules.check_path(data.path, source_folders())
    if data.url:
        check_database(data.url)
    if data.kind == SourceKind.HTTP:
        host_of(str(data.options["address"]))


def folder_of(path: str) -> Path:
    """The real path of a watched folder. Raises OutsideFolder or FolderGone."""
    real = Path(path.replace("\0", "?")).resolve()
    if not any(real.is_relative_to(Path(folder).resolve()) for folder in source_folders()):
        raise OutsideFolder(path=path)
    if not real.is_dir():
        raise FolderGone(path=path)
    return real


def reach() -> Reach:
    """Where sources of this node may call."""
    return Reach(tuple(settings.QUANSHU_INTAKE_HOSTS), tuple(settings.QUANSHU_INTAKE_PRIVATE_NETWORKS))


@transaction.atomic
def confirm_host_key(*, actor: Actor, now: datetime, source: Source, fingerprint: str) -> Source:
    """Pin the key that the server shows now, if it has the fingerprint that the person compared.

    Raises Forbidden, HostKeyChanged, or what the server or the list of hosts raises.
    """
    require(actor, IntakePermission.EDIT, source)
    key, shown = fetch_host_key(str(source.options["host"]), int(source.options["port"]), reach())
    if shown != fingerprint.strip():
        raise HostKeyChanged(shown=shown)
    source.options = {**source.options, "host_key": key}
    source.updated_at = now
    source.save(update_fields=["options", "updated_at"])
    _note(source, IntakeEvent.KEY_CONFIRMED, actor=actor, now=now, details={"fingerprint": shown})
    return source


def with_kept(source: Source, data: SourceData) -> SourceData:
    """The entered data completed by what the source already keeps, for the check only."""
    return replace(
        data,
        url=data.url or ("kept" if source.sealed_url else ""),
        file_digest=data.file_digest or ("" if data.path else source.file_digest),
        file_name=data.file_name or ("" if data.path else source.file_name),
        path=data.path or ("" if data.file_digest else source.path),
    )


def source_folders() -> list[Any]:
    """Folders that sources may read from. The rest of the node's home holds keys and other units' files."""
    home = settings.QUANSHU_HOME
    return [home / "drop", home / "city", *settings.QUANSHU_DROP_FOLDERS]


def check_database(url: str) -> None:
    """A database in a file must lie where files may be read. Raises UnsupportedDatabase, OutsideFolder, FileGone."""
    file = database_file(url)
    if file is not None:
        rules.check_path(str(file), source_folders())


def trace(source: Source, event: IntakeEvent, *, actor: Actor, now: datetime, details: dict[str, Any]) -> None:
    """Leave a trace of what happened to a source."""
    audit.record(
        actor=actor,
        action=event,
        kind=KIND,
        uid=source.uid,
        label=source.name,
        place=source.access_place(),
        details=details,
        now=now,
    )


def _note(source: Source, event: IntakeEvent, *, actor: Actor, now: datetime, details: dict[str, Any]) -> None:
    trace(source, event, actor=actor, now=now, details=details)
    outbox.add(name=event, payload={"source_uid": source.uid, "entry_uid": source.entry.uid}, now=now)
