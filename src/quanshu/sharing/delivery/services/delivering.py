"""The work of a batch. Safe to run again: what has taken effect takes none a second time."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from quanshu.kernel.clock import now as clock_now
from quanshu.kernel.errors import QuanshuError, Unavailable
from quanshu.lake.delivering import Counts, FileFormat, Span, can_follow, drop_file, push, reconcile, write_file
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.jobs import api as jobs
from quanshu.sharing.delivery import rules
from quanshu.sharing.delivery.events import DeliveryEvent
from quanshu.sharing.delivery.models import Batch
from quanshu.sharing.delivery.queries import database_of, file_of, keys_of, reach, server_of, used_today
from quanshu.sharing.delivery.services.batches import fail_batch, held, told_of
from quanshu.sharing.delivery.services.keeping import check_in_force, locked
from quanshu.sharing.delivery.services.noting import note, receipt_of
from quanshu.sharing.delivery.types import (
    UNFINISHED,
    BatchNotFound,
    BatchState,
    Channel,
    Extent,
    GrantOver,
    ViewChanged,
    ViewNotReady,
)
from quanshu.supply.lake_store import get_lake


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch has brought. `counts` is None when nothing had changed."""

    mode: str
    counts: Counts | None = None
    bytes: int = 0
    digest: str = ""
    file_name: str = ""
    reconciliation: dict[str, Any] | None = None


class _NothingNew(Exception):
    """Nothing has changed since the batch before."""


def run_batch(batch_uid: str, now: datetime) -> Batch:
    """Do a queued batch, or take up one whose worker died.

    A receiver that does not answer is tried again by the job; other refusals end the batch with what to do.
    """
    batch = _begin(batch_uid, now)
    if batch.state not in UNFINISHED:
        return batch
    try:
        _still(batch)
        if batch.version is None:
            raise ViewNotReady
        outcome = _deliver(batch)
    except QuanshuError as fault:
        if isinstance(fault, Unavailable) and batch.attempts < rules.MOST_ATTEMPTS:
            Batch.objects.filter(pk=batch.pk).update(error=told_of(fault))
            raise
        return fail_batch(batch=batch, fault=fault, now=clock_now())
    return _finish(batch=batch, outcome=outcome, now=clock_now())


@transaction.atomic
def _begin(batch_uid: str, now: datetime) -> Batch:
    """Count the attempt; the first one settles which version the batch brings, and since which.

    A view that was built anew meanwhile is settled upon anew: nothing more of the one before goes out.
    """
    found = Batch.objects.filter(uid=batch_uid).first()
    if found is None:
        raise BatchNotFound(batch=batch_uid)
    batch = held(found)
    if batch.state not in UNFINISHED:
        return batch
    delivery, grant = batch.delivery, batch.delivery.grant
    if batch.version is None or batch.view != grant.view:
        batch.view, batch.version = grant.view, grant.view_version
        follows = delivery.extent == Extent.CHANGES and not batch.force_whole and delivery.base_view == grant.view
        batch.since = delivery.base_version if follows else None
    batch.attempts += 1
    batch.state, batch.started_at, batch.progress = BatchState.RUNNING, batch.started_at or now, 0
    batch.save(update_fields=["view", "version", "since", "attempts", "state", "started_at", "progress"])
    return batch


def _deliver(batch: Batch) -> Outcome:
    span = Span(batch.view, batch.version or 0, batch.since, keys_of(batch.delivery.grant, batch.view))
    try:
        return _pushed(batch, span) if batch.delivery.channel == Channel.DATABASE else _filed(batch, span)
    except _NothingNew:
        return Outcome("none")


def _admit(batch: Batch, counts: Counts, span: Span) -> None:
    """The grant's limits, and whether there is anything to bring."""
    if span.since is not None and not counts.rows:
        raise _NothingNew
    grant = batch.delivery.grant
    limits = {"row_limit": grant.row_limit, "daily_rows": grant.daily_rows}
    rules.check_volume(rows=counts.rows, used=used_today(grant, clock_now()), **limits)


def _still(batch: Batch) -> None:
    """Whether the batch may go on: grant, view and delivery are as they were. Raises GrantOver, ViewChanged."""
    if check_in_force(batch.delivery.grant, clock_now()).view != batch.view:
        raise ViewChanged
    if not Batch.objects.filter(pk=batch.pk, state=BatchState.RUNNING).exists():
        raise GrantOver


def _told(batch: Batch, rows: int) -> None:
    """Show how far the work is; it ends here when the grant has."""
    _still(batch)
    Batch.objects.filter(pk=batch.pk).update(progress=rows)
    jobs.heartbeat({"rows": rows})


def _filed(batch: Batch, span: Span) -> Outcome:
    """A file, for the download page or put on the receiver's server."""
    lake, delivery = get_lake(), batch.delivery
    if span.since is not None and not can_follow(lake, span):
        span = replace(span, since=None)
    form, path = FileFormat(delivery.form), file_of(batch)
    written = write_file(
        lake,
        span,
        path,
        form,
        admit=lambda counts: _admit(batch, counts, span),
        told=lambda rows: _told(batch, rows),
    )
    mode = Extent.WHOLE if span.since is None else Extent.CHANGES
    name = _file_name(batch, mode, form)
    outcome = Outcome(mode, written.counts, written.bytes, written.digest, name)
    if delivery.channel == Channel.SFTP:
        told = _manifest(batch, outcome, span)
        drop_file(server_of(delivery), reach(), path, name, told, still=lambda: _still(batch))
    return outcome


def _file_name(batch: Batch, mode: str, form: FileFormat) -> str:
    delivery = batch.delivery
    parts = [delivery.grant.table_name, delivery.uid[-6:], f"{batch.number:05d}", f"v{batch.version}", mode]
    return f"{'_'.join(parts)}.{form.ending}"


def _manifest(batch: Batch, outcome: Outcome, span: Span) -> dict[str, Any]:
    """What stands beside a file: enough to check it and to put the batches in order."""
    counts = outcome.counts or Counts(0, 0, 0, 0)
    return {
        "file": outcome.file_name,
        "table": batch.delivery.grant.full_name,
        "batch": batch.uid,
        "number": batch.number,
        "mode": outcome.mode,
        "version": span.version,
        "since_version": span.since,
        "format": batch.delivery.form,
        "keys": list(span.keys),
        **asdict(counts),
        "bytes": outcome.bytes,
        "sha256": outcome.digest,
    }


def _pushed(batch: Batch, span: Span) -> Outcome:
    """The receiver's table, brought to the version and held against it."""
    lake, delivery = get_lake(), batch.delivery
    target = database_of(delivery)
    whole = batch.force_whole or delivery.extent == Extent.WHOLE
    done = push(
        lake,
        replace(span, since=None),
        target,
        reach(),
        delivery=delivery.uid,
        batch=batch.uid,
        whole=whole,
        admit=lambda counts: _admit(batch, counts, replace(span, since=None)),
        still=lambda: _still(batch),
        told=lambda rows: _told(batch, rows),
    )
    found = reconcile(lake, span.table, span.version, target, reach(), keys=span.keys)
    return Outcome(
        done.mode, done.counts, done.bytes, done.digest, reconciliation={**asdict(found), "equal": found.equal}
    )


@transaction.atomic
def _finish(*, batch: Batch, outcome: Outcome, now: datetime) -> Batch:
    """Keep the receipt of a batch; the next changes are told from its version on."""
    batch = held(batch)
    if batch.state not in UNFINISHED:
        file_of(batch).unlink(missing_ok=True)
        return batch
    delivery = locked(batch.delivery)
    counts = outcome.counts or Counts(0, 0, 0, 0)
    for name in ("mode", "bytes", "digest", "file_name", "reconciliation"):
        setattr(batch, name, getattr(outcome, name))
    for name, value in asdict(counts).items():
        setattr(batch, name, value)
    nothing = outcome.counts is None or outcome.mode == "none"
    batch.state, batch.ended_at, batch.error = BatchState.EMPTY if nothing else BatchState.DONE, now, None
    batch.progress = counts.rows
    if delivery.channel == Channel.PAGE and not nothing:
        batch.expires_at = now + timedelta(days=delivery.link_days)
    else:
        file_of(batch).unlink(missing_ok=True)
    batch.save()
    delivery.base_view, delivery.base_version, delivery.delivered_at = batch.view, batch.version, now
    delivery.save(update_fields=["base_view", "base_version", "delivered_at"])
    details = receipt_of(batch)
    if batch.reconciliation is not None:
        details["reconciled"] = batch.reconciliation["equal"]
    note(DeliveryEvent.DELIVERED, delivery, actor=SYSTEM, now=now, details=details)
    return batch
