"""Events: told only after a commit, to every handler, again until it succeeds, and never half done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from quanshu.shared.notify.models import Notice
from quanshu.shared.outbox import api as outbox
from quanshu.shared.outbox import registry
from quanshu.shared.outbox.api import Event
from quanshu.shared.outbox.models import Delivery, OutboxEvent
from quanshu.shared.outbox.services import MOST_ATTEMPTS

NOW = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
NAME = "test.thing.happened"


@pytest.fixture(autouse=True)
def own_handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_handlers", {})
    return


@pytest.mark.django_db
def test_an_event_reaches_every_handler_once_with_its_payload() -> None:
    seen: list[tuple[str, Event]] = []

    @outbox.subscribe(NAME)
    def first(event: Event) -> None:
        seen.append(("first", event))

    @outbox.subscribe(NAME, "test.other")
    def second(event: Event) -> None:
        seen.append(("second", event))

    row = outbox.add(name=NAME, payload={"uid": "7"}, now=NOW)
    assert outbox.outbox_figures() == {"waiting": 1, "dead": 0}
    assert outbox.dispatch(NOW) == 2
    assert [name for name, _event in seen] == ["first", "second"]
    assert seen[0][1] == Event(row.uid, NAME, {"uid": "7"}, NOW)
    assert outbox.dispatch(NOW + timedelta(days=1)) == 0
    assert outbox.outbox_figures() == {"waiting": 0, "dead": 0}


@pytest.mark.django_db
def test_events_are_told_in_the_order_they_were_written() -> None:
    seen: list[str] = []
    outbox.subscribe(NAME)(lambda event: seen.append(event.payload["n"]))
    for number in range(5):
        outbox.add(name=NAME, payload={"n": number}, now=NOW)
    outbox.dispatch(NOW)
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.django_db
def test_what_was_rolled_back_is_not_told() -> None:
    outbox.subscribe(NAME)(lambda event: pytest.fail("told although nothing happened"))
    with transaction.atomic():
        outbox.add(name=NAME, payload={}, now=NOW)
        transaction.set_rollback(True)
    assert outbox.dispatch(NOW) == 0


@pytest.mark.django_db
def test_an_event_nobody_listens_to_does_not_wait() -> None:
    outbox.add(name="test.unheard", payload={}, now=NOW)
    assert outbox.dispatch(NOW) == 0
    assert outbox.outbox_figures() == {"waiting": 0, "dead": 0}


@pytest.mark.django_db
def test_a_failing_handler_is_tried_again_later_and_its_changes_are_undone() -> None:
    calls: list[datetime] = []

    @outbox.subscribe(NAME)
    def shaky(event: Event) -> None:
        Notice.objects.create(recipient_uid="u1", subject="told", created_at=NOW)
        calls.append(event.at)
        if len(calls) < 3:
            raise ConnectionError("not now")

    outbox.add(name=NAME, payload={}, now=NOW)
    assert outbox.dispatch(NOW) == 0
    row = Delivery.objects.get()
    assert (row.attempts, row.state, row.error) == (1, "waiting", "ConnectionError: not now")
    assert row.next_at == NOW + timedelta(seconds=2)
    assert not Notice.objects.exists()
    assert outbox.dispatch(NOW + timedelta(seconds=1)) == 0
    assert len(calls) == 1
    outbox.dispatch(NOW + timedelta(seconds=2))
    assert Delivery.objects.get().next_at == NOW + timedelta(seconds=6)
    assert outbox.dispatch(NOW + timedelta(seconds=6)) == 1
    assert Notice.objects.count() == 1
    assert Delivery.objects.get().state == "done"


@pytest.mark.django_db
def test_one_failing_handler_does_not_hold_up_another() -> None:
    seen: list[str] = []

    @outbox.subscribe(NAME)
    def broken(event: Event) -> None:
        raise ValueError

    @outbox.subscribe(NAME)
    def sound(event: Event) -> None:
        seen.append(event.uid)

    outbox.add(name=NAME, payload={}, now=NOW)
    assert outbox.dispatch(NOW) == 1
    assert len(seen) == 1


@pytest.mark.django_db
def test_a_handler_that_never_succeeds_is_given_up_and_shown() -> None:
    @outbox.subscribe(NAME)
    def broken(event: Event) -> None:
        raise ValueError("always")

    outbox.add(name=NAME, payload={}, now=NOW)
    moment, gaps = NOW, []
    for _ in range(MOST_ATTEMPTS):
        outbox.dispatch(moment)
        row = Delivery.objects.get()
        gaps.append((row.next_at - moment).total_seconds())
        moment = row.next_at
    assert gaps == sorted(gaps)
    assert gaps[-1] == 3600
    assert outbox.outbox_figures() == {"waiting": 0, "dead": 1}
    assert outbox.dispatch(moment + timedelta(days=1)) == 0


@pytest.mark.django_db
def test_an_event_survives_a_worker_that_dies_between_fan_out_and_delivery() -> None:
    seen: list[str] = []

    @outbox.subscribe(NAME)
    def dies_once(event: Event) -> None:
        seen.append(event.uid)
        if len(seen) == 1:
            raise SystemExit  # what a killed process leaves: nothing written, nothing noted

    outbox.add(name=NAME, payload={}, now=NOW)
    with pytest.raises(SystemExit):
        outbox.dispatch(NOW)
    assert Delivery.objects.get().state == "waiting"
    assert outbox.dispatch(NOW) == 1
    assert len(seen) == 2


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_at_once_deliver_each_event_once() -> None:
    @outbox.subscribe(NAME)
    def count(event: Event) -> None:
        Notice.objects.create(recipient_uid=event.payload["n"], subject="told", created_at=NOW)

    for number in range(20):
        outbox.add(name=NAME, payload={"n": str(number)}, now=NOW)
    made: list[int] = []

    def work() -> None:
        try:
            made.append(outbox.dispatch(NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made.append(outbox.dispatch(NOW))
    assert sum(made) == 20
    assert Notice.objects.count() == 20
    assert Notice.objects.values("recipient_uid").distinct().count() == 20
    assert not OutboxEvent.objects.filter(fanned_out=False).exists()
