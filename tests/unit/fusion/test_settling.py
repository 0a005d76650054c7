"""Identities keep their uids: whatever is added, removed, merged or split, and in whatever order it is told."""

from __future__ import annotations

from itertools import count, pairwise

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from quanshu.lake.linking import group
from quanshu.lake.linking.types import Decision, RecordInfo
from quanshu.supply.fusion.rules import first_contradicted, link_tree, settle
from quanshu.supply.fusion.types import Happening, Link, Settlement

RECORDS = [f"s:{number:02d}" for number in range(12)]
PARTS = st.lists(st.integers(0, 4), min_size=len(RECORDS), max_size=len(RECORDS))


def groups_of(parts: list[int], *, without: set[str] = frozenset()) -> list[list[str]]:  # type: ignore[assignment]
    """Records by the number of their part."""
    found: dict[int, list[str]] = {}
    for record, part in zip(RECORDS, parts, strict=True):
        if record not in without:
            found.setdefault(part, []).append(record)
    return list(found.values())


def settled(groups: list[list[str]], before: dict[str, str], moved: set[str] | None = None) -> Settlement:
    """Identities u… that are never given out twice; the lower the number, the elder."""
    taken = {int(uid[1:]) for uid in before.values()}
    fresh = count(max(taken, default=-1) + 1)
    return settle(groups, before, age=lambda uid: ("", uid), mint=lambda: f"u{next(fresh):04d}", moved=moved or set())


@given(parts=PARTS, gone=st.sets(st.sampled_from(RECORDS)), back=st.sets(st.sampled_from(RECORDS)))
def test_an_identity_that_keeps_a_record_keeps_its_uid(parts: list[int], gone: set[str], back: set[str]) -> None:
    before = dict(settled(groups_of(parts, without=back - gone), {}).identities)
    after = settled(groups_of(parts, without=gone), before)
    for record, uid in after.identities.items():
        if record in before:
            assert uid == before[record]
    assert not [one for one in after.changes if one.happening == Happening.MERGED]


@given(first=PARTS, second=PARTS)
def test_uids_are_never_given_out_again(first: list[int], second: list[int]) -> None:
    before = dict(settled(groups_of(first), {}).identities)
    after = settled(groups_of(second), before)
    assert not set(after.minted) & set(before.values())
    # Each uid stands for one group.
    holders: dict[str, set[frozenset[str]]] = {}
    for members in groups_of(second):
        uids = {after.identities[record] for record in members}
        assert len(uids) == 1
        holders.setdefault(uids.pop(), set()).add(frozenset(members))
    assert all(len(found) == 1 for found in holders.values())
    merged = {one.identity: one.other for one in after.changes if one.happening == Happening.MERGED}
    assert not set(merged) & set(after.identities.values())
    # The elder takes in the younger.
    assert all(into < uid for uid, into in merged.items() if into in before.values())
    # Every old uid lives on, or went into one that does.
    assert set(before.values()) <= set(after.identities.values()) | set(merged)


@given(first=PARTS, second=PARTS, data=st.data())
def test_the_order_is_of_no_matter(first: list[int], second: list[int], data: st.DataObject) -> None:
    before = dict(settled(groups_of(first), {}).identities)
    groups = [data.draw(st.permutations(members)) for members in data.draw(st.permutations(groups_of(second)))]
    assert settled(groups, before) == settled(groups_of(second), before)


def test_of_equal_parts_the_one_of_the_best_source_keeps_the_uid() -> None:
    before = dict.fromkeys(["a:1", "z:1"], "u0000")
    ranks = {"z": 0, "a": 1}
    after = settle(
        [["a:1"], ["z:1"]],
        before,
        age=lambda uid: ("", uid),
        mint=lambda: "u0001",
        rank=lambda record: (ranks[record[0]], record),
    )
    assert after.identities == {"z:1": "u0000", "a:1": "u0001"}


def test_what_a_decision_moves_gets_the_new_uid_even_if_it_is_more() -> None:
    before = dict.fromkeys(["a:1", "b:1", "b:2"], "u0000")
    after = settled([["a:1"], ["b:1", "b:2"]], before, moved={"b:1", "b:2"})
    assert after.identities["a:1"] == "u0000"
    assert after.identities["b:1"] == after.identities["b:2"] == "u0001"
    assert [(one.happening, one.identity, one.other) for one in after.changes] == [("split", "u0001", "u0000")]


PAIRS = st.lists(
    st.tuples(st.sampled_from(RECORDS), st.sampled_from(RECORDS)).filter(lambda pair: pair[0] < pair[1]), max_size=8
)


@given(parts=PARTS, said=st.lists(st.tuples(st.booleans(), st.sets(st.sampled_from(RECORDS), min_size=1, max_size=3),
                                            st.sets(st.sampled_from(RECORDS), min_size=1, max_size=3)), max_size=6),
       links=PAIRS)  # fmt: skip
def test_decisions_that_hold_together_always_win(
    parts: list[int], said: list[tuple[bool, set[str], set[str]]], links: list[tuple[str, str]]
) -> None:
    kept: list[tuple[bool, set[str], set[str]]] = []
    for one in said:
        if not one[1] & one[2] and first_contradicted(one, kept) is None:
            kept.append(one)
    decisions = []
    for same, left, right in kept:
        if same:
            together = sorted(left | right)
            decisions += [Decision(a, b, True) for a, b in pairwise(together)]
        else:
            decisions += [Decision(a, b, False) for a in left for b in right]
    infos = [RecordInfo(record, "s", f"id{part}") for record, part in zip(RECORDS, parts, strict=True)]
    pairs = pa.table(
        {
            "left": pa.array([left for left, _right in links], pa.string()),
            "right": pa.array([right for _left, right in links], pa.string()),
            "probability": pa.array([0.99] * len(links), pa.float64()),
        }
    )
    found = group(pairs, infos, threshold=0.9, decisions=decisions)
    place = {record: number for number, members in enumerate(found.groups) for record in members}
    for same, left, right in kept:
        if same:
            assert len({place[record] for record in left | right}) == 1
        else:
            assert not {place[record] for record in left} & {place[record] for record in right}


def test_a_contradiction_names_the_decision_in_its_way() -> None:
    earlier = [(True, {"a"}, {"b"}), (True, {"b"}, {"c"}), (False, {"d"}, {"e"})]
    assert first_contradicted((False, {"a"}, {"c"}), earlier) in {0, 1}
    assert first_contradicted((True, {"c"}, {"d"}), earlier) is None
    assert first_contradicted((True, {"d", "c"}, {"e"}), earlier) == 2
    assert first_contradicted((False, {"a"}, {"d"}), earlier) is None


@given(members=st.sets(st.sampled_from(RECORDS), min_size=1, max_size=6), links=PAIRS)
def test_the_tree_reaches_every_record_once(members: set[str], links: list[tuple[str, str]]) -> None:
    edges = [(left, right, Link.SCORED, 0.9) for left, right in links]
    tree = link_tree(sorted(members), edges, rank=lambda record: (0, record))
    assert set(tree) == members
    roots = [record for record, (via, _how, _probability) in tree.items() if not via]
    assert roots == [min(members)]
    for record in members:
        seen = set()
        while tree[record][0]:
            assert record not in seen
            seen.add(record)
            record = tree[record][0]


def test_the_strongest_link_is_told() -> None:
    edges = [("a", "b", Link.SCORED, 0.97), ("a", "c", Link.IDENTIFIER, 0.96), ("b", "c", Link.DECIDED, 1.0)]
    tree = link_tree(["a", "b", "c"], edges, rank=lambda record: (0, record))
    assert {record: (via, how) for record, (via, how, _p) in tree.items()} == {
        "a": ("", Link.ROOT),
        "b": ("c", Link.DECIDED),
        "c": ("a", Link.IDENTIFIER),
    }
