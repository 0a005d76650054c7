"""生存状态: the rule's promises, and that the lake's query says the same as the rule."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanshu.lake.linking.types import PartyKind
from quanshu.lake.registry import Plan, Says
from quanshu.lake.registry.telling import kinds_sql, life_sql
from quanshu.supply.fusion.rules import KINDS, life_status
from quanshu.supply.fusion.rules.life import DATES_DIFFER_DAYS
from quanshu.supply.fusion.types import Life, LifeEvidence

TODAY = date(2026, 3, 2)
PIECES = st.builds(
    LifeEvidence,
    kind=st.sampled_from(sorted(KINDS)),
    on=st.integers(0, 1200).map(lambda days: TODAY - timedelta(days=days)),
    source=st.sampled_from(["a", "b"]),
)
EVIDENCE = st.lists(PIECES, max_size=7)
DEAD = PIECES.filter(lambda one: KINDS[one.kind].says == Says.DEAD)
ALIVE = PIECES.filter(lambda one: KINDS[one.kind].says == Says.ALIVE)
PLAN = Plan(PartyKind.PERSON, (), "p", "s", "r", 0, "salt", kinds=KINDS, dates_differ=DATES_DIFFER_DAYS)


@given(evidence=EVIDENCE, more=DEAD)
def test_more_evidence_of_death_never_brings_anybody_back(evidence: list[LifeEvidence], more: LifeEvidence) -> None:
    before, after = (life_status(told, today=TODAY) for told in (evidence, [*evidence, more]))
    if before.status == Life.DEAD:
        assert after.status == Life.DEAD
    assert after.status != Life.ALIVE


@given(evidence=EVIDENCE, more=ALIVE)
def test_more_evidence_of_life_never_kills(evidence: list[LifeEvidence], more: LifeEvidence) -> None:
    before, after = (life_status(told, today=TODAY) for told in (evidence, [*evidence, more]))
    if before.status == Life.ALIVE:
        assert after.status == Life.ALIVE
    if after.status == Life.DEAD:
        assert before.status == Life.DEAD


@given(evidence=EVIDENCE, data=st.data())
def test_the_order_of_evidence_is_of_no_matter(evidence: list[LifeEvidence], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(evidence))
    assert life_status(shuffled, today=TODAY) == life_status(evidence, today=TODAY)


@given(evidence=EVIDENCE)
def test_what_is_said_is_dated_by_a_piece_of_evidence(evidence: list[LifeEvidence]) -> None:
    found = life_status(evidence, today=TODAY)
    if found.status == Life.UNKNOWN and not found.by_kind:
        assert all(KINDS[one.kind].says == Says.ALIVE for one in evidence)
    else:
        assert (found.by_kind, found.since, found.by_source) in {(one.kind, one.on, one.source) for one in evidence}


@pytest.mark.parametrize(
    ("evidence", "status", "conflict"),
    [
        ([("death_certificate", 100)], Life.DEAD, False),
        ([("death_certificate", 100), ("hospital_visit", 10)], Life.DEAD, True),
        ([("death_certificate", 100), ("pension_drawn", 60)], Life.DEAD, False),
        ([("register_cancelled", 300), ("pension_drawn", 10)], Life.UNKNOWN, True),
        ([("register_cancelled", 300), ("hospital_visit", 10)], Life.UNKNOWN, True),
        ([("register_cancelled", 300), ("registered", 400)], Life.DEAD, False),
        ([("death_certificate", 100), ("cremation", 90)], Life.DEAD, True),
        ([("registered", 900)], Life.ALIVE, False),
        ([("hospital_visit", 900)], Life.UNKNOWN, False),
        ([], Life.UNKNOWN, False),
    ],
)
def test_cases(evidence: list[tuple[str, int]], status: Life, conflict: bool) -> None:
    told = [LifeEvidence(kind, TODAY - timedelta(days=days), "s") for kind, days in evidence]
    found = life_status(told, today=TODAY)
    assert (found.status, found.conflict) == (status, conflict)


def test_evidence_dated_later_is_not_believed() -> None:
    assert life_status([LifeEvidence("cremation", TODAY + timedelta(days=1))], today=TODAY).status == Life.UNKNOWN


@settings(max_examples=60, deadline=None)
@given(people=st.lists(EVIDENCE, min_size=1, max_size=6))
def test_the_query_says_what_the_rule_says(people: list[list[LifeEvidence]]) -> None:
    rows = [
        (str(number), f"r{place}", one.source, one.kind, one.on)
        for number, told in enumerate(people)
        for place, one in enumerate(told)
    ]
    names = ("identity", "record", "source", "kind", "on_day")
    types = (pa.string(),) * 4 + (pa.date32(),)
    columns = {name: pa.array([row[at] for row in rows], types[at]) for at, name in enumerate(names)}
    with duckdb.connect() as connection:
        connection.register("told", pa.table(columns))
        connection.register(
            "identities",
            pa.table({"identity": [str(n) for n in range(len(people))], "state": ["active"] * len(people)}),
        )
        connection.execute(
            "CREATE TEMP TABLE evidence AS SELECT e.*, kinds.* EXCLUDE (kind) FROM told e"
            f" JOIN {kinds_sql(PLAN)} USING (kind)"
        )
        answers = connection.execute(
            f"SELECT identity, status, since, by_source, by_kind, conflict FROM ({life_sql(PLAN, TODAY.isoformat())})"
        ).fetchall()
    found = {identity: rest for identity, *rest in answers}
    for number, told in enumerate(people):
        said = life_status(told, today=TODAY)
        status, since, by_source, by_kind, conflict = found[str(number)]
        assert (status, since, by_source or "", by_kind or "", conflict) == (
            said.status,
            said.since,
            said.by_source,
            said.by_kind,
            said.conflict,
        )
