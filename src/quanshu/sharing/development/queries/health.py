"""Health over time: roll-ups, months, outages."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise

from django.db.models import QuerySet, Sum

from quanshu.kernel.clock import CITY_TZ
from quanshu.sharing.development import rules
from quanshu.sharing.development.models import Outage, ProbeRoll
from quanshu.sharing.development.types import Grain, Period
from quanshu.sharing.services.api import Service

HOURS, DAYS, MONTHS = 24, 30, 12


def list_rolls(service: Service, grain: str) -> QuerySet[ProbeRoll]:
    """The roll-ups of a service, the latest first."""
    return ProbeRoll.objects.filter(service=service, grain=grain)


def list_outages(service: Service) -> QuerySet[Outage]:
    """Its outages, the latest first."""
    return Outage.objects.filter(service=service)


def midnight(day: date) -> datetime:
    """The day's first moment in the city."""
    return datetime.combine(day, time.min, tzinfo=CITY_TZ)


def hour_rolls(service: Service, *, now: datetime) -> list[tuple[str, ProbeRoll | None]]:
    """The last 24 hours, the present one last; None where nothing was probed."""
    first = now.astimezone(CITY_TZ).replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    found = {row.start: row for row in list_rolls(service, Grain.HOUR).filter(start__gte=first)}
    hours = [first + timedelta(hours=step) for step in range(HOURS)]
    return [(f"{hour:%H:00}", found.get(hour)) for hour in hours]


def day_rolls(service: Service, *, now: datetime) -> list[tuple[str, ProbeRoll | None]]:
    """The last 30 days, today last."""
    today = now.astimezone(CITY_TZ).date()
    days = [today - timedelta(days=left) for left in range(DAYS - 1, -1, -1)]
    found = {row.start: row for row in list_rolls(service, Grain.DAY).filter(start__gte=midnight(days[0]))}
    return [(f"{day:%m-%d}", found.get(midnight(day))) for day in days]


def availability_by_month(service: Service, *, now: datetime) -> list[Period]:
    """The last 12 months, this one last; the time shown is the worst day's 95th percentile."""
    months = rules.months_before(now.astimezone(CITY_TZ).date(), MONTHS)
    starts = [midnight(day) for day in months] + [now + timedelta(days=1)]
    rows = list(list_rolls(service, Grain.DAY).filter(start__gte=starts[0]))
    found = []
    for first, after in pairwise(starts):
        days = [row for row in rows if first <= row.start < after]
        slowest = max((row.p95_us for row in days if row.p95_us is not None), default=None)
        label = f"{first:%Y-%m}"
        found.append(Period(label, sum(row.total for row in days), sum(row.ok for row in days), slowest))
    return found


def health_periods(service: Service, *, now: datetime) -> list[Period]:
    """Availability of 24 hours, 30 days and this month."""
    stretches = (("24h", Grain.HOUR, now - timedelta(hours=HOURS)), ("30d", Grain.DAY, now - timedelta(days=DAYS)))
    found = []
    for label, grain, since in stretches:
        sums = list_rolls(service, grain).filter(start__gte=since).aggregate(total=Sum("total"), good=Sum("ok"))
        found.append(Period(label, sums["total"] or 0, sums["good"] or 0))
    month = availability_by_month(service, now=now)[-1]
    return [*found, Period("month", month.total, month.ok)]
