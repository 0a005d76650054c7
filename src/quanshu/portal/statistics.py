"""What anybody may know of the platform: counts of the whole city, small ones suppressed, kept for a minute."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.core.cache import cache

from quanshu.kernel.clock import CITY_TZ
from quanshu.organisation.api import Unit
from quanshu.sharing.demands.api import demand_figures
from quanshu.sharing.services.api import Exchange, service_figures
from quanshu.supply.catalogue.api import catalogue_figures
from quanshu.supply.quality.api import quality_figures

SECONDS = 60
# A count below this could point at single people or cases.
LEAST = 10
KEY = "portal.statistics.2"


@dataclass(frozen=True, slots=True)
class Statistics:
    """None: nothing to say, or too few to say it (see `LEAST`)."""

    at: datetime
    units: int | None
    entries: int | None
    landed: int | None
    services: int | None
    calls_today: int | None
    calls_month: int | None
    quality_rate: float | None
    confirmed_rate: float | None
    published_rate: float | None
    corrected_rate: float | None
    days: tuple[tuple[str, int | None], ...]


def at_least(count: int) -> int | None:
    """A count in whole tens, or None when it is too small to be told; zero says nothing of anybody.

    Whole tens, so that a suppressed day cannot be found by taking the others from the month.
    """
    return count // LEAST * LEAST if count == 0 or count >= LEAST else None


def rate_of(rate: float | None, of: int) -> float | None:
    """A rate over enough cases, to a tenth of a per cent."""
    return round(rate, 3) if rate is not None and of >= LEAST else None


def public_statistics(now: datetime) -> Statistics:
    """The figures, counted at most once a minute."""
    kept: Statistics | None = cache.get(KEY)
    if kept is not None and timedelta(0) <= now - kept.at < timedelta(seconds=SECONDS):
        return kept
    found = count(now)
    cache.set(KEY, found, SECONDS)
    return found


def count(now: datetime) -> Statistics:
    """Counted now. Numbers of units, entries and services are published anyway; calls and cases are suppressed."""
    day = now.astimezone(CITY_TZ).replace(hour=0, minute=0, second=0, microsecond=0)
    calls = Exchange.objects.by_people().filter(status__lt=400)
    catalogue, quality = catalogue_figures(today=day.date()), quality_figures(today=day.date())
    demands = demand_figures(today=day.date())
    days = []
    for back in range(13, -1, -1):
        start = day - timedelta(days=back)
        made = calls.filter(at__gte=start, at__lt=start + timedelta(days=1)).count()
        days.append((start.date().isoformat(), at_least(made)))
    return Statistics(
        at=now,
        units=Unit.objects.active().exclude(kind="village").count(),
        entries=catalogue.published,
        landed=catalogue.landed,
        services=service_figures().published,
        calls_today=at_least(calls.filter(at__gte=day).count()),
        calls_month=at_least(calls.filter(at__gte=day.replace(day=1)).count()),
        quality_rate=rate_of(quality.pass_rate, quality.rows),
        confirmed_rate=rate_of(demands.confirm_rate, demands.confirm_done),
        published_rate=rate_of(demands.publish_rate, demands.publish_done),
        corrected_rate=rate_of(quality.on_time_rate, quality.corrected),
        days=tuple(days),
    )


def as_json(found: Statistics) -> dict[str, object]:
    """As the address beside the page gives it; the suppressed are null."""
    return {**asdict(found), "at": found.at.isoformat(), "least": LEAST, "days": [list(row) for row in found.days]}
