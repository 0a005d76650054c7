"""Every kind of rule can be made on its form, runs, and says what is wrong in words."""

from __future__ import annotations

from typing import Any

import pytest

from quanshu.kernel.clock import freeze
from quanshu.shared.access.api import SYSTEM
from quanshu.supply.quality.api import Problem, Rule, RuleData, create_rule, scan_now, start_scan
from quanshu.supply.quality.pages import labels
from support_quality import GOOD, MONDAY, WRONG

FORMS: list[tuple[str, dict[str, Any], int]] = [
    ("length", {"column": "name", "min": "3"}, 5),
    ("region_code", {"column": "phone"}, 7),
    ("phone", {"column": "phone"}, 0),
    ("birth_date", {"earlier": "person_id", "later": "moved_in"}, 3),
    ("dependency", {"earlier": "sex", "later": "moved_in"}, 2),
    ("predicate", {"expression": "sex IN ('1', '2')"}, 1),
    ("freshness", {"column": "moved_in", "days": "30"}, 1),
    ("row_count", {"min": "100"}, 1),
]


@pytest.mark.parametrize(("kind", "fields", "failures"), FORMS, ids=[kind for kind, *_rest in FORMS])
def test_a_kind_is_made_in_the_browser_and_runs(table: Any, kind: str, fields: dict[str, Any], failures: int) -> None:
    Rule.objects.all().update(active=False)
    table.load([*GOOD, *WRONG])
    steward = table.cast.browser("steward")
    url = f"/quality/tables/{table.entry.uid}/rules/new/{kind}/"
    assert steward.get(url).status_code == 200
    with freeze(MONDAY):
        made = steward.post(url, {"name": "", "dimension": "accuracy", "severity": "error", **fields})
        assert made.status_code == 302, made.content.decode()
        scan = scan_now(start_scan(actor=SYSTEM, now=MONDAY, entry=table.entry).uid, MONDAY)
    assert (scan.state, scan.error) == ("finished", scan.error)
    rule = Rule.objects.get(active=True)
    assert Problem.objects.filter(rule=rule).count() == failures
    page = steward.get(made["Location"]).content.decode()
    assert str(labels.KIND_HINTS[rule.current.kind]) in page  # type: ignore[union-attr]
    assert steward.get(f"/quality/rules/{rule.uid}/revise/").status_code == 200
    problem = Problem.objects.filter(rule=rule).first()
    if problem is not None:
        assert steward.get(f"/quality/problems/{problem.uid}/").status_code == 200


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("length", {"column": "name"}),
        ("length", {"column": "name", "min": "five"}),
        ("length", {"column": "name", "min": "5", "max": "2"}),
        ("predicate", {"expression": "a > (SELECT 1)"}),
        ("predicate", {"expression": "wage > 1"}),
        ("freshness", {"column": "moved_in", "days": "soon"}),
        ("row_count", {}),
    ],
)
def test_a_faulty_rule_is_refused_beside_its_field(table: Any, kind: str, fields: dict[str, Any]) -> None:
    url = f"/quality/tables/{table.entry.uid}/rules/new/{kind}/"
    before = Rule.objects.count()
    answer = table.cast.browser("steward").post(url, {"dimension": "accuracy", "severity": "error", **fields})
    assert answer.status_code == 422
    assert "invalid-feedback" in answer.content.decode() or "alert" in answer.content.decode()
    assert Rule.objects.count() == before


def test_a_rule_of_the_whole_table_is_corrected_by_the_next_load(table: Any) -> None:
    Rule.objects.all().update(active=False)
    data = RuleData("至少四行", "row_count", (), {"min": "4"})
    table.load(GOOD)
    with freeze(MONDAY):
        create_rule(actor=SYSTEM, now=MONDAY, entry=table.entry, data=data)
        scan_now(start_scan(actor=SYSTEM, now=MONDAY, entry=table.entry).uid, MONDAY)
    problem = Problem.objects.get()
    assert (problem.state, problem.value) == ("open", "3")
    table.load([*GOOD, *WRONG])
    problem.refresh_from_db()
    assert problem.state == "fixed"
