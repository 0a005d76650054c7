"""The catalogue over the API: rights, faults, facets, figures."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from quanshu.kernel.errors import Forbidden
from quanshu.shared.access.api import SYSTEM
from quanshu.supply.catalogue.api import (
    Entry,
    ItemData,
    catalogue_figures,
    create_entry,
    grade_items,
    publish_entry,
    submit_entry,
)
from support_catalogue import GRADES, NOW, Cast, entry_data

BASE = "/api/v1/catalogue"
BODY: dict[str, Any] = {
    "resource_name": "户籍人口登记信息",
    "classification_code": "101001",
    "abstract": "全市户籍人口的登记事项",
    "share_condition": "用于政务服务核验",
    "items": [{"name": "citizen_id", "title": "公民身份号码", "length": 18, "is_key": True}],
}


def send(client: Client, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = client.generic(method, f"{BASE}{path}", b"" if body is None else _json(body), "application/json")
    assert answer.status_code == status, answer.content.decode()[:1500]
    return answer.json()


def _json(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()


def published(cast: Cast, **changes: str) -> Entry:
    entry = cast.entry(**changes)
    grade_items(actor=SYSTEM, now=NOW, entry=entry, grades=GRADES)
    return publish_entry(actor=SYSTEM, now=NOW, entry=submit_entry(actor=SYSTEM, now=NOW, entry=entry))


def test_create_read_update(cast: Cast) -> None:
    steward = cast.program("steward")
    made = send(steward, "POST", "/entries", {**BODY, "unit_uid": cast.units["police"].uid}, 201)
    assert made["code"] == "101001/000001"
    assert made["provider_code"] == cast.units["police"].code
    assert made["steps"] == ["submit"]
    uid = made["uid"]
    changed = {key: value for key, value in BODY.items() if key != "items"} | {"update_cycle": "daily"}
    assert send(steward, "PUT", f"/entries/{uid}", changed)["update_cycle"] == "daily"
    rows = [{"name": "name", "title": "姓名"}, {"name": "sex", "title": "性别", "code_list": ["1", "2"]}]
    assert [item["name"] for item in send(steward, "PUT", f"/entries/{uid}/items", rows)["items"]] == ["name", "sex"]
    graded = send(steward, "PUT", f"/entries/{uid}/grades", {"grades": {"name": "general-3", "sex": "general-1"}})
    assert graded["highest_grade"] == "general-3"


def test_faults_name_field_fault_and_remedy(cast: Cast) -> None:
    steward = cast.program("steward")
    unit = cast.units["police"].uid
    bad = {**BODY, "unit_uid": unit, "share_type": "3", "classification_code": "101", "resource_name": " "}
    told = send(steward, "POST", "/entries", bad, 422)
    assert {row["field"] for row in told["errors"]} == {"resource_name", "classification_code", "share_law"}
    assert all(row["fault"] and row["remedy"] for row in told["errors"])
    wrong = [{"name": "1st", "title": "甲"}, {"name": "x", "title": "乙", "data_type": "blob"}]
    told = send(steward, "POST", "/entries", {**BODY, "unit_uid": unit, "items": wrong}, 422)
    assert {row["field"] for row in told["errors"]} == {"items.1st.name", "items.x.data_type"}
    told = send(steward, "POST", "/entries", {"unit_uid": unit}, 422)
    assert "resource_name" in told["message"]
    assert Entry.objects.count() == 0


def test_rights(cast: Cast) -> None:
    entry = cast.entry()
    assert Client().get(f"{BASE}/entries").status_code == 401
    police, civil = cast.units["police"].uid, cast.program("other")
    send(cast.program("leader"), "POST", "/entries", {**BODY, "unit_uid": police}, 403)
    send(civil, "POST", "/entries", {**BODY, "unit_uid": police}, 403)
    send(civil, "GET", f"/entries/{entry.uid}", status=404)
    send(civil, "POST", f"/entries/{entry.uid}/submit", status=404)
    shown = published(cast, resource_name="婚姻登记", classification_code="101003")
    assert send(civil, "GET", f"/entries/{shown.uid}")["resource_name"] == "婚姻登记"
    send(civil, "POST", f"/entries/{shown.uid}/revise", status=403)
    send(civil, "POST", f"/entries/{shown.uid}/withdraw", {"reason": "不再更新"}, 403)
    send(cast.program("steward"), "POST", f"/entries/{entry.uid}/publish", status=403)
    send(cast.program("developer"), "PUT", f"/entries/{shown.uid}/grades", {"grades": {}}, 403)


def test_grades_need_the_right_to_grade(cast: Cast) -> None:
    from dataclasses import replace

    steward = cast.actor("steward")
    grants = {key: scope for key, scope in steward.grants.items() if key != "catalogue.entry.grade"}
    drafter = replace(steward, grants=grants)
    graded = (ItemData("a", "甲", grade="general-1"),)
    with pytest.raises(Forbidden):
        create_entry(actor=drafter, now=NOW, unit=cast.units["police"], data=entry_data(), items=graded)
    entry = create_entry(actor=drafter, now=NOW, unit=cast.units["police"], data=entry_data())
    assert entry.code == "101001/000001"


def test_list_search_facets_paging(cast: Cast) -> None:
    entry = published(cast)
    other = published(cast, resource_name="婚姻登记", classification_code="101003", share_type="1")
    cast.entry(resource_name="草稿", classification_code="202001")
    officer = cast.program("officer")
    found = send(officer, "GET", "/entries?limit=2")
    assert (found["total"], len(found["items"])) == (3, 2)
    facets = {key: {row["value"]: row["count"] for row in rows} for key, rows in found["facets"].items()}
    assert facets["state"] == {"draft": 1, "published": 2}
    assert facets["class"] == {"1": 2, "2": 1}
    assert facets["unit"] == {cast.units["police"].uid: 3}
    assert facets["grade"] == {"general-4": 2, "none": 1}
    assert [row["uid"] for row in send(officer, "GET", "/entries?q=婚姻")["items"]] == [other.uid]
    assert [row["uid"] for row in send(officer, "GET", "/entries?class=101001")["items"]] == [entry.uid]
    assert [row["uid"] for row in send(officer, "GET", "/entries?share=1&grade=general-4")["items"]] == [other.uid]
    assert send(officer, "GET", "/entries?mounted=1")["total"] == 0
    assert send(officer, "GET", "/entries?grade=secret", status=422)["code"] == "catalogue.bad_facet"
    send(officer, "GET", "/entries?limit=0", status=422)
    send(officer, "GET", "/entries?q=%00", status=200)
    assert send(cast.program("other"), "GET", "/entries")["total"] == 2


def test_versions_that_do_not_exist(cast: Cast) -> None:
    entry = published(cast)
    officer = cast.program("officer")
    send(officer, "GET", f"/entries/{entry.uid}/versions/1")
    for number in ("0", "9", "99999999999999999999"):
        send(officer, "GET", f"/entries/{entry.uid}/versions/{number}", status=404)
    send(officer, "GET", f"/entries/{entry.uid}/diff?from=7", status=404)
    send(officer, "GET", f"/entries/{entry.uid}/diff", status=422)


def test_classification_and_figures(cast: Cast) -> None:
    entry = published(cast)
    officer = cast.program("officer")
    counts = {row["code"]: row["entries"] for row in send(officer, "GET", "/classification")}
    assert (counts["1"], counts["101"], counts["101001"], counts["2"]) == (1, 1, 1, 0)
    figures = send(officer, "GET", "/figures")
    assert (figures["published"], figures["mounting_rate"], figures["landing_rate"]) == (1, 0.0, 0.0)
    assert figures["graded_rate"] == 1.0
    Entry.objects.filter(pk=entry.pk).update(mounted=True, landed_rows=3)
    assert catalogue_figures().mounting_rate == 1.0
    assert send(officer, "GET", "/figures")["by_unit"][0]["landed"] == 1


def test_a_revision_still_counts_as_published(cast: Cast) -> None:
    entry = published(cast)
    send(cast.program("steward"), "POST", f"/entries/{entry.uid}/revise")
    assert catalogue_figures().published == 1
    assert list(Entry.objects.published()) == [entry]
