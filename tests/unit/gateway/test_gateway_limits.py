"""What a grant allows: rate and burst, the day's calls and rows, hours, addresses, a case number."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from ipaddress import ip_network
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.gateway.host import Use
from quanshu.gateway.limits import (
    DAY_MS,
    AddressNotAllowed,
    CaseRequired,
    DailyLimit,
    DailyRows,
    Limits,
    OutsideHours,
    RateLimited,
    Terms,
    caller_address,
    check_terms,
    day_of,
    opens_in,
    read_window,
    start_of_day,
)
from quanshu.gateway.snapshot import GrantSpec

# 2026-01-05 00:00 in Jinan, a Monday.
MIDNIGHT = 1_767_542_400_000
LIMITS = Limits(Use(Path(tempfile.mkdtemp(prefix="quanshu-limits-"))))
NUMBERS: Iterator[int] = count()


def a_grant(uid: str = "", *, rate: int = 1000, **changes: object) -> GrantSpec:
    """A grant nobody has used yet."""
    grant = GrantSpec(uid or f"g{next(NUMBERS)}", "app", "jn-person", ("name",), "p", rate, None, 0, 9e9)
    return dataclasses.replace(grant, **changes)


def taken(grant: GrantSpec, times: list[int], limits: Limits = LIMITS) -> list[int]:
    found = []
    for moment in times:
        try:
            limits.take(grant, Terms.of(grant), now_ms=moment)
        except (RateLimited, DailyLimit):
            continue
        found.append(moment)
    return found


@given(
    rate=st.integers(1, 20),
    burst=st.none() | st.integers(1, 30),
    steps=st.lists(st.integers(-500, 15_000), min_size=1, max_size=120),
)
def test_no_stretch_holds_more_than_the_burst_and_what_flows_in(rate: int, burst: int | None, steps: list[int]) -> None:
    times, moment = [], MIDNIGHT
    for step in steps:
        moment += step
        times.append(moment)
    found = taken(a_grant(rate=rate, burst=burst), times)
    capacity = burst or rate
    for first in found:
        for last in found:
            within = sum(1 for moment in found if first <= moment <= last)
            assert first > last or within <= capacity + (last - first) * rate / 60_000


@given(daily=st.integers(1, 30), calls=st.integers(1, 60))
def test_a_day_holds_its_volume_and_the_next_begins_at_the_city_s_midnight(daily: int, calls: int) -> None:
    grant = a_grant(daily_limit=daily)
    assert len(taken(grant, [MIDNIGHT + number for number in range(calls)])) == min(daily, calls)
    assert len(taken(grant, [MIDNIGHT + DAY_MS - 1])) == int(calls < daily)
    assert taken(grant, [MIDNIGHT + DAY_MS]) == [MIDNIGHT + DAY_MS]


@given(daily=st.integers(0, 60), found=st.lists(st.integers(0, 20), max_size=20))
def test_the_rows_of_a_day_are_never_more_than_granted(daily: int, found: list[int]) -> None:
    grant, told = a_grant(daily_rows=daily), 0
    for rows in found:
        if told + rows > daily:
            with pytest.raises(DailyRows) as caught:
                LIMITS.take_rows(grant, Terms.of(grant), rows, now_ms=MIDNIGHT)
            assert caught.value.params["retry_after"] == DAY_MS // 1000
        else:
            LIMITS.take_rows(grant, Terms.of(grant), rows, now_ms=MIDNIGHT)
            told += rows


def test_a_refused_call_costs_nothing_and_tells_when_to_come_again() -> None:
    grant = a_grant(rate=2)
    assert len(taken(grant, [MIDNIGHT] * 5)) == 2
    with pytest.raises(RateLimited) as caught:
        LIMITS.take(grant, Terms.of(grant), now_ms=MIDNIGHT)
    assert caught.value.params == {"rate": 2, "retry_after": 30}
    LIMITS.take(grant, Terms.of(grant), now_ms=MIDNIGHT + 30_000)


def test_grants_do_not_share_a_bucket() -> None:
    grants = [a_grant(rate=1, daily_limit=1) for _ in range(3)]
    assert [len(taken(grant, [MIDNIGHT])) for grant in grants] == [1, 1, 1]
    with pytest.raises(DailyLimit) as caught:
        LIMITS.take(grants[0], Terms.of(grants[0]), now_ms=MIDNIGHT + 60_000)
    assert caught.value.params == {"limit": 1, "retry_after": 24 * 3600 - 60}


def test_a_clock_set_back_refills_nothing() -> None:
    assert len(taken(a_grant(rate=1), [MIDNIGHT + 60_000, MIDNIGHT, MIDNIGHT + 1])) == 1
    assert len(taken(a_grant(rate=1), [MIDNIGHT + DAY_MS, MIDNIGHT, MIDNIGHT + 60_000])) == 2


def test_the_day_s_volume_outlives_a_restart() -> None:
    grant, other = a_grant(daily_limit=10), a_grant(daily_limit=10)
    LIMITS.remember(grant.uid, used=9, now_ms=MIDNIGHT)
    assert len(taken(grant, [MIDNIGHT + 1] * 3)) == 1
    LIMITS.remember(other.uid, used=9, now_ms=MIDNIGHT - 1)
    assert len(taken(other, [MIDNIGHT] * 3)) == 3


@pytest.mark.parametrize(
    "text", ["", "8 08:00-09:00", "1 09:00-09:00", "1 10:00-09:00", "1 08:00-24:30", "08:00-09:00"]
)
def test_hours_of_another_form_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"form|end"):
        read_window(text)


@given(
    st.lists(st.sampled_from(["12345 08:30-17:30", "67 00:00-24:00", "3 22:00-23:59", "1 00:00-00:01"]), min_size=1),
    st.integers(0, 14 * 24 * 60),
)
def test_what_is_told_of_the_hours_is_when_they_begin(texts: list[str], minute: int) -> None:
    """Against the calendar of the standard library, minute by minute."""
    windows = [read_window(text) for text in texts]
    local = timezone(timedelta(hours=8))

    def is_open(moment: datetime) -> bool:
        into = moment.hour * 60 + moment.minute
        return any(moment.isoweekday() in one.weekdays and one.start <= into < one.end for one in windows)

    at_ms = MIDNIGHT + minute * 60_000
    wait = opens_in(windows, at_ms)
    begins = datetime.fromtimestamp(at_ms / 1000 + wait, tz=local)
    assert is_open(begins)
    assert wait == 0 or not is_open(begins - timedelta(minutes=1))
    assert (wait == 0) is is_open(datetime.fromtimestamp(at_ms / 1000, tz=local))


def test_hours_addresses_and_case_numbers_are_asked_for() -> None:
    grant = a_grant(windows=("12345 08:30-17:30",), networks=("10.1.0.0/16", "2001:db8::/32"), case_required=True)
    noon = MIDNIGHT + 12 * 3600 * 1000
    given = {"address": "10.1.2.3", "case_number": "A-1", "now_ms": noon}
    check_terms(grant, Terms.of(grant), **given)
    for change, fault in [
        ({"now_ms": MIDNIGHT}, OutsideHours),
        ({"now_ms": noon + 5 * DAY_MS}, OutsideHours),
        ({"address": "10.2.0.1"}, AddressNotAllowed),
        ({"address": "2001:db9::1"}, AddressNotAllowed),
        ({"address": "nonsense"}, AddressNotAllowed),
        ({"case_number": " "}, CaseRequired),
    ]:
        with pytest.raises(fault):
            check_terms(grant, Terms.of(grant), **(given | change))
    check_terms(grant, Terms.of(grant), **(given | {"address": "::ffff:10.1.2.3"}))


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("9.9.9.9", "10.1.1.1", "9.9.9.9"),
        ("127.0.0.1", "10.1.1.1", "10.1.1.1"),
        ("127.0.0.1", "10.1.1.1, 8.8.8.8", "8.8.8.8"),
        ("127.0.0.1", "10.1.1.1, 127.0.0.2", "10.1.1.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "spoofed", "spoofed"),
    ],
)
def test_an_address_is_believed_only_from_a_proxy_that_is_trusted(peer: str, forwarded: str, found: str) -> None:
    assert caller_address(peer, forwarded, [ip_network("127.0.0.0/8")]) == found
    assert caller_address(peer, forwarded, []) == peer


@given(st.integers(0, 4_000_000_000_000))
def test_a_day_starts_at_its_first_millisecond(at_ms: int) -> None:
    first = start_of_day(at_ms)
    assert first <= at_ms < first + DAY_MS
    assert day_of(first) == day_of(at_ms) == day_of(first - 1) + 1
