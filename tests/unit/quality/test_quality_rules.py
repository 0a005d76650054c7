"""Decisions about rules and problems, without a database."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.errors import FieldErrors
from quanshu.lake.checks import CheckKind
from quanshu.supply.catalogue.api import ItemData
from quanshu.supply.quality import rules
from quanshu.supply.quality.queries import suggesting
from quanshu.supply.quality.types import Dimension, NoRules, NothingLanded, ProblemClosed, RuleData

COLUMNS = ["id", "name", "from", "to"]


def faults(data: RuleData) -> list[tuple[str, str]]:
    try:
        rules.check_rule(data, columns=COLUMNS, tables=["entry_other"])
    except FieldErrors as fault:
        return [(error.field, error.fault) for error in fault.errors]
    return []


@pytest.mark.parametrize(
    ("kind", "columns", "params"),
    [
        ("required", ("id",), {}),
        ("code_list", ("name",), {"codes": ["1"]}),
        ("pattern", ("name",), {"pattern": "a|b"}),
        ("range", ("from",), {"min": 0}),
        ("range", ("from",), {"min": "2020-01-01", "max": "today"}),
        ("range", ("from",), {"min": "-2", "max": "10"}),
        ("citizen_id", ("id",), {}),
        ("uscc", ("id",), {}),
        ("date_order", ("from", "to"), {}),
        ("unique", ("id", "name"), {}),
        ("reference", ("id",), {"table": "entry_other", "column": "id"}),
    ],
)
def test_rules_that_can_be_run(kind: str, columns: tuple[str, ...], params: dict[str, Any]) -> None:
    assert faults(RuleData("r", kind, columns, params)) == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (RuleData(" ", "required", ("id",)), "name"),
        (RuleData("r", "magic", ("id",)), "kind"),
        (RuleData("r", "required", ("id",), dimension="beauty"), "dimension"),
        (RuleData("r", "required", ("id",), severity="dire"), "severity"),
        (RuleData("r", "required", ("none",)), "columns"),
        (RuleData("r", "required", ("id", "name")), "columns"),
        (RuleData("r", "required", ()), "columns"),
        (RuleData("r", "date_order", ("from",)), "columns"),
        (RuleData("r", "code_list", ("id",), {"codes": []}), "params"),
        (RuleData("r", "pattern", ("id",), {"pattern": "("}), "params"),
        (RuleData("r", "pattern", ("id",), {"pattern": "(?!a)"}), "params"),
        (RuleData("r", "range", ("id",), {}), "params"),
        (RuleData("r", "range", ("id",), {"min": "", "max": None}), "params"),
        (RuleData("r", "range", ("id",), {"min": "soon"}), "params"),
        (RuleData("r", "range", ("id",), {"min": 3, "max": "2026-01-01"}), "params"),
        (RuleData("r", "range", ("id",), {"min": 10, "max": 9}), "params"),
        (RuleData("r", "range", ("id",), {"min": "2026-02-01", "max": "2026-01-01"}), "params"),
        (RuleData("r", "reference", ("id",), {"table": "entry_other"}), "params"),
        (RuleData("r", "reference", ("id",), {"table": "elsewhere", "column": "id"}), "params"),
    ],
)
def test_rules_that_cannot(data: RuleData, field: str) -> None:
    assert [name for name, _fault in faults(data)] == [field]


def test_every_kind_has_a_dimension_of_the_standard() -> None:
    assert set(rules.DIMENSION_OF) == {kind.value for kind in CheckKind}
    assert set(rules.DIMENSION_OF.values()) <= set(Dimension)


def test_suggestions_follow_from_the_items() -> None:
    items = (
        ItemData("id", "号码", is_key=True, mask="citizen_id"),
        ItemData("sex", "性别", code_list=("1", "2"), required=True),
        ItemData("phone", "电话", mask="phone"),
        ItemData("owner_uscc", "信用代码"),
        ItemData("day", "日期", data_type="date"),
        ItemData("note", "备注"),
    )
    assert [(data.kind, data.columns) for data in suggesting.suggestions(items)] == [
        ("unique", ("id",)),
        ("required", ("id",)),
        ("citizen_id", ("id",)),
        ("required", ("sex",)),
        ("code_list", ("sex",)),
        ("pattern", ("phone",)),
        ("uscc", ("owner_uscc",)),
        ("range", ("day",)),
    ]
    names = [item.name for item in items]
    for data in suggesting.suggestions(items):
        rules.check_rule(data, columns=names, tables=[])


@given(st.dictionaries(st.text(min_size=1), st.none() | st.text(), min_size=1, max_size=4))
def test_a_key_reads_the_same_whatever_its_order(key: dict[str, str | None]) -> None:
    turned = dict(reversed(key.items()))
    assert rules.key_text(key) == rules.key_text(turned)


def test_keys_of_different_rows_differ() -> None:
    assert rules.key_text({"a": "1", "b": "2"}) != rules.key_text({"a": "12", "b": ""})
    assert rules.key_text({"a": None}) != rules.key_text({"a": "None"})


def test_a_scan_needs_rows_and_rules() -> None:
    rules.check_scannable(entry_name="x", landed=True, rules=1)
    with pytest.raises(NothingLanded):
        rules.check_scannable(entry_name="x", landed=False, rules=1)
    with pytest.raises(NoRules):
        rules.check_scannable(entry_name="x", landed=True, rules=0)


def test_only_an_open_problem_is_handled() -> None:
    rules.check_open("open")
    for state in ("fixed", "gone", "excused"):
        with pytest.raises(ProblemClosed):
            rules.check_open(state)
