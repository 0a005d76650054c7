"""Sources: where an entry's data comes from."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from quanshu.kernel.ciphers import suite
from quanshu.lake.landing import database_file
from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.keys import node_key
from quanshu.shared.outbox import api as outbox
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.intake import rules
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Source
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.types import SourceData

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
    rules.check_source(with_kept(source, data))
    if data.path:
        rules.check_path(data.path, source_folders())
    if data.url:
        check_database(data.url)
    for name in ("name", "kind", "mode", "sheet", "table"):
        setattr(source, name, getattr(data, name))
    if data.file_digest or data.path:
        source.file_digest, source.file_name, source.path = data.file_digest, data.file_name, data.path
    source.updated_at = now
    source.save()
    if data.url:
        source.sealed_url = seal_url(data.url, source.uid)
        source.save(update_fields=["sealed_url"])
    _note(source, event, actor=actor, now=now, details={"kind": source.kind, "mode": source.mode})
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


def seal_url(url: str, uid: str) -> str:
    """The address encrypted under the node's intake key, bound to the source's uid."""
    sealed = suite("intl").seal(node_key("intake"), url.encode(), uid.encode())
    return base64.b64encode(sealed).decode("ascii")


def open_url(sealed: str, uid: str) -> str:
    """The address of a database source."""
    return suite("intl").open(node_key("intake"), base64.b64decode(sealed), uid.encode()).decode()


def _note(source: Source, event: IntakeEvent, *, actor: Actor, now: datetime, details: dict[str, Any]) -> None:
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
    outbox.add(name=event, payload={"source_uid": source.uid, "entry_uid": source.entry.uid}, now=now)
