"""The lake's lock for all machines of a node: PostgreSQL holds it, and frees it when its holder dies."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from quanshu.supply.lake_store import hold_on_server


@pytest.mark.django_db(transaction=True)
def test_holders_of_a_name_wait_for_each_other_and_of_others_do_not() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("this lock is PostgreSQL's")
    order: list[str] = []
    inside, go = threading.Event(), threading.Event()

    def first() -> None:
        with hold_on_server("ga.person"):
            inside.set()
            go.wait(10)
            order.append("first")

    def second() -> None:
        with hold_on_server("ga.person"):
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    with hold_on_server("ga.vehicle"):
        order.append("another name")
    threads[1].join(0.3)
    assert threads[1].is_alive()
    go.set()
    for thread in threads:
        thread.join(10)
    assert order == ["another name", "first", "second"]
