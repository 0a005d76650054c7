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

    def take(self, grant_uid: str, *, rate: int, daily: int | None, now_ms: int) -> None:
        """Count one call. Raises RateLimited or DailyLimit and counts nothing then."""
        day = (now_ms + CITY_OFFSET_MS) // DAY_MS
        bucket = self._buckets.get(grant_uid)
        if bucket is None:
            bucket = self._buckets[grant_uid] = Bucket(float(rate), now_ms, day, 0)
        if bucket.day != day:
            bucket.day, bucket.used = day, 0
        passed = max(0, now_ms - bucket.refilled_ms)
        bucket.tokens = min(float(rate), bucket.tokens + passed * rate / 60_000)
        bucket.refilled_ms = now_ms
        if daily is not None and bucket.used >= daily:
            raise DailyLimit(limit=daily)
        if bucket.tokens < 1:
            raise RateLimited(rate=rate)
        bucket.tokens -= 1
        bucket.used += 1
