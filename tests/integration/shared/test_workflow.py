"""Workflow: steps a table allows, clocks in working days, escalation once, and to-dos for those who can act."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import pytest
from django.db import IntegrityError, connection, transaction

from quanshu.kernel.calendar import DayKind, MissingYear
from quanshu.kernel.clock import CITY_TZ, freeze
from quanshu.shared.access.api import SYSTEM, Actor, ActorKind, NotAllowed, Scope
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox.models import OutboxEvent
from quanshu.shared.workflow import api as workflow
from quanshu.shared.workflow import tasks
from quanshu.shared.workflow.models import CalendarDay, CalendarYear, Clock, TodoItem
from quanshu.shared.workflow.services import seed_calendar
from quanshu.shared.workflow.types import BadYear

SUBJECT = {"kind": "test.answer", "subject_kind": "test.case", "subject_uid": "7"}


def on(day: str, hour: int = 10) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), CITY_TZ) + timedelta(hours=hour)


class State(StrEnum):
    DRAFT = "draft"
    SENT = "sent"
    DONE = "done"
    LOST = "lost"


def step(name: str, sources: set[State], target: State) -> workflow.Transition:
    return workflow.Transition(name, frozenset(sources), target, f"test.case.{name}", f"test.case.{name}")


MACHINE = workflow.Machine(
    "test.case",
    State,
    (step("send", {State.DRAFT}, State.SENT), step("finish", {State.DRAFT, State.SENT}, State.DONE)),
)


def test_a_table_says_which_steps_a_state_allows() -> None:
    assert MACHINE.start() == State.DRAFT
    assert MACHINE.check("draft", "send").target == State.SENT
    assert [transition.name for transition in MACHINE.allowed("draft")] == ["send", "finish"]
    assert MACHINE.allowed(State.DONE) == ()
    assert list(MACHINE.unreachable()) == [State.LOST]


@pytest.mark.parametrize(("state", "name"), [("sent", "send"), ("done", "finish"), ("draft", "fly")])
def test_a_step_out_of_turn_names_state_and_step(state: str, name: str) -> None:
    with pytest.raises(workflow.WrongState) as refused:
        MACHINE.check(state, name)
    assert refused.value.status == 409
    assert f"The state is {state}; the step “{name}”" in str(refused.value)


@pytest.mark.django_db
def test_a_clock_counts_working_days_over_a_holiday() -> None:
    clock = workflow.start_clock(**SUBJECT, days=3, holder_path="/a/", now=on("2026-09-30"))
    assert clock.due_on == date(2026, 10, 10)  # 8 and 9 October, and the make-up Saturday
    stopped = workflow.stop_clock(**SUBJECT, now=on("2026-10-09"))
    assert stopped is not None
    assert (stopped.days_used, stopped.on_time) == (2, True)
    assert workflow.stop_clock(**SUBJECT, now=on("2026-10-09")) is None
    assert [row.pk for row in workflow.clocks_of("test.case", "7")] == [clock.pk]


@pytest.mark.django_db
def test_a_clock_stopped_after_its_day_was_late() -> None:
    clock = workflow.start_clock(**SUBJECT, days=1, holder_path="/a/", now=on("2026-03-02"))
    assert clock.on_time is None
    assert workflow.stop_clock(**SUBJECT, now=on("2026-03-03", 23)).on_time is True
    workflow.start_clock(**SUBJECT, days=1, holder_path="/a/", now=on("2026-03-02"))
    assert workflow.stop_clock(**SUBJECT, now=on("2026-03-04", 0)).on_time is False


@pytest.mark.django_db
def test_pauses_move_the_due_day_and_are_not_charged() -> None:
    workflow.start_clock(**SUBJECT, days=5, holder_path="/a/", now=on("2026-03-02"))
    pause = {**SUBJECT, "reason": "等待补正材料", "by": "王敏"}
    workflow.pause_clock(**pause, now=on("2026-03-04"))
    with pytest.raises(workflow.NotRunning):
        workflow.pause_clock(**pause, now=on("2026-03-05"))
    paused = workflow.clocks_of("test.case", "7").get()
    assert paused.is_paused
    with freeze(on("2026-04-01")):
        assert not paused.is_overdue
    resumed = workflow.resume_clock(**SUBJECT, now=on("2026-03-09"))
    assert resumed.due_on == date(2026, 3, 12)
    workflow.pause_clock(**pause, now=on("2026-03-10"))
    workflow.resume_clock(**SUBJECT, now=on("2026-03-11"))
    stopped = workflow.stop_clock(**SUBJECT, now=on("2026-03-13"))
    assert stopped is not None
    assert (stopped.due_on, stopped.days_used, stopped.on_time) == (date(2026, 3, 13), 5, True)


@pytest.mark.django_db
def test_stopping_ends_a_pause_under_way() -> None:
    workflow.start_clock(**SUBJECT, days=5, holder_path="/a/", now=on("2026-03-02"))
    workflow.pause_clock(**SUBJECT, reason="等待", by="王敏", now=on("2026-03-03"))
    stopped = workflow.stop_clock(**SUBJECT, now=on("2026-03-06"))
    assert stopped is not None
    assert (stopped.days_used, stopped.is_paused, stopped.due_on) == (1, False, date(2026, 3, 12))


@pytest.mark.django_db
def test_clocks_refuse_what_makes_no_sense() -> None:
    with pytest.raises(workflow.NotRunning):
        workflow.pause_clock(**SUBJECT, reason="等待", by="王敏", now=on("2026-03-03"))
    with pytest.raises(workflow.ReasonNeeded):
        workflow.pause_clock(**SUBJECT, reason="  ", by="王敏", now=on("2026-03-03"))
    with pytest.raises(MissingYear):
        workflow.start_clock(**SUBJECT, days=30, holder_path="/a/", now=on("2026-12-20"))
    workflow.start_clock(**SUBJECT, days=1, holder_path="/a/", now=on("2026-03-02"))
    with pytest.raises(workflow.NotPaused):
        workflow.resume_clock(**SUBJECT, now=on("2026-03-03"))
    with pytest.raises(IntegrityError), transaction.atomic():
        workflow.start_clock(**SUBJECT, days=1, holder_path="/a/", now=on("2026-03-02"))


@pytest.mark.django_db
def test_time_is_charged_to_the_party_that_holds_the_case() -> None:
    with pytest.raises(workflow.NotRunning):
        workflow.switch_holder(**SUBJECT, holder_path="/b/", now=on("2026-03-04"))
    clock = workflow.start_clock(**SUBJECT, days=5, holder_path="/a/", now=on("2026-03-02"))
    assert workflow.switch_holder(**SUBJECT, holder_path="/b/", now=on("2026-03-04")).holder_path == "/b/"
    workflow.stop_clock(**SUBJECT, now=on("2026-03-05"))
    held = list(clock.holdings.values_list("holder_path", "since", "until"))
    assert held == [
        ("/a/", date(2026, 3, 2), date(2026, 3, 4)),
        ("/b/", date(2026, 3, 4), date(2026, 3, 5)),
    ]


@pytest.mark.django_db
def test_an_overdue_clock_is_escalated_once_and_a_paused_one_is_not() -> None:
    clock = workflow.start_clock(**SUBJECT, days=1, holder_path="/a/", now=on("2026-03-02"))
    other = {**SUBJECT, "subject_uid": "8"}
    workflow.start_clock(**other, days=1, holder_path="/b/", now=on("2026-03-02"))
    workflow.pause_clock(**other, reason="等待", by="王敏", now=on("2026-03-03"))
    assert workflow.check_overdue(on("2026-03-03", 23)) == 0
    with freeze(on("2026-03-04", 0)):
        tasks.find_overdue({})
        assert Clock.objects.get(pk=clock.pk).is_overdue
    assert workflow.check_overdue(on("2026-03-05")) == 0
    event = OutboxEvent.objects.get(name="workflow.clock.overdue")
    assert (event.payload["subject_uid"], event.payload["holder_path"], event.payload["due_on"]) == (
        "7",
        "/a/",
        "2026-03-03",
    )
    workflow.resume_clock(**other, now=on("2026-03-04"))
    assert workflow.check_overdue(on("2026-03-05")) == 1


@pytest.mark.django_db
def test_a_year_is_entered_and_an_administrator_s_edit_stays() -> None:
    assert set(CalendarYear.objects.values_list("year", flat=True)) == set(range(2018, 2027))
    days = {date(2027, 1, 1): (DayKind.HOLIDAY, "元旦"), date(2027, 1, 3): (DayKind.WORKDAY, "元旦")}
    with pytest.raises(NotAllowed):
        workflow.set_calendar_year(
            actor=Actor("u", "u", ActorKind.PERSON), year=2027, days=days, source="通知", now=on("2026-11-05")
        )
    with pytest.raises(BadYear, match="2027-01-01"):
        workflow.set_calendar_year(actor=SYSTEM, year=2028, days=days, source="通知", now=on("2026-11-05"))
    workflow.set_calendar_year(actor=SYSTEM, year=2027, days=days, source="通知", now=on("2026-11-05"))
    workflow.set_calendar_year(actor=SYSTEM, year=2027, days=days, source="通知", now=on("2026-11-06"))
    assert workflow.calendar().is_working_day(date(2027, 1, 3))
    assert not workflow.calendar().is_working_day(date(2027, 1, 1))
    assert audit.history("workflow.calendar", "2027").count() == 2
    workflow.set_calendar_year(actor=SYSTEM, year=2026, days={}, source="通知", now=on("2026-11-06"))
    seed_calendar()
    assert not CalendarDay.objects.filter(day__year=2026).exists()


@pytest.mark.django_db
def test_a_missing_next_year_is_somebody_s_to_do_in_december() -> None:
    for day, opened in (("2026-11-30", 0), ("2026-12-01", 1), ("2026-12-02", 1)):
        with freeze(on(day)):
            tasks.watch_next_year({})
        assert TodoItem.objects.filter(closed_at=None).count() == opened
    workflow.set_calendar_year(actor=SYSTEM, year=2027, days={}, source="通知", now=on("2026-12-03"))
    with freeze(on("2026-12-03")):
        tasks.watch_next_year({})
    assert not TodoItem.objects.filter(closed_at=None).exists()


def actor(scope: Scope, path: str = "/a/", uid: str = "u1") -> Actor:
    return Actor(uid, "x", ActorKind.PERSON, unit_path=path, grants={"test.case.answer": scope})


@pytest.mark.django_db
def test_to_dos_wait_for_those_who_can_act() -> None:
    todo = {"kind": "test.answer", "subject_kind": "test.case", "url": "/x/", "now": on("2026-03-02")}
    for uid, path in (("1", "/a/"), ("2", "/a/b/"), ("3", "/c/")):
        workflow.open_todo(**todo, subject_uid=uid, title=uid, permission="test.case.answer", unit_path=path)
    workflow.open_todo(**todo, subject_uid="4", title="4", person_uid="u1")
    workflow.open_todo(**todo, subject_uid="5", title="5", permission="test.other", unit_path="/a/")

    def seen(who: Actor) -> list[str]:
        return sorted(workflow.todos_for(who).values_list("subject_uid", flat=True))

    assert seen(actor(Scope.ALL)) == ["1", "2", "3", "4"]
    assert seen(actor(Scope.TREE)) == ["1", "2", "4"]
    assert seen(actor(Scope.UNIT)) == ["1", "4"]
    assert seen(actor(Scope.NONE)) == ["4"]
    assert seen(actor(Scope.UNIT, "/c/", "u2")) == ["3"]
    assert seen(Actor("", "", ActorKind.ANONYMOUS, grants={"test.case.answer": Scope.ALL})) == []


@pytest.mark.django_db
def test_a_to_do_is_open_once_and_can_be_opened_again_after_it_closed() -> None:
    todo = {**SUBJECT, "url": "/x/", "permission": "test.case.answer", "now": on("2026-03-02")}
    first = workflow.open_todo(**todo, title="first")
    again = workflow.open_todo(**todo, title="second", due_on=date(2026, 3, 9))
    assert again.pk == first.pk
    assert (again.title, again.due_on) == ("second", date(2026, 3, 9))
    assert workflow.close_todo(**SUBJECT, now=on("2026-03-03")) == 1
    assert workflow.close_todo(**SUBJECT, now=on("2026-03-03")) == 0
    assert workflow.open_todo(**todo, title="third").pk != first.pk


@pytest.mark.django_db(transaction=True)
def test_two_workers_escalate_a_clock_once() -> None:
    workflow.set_calendar_year(actor=SYSTEM, year=2026, days={}, source="通知", now=on("2026-03-02"))
    for number in range(6):
        workflow.start_clock(**{**SUBJECT, "subject_uid": str(number)}, days=1, holder_path="/a/", now=on("2026-03-02"))
    counts: list[int] = []

    def look() -> None:
        try:
            counts.append(workflow.check_overdue(datetime(2026, 3, 9, tzinfo=UTC)))
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 6
    assert OutboxEvent.objects.filter(name="workflow.clock.overdue").count() == 6
