"""Batches: queued by hand or by the schedule, done by a job, downloaded."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from quanshu.kernel.clock import now as clock_now
from quanshu.kernel.errors import QuanshuError, plain
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.jobs import api as jobs
from quanshu.sharing.delivery import rules
from quanshu.sharing.delivery.events import DeliveryEvent
from quanshu.sharing.delivery.models import Batch, Delivery, Download
from quanshu.sharing.delivery.permissions import DeliveryPermission as P
from quanshu.sharing.delivery.queries import PARTS, delivery_folder, file_of, is_busy
from quanshu.sharing.delivery.services.keeping import check_in_force, locked
from quanshu.sharing.delivery.services.noting import note, receipt_of
from quanshu.sharing.delivery.types import (
    UNFINISHED,
    BatchState,
    Channel,
    DeliveryState,
    ViewChanged,
    WorkGivenUp,
)

JOB = "delivery.run"


@transaction.atomic
def start_batch(
    *, actor: Actor, delivery: Delivery, now: datetime, whole: bool = False, scheduled: bool = False
) -> Batch:
    """Queue a batch; `whole` also where changes are delivered, as a repair.

    Raises Forbidden, GrantOver, NotAtWork, Busy, ViewNotReady.
    """
    delivery = locked(delivery)
    require(actor, P.RUN, delivery)
    check_in_force(delivery.grant, now)
    ready = delivery.grant.view_version is not None
    rules.check_start(state=delivery.state, busy=is_busy(delivery), view_ready=ready)
    delivery.batches_made += 1
    delivery.save(update_fields=["batches_made"])
    batch = Batch.objects.create(
        delivery=delivery,
        number=delivery.batches_made,
        state=BatchState.QUEUED,
        asked_by=actor.name,
        asked_at=now,
        scheduled=scheduled,
        force_whole=whole,
        target=delivery.target,
    )
    jobs.enqueue(JOB, {"batch_uid": batch.uid}, now=now, key=f"{JOB}:{batch.uid}")
    details = {"batch": batch.uid, "number": batch.number, "scheduled": scheduled, "whole": whole}
    note(DeliveryEvent.STARTED, delivery, actor=actor, now=now, details=details)
    return batch


def queue_due(now: datetime) -> int:
    """Queue the batches whose time has come; returns how many. One that cannot start waits for its next time."""
    count = 0
    due = Delivery.objects.filter(state=DeliveryState.ACTIVE, next_at__lte=now).select_related(*PARTS)
    for delivery in due:
        coming = jobs.next_time(delivery.cron, now)
        with transaction.atomic():
            taken = Delivery.objects.filter(pk=delivery.pk, next_at=delivery.next_at).update(next_at=coming)
            if not taken:
                continue
            try:
                with transaction.atomic():
                    start_batch(actor=SYSTEM, delivery=delivery, now=now, scheduled=True)
            except QuanshuError as fault:
                details = {"fault": fault.code, "scheduled": True}
                note(DeliveryEvent.FAILED, delivery, actor=SYSTEM, now=now, details=details)
            else:
                count += 1
    return count


def settle_batches(now: datetime) -> int:
    """End batches whose work was given up, and remove files whose time is over; returns how many it ended."""
    count = 0
    for batch in Batch.objects.filter(state__in=UNFINISHED).select_related(*(f"delivery__{part}" for part in PARTS)):
        work = jobs.Job.objects.filter(key=f"{JOB}:{batch.uid}")
        if not work.filter(state__in=["queued", "running"]).exists():
            fail_batch(batch=batch, fault=WorkGivenUp(attempts=batch.attempts), now=now)
            count += 1
    remove_files(now)
    return count


def remove_files(now: datetime) -> int:
    """Remove files whose time is over, and what killed writers left; returns how many."""
    wanted = Q(state__in=UNFINISHED) | Q(state=BatchState.DONE, expires_at__gt=now)
    keep, gone = set(Batch.objects.filter(wanted).values_list("uid", flat=True)), 0
    folder = delivery_folder()
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name.lstrip(".").partition(".")[0] not in keep:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def batches_with_files() -> QuerySet[Batch]:
    """Batches whose file can be downloaded still."""
    return Batch.objects.filter(state=BatchState.DONE, expires_at__gt=clock_now()).exclude(file_name="")


def take_files_away(batches: QuerySet[Batch]) -> None:
    """End the links of batches before their time, with the files."""
    for batch in batches:
        batch.expires_at = clock_now()
        batch.save(update_fields=["expires_at"])
        file_of(batch).unlink(missing_ok=True)


@transaction.atomic
def take_file(*, actor: Actor, batch: Batch, now: datetime) -> Path:
    """The file of a batch, for its receiver; the download is noted. Raises Forbidden, GrantOver, ViewChanged,
    LinkOver."""
    require(actor, P.DOWNLOAD, batch)
    if check_in_force(batch.delivery.grant, now).view != batch.view:
        raise ViewChanged
    path = file_of(batch)
    there = batch.delivery.channel == Channel.PAGE and batch.state == BatchState.DONE and path.is_file()
    rules.check_link(has_file=there, expires_at=batch.expires_at, now=now)
    Download.objects.create(batch=batch, at=now, actor_uid=actor.uid, actor_name=actor.name)
    note(DeliveryEvent.DOWNLOADED, batch.delivery, actor=actor, now=now, details=receipt_of(batch))
    return path


@transaction.atomic
def fail_batch(*, batch: Batch, fault: QuanshuError, now: datetime) -> Batch:
    """End a batch that could not be delivered, with what to do."""
    batch = held(batch)
    if batch.state not in UNFINISHED:
        return batch
    batch.error = told_of(fault)
    batch.state, batch.ended_at = BatchState.FAILED, now
    batch.save(update_fields=["error", "state", "ended_at"])
    file_of(batch).unlink(missing_ok=True)
    details = {"batch": batch.uid, "number": batch.number, "fault": fault.code, "target": batch.target}
    note(DeliveryEvent.FAILED, batch.delivery, actor=SYSTEM, now=now, details=details)
    return batch


def told_of(fault: QuanshuError) -> dict[str, Any]:
    """A refusal as a batch keeps it, to be shown in each reader's language."""
    params = {name: plain(value) for name, value in fault.params.items()}
    return {"code": fault.code, "message": fault.message, "remedy": fault.remedy, "params": params}


def held(batch: Batch) -> Batch:
    """The batch as it is now, held until the transaction ends."""
    rows = Batch.objects.select_for_update(of=("self",)).select_related(*(f"delivery__{part}" for part in PARTS))
    return rows.get(pk=batch.pk)
