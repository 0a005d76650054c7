"""Rules of the census: whom it asks, what is whole, when it closes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.errors import FieldErrors
from quanshu.supply.census import rules
from quanshu.supply.census.types import (
    AlreadyDrafted,
    Answered,
    CampaignData,
    Coverage,
    FilingState,
    FindingData,
    NobodyAsked,
    NotComplete,
    NothingToFollow,
    NotYet,
    Question,
    Unfinished,
    WrongStep,
)

DAY = date(2026, 3, 2)
KINDS = ("department", "district", "street")
CODES = st.sampled_from(("370102000000", "370103000000", "370102001000", ""))
QUESTIONS = (Question("数量", "number", (), True), Question("有无", "yes_no"), Question("方式", "choice", ("甲", "乙")))


def campaign(**changes: object) -> CampaignData:
    given = {"title": "普查", "purpose": "摸清底数", "starts_on": DAY, "ends_on": DAY + timedelta(days=10)}
    return CampaignData(**{**given, **changes})  # type: ignore[arg-type]


@given(
    uid=st.sampled_from(("a", "b")),
    kind=st.sampled_from(KINDS),
    code=CODES,
    units=st.sets(st.sampled_from(("a", "b"))),
    kinds=st.sets(st.sampled_from(KINDS)),
    regions=st.sets(st.sampled_from(("370102000000", "370103000000"))),
)
def test_a_unit_is_asked_when_named_or_of_every_circle_drawn(
    uid: str, kind: str, code: str, units: set[str], kinds: set[str], regions: set[str]
) -> None:
    covers = Coverage(tuple(units), tuple(kinds), tuple(regions))
    asked = rules.in_coverage(covers, unit_uid=uid, kind=kind, region_code=code)
    if not units and not kinds and not regions:
        assert asked
    if uid in units:
        assert asked
    elif asked:
        assert not kinds or kind in kinds
        assert not regions or any(code.startswith(region[:6]) for region in regions)
        assert kinds or regions or not units


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"purpose": "x"}, "purpose"),
        ({"ends_on": DAY}, "ends_on"),
        ({"coverage": Coverage(kinds=("no such",))}, "kinds"),
        ({"questions": (Question(""),)}, "question_1"),
        ({"questions": (Question("几选", "choice", ("只有一个",)),)}, "question_1"),
        ({"questions": (Question("什么", "picture"),)}, "question_1"),
        ({"questions": (Question("问"),) * 9}, "questions"),
    ],
)
def test_a_faulty_campaign_names_its_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        rules.check_campaign(campaign(**changes), kinds=KINDS, today=DAY)
    assert field in {error.field for error in caught.value.errors}


def test_a_campaign_opens_in_its_time_and_asks_somebody() -> None:
    ends = DAY + timedelta(days=5)
    rules.check_open(state="draft", starts_on=DAY, ends_on=ends, today=DAY, units=1)
    with pytest.raises(NotYet):
        rules.check_open(state="draft", starts_on=DAY, ends_on=ends, today=DAY - timedelta(days=1), units=1)
    with pytest.raises(NobodyAsked):
        rules.check_open(state="draft", starts_on=DAY, ends_on=ends, today=DAY, units=0)
    with pytest.raises(FieldErrors):
        rules.check_open(state="draft", starts_on=DAY, ends_on=ends, today=ends, units=1)
    with pytest.raises(WrongStep):
        rules.check_open(state="closed", starts_on=DAY, ends_on=ends, today=DAY, units=1)


@given(left=st.integers(0, 5), days=st.integers(-5, 5), reason=st.sampled_from(("", " ", "其余转入下次")))
def test_closing_waits_for_the_last_day_or_for_everybody(left: int, days: int, reason: str) -> None:
    def close() -> None:
        rules.check_close(state="open", ends_on=DAY, today=DAY + timedelta(days=days), unfinished=left, reason=reason)

    if left and days <= 0:
        with pytest.raises(Unfinished):
            close()
    elif left and not reason.strip():
        with pytest.raises(FieldErrors):
            close()
    else:
        close()


@given(state=st.sampled_from(list(FilingState)), entries=st.integers(0, 3), questions=st.integers(0, 2))
def test_only_a_whole_filing_that_is_open_is_submitted(state: FilingState, entries: int, questions: int) -> None:
    def submit() -> None:
        rules.check_submit(state=state, campaign_state="open", entries_left=entries, questions_left=questions)

    if state not in rules.OPEN_STATES:
        with pytest.raises(WrongStep):
            submit()
    elif entries or questions:
        with pytest.raises(NotComplete):
            submit()
    else:
        submit()
    with pytest.raises(WrongStep):
        rules.check_submit(state=state, campaign_state="closed", entries_left=0, questions_left=0)


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"1": "many"}, "answer_1"),
        ({"1": "NaN"}, "answer_1"),
        ({"2": "maybe"}, "answer_2"),
        ({"3": "丙"}, "answer_3"),
        ({"4": "x"}, "answers"),
        ({"1": "9" * 1001}, "answer_1"),
    ],
)
def test_an_answer_fits_its_question(answers: dict[str, str], field: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        rules.check_answers(QUESTIONS, answers)
    assert [error.field for error in caught.value.errors] == [field]


def test_good_answers_pass_and_required_ones_are_counted() -> None:
    rules.check_answers(QUESTIONS, {"1": "3.5", "2": "yes", "3": "甲"})
    assert rules.open_questions(QUESTIONS, {"2": "yes"}) == 1
    assert rules.open_questions(QUESTIONS, {"1": "0"}) == 0


def test_verdicts_need_a_note_where_something_changed() -> None:
    names = {"u": "户籍"}
    rules.check_verdicts({"u": Answered("true")}, names=names)
    for wrong in ({"u": Answered("changed")}, {"u": Answered("perhaps")}, {"v": Answered("true")}):
        with pytest.raises(FieldErrors):
            rules.check_verdicts(wrong, names=names)
    with pytest.raises(FieldErrors):
        rules.check_verdicts({"u": Answered("obsolete", "长" * 501)}, names=names)


@pytest.mark.parametrize("field", ["name", "system", "volume", "reason", "update_cycle", "classification_code"])
def test_a_finding_says_everything(field: str) -> None:
    told = {"name": "表", "system": "系统", "volume": "1 万条", "update_cycle": "daily", "reason": "新建"}
    rules.check_finding(FindingData(**told), classes=["101001"])
    wrong = {**told, field: "no such" if field in {"update_cycle", "classification_code"} else " "}
    with pytest.raises(FieldErrors) as caught:
        rules.check_finding(FindingData(**wrong), classes=["101001"])
    assert [error.field for error in caught.value.errors] == [field]


def test_what_was_found_is_followed_once() -> None:
    rules.check_follow(filing_state="accepted", verdict="changed", followed=False)
    for wrong in (("signed", "changed", False), ("accepted", "true", False), ("accepted", "obsolete", True)):
        with pytest.raises(NothingToFollow):
            rules.check_follow(filing_state=wrong[0], verdict=wrong[1], followed=wrong[2])
    rules.check_draft(filing_state="accepted", drafted=False)
    with pytest.raises(AlreadyDrafted):
        rules.check_draft(filing_state="accepted", drafted=True)
    with pytest.raises(WrongStep):
        rules.check_draft(filing_state="filling", drafted=False)
