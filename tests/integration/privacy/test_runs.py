"""Runs that die and go on, holds placed while a run is at work, and every holding that rooms have registered."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session

import quanshu
from quanshu.kernel.clock import freeze, now
from quanshu.oversight.privacy import rules
from quanshu.oversight.privacy.api import HoldData, RuleData, approve_rule, place_hold, propose_rule, start_run
from quanshu.oversight.privacy.models import ErasureRun, RetentionRule
from quanshu.oversight.privacy.services import erase_due, erasing, lift_hold
from quanshu.oversight.privacy.types import NotErased
from quanshu.shared import holdings as port
from quanshu.shared.access.api import SYSTEM, Actor, ActorKind
from quanshu.shared.files.api import used_by
from quanshu.shared.holdings import Reach, holdings
from quanshu.shared.notify.api import notify
from quanshu.shared.notify.models import Notice
from quanshu.supply.lake_store import get_lake
from support_code import parsed

pytestmark = pytest.mark.django_db
ROOT = Path(quanshu.__file__).parent
KEY = "notify.notices"


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(erasing, "PORTION", 2)
    settings.QUANSHU_LAKE_DIR = tmp_path / "lake"
    get_lake.cache_clear()
    yield
    get_lake.cache_clear()


def old_notices(count: int) -> list[str]:
    """Notices of long ago, oldest first; their uids."""
    for number in range(count):
        with freeze(now() - timedelta(days=100, minutes=-number)):
            notify(recipients=["somebody"], subject=f"n{number}", now=now())
    return list(Notice.objects.order_by("created_at").values_list("uid", flat=True))


def a_rule(days: int = 30) -> RetentionRule:
    rule = propose_rule(actor=SYSTEM, now=now(), data=RuleData(KEY, days, "归档范围表"))
    other = Actor("other", "other", ActorKind.SYSTEM)
    return approve_rule(actor=other, now=now(), rule=rule)


def with_erase(monkeypatch: pytest.MonkeyPatch, erase: Any) -> None:
    """The notices' holding with another way of erasing."""
    monkeypatch.setitem(port._holdings, KEY, replace(port._holdings[KEY], erase=erase))


def chain(uids: Sequence[str]) -> str:
    digest = ""
    for first in range(0, len(uids), 2):
        digest = rules.chained(digest, uids[first : first + 2])
    return digest


@pytest.mark.parametrize("after", [False, True], ids=["before erasing", "after erasing"])
def test_a_run_that_dies_goes_on_and_counts_nothing_twice(monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    uids = old_notices(5)
    run = start_run(actor=SYSTEM, now=now(), rule=a_rule())
    erase, calls = port._holdings[KEY].erase, []

    def dying(ids: Sequence[str]) -> None:
        calls.append(list(ids))
        if len(calls) == 2 and not after:
            raise OSError("the power is gone")
        erase(ids)
        if len(calls) == 2:
            raise OSError("the power is gone")

    with_erase(monkeypatch, dying)
    with pytest.raises(OSError, match="power"):
        erase_due(run.uid, now)
    run.refresh_from_db()
    assert (run.state, run.erased, run.pending) == ("running", 2, uids[2:4])
    done = erase_due(run.uid, now)
    assert (done.state, done.erased, done.pending, done.digest) == ("done", 5, [], chain(uids))
    assert not Notice.objects.exists()


def test_a_hold_stops_a_run_before_its_next_portion_and_the_run_goes_on_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uids = old_notices(5)
    run = start_run(actor=SYSTEM, now=now(), rule=a_rule())
    erase, placed = port._holdings[KEY].erase, []

    def holding(ids: Sequence[str]) -> None:
        erase(ids)
        if not placed:
            placed.append(place_hold(actor=SYSTEM, now=now(), data=HoldData("1号", "法院", "诉讼保全")))

    with_erase(monkeypatch, holding)
    stopped = erase_due(run.uid, now)
    assert (stopped.state, stopped.erased, stopped.hold) == ("stopped", 2, placed[0])
    assert Notice.objects.count() == 3
    lift_hold(actor=SYSTEM, now=now(), hold=placed[0], reason="已结案")
    done = erase_due(start_run(actor=SYSTEM, now=now(), rule=run.rule).uid, now)
    assert (done.pk, done.state, done.erased, done.digest) == (run.pk, "done", 5, chain(uids))
    assert ErasureRun.objects.count() == 1


def test_a_holding_that_keeps_what_was_erased_is_told_and_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    old_notices(1)
    run = start_run(actor=SYSTEM, now=now(), rule=a_rule())
    with_erase(monkeypatch, lambda ids: None)
    with pytest.raises(NotErased):
        erase_due(run.uid, now)


@pytest.mark.parametrize("holding", holdings(), ids=lambda holding: holding.key)
def test_every_holding_can_be_counted_where_there_is_nothing(holding: port.Holding) -> None:
    reach = Reach(now(), "/none/" if holding.by_unit else "", ("/none/spared/",) if holding.by_unit else ())
    due = holding.due(reach)
    assert (due.count, due.oldest) == (0, None)
    assert list(holding.pick(reach, 10)) == []
    holding.erase(["nothing@0"] if holding.key == "intake.versions" else [])
    assert str(holding.name)
    assert str(holding.what)
    assert str(holding.dated)
    assert holding.least_days >= 1


def test_sessions_go_by_a_name_that_is_no_key() -> None:
    over = Session.objects.create(session_key="k" * 32, session_data="x", expire_date=now() - timedelta(days=9))
    Session.objects.create(session_key="l" * 32, session_data="x", expire_date=now() + timedelta(days=9))
    holding = port.find_holding("organisation.sessions")
    assert holding is not None
    reach = Reach(datetime.max.replace(tzinfo=now().tzinfo))
    (name,) = holding.pick(reach, 10)
    assert over.session_key not in name
    holding.erase([name])
    assert list(Session.objects.values_list("session_key", flat=True)) == ["l" * 32]


def test_every_room_that_stores_files_says_which_it_needs() -> None:
    """A room that forgot would lose its files to a rule."""
    storing = set()
    for path in ROOT.glob("[cs]*/*/**/*.py"):
        names = {
            alias.name if node.module == "quanshu.shared.files.api" else "module"
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if (node.module == "quanshu.shared.files.api" and alias.name in {"store", "path_of"})
            or (node.module == "quanshu.shared.files" and alias.name == "api")
        }
        if names:
            storing.add(path.relative_to(ROOT).parts[1])
    assert len(storing) >= 6
    assert storing <= set(used_by())
