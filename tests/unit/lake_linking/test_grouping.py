"""Groups keep their bounds whatever the links, and do not depend on the order of the links."""

from __future__ import annotations

from itertools import combinations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from quanshu.lake.linking import group
from quanshu.lake.linking.types import Conflict, Cut, Decision, Grouping, RecordInfo

RECORDS = [f"s:{number}" for number in range(9)]
EVERY_PAIR = list(combinations(RECORDS, 2))
Link = tuple[str, str, float]


def table(links: list[Link]) -> pa.Table:
    columns = list(zip(*links, strict=True)) or [(), (), ()]
    types = (pa.string(), pa.string(), pa.float64())
    return pa.table(
        {
            name: pa.array(column, kind)
            for name, column, kind in zip(("left", "right", "probability"), columns, types, strict=True)
        }
    )


def infos(**identifiers: str) -> list[RecordInfo]:
    return [RecordInfo(record, "s", identifiers.get(record[2:])) for record in RECORDS]


links = st.lists(
    st.tuples(st.sampled_from(EVERY_PAIR), st.sampled_from([0.5, 0.9, 0.95, 0.99])), unique_by=lambda link: link[0]
).map(lambda found: [(left, right, probability) for (left, right), probability in found])
known = st.lists(st.sampled_from([None, "A", "B", "C"]), min_size=9, max_size=9)
decided = st.lists(
    st.builds(lambda pair, same: Decision(pair[1], pair[0], same), st.sampled_from(EVERY_PAIR), st.booleans()),
    max_size=6,
)


def of(found: Grouping) -> dict[str, int]:
    return {record: place for place, members in enumerate(found.groups) for record in members}


@given(links=links, identifiers=known, decisions=decided, seed=st.randoms(use_true_random=False))
def test_bounds_hold(links: list[Link], identifiers: list[str | None], decisions: list[Decision], seed: object) -> None:
    given_infos = [RecordInfo(r, "s", i) for r, i in zip(RECORDS, identifiers, strict=True)]
    found = group(table(links), given_infos, threshold=0.9, decisions=decisions)
    where = of(found)
    assert sorted(where) == RECORDS
    last = {tuple(sorted((d.left, d.right))): d.same for d in decisions}
    contradictions = {review.records for review in found.reviews if review.reason is Conflict.CONTRADICTION}
    for (left, right), same in last.items():
        assert (where[left] == where[right]) is same or (same and (left, right) in contradictions)
    if not any(last.values()):
        for members in found.groups:
            held = {i for r, i in zip(RECORDS, identifiers, strict=True) if i and r in members}
            assert len(held) <= 1
    cuts = {(cut.left, cut.right) for cut in found.cuts}
    for left, right, probability in links:
        if probability >= 0.9:
            assert (where[left] == where[right]) != ((left, right) in cuts)
    seed.shuffle(links)  # type: ignore[attr-defined]
    turned = [(right, left, probability) for left, right, probability in links]
    assert group(table(turned), reversed(given_infos), threshold=0.9, decisions=decisions) == found


def test_the_weakest_link_between_two_identifiers_is_cut() -> None:
    chain = [("s:0", "s:1", 0.99), ("s:1", "s:2", 0.91), ("s:2", "s:3", 0.99)]
    found = group(table(chain), infos(**{"0": "A", "3": "B"}), threshold=0.9)
    assert ("s:0", "s:1") in found.groups
    assert ("s:2", "s:3") in found.groups
    assert found.cuts == (Cut("s:1", "s:2", 0.91, Conflict.TWO_IDENTIFIERS),)


def test_a_decision_joins_two_identifiers_and_others_follow() -> None:
    chain = [("s:2", "s:3", 0.99), ("s:4", "s:3", 0.99)]
    found = group(
        table(chain),
        infos(**{"0": "A", "1": "B", "2": "A", "3": "B", "4": "C"}),
        threshold=0.9,
        decisions=[Decision("s:0", "s:1", True)],
    )
    assert ("s:0", "s:1") in found.groups
    assert ("s:2", "s:3") in found.groups
    assert [cut.reason for cut in found.cuts] == [Conflict.TWO_IDENTIFIERS]


def test_records_decided_apart_stay_apart_by_way_of_others() -> None:
    chain = [("s:0", "s:1", 0.99), ("s:1", "s:2", 0.95)]
    found = group(table(chain), infos(), threshold=0.9, decisions=[Decision("s:0", "s:2", False)])
    assert found.cuts == (Cut("s:1", "s:2", 0.95, Conflict.DECIDED_APART),)


def test_the_later_of_two_decisions_holds() -> None:
    both = [Decision("s:0", "s:1", True), Decision("s:1", "s:0", False)]
    assert ("s:0", "s:1") not in group(table([]), infos(), threshold=0.9, decisions=both).groups
    assert ("s:0", "s:1") in group(table([]), infos(), threshold=0.9, decisions=both[::-1]).groups


def test_two_rows_of_a_source_with_one_row_each_are_reviewed() -> None:
    one_each = [RecordInfo("a:1", "a", None, True), RecordInfo("a:2", "a", None, True), RecordInfo("b:1", "b")]
    chain = [("a:1", "b:1", 0.99), ("a:2", "b:1", 0.99)]
    found = group(table(chain), one_each, threshold=0.9)
    assert found.groups == (("a:1", "a:2", "b:1"),)
    assert [(review.records, review.reason) for review in found.reviews] == [(("a:1", "a:2"), Conflict.SAME_SOURCE)]


def test_what_is_not_named_is_passed_over() -> None:
    found = group(table([("s:0", "x:1", 0.99)]), infos(), threshold=0.9, decisions=[Decision("x:1", "s:1", True)])
    assert len(found.groups) == len(RECORDS)
