"""Clause 2.6.1: statistics tell groups, never the people in them; small cells cannot be worked out."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client

from quanshu.gateway.client import GatewayClient
from quanshu.kernel.clock import now
from quanshu.sharing.services.api import Service, publish_snapshot, serve_entry
from quanshu.supply.lake_store import get_lake
from support_services import City, a_city, a_gateway, a_grant, a_sandbox, an_application, use_folders

STREETS = {"千佛山街道": 60, "舜华路街道": 45, "建新街道": 30, "龙洞街道": 4}
CUBE = {
    "groups": [
        {"name": "street", "item": "street", "title_en": "Street"},
        {"name": "age", "item": "born", "kind": "bands", "edges": [18, 60], "title": "年龄段", "title_en": "Age band"},
    ],
    "measures": [{"name": "count"}, {"name": "share", "kind": "share"}],
    "least": 10,
}


def people() -> pa.Table:
    """Residents of four streets; one street has four of them."""
    rows = []
    for street, count in STREETS.items():
        for number in range(count):
            born = ("2015-03-01", "1980-03-01", "1940-03-01")[number % 3]
            rows.append(
                {"citizen_id": f"{len(rows):018d}", "name": "张三丰", "born": born, "street": street, "informant": ""}
            )
    return pa.Table.from_pylist(rows)


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    city = a_city()
    get_lake().overwrite(city.entry.lake_table, people())
    return city


def browser_of(city: City, who: str) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(city.accounts[who])
    return browser


def drafted(city: City, *, sid: str = "jn-ga-population", **changes: Any) -> Any:
    """A statistic drafted over the API."""
    body = {
        "entry_uid": city.entry.uid,
        "sid": sid,
        "name": "人口统计",
        "shape": "statistic",
        "statistic": CUBE | changes,
    }
    return browser_of(city, "bureau").post("/api/v1/services/services", body, content_type="application/json")


def published(city: City) -> Service:
    uid = drafted(city).json()["uid"]
    assert browser_of(city, "bureau").post(f"/api/v1/services/services/{uid}/publish").status_code == 200
    serve_entry(city.entry.uid, now())
    return Service.objects.get(uid=uid)


def test_whole_cells_leave_and_small_ones_do_not(city: City, settings: Any, tmp_path: Path) -> None:
    """Every table of the cube is asked for, by every filter; the four people of one street stay unknown."""
    service = published(city)
    consumer, secret = an_application(city)
    a_grant(consumer, service, ("street", "age", "count", "share"))
    with a_gateway(settings, tmp_path, now()) as gateway, GatewayClient(gateway.url, consumer.rid, secret) as client:
        total = client.call(service.sid, {"measures": ["count"]}).body["data"]
        by_street = client.call(service.sid, {"groups": ["street"], "measures": ["count"]}).body["data"]
        one = client.call(service.sid, {"street": "龙洞街道", "groups": ["age"]}).body["data"]
        beyond = client.call(service.sid, {"groups": ["name"]})
    assert total == [{"count": 139}]
    counts = {row["street"]: row["count"] for row in by_street}
    assert counts["龙洞街道"] == "*"
    assert counts["千佛山街道"] == 60
    hidden = [street for street, count in counts.items() if count == "*"]
    assert len(hidden) >= 2, "one star alone would follow from the total"
    assert all(row["count"] in {"*", 0} for row in one)
    assert beyond.body["code"] == "gateway.field_not_granted"
    told = [count for count in counts.values() if count != "*"]
    for size in range(len(told) + 1):
        for chosen in combinations(told, size):
            assert not 0 < 139 - sum(chosen) < 10


def test_the_gateway_holds_no_record_of_a_statistic(city: City, settings: Any, tmp_path: Path) -> None:
    """What gateways answer from is the release; a star is nowhere a number there."""
    service = published(city)
    held = (settings.QUANSHU_SERVING_DIR / service.serving_file).read_bytes()
    assert "张三丰".encode() not in held
    assert b"1980-03-01" not in held
    rows = get_lake().read("release.jn_ga_population").to_pylist()
    assert all(row["m_count"] is None and row["m_share"] is None for row in rows if not row["shown"])
    assert {row["m_count"] for row in rows} & set(range(1, 10)) == set()


def test_the_same_data_are_released_once(city: City) -> None:
    """One release a version of the data: building again makes no other."""
    published(city)
    lake = get_lake()
    before = lake.version("release.jn_ga_population")
    serve_entry(city.entry.uid, now())
    assert lake.version("release.jn_ga_population") == before
    lake.overwrite(city.entry.lake_table, people().slice(0, 100))
    serve_entry(city.entry.uid, now())
    assert lake.version("release.jn_ga_population") == before + 1


def test_a_second_cube_of_the_same_records_is_refused(city: City) -> None:
    """Ages banded at 60 and at 61 would tell who is 60."""
    published(city)
    other = drafted(city, sid="jn-ga-population-two").json()["uid"]
    refused = browser_of(city, "bureau").post(f"/api/v1/services/services/{other}/publish")
    assert (refused.status_code, refused.json()["code"]) == (409, "services.statistic_twice")
    assert "jn-ga-population" in refused.json()["message"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"groups": [{"name": "mark", "item": "informant"}]}, "core"),
    ({"groups": [{"name": "who", "item": "name"}]}, "bands only"),
    ({"groups": [{"name": "born", "item": "born", "kind": "value"}]}, "bands only"),
    ({"groups": [{"name": "age", "item": "born", "kind": "bands", "edges": [60, 18]}]}, "rising"),
    ({"groups": [{"name": "street", "item": "street", "kind": "bands", "edges": [1]}]}, "numbers and of dates"),
    ({"groups": [{"name": "street", "item": "street", "kind": "prefix"}]}, "characters"),
    ({"groups": [{"name": "Street!", "item": "street"}]}, "plain word"),
    ({"groups": []}, "one to four"),
    ({"measures": []}, "at least one"),
    ({"measures": [{"name": "x", "kind": "sum", "item": "street"}]}, "Only numbers"),
    ({"measures": [{"name": "x", "kind": "median"}]}, "not known"),
    ({"measures": [{"name": "x", "kind": "sum", "item": "nothing"}]}, "no item"),
    ({"least": 2}, "threshold"),
    ({"percent": 0}, "p% rule"),
]


def test_grades_and_rules_hold_for_statistics(city: City) -> None:
    """Core items are in no statistic, masked ones in bands only, no threshold is below three."""
    for changes, word in WRONG:
        refused = drafted(city, **changes)
        assert refused.status_code == 422, changes
        assert word in str(refused.json())


def test_a_statistic_is_made_and_tried_in_the_browser(city: City, settings: Any, tmp_path: Path) -> None:
    """Own step of the wizard, review, publish, documentation, and a call with a table and a chart."""
    bureau = browser_of(city, "bureau")
    step = f"/services/new/{city.entry.uid}/statistic/"
    assert step in bureau.get(f"/services/new/{city.entry.uid}/").content.decode()
    page = bureau.get(step).content.decode()
    assert "Data of this grade are in no statistic." in page
    form = {"sid": "jn-ga-population", "name": "人口统计", "count": "on", "least": "2", "percent": "10"}
    form |= {"kind-street": "value", "name-street": "street", "title-street": "街道", "title_en-street": "Street"}
    form |= {"kind-born": "bands", "name-born": "age", "edges-born": "18，60", "title-born": "年龄段"}
    wrong = bureau.post(step, form)
    assert (wrong.status_code, 'value="18，60"' in wrong.content.decode()) == (422, True)
    made = bureau.post(step, form | {"least": "10"})
    service = Service.objects.get(sid="jn-ga-population")
    assert made["Location"] == f"/services/{service.uid}/review/"
    assert "18-59" in bureau.get(made["Location"]).content.decode()
    again = bureau.get(f"/services/{service.uid}/edit/")
    assert again["Location"] == f"/services/{service.uid}/statistic/"
    assert 'value="18, 60"' in bureau.get(again["Location"]).content.decode()
    assert bureau.post(again["Location"], form | {"least": "12"}).status_code == 302
    assert bureau.post(f"/services/{service.uid}/publish/").status_code == 302
    serve_entry(city.entry.uid, now())
    service.refresh_from_db()
    consumer, _secret = an_application(city)
    a_grant(consumer, service, ("street", "age", "count"))
    publish_snapshot(now())
    developer = browser_of(city, "developer")
    documentation = developer.get(f"/services/{service.uid}/").content.decode()
    assert "fewer than 12 records" in documentation
    assert developer.get(f"/services/{service.uid}/openapi/").status_code == 200
    with a_gateway(settings, tmp_path, now()):
        tried = developer.post(f"/services/{service.uid}/", {"p-groups": ["street"], "p-measures": ["count"]})
    answer = tried.content.decode()
    assert "q-chart" in answer
    assert "千佛山街道" in answer
    assert "Not told, because" in answer


def test_a_statistic_answers_in_the_sandbox_before_any_grant(city: City, settings: Any, tmp_path: Path) -> None:
    """Its page names the tables there are; calls are read and refused as in production, and told made-up cells."""
    service = published(city)
    developer = browser_of(city, "developer")
    ask, keys = a_sandbox(city, service, developer)
    assert [key["groups"] for key in keys] == ["street", "age"]
    page = developer.get(f"/development/services/{service.uid}/sandbox/").content.decode()
    assert "count,share" in page.split("Keys that exist")[1].split("The first rows")[0]
    with a_gateway(settings, tmp_path, now()) as gateway:
        told, wrong = ask(gateway.url, keys[0]), ask(gateway.url, {"street": "nowhere"})
    assert {row["street"] for row in told["data"]} >= set(STREETS)
    assert all(set(row) == {"street", "count", "share"} for row in told["data"])
    assert wrong["code"] == "gateway.bad_parameter"
