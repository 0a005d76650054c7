"""Live checks rolled up by hour and by day, and outages found in them, before the raw ones are cleared."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction

from quanshu.kernel.clock import CITY_TZ
from quanshu.sharing.development import rules
from quanshu.sharing.development.models import Outage, ProbeCursor, ProbeRoll
from quanshu.sharing.development.types import Grain, Sample
from quanshu.sharing.services.api import Probe, Service

BATCH = 20_000


def roll_probes(now: datetime) -> int:
    """Renew the hours and days that new live checks fall into, and carry outages on; returns how many checks were new.

    Each service is one transaction with its cursor, so that a worker killed at any point counts nothing twice.
    """
    return sum(roll_service(service) for service in Service.objects.filter(probes__isnull=False).distinct())


@transaction.atomic
def roll_service(service: Service) -> int:
    """The new live checks of one service."""
    ProbeCursor.objects.get_or_create(service=service)
    cursor = ProbeCursor.objects.select_for_update().get(service=service)
    fresh = list(Probe.objects.filter(service=service, pk__gt=cursor.probe_id).order_by("pk")[:BATCH])
    if not fresh:
        return 0
    for grain in Grain:
        for start in sorted({start_of(probe.at, grain) for probe in fresh}):
            roll_one(service, grain, start)
    for probe in fresh:
        follow_outage(service, probe)
    cursor.probe_id = fresh[-1].pk
    cursor.save(update_fields=["probe_id"])
    return len(fresh)


def start_of(at: datetime, grain: Grain) -> datetime:
    """The hour or city day a moment lies in."""
    local = at.astimezone(CITY_TZ)
    if grain == Grain.HOUR:
        return local.replace(minute=0, second=0, microsecond=0)
    return datetime.combine(local.date(), time.min, tzinfo=CITY_TZ)


def roll_one(service: Service, grain: Grain, start: datetime) -> None:
    """Count the raw checks of one hour or day anew. Raw ones are kept for a week, so the whole day is there."""
    length = timedelta(hours=1) if grain == Grain.HOUR else timedelta(days=1)
    rows = Probe.objects.filter(service=service, at__gte=start, at__lt=start + length)
    rolled = rules.roll_up([Sample(row.at, row.ok, row.code, row.duration_us) for row in rows])
    values = {name: getattr(rolled, name) for name in ("total", "ok", "p50_us", "p95_us", "codes")}
    ProbeRoll.objects.update_or_create(service=service, grain=grain, start=start, defaults=values)


def follow_outage(service: Service, probe: Probe) -> None:
    """A failure opens an outage or prolongs the one that is open; an answer ends it."""
    standing = Outage.objects.filter(service=service, ended_at__isnull=True).first()
    if probe.ok:
        if standing is not None:
            standing.ended_at = probe.at
            standing.save(update_fields=["ended_at"])
    elif standing is None:
        Outage.objects.create(service=service, code=probe.code, began_at=probe.at, last_at=probe.at)
    else:
        standing.last_at, standing.failures = probe.at, standing.failures + 1
        standing.save(update_fields=["last_at", "failures"])
