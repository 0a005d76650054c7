"""Words of the shell: schedules are told in words; a button that is off says why, once for all that share it."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from quanshu.shared.web.api import Action, schedule_text
from quanshu.shared.web.templatetags.web import reasons


@pytest.mark.parametrize(
    ("cron", "chinese", "english"),
    [
        ("5 * * * *", "每小时第 5 分", "every hour at minute 5"),
        ("30 2 * * *", "每天 02:30", "every day at 02:30"),
        ("0 7 * * 1", "每周（星期一）07:00", "every Monday at 07:00"),
        ("0 7 * * 0", "每周（星期日）07:00", "every Sunday at 07:00"),
        ("15 3 1 * *", "每月 1 日 03:15", "on day 1 of every month at 03:15"),
        ("*/5 * * * *", "*/5 * * * *", "*/5 * * * *"),
        ("0 7 * 2 1", "0 7 * 2 1", "0 7 * 2 1"),
        ("0 7 1 * 1", "0 7 1 * 1", "0 7 1 * 1"),
        ("daily", "daily", "daily"),
    ],
)
def test_a_schedule_is_told_in_words(cron: str, chinese: str, english: str) -> None:
    with override("zh-hans"):
        assert schedule_text(cron) == chinese
    with override("en"):
        assert schedule_text(cron) == english


def test_buttons_that_are_off_say_why_once() -> None:
    late = "The time is over."
    actions = [Action("Approve", "/a/", reason=late), Action("Edit", "/e/"), Action("Refuse", "/r/", reason=late)]
    assert reasons(actions) == [("Approve · Refuse", late)]
    assert reasons(None) == []
