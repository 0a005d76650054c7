"""The life of an alert and the adding up of samples, held against their promises by many examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.oversight.monitoring import rules
from quanshu.oversight.monitoring.rules.alerting import MOST_DOUBLINGS, REOPEN
from quanshu.oversight.monitoring.types import AlertState, Grain, Holds, Point, Standing

S = AlertState
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LOOK = timedelta(seconds=5)
looks = st.lists(st.booleans(), max_size=120)
holds = st.builds(
    Holds,
    fire=st.integers(0, 30).map(lambda n: timedelta(seconds=n)),
    clear=st.integers(0, 60).map(lambda n: timedelta(seconds=n)),
)


def walk(breaches: list[bool], given_holds: Holds, every: timedelta = LOOK) -> list[Standing | None]:
    """The standing after each look."""
    standing: Standing | None = None
    found = []
    for number, breached in enumerate(breaches):
        standing = rules.step(standing, breached=breached, now=START + number * every, holds=given_holds)
        found.append(standing)
    return found


@given(breaches=looks, given_holds=holds)
def test_an_alert_moves_only_as_the_table_says(breaches: list[bool], given_holds: Holds) -> None:
    allowed = {(source, step.target) for step in rules.MACHINE.transitions for source in step.sources}
    before: Standing | None = None
    for standing in walk(breaches, given_holds):
        if before is not None and standing is not None and standing.state != before.state:
            fresh = before.state == S.RESOLVED and standing.state == S.PENDING
            assert fresh or (before.state, standing.state) in allowed
        before = standing


@given(breaches=looks, given_holds=holds)
def test_it_fires_only_after_lasting_and_closes_only_after_being_gone(breaches: list[bool], given_holds: Holds) -> None:
    before: Standing | None = None
    for number, standing in enumerate(walk(breaches, given_holds)):
        moment = START + number * LOOK
        if standing is not None and standing.fired_at == moment and (before is None or before.state == S.PENDING):
            steps = int(given_holds.fire / LOOK)
            assert all(breaches[max(0, number - steps) : number + 1])
            assert moment - standing.pending_at >= given_holds.fire or before is None
        if standing is not None and standing.resolved_at == moment:
            assert standing.clear_since is not None
            assert moment - standing.clear_since >= rules.clear_time(given_holds, standing.flaps)
            assert not breaches[number]
        before = standing


@given(flips=st.integers(2, 40))
def test_flapping_is_damped(flips: int) -> None:
    """A cause that comes and goes at each look, for a while, is one alert that fires once."""
    given_holds = Holds(fire=timedelta(0), clear=timedelta(seconds=10))
    breaches = [number % 2 == 0 for number in range(flips * 2)]
    found = walk(breaches, given_holds)
    assert {standing.state for standing in found if standing is not None} == {S.FIRING}
    assert len({standing.pending_at for standing in found if standing is not None}) == 1
    last = found[-1]
    assert last is not None
    wait = rules.clear_time(given_holds, last.flaps)
    assert wait == timedelta(seconds=10) * 2 ** min(last.flaps, MOST_DOUBLINGS)
    after = rules.step(last, breached=False, now=(last.clear_since or START) + wait, holds=given_holds)
    assert after is not None
    assert after.state == S.RESOLVED


@given(away=st.integers(1, 1200))
def test_the_same_cause_soon_after_is_the_same_alert(away: int) -> None:
    given_holds = Holds(fire=timedelta(seconds=8), clear=timedelta(seconds=10))
    closed = Standing(S.RESOLVED, START, START, START, START, 0)
    back = rules.step(closed, breached=True, now=START + timedelta(seconds=away), holds=given_holds)
    assert back is not None
    if timedelta(seconds=away) <= REOPEN:
        assert (back.state, back.pending_at, back.flaps) == (S.FIRING, START, 1)
    else:
        assert (back.state, back.flaps) == (S.PENDING, 0)


def test_acknowledging_does_not_keep_it_from_closing() -> None:
    given_holds = Holds(fire=timedelta(0), clear=timedelta(0))
    seen = Standing(S.ACKNOWLEDGED, START, START)
    after = rules.step(seen, breached=False, now=START + LOOK, holds=given_holds)
    assert after is not None
    assert after.state == S.RESOLVED
    with pytest.raises(Exception, match="cannot be acknowledged"):
        rules.check_acknowledge(S.RESOLVED)


points = st.builds(
    Point,
    at=st.integers(0, 3 * 24 * 60).map(lambda n: START + timedelta(minutes=n)),
    unit_path=st.sampled_from(["", "/a/", "/a/b/"]),
    subject=st.sampled_from(["", "x"]),
    count=st.integers(0, 1000),
    failed=st.integers(0, 50),
    amount=st.integers(0, 10**9),
    wait=st.integers(0, 1000).map(float),
    waits=st.integers(0, 1000),
    peak=st.integers(0, 1000).map(float),
)


@given(rows=st.lists(points, max_size=60))
def test_hours_are_the_sum_of_their_minutes_and_days_of_their_hours(rows: list[Point]) -> None:
    hours = rules.roll_up(rows, Grain.HOUR)
    days = rules.roll_up(hours, Grain.DAY)
    for name in ("count", "failed", "amount", "wait", "waits"):
        total = sum(getattr(row, name) for row in rows)
        assert sum(getattr(row, name) for row in hours) == total
        assert sum(getattr(row, name) for row in days) == total
    assert max((row.peak for row in days), default=0) == max((row.peak for row in rows), default=0)
    assert days == rules.roll_up(rows, Grain.DAY)
    keys = [(row.at, row.unit_path, row.subject) for row in hours]
    assert len(keys) == len(set(keys))
    assert all(row.at == rules.begin_of(row.at, Grain.HOUR) for row in hours)


@given(good=st.integers(0, 10_000), bad=st.integers(0, 10_000), target=st.floats(0.5, 1))
def test_the_error_budget_is_spent_exactly_when_the_level_is_missed(good: int, bad: int, target: float) -> None:
    found = rules.budget(good=good, total=good + bad, target=target)
    if good + bad == 0:
        assert found.met is None
        return
    assert found.left is not None
    if target < 0.999 and abs(found.left) > 1e-6:
        assert found.met == (found.left > 0)


def test_what_is_usual_is_the_median_of_the_same_hour() -> None:
    past = [(START - timedelta(days=back), float(value)) for back, value in ((1, 10), (2, 12), (3, 50), (4, 11))]
    past.append((START - timedelta(hours=3), 999.0))
    assert rules.usual(past, START) == 11.5
    assert rules.usual(past[:2], START) is None
