"""Checks after a load: problems open, close only by the version that found them, and are counted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from quanshu.kernel.clock import freeze
from quanshu.kernel.errors import FieldErrors
from quanshu.shared.access.api import SYSTEM, NotAllowed
from quanshu.shared.audit.api import history
from quanshu.shared.outbox.models import OutboxEvent
from quanshu.shared.workflow.api import todos_for
from quanshu.supply.quality import api as quality
from quanshu.supply.quality.models import Problem, RuleResult
from quanshu.supply.quality.services import scans
from quanshu.supply.quality.types import ProblemClosed, StillFailing
from support_quality import GOOD, MONDAY, RIGHT, WRONG

pytestmark = pytest.mark.django_db


def problems(state: str) -> set[str]:
    return {row.key["person_id"] for row in Problem.objects.filter(state=state)}


def test_a_load_is_checked_by_itself(table: Any) -> None:
    table.load(GOOD + WRONG)
    scan = quality.Scan.objects.get()
    assert (scan.state, scan.rows, scan.passed, scan.opened, scan.fixed) == ("finished", 7, 3, 4, 0)
    assert problems("open") == {row[0] for row in WRONG}
    order = RuleResult.objects.get(version__kind="date_order")
    assert (order.tested, order.failed, order.kept) == (2, 1, 1)


def test_problems_are_due_in_two_working_days(table: Any) -> None:
    friday = MONDAY + timedelta(days=4)
    table.load(GOOD + WRONG, friday)
    assert set(Problem.objects.values_list("due_on", flat=True)) == {date(2026, 3, 10)}


def test_the_unit_has_one_to_do_while_problems_are_open(table: Any) -> None:
    table.load(GOOD + WRONG)
    steward = table.cast.actor("steward")
    todo = todos_for(steward).get(kind="quality.problems")
    assert (todo.due_on, todo.url) == (date(2026, 3, 4), f"/quality/problems/?unit={table.entry.unit.uid}&state=open")
    assert not todos_for(table.cast.actor("other")).filter(kind="quality.problems").exists()
    table.load(GOOD + RIGHT, MONDAY + timedelta(days=1))
    assert not todos_for(steward).filter(kind="quality.problems").exists()


def test_a_corrected_row_closes_its_problem_and_a_deleted_one_is_gone(table: Any) -> None:
    table.load(GOOD + WRONG)
    table.load(GOOD + RIGHT, MONDAY + timedelta(days=1))
    assert problems("fixed") == {row[0] for row in RIGHT}
    assert problems("gone") == {WRONG[0][0]}
    figures = quality.quality_figures(today=date(2026, 3, 3))
    assert (figures.rows, figures.passed, figures.pass_rate) == (6, 6, 1.0)
    assert (figures.corrected, figures.corrected_on_time, figures.mean_correction_days) == (3, 3, 1.0)


def test_a_late_correction_is_counted_as_late(table: Any) -> None:
    table.load(GOOD + WRONG)
    table.load(GOOD + RIGHT, MONDAY + timedelta(days=3))
    figures = quality.quality_figures(today=date(2026, 3, 5))
    assert (figures.corrected, figures.corrected_on_time, figures.on_time_rate) == (3, 0, 0.0)


def test_a_problem_that_comes_back_opens_again_with_a_new_clock(table: Any) -> None:
    table.load(GOOD + WRONG)
    table.load(GOOD + RIGHT, MONDAY + timedelta(days=1))
    table.load(GOOD + WRONG, MONDAY + timedelta(days=7))
    assert problems("open") == {row[0] for row in WRONG}
    assert Problem.objects.count() == 4
    assert set(Problem.objects.values_list("due_on", flat=True)) == {date(2026, 3, 11)}


def test_a_problem_closes_only_by_the_version_that_found_it(table: Any) -> None:
    table.load(GOOD + WRONG)
    wider = quality.RuleData("性别代码有效", "code_list", ("sex",), {"codes": ["1", "2", "9"]})
    rule = quality.revise_rule(actor=SYSTEM, now=MONDAY, rule=table.rules["code_list"], data=wider)
    table.load(GOOD + WRONG, MONDAY + timedelta(days=1))
    assert WRONG[1][0] in problems("open"), "the new version passes; the one that found it does not"
    result = RuleResult.objects.filter(version=rule.current).get()
    assert (result.tested, result.failed) == (7, 0)
    table.load(GOOD + RIGHT, MONDAY + timedelta(days=2))
    assert WRONG[1][0] in problems("fixed")


def test_a_record_that_passes_the_old_version_and_fails_the_new_one_stays_open(table: Any) -> None:
    table.load(GOOD + WRONG)
    narrower = quality.RuleData("性别代码有效", "code_list", ("sex",), {"codes": ["1"]})
    rule = quality.revise_rule(actor=SYSTEM, now=MONDAY, rule=table.rules["code_list"], data=narrower)
    table.load(GOOD + RIGHT, MONDAY + timedelta(days=1))
    problem = Problem.objects.get(rule=rule, key__person_id=WRONG[1][0])
    assert (problem.state, problem.version) == ("open", rule.current)


def test_a_rule_switched_off_finds_nothing_new_and_still_closes_its_problems(table: Any) -> None:
    table.load(GOOD + WRONG)
    quality.switch_rule(actor=SYSTEM, now=MONDAY, rule=table.rules["required"], active=False)
    table.load(GOOD + WRONG, MONDAY + timedelta(days=1))
    assert WRONG[3][0] in problems("open")
    table.load(GOOD + RIGHT, MONDAY + timedelta(days=2))
    assert WRONG[3][0] in problems("fixed")
    assert not RuleResult.objects.filter(scan__ended_at__gt=MONDAY, version__kind="required").exists()


def test_beyond_the_cap_problems_are_only_counted_and_close_all_the_same(
    table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans.check, "__kwdefaults__", {**scans.check.__kwdefaults__, "keep": 2})
    rows = [[*row[:1], "", *row[2:]] for row in GOOD]
    table.load(rows)
    result = RuleResult.objects.get(version__kind="required")
    assert (result.failed, result.kept) == (3, 2)
    table.load(GOOD, MONDAY + timedelta(days=1))
    assert not problems("open")


def test_one_audit_entry_and_one_event_a_scan(table: Any) -> None:
    table.load(GOOD + WRONG)
    scan = quality.Scan.objects.get()
    assert [entry.action for entry in history("quality.scan", scan.uid)] == [
        "quality.scan.finished",
        "quality.scan.queued",
    ]
    event = OutboxEvent.objects.get(name="quality.problem.opened")
    assert (event.payload["count"], event.payload["entry_uid"]) == (4, table.entry.uid)


def test_a_scan_runs_once_and_a_batch_told_twice_is_checked_once(table: Any) -> None:
    table.load(GOOD + WRONG)
    scan = quality.Scan.objects.get()
    again = quality.scan_now(scan.uid, MONDAY)
    assert (again.opened, Problem.objects.count()) == (4, 4)


def test_a_scan_that_cannot_be_done_says_why(table: Any) -> None:
    table.load(GOOD)
    row = table.rules["required"].current
    type(row).objects.filter(pk=row.pk).update(columns=["gone"])
    scan = quality.start_scan(actor=SYSTEM, now=MONDAY, entry=table.entry)
    scan = quality.scan_now(scan.uid, MONDAY)
    assert (scan.state, scan.error) == ("failed", {"code": "lake.missing_column", "params": {"column": "gone"}})


def test_check_again_closes_one_problem_or_says_it_still_fails(table: Any) -> None:
    table.load(GOOD + WRONG)
    steward = table.cast.actor("steward")
    problem = Problem.objects.get(reason="required")
    with pytest.raises(StillFailing):
        quality.check_problem(actor=steward, now=MONDAY, problem=problem)
    for rule in table.rules.values():
        quality.switch_rule(actor=SYSTEM, now=MONDAY, rule=rule, active=False)
    table.load(GOOD + RIGHT, MONDAY + timedelta(days=1))
    assert problem.pk in Problem.objects.filter(state="open").values_list("pk", flat=True)
    with freeze(MONDAY + timedelta(days=1)):
        done = quality.check_problem(actor=steward, now=MONDAY + timedelta(days=1), problem=problem)
    assert (done.state, done.working_days) == ("fixed", 1)
    with pytest.raises(ProblemClosed):
        quality.check_problem(actor=steward, now=MONDAY, problem=problem)


def test_an_excused_record_opens_no_more(table: Any) -> None:
    table.load(GOOD + WRONG)
    problem = Problem.objects.get(reason="required")
    with pytest.raises(NotAllowed):
        quality.excuse_problem(actor=table.cast.actor("steward"), now=MONDAY, problem=problem, reason="名字未取")
    officer = table.cast.actor("officer")
    with pytest.raises(FieldErrors):
        quality.excuse_problem(actor=officer, now=MONDAY, problem=problem, reason=" ")
    quality.excuse_problem(actor=officer, now=MONDAY, problem=problem, reason="名字未取")
    table.load(GOOD + WRONG, MONDAY + timedelta(days=1))
    problem.refresh_from_db()
    assert (problem.state, problem.excuse) == ("excused", "名字未取")


def test_suggested_rules_follow_from_the_items_and_are_added_once(table: Any) -> None:
    steward = table.cast.actor("steward")
    made = quality.adopt_suggestions(actor=steward, now=MONDAY, entry=table.entry)
    assert [(rule.current.kind, rule.current.columns) for rule in made] == [
        ("unique", ["person_id"]),
        ("required", ["person_id"]),
        ("pattern", ["phone"]),
        ("range", ["moved_in"]),
        ("range", ["moved_out"]),
    ]
    assert quality.adopt_suggestions(actor=steward, now=MONDAY, entry=table.entry) == []
    table.load(GOOD)
    assert quality.Scan.objects.get().passed == 3


def test_a_steward_may_not_touch_another_unit_s_rules(table: Any) -> None:
    other = table.cast.actor("other")
    with pytest.raises(NotAllowed):
        quality.switch_rule(actor=other, now=MONDAY, rule=table.rules["required"], active=False)
    assert not quality.list_rules(other).exists()
    table.load(GOOD + WRONG)
    assert not quality.list_problems(other).exists()
