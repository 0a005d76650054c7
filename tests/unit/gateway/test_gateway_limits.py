"""Rate per minute and volume per day of a grant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.gateway.limits import DAY_MS, DailyLimit, Limits, RateLimited, day_of, start_of_day

# 2026-01-05 00:00 in Jinan.
MIDNIGHT = 1_767_542_400_000


def taken(limits: Limits, times: list[int], *, rate: int, daily: int | None = None) -> list[int]:
    found = []
    for moment in times:
        try:
            limits.take("g", rate=rate, daily=daily, now_ms=moment)
        except (RateLimited, DailyLimit):
            continue
        found.append(moment)
    return found


@given(
    rate=st.integers(1, 20),
    steps=st.lists(st.integers(0, 15_000), min_size=1, max_size=120),
)
def test_no_minute_holds_more_than_a_full_bucket_and_what_flows_in(rate: int, steps: list[int]) -> None:
    times, moment = [], MIDNIGHT
    for step in steps:
        moment += step
        times.append(moment)
    found = taken(Limits(), times, rate=rate)
    for first in found:
        assert sum(1 for moment in found if first <= moment < first + 60_000) <= 2 * rate


@given(daily=st.integers(1, 30), calls=st.integers(1, 60))
def test_a_day_holds_its_volume_and_the_next_begins_at_the_city_s_midnight(daily: int, calls: int) -> None:
    limits = Limits()
    times = [MIDNIGHT + number for number in range(calls)]
    assert len(taken(limits, times, rate=1000, daily=daily)) == min(daily, calls)
    late = MIDNIGHT + DAY_MS - 1
    assert len(taken(limits, [late], rate=1000, daily=daily)) == int(calls < daily)
    assert taken(limits, [MIDNIGHT + DAY_MS], rate=1000, daily=daily) == [MIDNIGHT + DAY_MS]


def test_a_refused_call_costs_nothing() -> None:
    limits = Limits()
    assert len(taken(limits, [MIDNIGHT] * 5, rate=2)) == 2
    with pytest.raises(RateLimited) as caught:
        limits.take("g", rate=2, daily=None, now_ms=MIDNIGHT)
    assert caught.value.params == {"rate": 2}
    limits.take("g", rate=2, daily=None, now_ms=MIDNIGHT + 30_000)


def test_grants_do_not_share_a_bucket() -> None:
    limits = Limits()
    for grant in ("a", "b", "c"):
        limits.take(grant, rate=1, daily=1, now_ms=MIDNIGHT)
    with pytest.raises(DailyLimit):
        limits.take("a", rate=1, daily=1, now_ms=MIDNIGHT + 60_000)


def test_a_clock_set_back_refills_nothing() -> None:
    limits = Limits()
    assert len(taken(limits, [MIDNIGHT + 60_000, MIDNIGHT, MIDNIGHT + 1], rate=1)) == 1


def test_the_day_s_volume_outlives_a_restart() -> None:
    limits = Limits()
    limits.remember("g", used=9, now_ms=MIDNIGHT)
    assert len(taken(limits, [MIDNIGHT + 1] * 3, rate=100, daily=10)) == 1
    other = Limits()
    other.remember("g", used=9, now_ms=MIDNIGHT - 1)
    assert len(taken(other, [MIDNIGHT] * 3, rate=100, daily=10)) == 3


@given(st.integers(0, 4_000_000_000_000))
def test_a_day_starts_at_its_first_millisecond(at_ms: int) -> None:
    first = start_of_day(at_ms)
    assert first <= at_ms < first + DAY_MS
    assert day_of(first) == day_of(at_ms) == day_of(first - 1) + 1
