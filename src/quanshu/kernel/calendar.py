"""Working days in China: weekends, statutory holidays, and make-up working days (调休).

The State Council publishes each year's days off and make-up days in the November before; a year that
has not been entered is unknown, and asking about it is an error, never a guess.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from importlib.resources import files

from quanshu.kernel.errors import Invalid, QuanshuError

ONE_DAY = timedelta(days=1)
SATURDAY = 5


class DayKind(StrEnum):
    """What a published day is: off, or worked although on a weekend."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One published day."""

    day: date
    kind: DayKind
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which a deadline does not run: working days from `start` up to before `end`.

    `end` is None while the pause lasts.
    """

    start: date
    end: date | None = None


class MissingYear(QuanshuError):
    code = "kernel.missing_year"
    status = 409
    message = "The working days of %(year)s have not been entered, so no deadline in it can be counted."
    remedy = "An administrator enters the year's days off and make-up working days in the working calendar."


class BadPause(Invalid):
    code = "kernel.bad_pause"
    message = "The pause ends on %(end)s, before it starts on %(start)s."
    remedy = "Correct the dates of the pause."


class WorkingCalendar:
    """Counts working days. `days` are the published exceptions, `years` the years they are complete for."""

    def __init__(self, days: Mapping[date, DayKind], years: Iterable[int]) -> None:
        self._days = dict(days)
        self._years = frozenset(years)

    @property
    def years(self) -> frozenset[int]:
        """Years that are known."""
        return self._years

    def is_working_day(self, day: date) -> bool:
        """Whether people work on `day`; MissingYear when its year is unknown."""
        if day.year not in self._years:
            raise MissingYear(year=day.year)
        kind = self._days.get(day)
        if kind is not None:
            return kind == DayKind.WORKDAY
        return day.weekday() < SATURDAY

    def add(self, start: date, count: int) -> date:
        """The `count`-th working day after `start` (before it when negative).

        `start` itself is day 0, whether worked or not; adding 0 gives `start`.
        """
        step = ONE_DAY if count >= 0 else -ONE_DAY
        day, left = start, abs(count)
        while left:
            day += step
            if self.is_working_day(day):
                left -= 1
        return day

    def between(self, first: date, last: date) -> int:
        """Working days after `first` up to and with `last`; negative when `last` is earlier."""
        if last < first:
            return -self.between(last, first)
        day, count = first, 0
        while day < last:
            day += ONE_DAY
            count += self.is_working_day(day)
        return count

    def due(self, start: date, count: int, pauses: Sequence[Pause] = ()) -> date:
        """The last day of a term of `count` working days that began on `start`, pauses not counted.

        The day of beginning is not counted (民法典 art. 201). A pause still under way moves nothing yet.
        Days in two overlapping pauses count once. Raises BadPause, MissingYear.
        """
        for pause in pauses:
            if pause.end is not None and pause.end < pause.start:
                raise BadPause(start=pause.start.isoformat(), end=pause.end.isoformat())
        closed = [(pause.start, pause.end) for pause in pauses if pause.end is not None]
        day, left = start, count
        while left:
            day += ONE_DAY
            stands = any(begin < day <= end for begin, end in closed)
            if self.is_working_day(day) and not stands:
                left -= 1
        return day


def load_published() -> list[CalendarDay]:
    """The days the State Council published for 2018 to 2026, shipped with the package."""
    text = files("quanshu.kernel").joinpath("data/cn-holidays-2018-2026.csv").read_text(encoding="utf-8")
    return [
        CalendarDay(date.fromisoformat(row["date"]), DayKind(row["type"]), row["name_zh"], row["name_en"])
        for row in csv.DictReader(text.splitlines())
    ]


def published_calendar() -> WorkingCalendar:
    """A calendar of the shipped years."""
    days = load_published()
    return WorkingCalendar({row.day: row.kind for row in days}, {row.day.year for row in days})
