"""Clause 2.6.1, grading: every field graded before publication; the highest grade is the entry's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit.api import history
from quanshu.supply.catalogue.api import Grade, catalogue_figures, get_entry, highest_grade, submit_entry
from support_catalogue import GRADES, Cast, make_cast

pytestmark = pytest.mark.django_db
API = "/api/v1/catalogue/entries"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def grade(client: Client, uid: str, grades: dict[str, str], status: int = 200) -> Any:
    body = json.dumps({"grades": grades})
    answer = client.put(f"{API}/{uid}/grades", body, content_type="application/json")
    assert answer.status_code == status, answer.content.decode()[:1500]
    return answer.json()


def test_one_ungraded_field_holds_the_entry_back(cast: Cast) -> None:
    entry = cast.entry()
    steward = cast.program("steward")
    grade(steward, entry.uid, {name: value for name, value in GRADES.items() if name != "name"})
    told = steward.post(f"{API}/{entry.uid}/submit").json()
    assert [row["field"] for row in told["errors"]] == ["items.name.grade"]
    assert "grade" in told["remedy"].lower()
    page = cast.browser("steward").get(f"/catalogue/{entry.uid}/").content.decode()
    assert "有 1 个信息项尚未分级" in page
    grade(steward, entry.uid, {"name": "general-3"})
    assert steward.post(f"{API}/{entry.uid}/submit").json()["state"] == "review"


def test_a_grade_taken_away_in_review_stops_publication(cast: Cast) -> None:
    entry = cast.entry()
    officer = cast.program("officer")
    grade(cast.program("steward"), entry.uid, GRADES)
    submit_entry(actor=SYSTEM, now=entry.created_at, entry=entry)
    grade(officer, entry.uid, {"name": ""})
    assert officer.post(f"{API}/{entry.uid}/publish").status_code == 422
    grade(officer, entry.uid, {"name": "important"})
    assert officer.post(f"{API}/{entry.uid}/publish").json()["highest_grade"] == "important"
    grade(officer, entry.uid, {"name": "general-1"}, 409)


def test_the_highest_grade_is_the_entrys(cast: Cast) -> None:
    entry = cast.entry()
    steward = cast.program("steward")
    for top in Grade:
        found = grade(steward, entry.uid, {"citizen_id": "general-1", "name": top, "registered_on": "general-1"})
        assert found["highest_grade"] == top == highest_grade(get_entry(actor=SYSTEM, uid=entry.uid))
    page = cast.browser("steward").get(f"/catalogue/{entry.uid}/grades/").content.decode()
    assert "就高从严" in page
    assert "核心数据" in page


def test_grades_follow_the_field_not_the_row(cast: Cast) -> None:
    entry = cast.entry()
    grade(cast.program("steward"), entry.uid, GRADES)
    rows = {
        "name": ["registered_on", "citizen_id", "phone"],
        "title": ["登记日期", "公民身份号码", "电话"],
        "do": "save",
    }
    cast.browser("steward").post(f"/catalogue/{entry.uid}/items/", rows)
    kept = {item.name: item.grade for item in entry.items.all()}
    assert kept == {"registered_on": "general-1", "citizen_id": "general-4", "phone": ""}


def test_unknown_fields_and_grades_are_named(cast: Cast) -> None:
    entry = cast.entry()
    steward = cast.program("steward")
    assert [row["field"] for row in grade(steward, entry.uid, {"nothing": "core"}, 422)["errors"]] == ["items.nothing"]
    assert [row["field"] for row in grade(steward, entry.uid, {"name": "top"}, 422)["errors"]] == ["items.name.grade"]
    assert grade(cast.program("developer"), entry.uid, GRADES, 403)["remedy"]
    grade(cast.program("other"), entry.uid, GRADES, 404)


def test_grading_is_audited_and_counted(cast: Cast) -> None:
    entry = cast.entry()
    grade(cast.program("steward"), entry.uid, GRADES)
    assert history("catalogue.entry", entry.uid)[0].action == "catalogue.entry.graded"
    officer = cast.program("officer")
    officer_entry = submit_entry(actor=SYSTEM, now=entry.created_at, entry=entry)
    officer.post(f"{API}/{officer_entry.uid}/publish")
    figures = catalogue_figures()
    assert (figures.items, figures.graded, figures.graded_rate) == (3, 3, 1.0)
