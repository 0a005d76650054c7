"""Adding events and delivering them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from quanshu.kernel.redaction import redact
from quanshu.kernel.trace import current_trace, tracing
from quanshu.shared.outbox.models import Delivery, OutboxEvent
from quanshu.shared.outbox.registry import Event, handlers_of

logger = logging.getLogger(__name__)
MOST_ATTEMPTS = 12
LONGEST_WAIT = timedelta(hours=1)


def add(*, name: str, payload: Mapping[str, Any], now: datetime) -> OutboxEvent:
    """Write an event in the caller's transaction: step five of every write."""
    return OutboxEvent.objects.create(name=str(name), payload=dict(payload), at=now, trace_id=current_trace())


def add_all(events: Iterable[tuple[str, Mapping[str, Any]]], *, now: datetime) -> None:
    """Write many events, (name, payload) each, in the caller's transaction."""
    trace = current_trace()
    OutboxEvent.objects.bulk_create(
        [OutboxEvent(name=str(name), payload=dict(payload), at=now, trace_id=trace) for name, payload in events]
    )


def dispatch(now: datetime, limit: int = 200) -> int:
    """Deliver waiting events to their handlers; returns how many deliveries were made.

    Each delivery is one transaction that holds the handler's changes and the mark that it is done. A
    handler that fails is tried again later, twelve times over about three hours, then given up and shown.
    """
    fan_out(now, limit)
    # A time further off than any wait was written by a clock that was ahead.
    times = Q(next_at__lte=now) | Q(next_at__gt=now + 2 * LONGEST_WAIT)
    due = Delivery.objects.filter(times, state="waiting").order_by("event_id", "id")[:limit]
    return sum(deliver(pk, now) for pk in list(due.values_list("pk", flat=True)))


def fan_out(now: datetime, limit: int) -> None:
    """Make one delivery row a handler for each new event."""
    for event in OutboxEvent.objects.filter(fanned_out=False).order_by("id")[:limit]:
        with transaction.atomic():
            locked = (
                OutboxEvent.objects.select_for_update(skip_locked=True)
                .filter(Q(pk=event.pk) & Q(fanned_out=False))
                .first()
            )
            if locked is None:
                continue
            Delivery.objects.bulk_create(
                [Delivery(event=locked, handler=name, next_at=now) for name in handlers_of(locked.name)],
                ignore_conflicts=True,
            )
            locked.fanned_out = True
            locked.save(update_fields=["fanned_out"])


def deliver(pk: int, now: datetime) -> int:
    """Make one delivery; 1 when it was made, 0 when another worker had it or it failed."""
    try:
        with transaction.atomic():
            row = (
                Delivery.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("event")
                .filter(pk=pk, state="waiting")
                .first()
            )
            if row is None:
                return 0
            handler = handlers_of(row.event.name).get(row.handler)
            if handler is not None:
                event = row.event
                with tracing(event.trace_id):
                    handler(Event(event.uid, event.name, event.payload, event.at))
            row.state, row.error = "done", ""
            row.attempts += 1
            row.save(update_fields=["state", "error", "attempts"])
            return 1
    except Exception as fault:  # noqa: BLE001 - whatever a handler raises, the event must not be lost
        logger.warning("delivery %s failed: %s", pk, fault)
        put_off(pk, fault, now)
        return 0


def put_off(pk: int, fault: Exception, now: datetime) -> None:
    """Note a failed delivery and when to try again."""
    with transaction.atomic():
        row = Delivery.objects.select_for_update().filter(pk=pk, state="waiting").first()
        if row is None:
            return
        row.attempts += 1
        row.error = redact(f"{type(fault).__name__}: {fault}")[:2000]
        row.state = "dead" if row.attempts >= MOST_ATTEMPTS else "waiting"
        row.next_at = now + min(timedelta(seconds=2**row.attempts), LONGEST_WAIT)
        row.save(update_fields=["attempts", "error", "state", "next_at"])


def outbox_figures() -> dict[str, int]:
    """How many deliveries wait and how many were given up."""
    waiting = Delivery.objects.filter(state="waiting").count() + OutboxEvent.objects.filter(fanned_out=False).count()
    return {"waiting": waiting, "dead": Delivery.objects.filter(state="dead").count()}


def oldest_waiting() -> datetime | None:
    """When the oldest event that has not reached all its handlers happened; None when none waits."""
    undelivered = Delivery.objects.filter(state="waiting").order_by("event__at").values_list("event__at", flat=True)
    unsent = OutboxEvent.objects.filter(fanned_out=False).order_by("at").values_list("at", flat=True)
    return min(filter(None, (undelivered.first(), unsent.first())), default=None)
