"""Working days: what the State Council published, counting, pauses, and years nobody has entered."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.kernel.calendar import BadPause, DayKind, MissingYear, Pause, load_published, published_calendar

CALENDAR = published_calendar()
MAKE_UP = [
    "2018-02-11",
    "2018-02-24",
    "2018-04-08",
    "2018-04-28",
    "2018-09-29",
    "2018-09-30",
    "2018-12-29",
    "2019-02-02",
    "2019-02-03",
    "2019-04-28",
    "2019-05-05",
    "2019-09-29",
    "2019-10-12",
    "2020-01-19",
    "2020-04-26",
    "2020-05-09",
    "2020-06-28",
    "2020-09-27",
    "2020-10-10",
    "2021-02-07",
    "2021-02-20",
    "2021-04-25",
    "2021-05-08",
    "2021-09-18",
    "2021-09-26",
    "2021-10-09",
    "2022-01-29",
    "2022-01-30",
    "2022-04-02",
    "2022-04-24",
    "2022-05-07",
    "2022-10-08",
    "2022-10-09",
    "2023-01-28",
    "2023-01-29",
    "2023-04-23",
    "2023-05-06",
    "2023-06-25",
    "2023-10-07",
    "2023-10-08",
    "2024-02-04",
    "2024-02-18",
    "2024-04-07",
    "2024-04-28",
    "2024-05-11",
    "2024-09-14",
    "2024-09-29",
    "2024-10-12",
    "2025-01-26",
    "2025-02-08",
    "2025-04-27",
    "2025-09-28",
    "2025-10-11",
    "2026-01-04",
    "2026-02-14",
    "2026-02-28",
    "2026-05-09",
    "2026-09-20",
    "2026-10-10",
]
# First and last day of breaks, as announced (2020's Spring Festival as it was prolonged).
BREAKS = [
    ("2018-02-15", "2018-02-21"),
    ("2019-05-01", "2019-05-04"),
    ("2020-01-24", "2020-02-02"),
    ("2020-10-01", "2020-10-08"),
    ("2021-02-11", "2021-02-17"),
    ("2022-10-01", "2022-10-07"),
    ("2023-09-29", "2023-10-06"),
    ("2024-02-10", "2024-02-17"),
    ("2025-01-28", "2025-02-04"),
    ("2025-10-01", "2025-10-08"),
    ("2026-02-15", "2026-02-23"),
    ("2026-05-01", "2026-05-05"),
]
DAYS = st.dates(min_value=date(2018, 3, 1), max_value=date(2026, 9, 30))
quick = settings(max_examples=60, deadline=None)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize("text", MAKE_UP)
def test_a_make_up_day_is_worked_although_it_is_a_weekend(text: str) -> None:
    assert day(text).weekday() >= 5
    assert CALENDAR.is_working_day(day(text))


def test_the_make_up_days_are_exactly_those_published() -> None:
    shipped = {row.day.isoformat() for row in load_published() if row.kind == DayKind.WORKDAY}
    assert shipped == set(MAKE_UP)


@pytest.mark.parametrize(("first", "last"), BREAKS)
def test_nobody_works_in_a_published_break(first: str, last: str) -> None:
    at = day(first)
    while at <= day(last):
        assert not CALENDAR.is_working_day(at), at
        at += timedelta(days=1)


def test_ordinary_days() -> None:
    assert CALENDAR.is_working_day(day("2026-03-18"))
    assert not CALENDAR.is_working_day(day("2026-03-21"))
    assert CALENDAR.is_working_day(day("2024-02-09"))  # New Year's Eve of 2024 was no day off by decree
    assert not CALENDAR.is_working_day(day("2025-01-28"))  # from 2025 it is


def test_every_year_from_2018_to_2026_is_known_and_every_day_has_names() -> None:
    assert CALENDAR.years == frozenset(range(2018, 2027))
    unnamed = [row.day.isoformat() for row in load_published() if not (row.name_zh and row.name_en)]
    assert unnamed == ["2023-12-30", "2023-12-31"]


def test_adding_crosses_a_break_and_its_make_up_days() -> None:
    # 2025-09-28 (Sunday) is worked, 10-01 to 10-08 are off, 10-11 (Saturday) is worked.
    assert CALENDAR.add(day("2025-09-26"), 1) == day("2025-09-28")
    assert CALENDAR.add(day("2025-09-30"), 1) == day("2025-10-09")
    assert CALENDAR.add(day("2025-09-30"), 3) == day("2025-10-11")
    assert CALENDAR.add(day("2025-10-09"), -1) == day("2025-09-30")
    assert CALENDAR.add(day("2025-10-04"), 0) == day("2025-10-04")


def test_between_counts_the_last_day_and_not_the_first() -> None:
    assert CALENDAR.between(day("2026-02-13"), day("2026-02-24")) == 2  # 14 Feb (make-up) and 24 Feb
    assert CALENDAR.between(day("2026-02-24"), day("2026-02-13")) == -2
    assert CALENDAR.between(day("2026-02-24"), day("2026-02-24")) == 0


def test_a_pause_moves_the_due_day_by_the_working_days_it_stood() -> None:
    start = day("2026-03-02")
    assert CALENDAR.due(start, 10) == day("2026-03-16")
    closed = Pause(day("2026-03-04"), day("2026-03-09"))  # 5, 6 and 9 March do not count
    assert CALENDAR.due(start, 10, [closed]) == day("2026-03-19")
    assert CALENDAR.due(start, 10, [closed, closed]) == day("2026-03-19")
    assert CALENDAR.due(start, 10, [Pause(day("2026-03-04"))]) == day("2026-03-16")
    with pytest.raises(BadPause) as refused:
        CALENDAR.due(start, 10, [Pause(day("2026-03-09"), day("2026-03-04"))])
    assert "2026-03-04" in str(refused.value)


def test_an_unknown_year_is_an_error_that_names_the_year_and_the_remedy() -> None:
    with pytest.raises(MissingYear) as refused:
        CALENDAR.due(day("2026-12-30"), 10)
    body = refused.value.as_dict()
    assert body["code"] == "kernel.missing_year"
    assert "2027" in body["message"]
    assert "administrator" in body["remedy"]
    with pytest.raises(MissingYear):
        CALENDAR.is_working_day(day("2017-12-29"))


@quick
@given(DAYS, st.integers(min_value=1, max_value=60))
def test_adding_and_counting_are_inverse(start: date, count: int) -> None:
    end = CALENDAR.add(start, count)
    assert CALENDAR.is_working_day(end)
    assert CALENDAR.between(start, end) == count
    assert CALENDAR.due(start, count) == end


@quick
@given(DAYS, DAYS, DAYS)
def test_counts_add_up(one: date, two: date, three: date) -> None:
    a, b, c = sorted((one, two, three))
    assert CALENDAR.between(a, b) + CALENDAR.between(b, c) == CALENDAR.between(a, c)


@quick
@given(
    st.dates(min_value=date(2018, 3, 1), max_value=date(2025, 12, 31)),
    st.integers(min_value=1, max_value=30),
    st.integers(min_value=0, max_value=10),
    st.integers(min_value=0, max_value=30),
)
def test_a_pause_before_the_end_costs_what_it_holds(start: date, count: int, wait: int, length: int) -> None:
    begin = CALENDAR.add(start, min(wait, count - 1))
    end = begin + timedelta(days=length)
    due = CALENDAR.due(start, count, [Pause(begin, end)])
    assert CALENDAR.between(start, due) == count + CALENDAR.between(begin, end)
