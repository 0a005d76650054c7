"""Who still calls an old version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Max

from quanshu.sharing.development.types import VersionCaller
from quanshu.sharing.services.api import Consumer, Exchange, Grant, Service


def callers_of(service: Service, number: int, *, since: datetime) -> list[VersionCaller]:
    """Who called a version since a moment, or has a grant bound to it: those who called last first."""
    calls = Exchange.objects.by_people().filter(service=service, service_version=number, at__gte=since)
    counted = calls.filter(consumer__isnull=False).values("consumer").annotate(calls=Count("pk"), last=Max("at"))
    told: dict[int, dict[str, Any]] = {row["consumer"]: dict(row) for row in counted.order_by()}
    held = Grant.objects.filter(service=service, version=number, revoked_at__isnull=True).values_list("consumer")
    bound = {pk for (pk,) in held}
    rows = Consumer.objects.filter(pk__in={*told, *bound}).select_related("unit")
    found = [
        VersionCaller(
            consumer.uid,
            consumer.title,
            str(consumer.unit),
            told.get(consumer.pk, {}).get("calls", 0),
            told.get(consumer.pk, {}).get("last"),
            consumer.pk in bound,
        )
        for consumer in rows
    ]
    return sorted(found, key=lambda caller: (-caller.calls, caller.title))
