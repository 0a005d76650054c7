"""Clause 2.1.3: rules suggested from items and data are taken up; exceptions last until a day, then open again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from quanshu.kernel.clock import freeze
from quanshu.shared.notify.api import notices_of
from quanshu.supply.quality.api import Problem, Rule
from quanshu.supply.quality.tasks import watch_days
from support_catalogue import make_cast
from support_quality import GOOD, MONDAY, WRONG, load, own_lake, published, work

pytestmark = pytest.mark.django_db
QUALITY = "/api/v1/quality"


def call(program: Any, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    """One call of the API, and its answer."""
    response = getattr(program, method)(path, body, content_type="application/json")
    assert response.status_code == status, response.content.decode()
    return response.json()


def test_suggestions_with_evidence_are_chosen_and_taken_up(settings: Any, tmp_path: Path) -> None:
    with own_lake(settings, tmp_path):
        cast = make_cast()
        entry = published(cast)
        steward = cast.browser("steward", "en")
        url = f"/quality/tables/{entry.uid}/profile/"
        assert "No profile yet" in steward.get(url).content.decode()
        with freeze(MONDAY):
            assert steward.post(f"{url}start/", follow=True).status_code == 200
            assert "Nothing has landed" in steward.get(url).content.decode()
        load(entry, tmp_path, GOOD + WRONG)
        with freeze(MONDAY):
            assert steward.post(f"{url}start/").status_code == 302
            assert "being made" in steward.get(url).content.decode()
            work(MONDAY)
            page = steward.get(url).content.decode()
            assert "The catalogue names these items as the key." in page
            assert "6 of 7 rows hold a value." not in page, "one empty of seven is too many"
            assert WRONG[0][0] not in page, "a citizen ID stands under its mask"
            found = call(cast.program("steward"), "get", f"{QUALITY}/tables/{entry.uid}/profile")
            columns = {row["name"]: row for row in found["profile"]["columns"]}
            assert (columns["name"]["filled"], columns["person_id"]["distinct"]) == (6, 7)
            assert columns["sex"]["top"][0][1] >= 3
            assert columns["name"]["top"] == []
            would_fail = {(row["kind"], row["columns"][0]): row["failed"] for row in found["suggestions"]}
            assert would_fail["code_list", "sex"] == 1
            assert would_fail["citizen_id", "person_id"] == 1
            assert steward.post(f"{url}adopt/", follow=True).content.decode().count("No rule was chosen") == 1
            places = [row["place"] for row in found["suggestions"] if row["kind"] in {"code_list", "citizen_id"}]
            assert steward.post(f"{url}adopt/", {"chosen": places}).status_code == 302
            assert set(Rule.objects.values_list("current__kind", flat=True)) == {"code_list", "citizen_id"}
            assert cast.browser("officer").post(f"{url}adopt/", {"chosen": ["0"]}).status_code == 302
            assert cast.browser("other").get(url).status_code == 404


def test_an_exception_ends_on_its_day_and_the_problem_opens_again(settings: Any, tmp_path: Path) -> None:
    with own_lake(settings, tmp_path):
        cast = make_cast()
        entry = published(cast)
        steward, officer = cast.program("steward"), cast.program("officer")
        with freeze(MONDAY):
            for kind, column, params in (("code_list", "sex", {"codes": ["1", "2"]}), ("required", "name", {})):
                body = {"name": kind, "kind": kind, "columns": [column], "params": params}
                call(steward, "post", f"{QUALITY}/tables/{entry.uid}/rules", body, 201)
        load(entry, tmp_path, GOOD + WRONG)
        with freeze(MONDAY):
            problem = Problem.objects.get(reason="code_list")
            excuse = {"reason": "户籍系统中为未说明的性别", "evidence": "GB/T 2261.1", "until": "2026-03-20"}
            wrong = call(
                officer, "post", f"{QUALITY}/problems/{problem.uid}/excuse", excuse | {"until": "2028-01-01"}, 422
            )
            assert "366 days" in str(wrong)
            assert call(officer, "post", f"{QUALITY}/problems/{problem.uid}/excuse", excuse)["state"] == "excused"
            rule = Rule.objects.get(current__kind="required")
            wrong = {"scope": "condition", "condition": "age > 1", "reason": "…", "until": "2026-03-20"}
            assert "condition" in str(call(officer, "post", f"{QUALITY}/rules/{rule.uid}/exceptions", wrong, 422))
            form = {"scope": "condition", "condition": "sex = '2'", "reason": "新生儿尚未取名", "until": "2026-03-20"}
            made = cast.browser("officer").post(f"/quality/rules/{rule.uid}/except/", form)
            assert made.status_code == 302
            assert cast.browser("steward").get(f"/quality/rules/{rule.uid}/except/").status_code == 403
            assert Problem.objects.filter(state="excused").count() == 2
            assert "2026-03-20" in cast.browser("steward").get("/quality/exceptions/?ends=1").content.decode()
            assert call(steward, "get", f"{QUALITY}/exceptions?soon=true")["total"] == 2

        load(entry, tmp_path, GOOD + WRONG, MONDAY + timedelta(days=1))
        with freeze(MONDAY + timedelta(days=1)):
            figures = call(steward, "get", f"{QUALITY}/figures")
            assert (figures["passed"], figures["rows"], figures["excepted"]) == (5, 5, 2)
            assert Problem.objects.filter(state="excused").count() == 2

        last, after = MONDAY + timedelta(days=18), MONDAY + timedelta(days=19)
        watch_days(last)
        assert Problem.objects.filter(state="excused").count() == 2, "the last day is covered"
        with freeze(after):
            watch_days(after)
            problem.refresh_from_db()
            assert (problem.state, problem.due_on.isoformat()) == ("open", "2026-03-24")
            told = [notice.subject for notice in notices_of(cast.actor("steward"))]
            assert any("例外" in subject and "1" in subject for subject in told), told
            page = cast.browser("steward", "en").get(f"/quality/exceptions/{made['Location'].split('/')[-2]}/")
            assert "Expired" in page.content.decode()
            again = call(officer, "post", f"{QUALITY}/exceptions/{made['Location'].split('/')[-2]}/end", None, 409)
            assert again["code"] == "quality.exception_ended"
