"""The sandbox's quota: calls a minute and a day, each application its own."""

from __future__ import annotations

import pytest

from quanshu.gateway.limits import DailyLimit, RateLimited
from quanshu.gateway.sandbox import DAILY, RATE, Quota

NOON = 1_772_424_000_000


def test_a_minute_and_a_day_are_counted_by_application() -> None:
    quota = Quota()
    for _ in range(RATE):
        quota.take("a", now_ms=NOON)
    with pytest.raises(RateLimited):
        quota.take("a", now_ms=NOON + 1)
    quota.take("b", now_ms=NOON + 1)
    quota.take("a", now_ms=NOON + 60_000)
    for at in range(DAILY - RATE - 1):
        quota.take("a", now_ms=NOON + 120_000 + at * 2000)
    with pytest.raises(DailyLimit):
        quota.take("a", now_ms=NOON + 120_000 + DAILY * 2000)
    quota.take("a", now_ms=NOON + 24 * 3_600_000)
