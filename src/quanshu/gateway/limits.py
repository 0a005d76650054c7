"""Rate per minute and volume per day of a grant, in one process."""

from __future__ import annotations

from dataclasses import dataclass

from quanshu.kernel.errors import TooMany

DAY_MS = 24 * 3600 * 1000
CITY_OFFSET_MS = 8 * 3600 * 1000


class RateLimited(TooMany):
    code = "gateway.rate_limited"


class DailyLimit(TooMany):
    code = "gateway.daily_limit"


def day_of(at_ms: int) -> int:
    """The city's day a moment lies in, counted from the epoch."""
    return (at_ms + CITY_OFFSET_MS) // DAY_MS


def start_of_day(at_ms: int) -> int:
    """The first millisecond of that day."""
    return day_of(at_ms) * DAY_MS - CITY_OFFSET_MS


@dataclass(slots=True)
class Bucket:
    """A token bucket that holds a minute's calls, and a count for the city's day."""

    tokens: float
    refilled_ms: int
    day: int
    used: int


class Limits:
    """Buckets by grant."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}
        self._used: dict[str, tuple[int, int]] = {}

    def remember(self, grant_uid: str, *, used: int, now_ms: int) -> None:
        """Take up the day's calls counted before a restart; the minute starts anew."""
        self._used[grant_uid] = (day_of(now_ms), used)

    def take(self, grant_uid: str, *, rate: int, daily: int | None, now_ms: int, count: int = 1) -> None:
        """Count one call, or as many as a batch has items. Raises RateLimited or DailyLimit and counts nothing then."""
        day = day_of(now_ms)
        bucket = self._buckets.get(grant_uid)
        if bucket is None:
            before = self._used.pop(grant_uid, (day, 0))
            bucket = self._buckets[grant_uid] = Bucket(float(rate), now_ms, *before)
        if bucket.day != day:
            bucket.day, bucket.used = day, 0
        passed = max(0, now_ms - bucket.refilled_ms)
        bucket.tokens = min(float(rate), bucket.tokens + passed * rate / 60_000)
        bucket.refilled_ms = now_ms
        if daily is not None and bucket.used + count > daily:
            raise DailyLimit(limit=daily)
        if bucket.tokens < count:
            raise RateLimited(rate=rate)
        bucket.tokens -= count
        bucket.used += count
