"""The detector of grants wider than their use, and ratings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.errors import FieldErrors
from quanshu.sharing.demands.rules import using
from quanshu.sharing.demands.types import CallFacts, Excess, PolicyData, RatingData

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
FIELDS = ("a", "b", "c")
facts = st.builds(
    CallFacts, calls=st.integers(0, 50), read=st.frozensets(st.sampled_from(FIELDS)), most_a_day=st.integers(0, 50)
)


@given(calls=facts, days=st.integers(0, 90), volume=st.integers(1, 100_000))
def test_a_finding_narrows_and_never_takes_what_is_used(calls: CallFacts, days: int, volume: int) -> None:
    found = using.find_excess(
        granted_at=NOW - timedelta(days=days),
        fields=FIELDS,
        volume=volume,
        calls=calls,
        policy=PolicyData(),
        now=NOW,
    )
    if days < PolicyData().unused_days:
        assert found is None
    if found is None:
        return
    assert not set(found.remove) & calls.read or found.kind == Excess.UNUSED
    if found.kind == Excess.UNUSED:
        assert calls.calls == 0
    if found.kind == Excess.UNREAD:
        assert set(found.remove) < set(FIELDS)
    if found.kind == Excess.RATE:
        assert found.volume_per_day is not None
        assert calls.most_a_day < found.volume_per_day < volume


def test_a_poor_grade_says_why() -> None:
    using.check_rating(RatingData(2, "Checks", comment="Stale rows"))
    with pytest.raises(FieldErrors):
        using.check_rating(RatingData(2, "Checks"))


@pytest.mark.parametrize("name", list(using.BOUNDS))
def test_the_policy_keeps_its_bounds(name: str) -> None:
    using.check_policy(PolicyData())
    with pytest.raises(FieldErrors) as fault:
        using.check_policy(PolicyData(**{name: using.BOUNDS[name][1] + 1}))
    assert fault.value.errors[0].field == name
