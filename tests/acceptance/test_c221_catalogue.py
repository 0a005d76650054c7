"""Clause 2.2.1, the public data catalogue: an entry's whole life through the pages and the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from quanshu.kernel.identifiers import ResourceCode
from quanshu.shared.audit.api import history
from quanshu.shared.workflow.api import todos_for
from quanshu.supply.catalogue.api import Entry
from support_catalogue import GRADES, Cast, make_cast, uscc

pytestmark = pytest.mark.django_db
API = "/api/v1/catalogue/entries"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def call(client: Client, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = client.generic(method, f"{API}{path}", json.dumps(body) if body is not None else "", "application/json")
    assert answer.status_code == status, answer.content.decode()[:1500]
    return answer.json()


def waiting(cast: Cast) -> list[Any]:
    """Reviews on the officer's to-do list."""
    return list(todos_for(cast.actor("officer")).filter(kind="catalogue.review"))


def form_data(cast: Cast, **changes: str) -> dict[str, str]:
    return {
        "unit": cast.units["police"].uid,
        "resource_name": "户籍人口登记信息",
        "name_en": "Household registration",
        "classification_code": "101001",
        "abstract": "全市户籍人口的登记事项",
        "format_class": "database",
        "share_type": "2",
        "share_condition": "用于政务服务核验",
        "share_mode": "gateway",
        "open_type": "closed",
        "update_cycle": "daily",
        **changes,
    }


def test_life_of_an_entry_through_the_pages(cast: Cast) -> None:
    steward, officer = cast.browser("steward"), cast.browser("officer")

    refused = steward.post("/catalogue/new/", form_data(cast, share_condition=""))
    assert refused.status_code == 422
    assert "有条件共享应填写共享条件" in refused.content.decode()
    made = steward.post("/catalogue/new/", form_data(cast))
    entry = Entry.objects.get()
    assert made["Location"] == f"/catalogue/{entry.uid}/items/"
    assert str(ResourceCode.parse(entry.code)) == "101001/000001"
    page = f"/catalogue/{entry.uid}/"

    rows = {
        "name": ["citizen_id", "name", "registered_on"],
        "title": ["公民身份号码", "姓名", "登记日期"],
        "data_type": ["string", "string", "date"],
        "length": ["18", "50", ""],
        "mask": ["citizen_id", "name", "none"],
        "is_key": ["0"],
        "do": "save",
    }
    assert steward.post(f"{page}items/", rows).status_code == 302

    steward.post(f"{page}submit/")
    assert Entry.objects.get().state == "draft", "an ungraded entry went to review"
    grades = {f"grade-{name}": grade for name, grade in GRADES.items()}
    steward.post(f"{page}grades/", grades)
    steward.post(f"{page}submit/")
    assert Entry.objects.get().state == "review"
    assert [todo.url for todo in waiting(cast)] == [page]
    assert steward.post(f"{page}publish/").status_code == 403

    assert officer.post(f"{page}return/", {"reason": ""}).status_code == 422
    officer.post(f"{page}return/", {"reason": "摘要不清楚"})
    assert Entry.objects.get().state == "draft"
    assert not waiting(cast)
    assert "摘要不清楚" in steward.get(page).content.decode()
    steward.post(f"{page}edit/", form_data(cast, abstract="全市户籍人口登记事项，含姓名和登记日期"))
    steward.post(f"{page}submit/")
    officer.post(f"{page}publish/")
    entry = Entry.objects.get()
    assert (entry.state, entry.published_version, entry.lake_table) == (
        "published",
        1,
        f"entry_{entry.uid.replace('-', '')}",
    )
    assert not waiting(cast)

    steward.post(f"{page}edit/", form_data(cast, abstract="绕过修订"))
    assert Entry.objects.get().abstract != "绕过修订"
    steward.post(f"{page}revise/")
    steward.post(f"{page}edit/", form_data(cast, abstract="第二版说明", update_cycle="weekly"))
    steward.post(f"{page}items/", {**rows, "name": ["citizen_id", "full_name", "registered_on"]})
    steward.post(
        f"{page}grades/", {f"grade-{name}": grade for name, grade in {**GRADES, "full_name": "general-3"}.items()}
    )
    steward.post(f"{page}submit/")
    officer.post(f"{page}publish/")
    entry = Entry.objects.get()
    assert (entry.version, entry.published_version, entry.code) == (2, 2, "101001/000001")
    differences = officer.get(f"{page}versions/?from=1&to=2").content.decode()
    for text in ("信息资源摘要", "第二版说明", "更新周期", "每日", "每周", "full_name"):
        assert text in differences

    assert officer.post(f"{page}withdraw/", {"reason": "职能划转"}).status_code == 302
    assert cast.browser("other").get(page).status_code == 404
    assert cast.browser("steward").get(page).status_code == 200
    steward.post(f"{page}restore/")
    assert (Entry.objects.get().state, Entry.objects.get().version) == ("draft", 3)
    actions = {row.action for row in history("catalogue.entry", entry.uid)}
    assert {"catalogue.entry.created", "catalogue.entry.graded", "catalogue.entry.withdrawn"} <= actions


def test_life_of_an_entry_through_the_api(cast: Cast) -> None:
    steward, officer, other = cast.program("steward"), cast.program("officer"), cast.program("other")
    body = {key: value for key, value in form_data(cast).items() if key != "unit"}
    items = [{"name": "citizen_id", "title": "公民身份号码", "length": 18, "is_key": True}]
    made = call(steward, "POST", "", {**body, "unit_uid": cast.units["police"].uid, "items": items}, 201)
    path = f"/{made['uid']}"
    told = call(steward, "POST", f"{path}/submit", status=422)
    assert told["code"] == "catalogue.not_graded"
    assert [row["field"] for row in told["errors"]] == ["items.citizen_id.grade"]
    call(steward, "PUT", f"{path}/grades", {"grades": {"citizen_id": "general-4"}})
    assert call(steward, "POST", f"{path}/submit")["state"] == "review"
    assert call(steward, "POST", f"{path}/submit", status=409)["code"] == "catalogue.wrong_state"
    call(other, "GET", path, status=404)
    assert call(officer, "POST", f"{path}/publish")["published_version"] == 1
    assert call(other, "GET", path)["code"] == made["code"]

    call(steward, "PUT", path, body, 409)
    call(steward, "POST", f"{path}/revise")
    call(steward, "PUT", path, {**body, "abstract": "第二版说明"})
    assert call(other, "GET", path)["abstract"] == body["abstract"]
    draft = call(steward, "GET", f"{path}/diff?from=1")
    assert draft["changes"] == [{"path": "abstract", "before": body["abstract"], "after": "第二版说明"}]
    assert call(other, "GET", f"{path}/diff?from=1")["changes"] == []
    call(steward, "POST", f"{path}/submit")
    call(officer, "POST", f"{path}/return", {"reason": " "}, 422)
    call(officer, "POST", f"{path}/publish")
    assert [row["number"] for row in call(officer, "GET", f"{path}/versions")] == [2, 1]
    assert call(officer, "GET", f"{path}/versions/1")["snapshot"]["abstract"] == body["abstract"]
    assert call(officer, "GET", f"{path}/diff?from=1&to=2")["changes"] == draft["changes"]
    assert call(officer, "POST", f"{path}/withdraw", {"reason": "职能划转"})["state"] == "withdrawn"
    call(other, "GET", path, status=404)


def test_codes_are_issued_once_and_in_order(cast: Cast) -> None:
    codes = [cast.entry(resource_name=f"目录 {number}").code for number in range(3)]
    codes.append(cast.entry(classification_code="313001001").code)
    assert codes == ["101001/000001", "101001/000002", "101001/000003", "313001001/000001"]
    assert uscc(1) == cast.units["bureau"].code
