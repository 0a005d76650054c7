"""Decisions over grants in use: what is wider than its use, proposals to shrink, ratings, what the bureau sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.sharing.demands.types import (
    CallFacts,
    DemandState,
    Excess,
    Finding,
    NotRatable,
    NotRated,
    PolicyData,
    RatedAlready,
    RatingData,
    ShrinkAnswered,
    ShrinkState,
)

REMINDERS = 2
LEAST_VOLUME = 100
BOUNDS = {
    "unused_days": (1, 365),
    "rate_times": (2, 1000),
    "remind_days": (1, 90),
    "meet_after_returns": (1, 10),
    "second_days": (1, 30),
    "rate_after_calls": (1, 10_000),
}


def find_excess(
    *, granted_at: datetime, fields: Sequence[str], volume: int, calls: CallFacts, policy: PolicyData, now: datetime
) -> Finding | None:
    """How a grant is wider than its use, None while it is not or is too young to tell.

    Never called: it is to end. Fields never read: they are to be taken off. More than `rate_times` the calls of the
    busiest day allowed: twice that day's calls are left, at least a hundred.
    """
    if now - granted_at < timedelta(days=policy.unused_days):
        return None
    if not calls.calls:
        return Finding(Excess.UNUSED, remove=tuple(fields))
    unread = tuple(name for name in fields if name not in calls.read)
    if unread and calls.read:
        return Finding(Excess.UNREAD, remove=unread)
    enough = max(2 * calls.most_a_day, LEAST_VOLUME)
    if volume > policy.rate_times * calls.most_a_day and enough < volume:
        return Finding(Excess.RATE, volume_per_day=enough)
    return None


def check_answer(state: str) -> None:
    """An open proposal is answered. Raises ShrinkAnswered."""
    if state != ShrinkState.OPEN:
        raise ShrinkAnswered


def check_keep(state: str, reason: str) -> None:
    """A grant is kept with a reason. Raises ShrinkAnswered, FieldErrors."""
    check_answer(state)
    require_text("reason", reason, 500)


def check_decision(state: str, reason: str) -> None:
    """The bureau decides on a reason put before it. Raises ShrinkAnswered, FieldErrors."""
    if state != ShrinkState.KEPT:
        raise ShrinkAnswered
    require_text("reason", reason, 500)


def is_due(*, since: datetime, policy: PolicyData, now: datetime) -> bool:
    """Whether it is time to remind again, or to act after the last reminder."""
    return now - since >= timedelta(days=policy.remind_days)


def check_ratable(state: str, *, granted: bool, calls: int, rated: bool) -> None:
    """Data that was called, or whose use has ended, is rated once. Raises RatedAlready, NotRatable."""
    if rated:
        raise RatedAlready
    over = state == DemandState.CLOSED and granted
    if not over and not (state == DemandState.IN_USE and calls > 0):
        raise NotRatable


def check_rating(data: RatingData) -> None:
    """A grade of 1 to 5, and what the data was used for. Raises FieldErrors."""
    faults: list[FieldError] = []
    if data.grade not in range(1, 6):
        faults.append(FieldError("grade", N_("There is no such grade."), N_("Choose one of the five.")))
    if not data.used_for.strip():
        faults.append(FieldError("used_for", N_("This must not be empty."), N_("Say what the data was used for.")))
    for name in ("used_for", "effect", "comment"):
        if len(getattr(data, name)) > 500:
            faults.append(FieldError(name, N_("This text is too long."), N_("Shorten it.")))
    if data.grade in {1, 2} and not data.comment.strip():
        faults.append(FieldError("comment", N_("A poor grade needs a word of why."), N_("Say what was wrong.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_reply(*, rated: bool, replied: bool, reply: str) -> None:
    """The supplier answers a rating once. Raises NotRated, FieldErrors."""
    if not rated or replied:
        raise NotRated
    require_text("reply", reply, 500)


def check_policy(data: PolicyData) -> None:
    """Every number within its bounds. Raises FieldErrors."""
    faults = []
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(data, name) <= most:
            params = {"least": least, "most": most}
            fault = N_("The number must be %(least)s to %(most)s.")
            faults.append(FieldError(name, fault, N_("Enter a number in range."), params))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def require_text(name: str, text: str, most: int) -> None:
    """A text that is there and not too long. Raises FieldErrors."""
    if not text.strip():
        raise FieldErrors(errors=(FieldError(name, N_("This must not be empty."), N_("Say why.")),))
    if len(text) > most:
        raise FieldErrors(errors=(FieldError(name, N_("This text is too long."), N_("Shorten it.")),))


def average(grades: Iterable[int]) -> float | None:
    """The mean of some grades, None when there is none."""
    found = list(grades)
    return sum(found) / len(found) if found else None
