"""Files that arrive one after another: each is taken in once, in the order in which it came, and loaded."""

from __future__ import annotations

import fnmatch
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from quanshu.kernel.errors import QuanshuError
from quanshu.lake.landing import SftpSpec, fetch_sftp, list_sftp
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.files import api as files
from quanshu.shared.jobs import api as jobs
from quanshu.supply.intake import rules
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Delivery, Run, Source
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.services.queueing import queue_run
from quanshu.supply.intake.services.runs import check_may_start
from quanshu.supply.intake.services.sealing import secret_of
from quanshu.supply.intake.services.sources import folder_of, reach, trace
from quanshu.supply.intake.types import (
    DeliveryNotFailed,
    DeliveryNotFound,
    DeliveryState,
    LoadMode,
    SourceKind,
)

JOB = "intake.collect"
CHUNK = 1 << 20
MOST_BYTES = 1 << 40


@dataclass(frozen=True, slots=True)
class Found:
    """A file as it lies at the source; `changed` in epoch seconds."""

    name: str
    size: int
    changed: float

    @property
    def stamp(self) -> str:
        return f"{self.changed:.6f}"


class PathStream:
    """A file on disk as an upload that can be read piece by piece."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def chunks(self) -> Iterable[bytes]:
        """The file's bytes."""
        with self.path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def sftp_spec(source: Source) -> SftpSpec:
    """The server of a source."""
    options, secret = source.options, secret_of(source)
    return SftpSpec(
        host=options["host"],
        port=options["port"],
        username=options["username"],
        folder=options["folder"],
        pattern=options["pattern"],
        password=secret.get("password", ""),
        private_key=secret.get("private_key", ""),
        host_key=options["host_key"],
    )


def list_files(source: Source) -> list[Found]:
    """Files of known kinds that match the pattern, oldest first. Raises what folder or server raise."""
    if source.kind == SourceKind.SFTP:
        found = [Found(file.name, file.size, float(file.changed)) for file in list_sftp(sftp_spec(source), reach())]
    else:
        found = list(folder_files(folder_of(source.path), str(source.options["pattern"])))
    known = [file for file in found if rules.format_of(source.kind, file.name)]
    return sorted(known, key=lambda file: (file.changed, file.name))


def folder_files(folder: Path, pattern: str) -> Iterator[Found]:
    """Plain files of a folder; a link could lead out of it and is no file of it."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False) and fnmatch.fnmatchcase(entry.name, pattern):
                state = entry.stat(follow_symlinks=False)
                yield Found(entry.name, state.st_size, state.st_mtime)


def unknown_files(source: Source, found: Iterable[Found]) -> list[Found]:
    """Those that have not been taken in as they lie there now."""
    rows = Delivery.objects.filter(source=source).exclude(state=DeliveryState.ARRIVING)
    known = set(rows.values_list("name", "size", "stamp"))
    return [file for file in found if (file.name, file.size, file.stamp) not in known]


def collect(source_uid: str, now: datetime) -> int:
    """Look for new files of a folder or server, take in those that are whole, and load the next one.

    Safe to run again at any point: a file is recorded with its digest and kept before its load begins. Returns how
    many were taken in.
    """
    source = Source.objects.select_related("unit", "entry").get(uid=source_uid)
    if not source.active:
        return 0
    count = 0
    if source.kind != SourceKind.PUSH:
        for file in unknown_files(source, list_files(source)):
            try:
                count += take_in(source, file, now) if is_whole(source, file, now) else 0
            except OSError:
                # Gone or not readable just now: it shows as arriving, and the others go on.
                remember(source, file, now)
    load_next(source, now)
    return count


def is_whole(source: Source, file: Found, now: datetime) -> bool:
    """Whether the file has stopped growing: it looks as it did at the last look, some seconds ago."""
    settle = int(source.options.get("settle", 2))
    if not file.size or rules.is_half_written(file.name, changed=file.changed, now=now.timestamp(), settle=settle):
        remember(source, file, now)
        return False
    if not settle:
        return True
    return not remember(source, file, now)


def remember(source: Source, file: Found, now: datetime) -> bool:
    """Note a file that may still be growing; answers whether it is new or has changed since the last look."""
    row = Delivery.objects.filter(source=source, name=file.name, digest="").first()
    if row is not None and (row.size, row.stamp) == (file.size, file.stamp):
        return False
    Delivery.objects.update_or_create(
        source=source, name=file.name, digest="", defaults={"size": file.size, "stamp": file.stamp, "seen_at": now}
    )
    return True


def take_in(source: Source, file: Found, now: datetime) -> int:
    """Keep a file's content and record it; the same content under the same name counts once."""
    if source.kind == SourceKind.SFTP:
        return take_from_server(source, file, now)
    path = folder_of(source.path) / file.name
    return keep(source, file, path, now, check=lambda: same_file(path, file))


def take_from_server(source: Source, file: Found, now: datetime) -> int:
    """Fetch a file and keep it."""
    settings.QUANSHU_FILES_DIR.mkdir(parents=True, exist_ok=True)
    handle, text = tempfile.mkstemp(dir=settings.QUANSHU_FILES_DIR, prefix=".fetching-")
    os.close(handle)
    path = Path(text)
    try:
        fetch_sftp(sftp_spec(source), reach(), file.name, path, most=settings.QUANSHU_UPLOAD_MAX_BYTES)
        return keep(source, file, path, now, check=lambda: path.stat().st_size == file.size)
    finally:
        path.unlink(missing_ok=True)


def same_file(path: Path, file: Found) -> bool:
    """Whether the file is as it was when it was found."""
    state = path.stat()
    return (state.st_size, f"{state.st_mtime:.6f}") == (file.size, file.stamp)


def keep(source: Source, file: Found, path: Path, now: datetime, *, check: Callable[[], bool]) -> int:
    """Store, record and announce a file in one transaction; 1 when it is new."""
    with transaction.atomic():
        kept = files.store(actor=SYSTEM, name=file.name, stream=PathStream(path), now=now, most=MOST_BYTES)
        if not check():
            remember(source, file, now)
            return 0
        Delivery.objects.filter(source=source, name=file.name, digest="").delete()
        values = {"size": file.size, "stamp": file.stamp}
        same = Delivery.objects.filter(source=source, name=file.name, digest=kept.digest)
        if same.update(**values):
            return 0
        row = Delivery.objects.create(
            source=source, name=file.name, digest=kept.digest, state=DeliveryState.READY, seen_at=now, **values
        )
        note_file(row, IntakeEvent.FILE_TAKEN, actor=SYSTEM, now=now)
        return 1


@transaction.atomic
def load_next(source: Source, now: datetime) -> Run | None:
    """Queue the load of the oldest file that waits, if the source is free; a feed waits for a file that failed."""
    source = Source.objects.select_for_update(of=("self",)).select_related("unit", "entry").get(pk=source.pk)
    waiting = source.deliveries.order_by("id")
    delivery = waiting.filter(state=DeliveryState.READY).first()
    failed = waiting.filter(state=DeliveryState.FAILED)
    if delivery is None or (source.mode == LoadMode.CHANGES and failed.filter(id__lt=delivery.id).exists()):
        return None
    try:
        check_may_start(source, delivered=True)
        run = queue_run(
            source=source,
            actor=SYSTEM,
            now=now,
            trigger="delivery",
            file_digest=delivery.digest,
            file_name=delivery.name,
        )
    except QuanshuError:
        # The file waits; the next look finds the source free, the entry published, or room in the queue.
        return None
    delivery.state, delivery.run = DeliveryState.LOADING, run
    delivery.save(update_fields=["state", "run"])
    return run


def load_waiting(now: datetime) -> int:
    """Queue the next file of every source that has one; returns how many loads."""
    waiting = Source.objects.filter(active=True, deliveries__state=DeliveryState.READY).distinct()
    return sum(load_next(source, now) is not None for source in waiting)


def watch_folders(now: datetime) -> int:
    """Look at watched folders without a schedule of their own; returns how many have something new."""
    count = 0
    sources = Source.objects.filter(kind=SourceKind.FOLDER, active=True, entry__state="published")
    for source in sources.filter(schedule=None).select_related("unit", "entry"):
        try:
            new = unknown_files(source, list_files(source))
        except (QuanshuError, OSError):
            continue
        if new:
            jobs.enqueue(JOB, {"source_uid": source.uid}, now=now, key=f"{JOB}:{source.uid}")
            count += 1
    return count


@transaction.atomic
def collect_now(*, actor: Actor, source: Source, now: datetime) -> None:
    """Have the worker look for new files at once. Raises Forbidden and what starting a load raises."""
    require(actor, IntakePermission.RUN, source)
    jobs.enqueue(JOB, {"source_uid": source.uid}, now=now, key=f"{JOB}:{source.uid}")
    trace(source, IntakeEvent.SOURCE_TESTED, actor=actor, now=now, details={"looked": True})


@transaction.atomic
def settle_delivery(*, actor: Actor, source: Source, uid: str, again: bool, now: datetime) -> Delivery:
    """A file whose load failed: try it again, or leave it out.

    Raises Forbidden, DeliveryNotFound or DeliveryNotFailed.
    """
    require(actor, IntakePermission.RUN, source)
    row = source.deliveries.select_for_update().filter(uid=uid).first()
    if row is None:
        raise DeliveryNotFound
    if row.state != DeliveryState.FAILED:
        raise DeliveryNotFailed
    row.state = DeliveryState.READY if again else DeliveryState.SKIPPED
    row.save(update_fields=["state"])
    note_file(row, IntakeEvent.FILE_SETTLED, actor=actor, now=now)
    load_next(source, now)
    return row


def note_file(row: Delivery, event: IntakeEvent, *, actor: Actor, now: datetime) -> None:
    """Leave a trace of a file."""
    trace(
        row.source,
        event,
        actor=actor,
        now=now,
        details={"file": row.name, "digest": row.digest, "state": row.state, "receipt": row.receipt_id},
    )
