"""What differs between two versions of an entry, and texts with marks."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from quanshu.supply.catalogue.rules.comparing import MOST_TOKENS, compare_versions, marks_between

texts = st.text(alphabet="人口登记信息 abc12\n，。", max_size=60)
items = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from("abcdef"), "title": st.sampled_from(["姓名", "住址"]), "grade": texts}
    ),
    max_size=6,
    unique_by=lambda item: item["name"],
)
snapshots = st.fixed_dictionaries(
    {
        "abstract": texts,
        "update_cycle": st.sampled_from(["daily", "weekly"]),
        "extra": st.dictionaries(st.sampled_from(["contact", "room"]), texts, max_size=2),
        "items": items,
    }
)


@given(texts, texts)
def test_marks_hold_both_texts(before: str, after: str) -> None:
    marks = marks_between(before, after)
    assert "".join(mark.text for mark in marks if mark.kind != "added") == before
    assert "".join(mark.text for mark in marks if mark.kind != "removed") == after
    assert all(mark.text for mark in marks)
    assert all(left.kind != right.kind for left, right in pairwise(marks))


def test_a_very_long_text_is_shown_whole() -> None:
    before, after = "字" * MOST_TOKENS, "词" * 10
    assert [mark.kind for mark in marks_between(before, after)] == ["removed", "added"]


@given(snapshots, snapshots)
def test_the_comparison_turns_one_version_into_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = compare_versions(before, after)
    fields = {name: value for name, value in before.items() if name not in {"items", "extra"}}
    fields |= {f"extra.{code}": value for code, value in before["extra"].items()}
    for change in found.fields:
        assert (fields.get(change.field) or None) == (change.before or None)
        fields[change.field] = change.after
    wanted = {name: value for name, value in after.items() if name not in {"items", "extra"}}
    wanted |= {f"extra.{code}": value for code, value in after["extra"].items()}
    assert {name: value for name, value in fields.items() if value} == {n: v for n, v in wanted.items() if v}

    old, new = ({item["name"]: item for item in each["items"]} for each in (before, after))
    kinds = {(change.kind, change.name) for change in found.items}
    assert {name for kind, name in kinds if kind == "added"} == set(new) - set(old)
    assert {name for kind, name in kinds if kind == "removed"} == set(old) - set(new)
    assert {name for kind, name in kinds if kind == "changed"} == {
        name for name in set(old) & set(new) if old[name] != new[name]
    }
    assert compare_versions(before, before).same
    assert found.same == (not found.fields and not found.items and not found.moved)


def test_another_order_of_the_items_is_told() -> None:
    rows = [{"name": "a", "title": "甲"}, {"name": "b", "title": "乙"}]
    found = compare_versions({"items": rows}, {"items": rows[::-1]})
    assert found.moved
    assert not found.items
