"""Schedules for people: a cron line in words."""

from __future__ import annotations

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext


def schedule_text(cron: str) -> str:
    """A plain cron line in words (hourly, daily, weekly, monthly); any other one as it is written."""
    parts = cron.split()
    if len(parts) != 5 or not parts[0].isdecimal() or parts[3] != "*":
        return cron
    minute, hour, day, _month, weekday = parts
    if (hour, day, weekday) == ("*", "*", "*"):
        return gettext("every hour at minute %(minute)s") % {"minute": int(minute)}
    if not hour.isdecimal():
        return cron
    at = f"{int(hour):02d}:{int(minute):02d}"
    if (day, weekday) == ("*", "*"):
        return gettext("every day at %(at)s") % {"at": at}
    if day == "*" and weekday.isdecimal():
        # Cron's week begins on Sunday, which may be 0 or 7.
        return gettext("every %(weekday)s at %(at)s") % {"weekday": WEEKDAYS[(int(weekday) - 1) % 7], "at": at}
    if weekday == "*" and day.isdecimal():
        return gettext("on day %(day)s of every month at %(at)s") % {"day": int(day), "at": at}
    return cron
