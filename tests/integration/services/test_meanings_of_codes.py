"""What the codes of a statistic's groups mean: told on its page, in its documentation and in its OpenAPI document."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from quanshu.gateway.openapi import document
from quanshu.gateway.shape_specs import GroupSpec, MeasureSpec, StatisticSpec
from quanshu.gateway.snapshot import ServiceSpec, Snapshot, decode, encode
from quanshu.kernel.national_codes import LISTS, meanings
from quanshu.organisation.api import Region
from quanshu.sharing.desk.pages.labels import named, service_label
from quanshu.sharing.desk.pages.trying import cells_of, labels_shown, values_of
from quanshu.sharing.services.queries import cube_spec, group_meanings


def group(name: str, item: str, values: tuple[str, ...], **changes: Any) -> dict[str, Any]:
    """A group as a service's spec keeps it."""
    part = {"name": name, "item": item, "kind": "value", "width": 0, "edges": [], "values": list(values)}
    return {**part, "dated": False, "title": name, "title_en": name.title(), "grade": "general-2", **changes}


SEX = group("sex", "sex_code", ("1", "2"), title="性别")
DISTRICT = group("district", "division_code", ("370102", "370199"), kind="prefix", width=6, title="区县")
CUBE = {
    "groups": [SEX, DISTRICT],
    "measures": [
        {"name": "people", "kind": "count", "item": "", "title": "人数", "title_en": "People"},
        {"name": "part", "kind": "share", "item": "", "title": "占比", "title_en": "Share"},
    ],
    "least": 10,
    "percent": 10,
}


@pytest.fixture(autouse=True)
def lixia(db: None) -> None:
    """One region that the node knows."""
    Region.objects.update_or_create(code="370102000000", defaults={"name": "历下区", "level": 3})


def test_a_list_is_known_by_its_item_and_by_every_value() -> None:
    assert meanings("sex_code", "", ["1", "2"]) == {"1": ("男", "male"), "2": ("女", "female")}
    assert meanings("sex_code", "", ["1", "3"]) == {}
    assert meanings("status_code", "状态", ["1", "2"]) == {}
    assert meanings("essex", "", ["1"]) == {}
    assert all(found.codes and found.standard.startswith("GB/T") for found in LISTS)


def test_regions_are_known_by_the_first_digits_of_their_codes() -> None:
    found = group_meanings(DISTRICT)
    assert found["370102"] == ("历下区", "")
    assert "370199" not in found
    assert group_meanings(group("x", "status_code", ("370102",))).keys() == {"other", "unknown"}


def test_pages_tell_codes_with_their_names_and_shares_in_percent() -> None:
    data = [
        {"sex": "1", "district": "370102", "people": 1234, "part": 0.1234},
        {"sex": "unknown", "district": "370199", "people": "*", "part": "*"},
    ]
    with override("zh-hans"):
        assert labels_shown(SEX).startswith("1 男, 2 女")
        found = cells_of(data, CUBE)
        assert ("1", "男") in values_of(SEX)
    assert found["cells"] == [["1 男", "370102 历下区", 1234, "12.34%"], ["不详", "370199", "*", "*"]]
    assert found["bars"]["xAxis"]["data"] == ["男 · 历下区", "不详 · 370199"]
    assert found["bars"]["series"][0]["data"] == [1234, None]
    with override("en"):
        assert labels_shown(SEX).startswith("1 male, 2 female")


def test_the_openapi_document_tells_them_and_a_snapshot_carries_them() -> None:
    spec = cube_spec(CUBE)
    service = ServiceSpec("jn-a-b", 1, "人口", "statistic", "c.sqlite", "c", (), (), statistic=spec)
    snapshot = Snapshot(1, "now", "jinan", services=(service,))
    assert decode(encode(snapshot)) == snapshot
    body = document(service, server="http://gateway")["paths"]["/s/jn-a-b"]["post"]["requestBody"]
    sex = body["content"]["application/json"]["schema"]["properties"]["sex"]
    assert sex["enum"][:2] == ["1", "2"]
    assert sex["description"].splitlines()[1:3] == ["1: 男 / male", "2: 女 / female"]
    assert sex["x-enum-descriptions"][:2] == ["男 / male", "女 / female"]


def test_a_group_whose_codes_nobody_knows_is_described_by_its_title() -> None:
    bare = StatisticSpec((GroupSpec("kind", ("1",), "种类", "Kind"),), (MeasureSpec("n", "count"),), 10, 10)
    service = ServiceSpec("jn-a-b", 1, "人口", "statistic", "c.sqlite", "c", (), (), statistic=bare)
    body = document(service, server="http://gateway")["paths"]["/s/jn-a-b"]["post"]["requestBody"]
    kind = body["content"]["application/json"]["schema"]["properties"]["kind"]
    assert kind == {"type": "string", "enum": ["1"], "description": "种类 / Kind"}


@pytest.mark.parametrize(
    ("sid", "told"),
    [
        ("bulk:city.u113701029000000106.rest_stations", "Bulk reading of rest_stations"),
        ("bulk:list", "Bulk reading"),
        ("keys.session", "Fetching of a session key"),
        ("01a2154a-cfe8-7046-9dff-6f44cfe96e5e", "File pushed to a source"),
        ("jn-gone-query", "jn-gone-query"),
    ],
)
def test_what_is_called_but_no_service_is_named_by_what_it_does(sid: str, told: str) -> None:
    with override("en"):
        assert service_label(sid) == told
        assert service_label(sid, "Residents") == "Residents"


def test_fields_are_told_by_title_with_their_names() -> None:
    parts = [{"name": "name", "title": "姓名", "title_en": "Name"}, {"name": "age", "title": "", "title_en": ""}]
    with override("zh-hans"):
        assert named(parts, ["name", "age", "gone", ""]) == "姓名 (name), age, gone"
