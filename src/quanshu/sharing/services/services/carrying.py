"""Receipts from the gateways' journals into the list of calls and the audit trail, each exactly once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from quanshu.gateway.journal import Receipt, read_after
from quanshu.shared.access.api import Actor, ActorKind, Place
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.services.events import ServiceEvent
from quanshu.sharing.services.models import Consumer, ConsumerKey, Exchange, ExchangeMark, JournalCursor, Service
from quanshu.sharing.services.types import PROBE_RID

BATCH = 500
ACTION = "gateway.call"


def carry_receipts(now: datetime) -> int:
    """Carry what the journals hold beyond the cursors; returns how many receipts.

    Rows, audit entries and cursors change in one transaction, and a receipt's number is unique, so a worker
    killed at any point carries nothing twice and loses nothing.
    """
    return sum(carry_from(folder, now) for folder in journal_folders())


def journal_folders() -> list[Path]:
    """Where the gateways of this node's hosts keep their journals, as far as they are there."""
    folders = settings.QUANSHU_GATEWAY_JOURNALS or [settings.QUANSHU_GATEWAY_DIR]
    return [folder for folder in folders if folder.is_dir()]


def carry_from(folder: Path, now: datetime) -> int:
    """Carry what the journals of one folder hold; workers of one folder wait for each other."""
    cursors = dict(JournalCursor.objects.values_list("file", "number"))
    waiting = {file for file, _number, _receipt in read_after(folder, cursors, 1)}
    if not waiting:
        return 0
    # A row to lock is there before the transaction, also for a file that nobody has carried from yet.
    JournalCursor.objects.bulk_create(
        [JournalCursor(file=file, number=0) for file in sorted(waiting - cursors.keys())], ignore_conflicts=True
    )
    with transaction.atomic():
        locked = JournalCursor.objects.select_for_update().filter(file__in=waiting).order_by("file")
        cursors |= dict(locked.values_list("file", "number"))
        found = [part for part in read_after(folder, cursors, BATCH) if part[0] in waiting]
        known = set(
            Exchange.objects.filter(receipt_id__in=[receipt.receipt_id for _f, _n, receipt in found]).values_list(
                "receipt_id", flat=True
            )
        )
        fresh = [receipt for _file, _number, receipt in found if receipt.receipt_id not in known]
        _keep(fresh, now)
        for file, number in {file: number for file, number, _receipt in found}.items():
            JournalCursor.objects.filter(file=file).update(number=number, carried_at=now)
    return len(fresh)


def _keep(receipts: list[Receipt], now: datetime) -> None:
    rids = {receipt.rid for receipt in receipts}
    consumers = {row.rid: row for row in Consumer.objects.filter(rid__in=rids).select_related("unit")}
    sids = {receipt.sid for receipt in receipts}
    services = {row.sid: row for row in Service.objects.filter(sid__in=sids).select_related("unit")}
    for receipt in receipts:
        consumer, service = consumers.get(receipt.rid), services.get(receipt.sid)
        at = datetime.fromtimestamp(receipt.at_ms / 1000, tz=UTC)
        exchange = Exchange.objects.create(
            receipt_id=receipt.receipt_id,
            at=at,
            rid=receipt.rid[:60],
            sid=plain(receipt.sid, 60),
            consumer=consumer,
            service=service,
            probe=receipt.rid == PROBE_RID,
            service_version=receipt.service_version,
            grant_uid=receipt.grant_uid[:60],
            outcome=receipt.outcome,
            status=receipt.status,
            rows=receipt.rows,
            duration_us=receipt.duration_us,
            request_hash=receipt.request_hash,
            response_hash=receipt.response_hash,
            snapshot_version=receipt.snapshot_version,
            purpose=receipt.purpose,
            case_number=plain(receipt.case_number, 100),
            parameters=receipt.parameters,
            fields=receipt.fields,
            sign=receipt.sign[:100],
            kid=receipt.kid,
            scheme=receipt.scheme,
            trace_id=receipt.trace_id[:32],
            carried_at=now,
            items=receipt.items,
            consent_uid=receipt.consent_uid[:36],
        )
        marks = [ExchangeMark(exchange=exchange, mark=mark) for mark in receipt.row_marks.split(",") if mark]
        if marks and receipt.rid != PROBE_RID:
            ExchangeMark.objects.bulk_create(marks)
        _note(receipt, consumer, service, at)
        if receipt.consent_uid:
            payload = {"receipt_id": receipt.receipt_id, "consent_uid": exchange.consent_uid}
            outbox.add(name=ServiceEvent.CONSENT_USED, payload=payload, now=now)
    _note_use(receipts, consumers)


def _note_use(receipts: list[Receipt], consumers: dict[str, Consumer]) -> None:
    """First and last use of each key."""
    used: dict[tuple[str, str], list[int]] = {}
    for receipt in receipts:
        if receipt.kid and receipt.rid in consumers:
            used.setdefault((receipt.rid, receipt.kid), []).append(receipt.at_ms)
    for (rid, kid), moments in used.items():
        first, last = (datetime.fromtimestamp(pick(moments) / 1000, tz=UTC) for pick in (min, max))
        keys = ConsumerKey.objects.filter(consumer=consumers[rid], kid=kid)
        keys.filter(Q(first_used_at__isnull=True) | Q(first_used_at__gt=first)).update(first_used_at=first)
        keys.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lt=last)).update(last_used_at=last)


def plain(text: str, most: int) -> str:
    """What a caller wrote, cut, without the NUL that databases refuse and that would hold up all receipts."""
    return text.replace("\0", "")[:most]


def _note(receipt: Receipt, consumer: Consumer | None, service: Service | None, at: datetime) -> None:
    caller = Actor(
        uid=consumer.uid if consumer else receipt.rid[:36],
        name=consumer.name if consumer else receipt.rid[:60],
        kind=ActorKind.SERVICE,
        unit_uid=consumer.unit.uid if consumer else None,
        unit_path=consumer.unit.path if consumer else "",
    )
    audit.record(
        actor=caller,
        action=ACTION,
        kind="services.exchange",
        uid=receipt.receipt_id,
        label=service.name if service else plain(receipt.sid, 60),
        place=Place(unit_path=service.unit.path) if service else Place(),
        details={
            "sid": plain(receipt.sid, 60),
            "version": receipt.service_version,
            "grant": receipt.grant_uid,
            "code": receipt.outcome,
            "status": receipt.status,
            "rows": receipt.rows,
            "items": receipt.items,
            "fields": receipt.fields,
            "request": receipt.request_hash,
            "response": receipt.response_hash,
            **({"consent": receipt.consent_uid[:36]} if receipt.consent_uid else {}),
        },
        outcome="done" if receipt.status < 400 else "refused",
        now=at,
        trace_id=receipt.trace_id[:32],
    )


def oldest_uncarried() -> datetime | None:
    """When the oldest call happened whose receipt still waits in a gateway's journal; None when none waits."""
    cursors = dict(JournalCursor.objects.values_list("file", "number"))
    waiting = [row.at_ms for folder in journal_folders() for _file, _number, row in read_after(folder, cursors, 1)]
    return datetime.fromtimestamp(min(waiting) / 1000, tz=UTC) if waiting else None
