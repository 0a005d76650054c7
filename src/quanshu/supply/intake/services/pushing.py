"""Pushed files: who may push to a source, and the files that gateways have received."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from quanshu.gateway.snapshot import PushSpec, append_revocation
from quanshu.gateway.spool import Pushed, Spool
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.files import api as files
from quanshu.shared.outbox import api as outbox
from quanshu.supply.intake import rules
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Delivery, PushRight, Source
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.services.delivering import MOST_BYTES, PathStream, load_next, note_file
from quanshu.supply.intake.services.sources import trace
from quanshu.supply.intake.types import AlreadyGranted, DeliveryState, NotPushed, RightNotFound, SourceKind

MOST_MIB = 10_240
BATCH = 20
# A push that broke off may go on for so long.
PART_KEPT = timedelta(days=7)


@transaction.atomic
def grant_push(*, actor: Actor, source: Source, rid: str, most_mib: int = 512, now: datetime) -> PushRight:
    """Let an application push files of at most `most_mib` MiB to a source.

    Raises Forbidden, NotPushed, FieldErrors, AlreadyGranted.
    """
    require(actor, IntakePermission.EDIT, source)
    rid = rid.strip()
    rules.check_rid(rid)
    if source.kind != SourceKind.PUSH:
        raise NotPushed
    if source.push_rights.filter(rid=rid, revoked_at=None).exists():
        raise AlreadyGranted(rid=rid)
    most = max(1, min(most_mib, MOST_MIB))
    right = PushRight.objects.create(source=source, rid=rid, most_mib=most, granted_by=actor.name, granted_at=now)
    note_right(right, IntakeEvent.PUSH_GRANTED, actor=actor, now=now)
    return right


@transaction.atomic
def revoke_push(*, actor: Actor, source: Source, rid: str, now: datetime) -> PushRight:
    """End a right; gateways refuse within a second. Raises Forbidden or RightNotFound."""
    require(actor, IntakePermission.EDIT, source)
    right = source.push_rights.select_for_update().filter(rid=rid, revoked_at=None).first()
    if right is None:
        raise RightNotFound(rid=rid)
    right.revoked_at = now
    right.save(update_fields=["revoked_at"])
    note_right(right, IntakeEvent.PUSH_REVOKED, actor=actor, now=now)
    folder = settings.QUANSHU_GATEWAY_DIR
    transaction.on_commit(partial(append_revocation, folder, "push", right.uid, now.isoformat()))
    return right


def push_rights() -> tuple[PushSpec, ...]:
    """Rights in force to sources that are switched on, as a snapshot carries them."""
    rows = PushRight.objects.filter(revoked_at=None, source__active=True, source__kind=SourceKind.PUSH)
    return tuple(
        PushSpec(uid=right.uid, rid=right.rid, source=right.source.uid, most_bytes=right.most_mib * 1024 * 1024)
        for right in rows.select_related("source").order_by("pk")
    )


def take_pushes(now: datetime) -> int:
    """Take in what gateways have received; returns how many files.

    A push is known by its receipt, so that a worker killed at any point takes it in once and loses nothing: the
    spooled content goes only when the file is kept and recorded.
    """
    spool, count = Spool(settings.QUANSHU_GATEWAY_DIR), 0
    for pushed in spool.waiting(BATCH):
        count += take_push(pushed, spool, now)
        spool.forget_content(pushed)
    spool.sweep((now - PART_KEPT).timestamp())
    return count


@transaction.atomic
def take_push(pushed: Pushed, spool: Spool, now: datetime) -> int:
    """Keep and record one pushed file; 1 when it is new."""
    source = Source.objects.select_related("unit", "entry").filter(uid=pushed.source, kind=SourceKind.PUSH).first()
    if source is None or source.deliveries.filter(receipt_id=pushed.receipt_id).exists():
        return 0
    kept = files.store(
        actor=SYSTEM, name=pushed.name, stream=PathStream(spool.content_of(pushed)), now=now, most=MOST_BYTES
    )
    row, made = Delivery.objects.get_or_create(
        source=source,
        name=pushed.name,
        digest=kept.digest,
        defaults={
            "size": pushed.size,
            "stamp": str(pushed.at_ms),
            "state": DeliveryState.READY,
            "receipt_id": pushed.receipt_id,
            "rid": pushed.rid,
            "seen_at": now,
        },
    )
    if made:
        note_file(row, IntakeEvent.FILE_TAKEN, actor=SYSTEM, now=now)
        load_next(source, now)
    return int(made)


def note_right(right: PushRight, event: IntakeEvent, *, actor: Actor, now: datetime) -> None:
    """Leave a trace of a right, and have gateways told."""
    trace(right.source, event, actor=actor, now=now, details={"rid": right.rid})
    outbox.add(name=event, payload={"source_uid": right.source.uid, "rid": right.rid}, now=now)
