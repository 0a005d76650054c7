"""Reads of calls: figures, what a call told of, and who received a row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncHour

from quanshu.gateway.marks import mark_key, row_mark
from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import Actor
from quanshu.sharing.services import rules
from quanshu.sharing.services.models import Exchange, ExchangeMark, Grant
from quanshu.sharing.services.types import ExchangeFigures, HourCount, ServiceCount
from quanshu.supply.assurance.api import CallFacts
from quanshu.supply.quality.api import Receiver

OK = Q(status__lt=400)
HOURS = 24


def exchange_figures(*, now: datetime) -> ExchangeFigures:
    """Calls through the gateway, the platform's own probes left out."""
    calls = Exchange.objects.by_people()
    local = now.astimezone(CITY_TZ)
    today = calls.filter(at__gte=local.replace(hour=0, minute=0, second=0, microsecond=0))
    first = local.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    recent = calls.filter(at__gte=first)
    grouped = recent.annotate(hour=TruncHour("at", tzinfo=CITY_TZ)).values("hour").order_by("hour")
    counts = {
        row["hour"]: (row["good"], row["bad"])
        for row in grouped.annotate(good=Count("pk", filter=OK), bad=Count("pk", filter=~OK))
    }
    hours = [first + timedelta(hours=step) for step in range(HOURS)]
    by_service = (
        recent.filter(service__isnull=False)
        .values("sid", "service__name")
        .annotate(good=Count("pk", filter=OK), bad=Count("pk", filter=~OK))
        .order_by("-good", "sid")
    )
    return ExchangeFigures(
        total=calls.count(),
        today=today.count(),
        refused_today=today.exclude(OK).count(),
        p95_us=percentile(today.filter(OK), 0.95),
        by_hour=tuple(HourCount(hour, *counts.get(hour, (0, 0))) for hour in hours),
        by_service=tuple(ServiceCount(row["sid"], row["service__name"], row["good"], row["bad"]) for row in by_service),
    )


def percentile(calls: QuerySet[Exchange], share: float) -> int | None:
    """The nearest-rank percentile of the calls' times, in microseconds; None when there are no calls."""
    count = calls.count()
    if not count:
        return None
    rank = max(math.ceil(count * share) - 1, 0)
    return calls.order_by("duration_us").values_list("duration_us", flat=True)[rank]


def told_of(call: Exchange) -> set[str]:
    """Names of the fields a call told something of: those answered with, or those compared by a verification."""
    names = call.fields or call.parameters
    return {name for name in names.split(",") if name}


def row_receivers(
    *, entry_uid: str, key: Sequence[str | None], columns: Sequence[str], since: datetime, until: datetime | None
) -> list[Receiver]:
    """Who received a row of an entry with one of these fields, the latest first: the port of data quality.

    `key` is the row's key in the order of the entry's key columns. Calls are found by the marks of their receipts;
    of a call with more rows than are marked, the first 200 are known.
    """
    calls = calls_with_row(entry_uid=entry_uid, key=key, since=since, until=until)
    return [
        Receiver(
            unit_uid=call.consumer.unit.uid,
            unit_name=str(call.consumer.unit),
            unit_path=call.consumer.unit.path,
            application=call.consumer.title,
            at=call.at,
            case_number=call.case_number,
            receipt_id=call.receipt_id,
        )
        for call in calls
        if call.consumer is not None and set(columns) & told_of(call)
    ]


def calls_with_row(
    *, entry_uid: str, key: Sequence[str | None], since: datetime, until: datetime | None = None, receipt_id: str = ""
) -> list[Exchange]:
    """Answered calls of applications that carried a row, the latest first, by the marks of their receipts.

    With `receipt_id` that one call, if it carried the row.
    """
    path = settings.QUANSHU_KEYS_DIR / "gateway.seal"
    if not path.exists():
        return []
    mark = row_mark(mark_key(path.read_bytes()), entry_uid, key)
    found = ExchangeMark.objects.filter(mark=mark, exchange__at__gte=since, exchange__status__lt=400)
    if until is not None:
        found = found.filter(exchange__at__lte=until)
    if receipt_id:
        found = found.filter(exchange__receipt_id=receipt_id)
    rows = found.filter(exchange__consumer__isnull=False)
    rows = rows.select_related("exchange__consumer__unit", "exchange__service__unit")
    return sorted((row.exchange for row in rows), key=lambda call: call.at, reverse=True)


def call_facts(*, actor: Actor, sid: str, receipt_id: str) -> CallFacts | None:
    """The entry and fields of a call of the actor's unit, or of a service it holds or held a grant for."""
    if not actor.unit_uid:
        return None
    if receipt_id:
        calls = Exchange.objects.filter(receipt_id=receipt_id, consumer__unit__uid=actor.unit_uid, status__lt=400)
        call = calls.select_related("service__entry").first()
        if call is None or call.service is None or (sid and sid != call.sid):
            return None
        return CallFacts(call.sid, call.service.entry.uid, tuple(sorted(told_of(call))))
    held = Grant.objects.filter(service__sid=sid, consumer__unit__uid=actor.unit_uid).select_related("service__entry")
    grants = list(held)
    if not grants:
        return None
    service = grants[0].service
    names = {name for grant in grants for name in grant.fields} | set(rules.offered(service.shape, service.spec))
    return CallFacts(sid, service.entry.uid, tuple(sorted(names)))
