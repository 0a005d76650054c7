"""Identifiers of our own making, and the one clock."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from quanshu.kernel import clock
from quanshu.kernel.ids import new_uid


def test_uids_are_version_7_and_distinct() -> None:
    made = [new_uid() for _ in range(500)]
    assert len(set(made)) == 500
    for text in made:
        value = UUID(text)
        assert (value.version, value.variant) == (7, "specified in RFC 4122")
        assert str(value) == text


def test_uids_sort_by_the_millisecond_they_were_made_in() -> None:
    before = time.time_ns() // 1_000_000
    first = new_uid()
    time.sleep(0.003)
    second = new_uid()
    after = time.time_ns() // 1_000_000
    assert first < second
    assert before <= UUID(first).int >> 80 < UUID(second).int >> 80 <= after


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_the_city_s_day_begins_at_sixteen_utc() -> None:
    with clock.freeze(datetime(2026, 7, 31, 15, 59, tzinfo=UTC)):
        assert clock.today() == date(2026, 7, 31)
    with clock.freeze(datetime(2026, 7, 31, 16, 0, tzinfo=UTC)):
        assert clock.today() == date(2026, 8, 1)


def test_a_frozen_clock_stands_and_runs_again() -> None:
    noon = datetime(2026, 8, 1, 12, 0, tzinfo=clock.CITY_TZ)
    with clock.freeze(noon):
        assert clock.now() == noon
        assert clock.now().tzinfo == UTC
        with clock.freeze(noon + timedelta(days=1)):
            assert clock.now() == noon + timedelta(days=1)
        assert clock.now() == noon
    assert clock.now() != noon


def test_a_naive_moment_cannot_be_frozen() -> None:
    with pytest.raises(ValueError, match="aware"), clock.freeze(datetime(2026, 8, 1)):  # noqa: DTZ001
        pass
