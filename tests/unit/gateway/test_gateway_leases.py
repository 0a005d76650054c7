"""The arithmetic of leases: what hosts are given together is never more than the grant allows."""

from __future__ import annotations

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.gateway.limits import DAY_MS, Terms
from quanshu.gateway.sharing import MOST_BLOCK, Granted, Lease, block, lease
from quanshu.gateway.snapshot import GrantSpec

MIDNIGHT = 1_767_542_400_000
GRANT = GrantSpec("g", "app", "jn-person", ("name",), "p", 60, None, 0, 9e9)
ASKS = st.lists(
    st.tuples(st.integers(0, 4000), st.booleans(), st.booleans(), st.integers(0, 40)), min_size=1, max_size=80
)


def given_out(grant: GrantSpec, asks: list[tuple[int, bool, bool, int]]) -> list[tuple[int, Lease]]:
    """(moment, lease) of a series of asks, each some milliseconds after the one before."""
    terms, granted, moment, found = Terms.of(grant), Granted(), MIDNIGHT, []
    for passed, tokens, calls, rows in asks:
        moment += passed
        granted, told = lease(granted, grant, terms, now_ms=moment, tokens=tokens, calls=calls, rows=rows)
        found.append((moment, told))
    return found


@settings(max_examples=200, deadline=None)
@given(rate=st.integers(1, 60_000), burst=st.none() | st.integers(1, 500), asks=ASKS)
def test_tokens_that_live_in_a_stretch_are_never_more_than_burst_and_what_flows_in(
    rate: int, burst: int | None, asks: list[tuple[int, bool, bool, int]]
) -> None:
    """A token may be spent until it lapses, so those given out before a stretch count as well."""
    grant = dataclasses.replace(GRANT, rate_per_minute=rate, burst=burst)
    found = given_out(grant, asks)
    moments = [moment for moment, _told in found]
    for first in moments:
        for last in moments:
            if first <= last:
                live = sum(told.tokens for moment, told in found if moment <= last and moment + told.lapse_ms >= first)
                assert live <= (burst or rate) + (last - first) * rate / 60_000


@settings(deadline=None)
@given(daily=st.integers(1, 3000), rows=st.integers(1, 3000), asks=ASKS)
def test_calls_and_rows_of_a_day_are_never_more_than_granted_and_come_anew_at_midnight(
    daily: int, rows: int, asks: list[tuple[int, bool, bool, int]]
) -> None:
    grant = dataclasses.replace(GRANT, daily_limit=daily, daily_rows=rows)
    found = [told for _moment, told in given_out(grant, asks)]
    assert sum(told.calls for told in found) <= daily
    assert sum(told.rows for told in found) <= rows
    spent = Granted(0, MIDNIGHT, MIDNIGHT // DAY_MS, daily, rows)
    _after, told = lease(spent, grant, Terms.of(grant), now_ms=MIDNIGHT + DAY_MS, tokens=True, calls=True, rows=1)
    assert told.calls > 0
    assert told.rows > 0


@given(st.integers(0, 1_000_000))
def test_blocks_shrink_to_one_as_the_limit_comes_near(left: int) -> None:
    assert 0 <= block(left) <= min(left, MOST_BLOCK)
    assert block(left) == min(left, 1) or left >= 64


@given(daily=st.integers(1, 5000), hosts=st.integers(1, 4))
def test_hosts_that_spend_all_they_hold_come_to_the_whole_of_a_day(daily: int, hosts: int) -> None:
    """Asked until nothing is left, the whole is given out: nothing is lost between hosts that go on calling."""
    grant = dataclasses.replace(GRANT, daily_limit=daily)
    granted, total = Granted(), 0
    for number in range(20_000):
        granted, told = lease(
            granted, grant, Terms.of(grant), now_ms=MIDNIGHT + number // hosts, tokens=False, calls=True, rows=0
        )
        total += told.calls
        if not told.calls:
            break
    assert total == daily
