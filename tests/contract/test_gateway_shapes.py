"""Statistic, composite and batch calls, as an application sees them over HTTP."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanshu.gateway.client import GatewayClient
from quanshu.gateway.journal import read_after
from quanshu.gateway.shape_specs import (
    CompositeSpec,
    GroupSpec,
    InputSpec,
    MeasureSpec,
    NodeSpec,
    OutputSpec,
    StatisticSpec,
)
from quanshu.gateway.signing import sign_headers
from quanshu.gateway.snapshot import FieldSpec, ParameterSpec, ServiceSpec, Snapshot, decode, encode
from support_gateway import OTHER, PERSON, QUERY, RID, SECRET, VERIFY, GatewayHome, a_grant, a_service

# Times to sign with that the client does not use: the gateway takes what lies within five minutes.


def moments() -> Iterator[int]:
    """Moments to sign at, each once, a while before those the clients sign at."""
    moment = 0
    while True:
        moment = max(moment + 1, time.time_ns() // 1_000_000 - 200_000)
        yield moment


MOMENTS = moments()
STATISTIC, WHOLE = "jn-person-statistic", "jn-person-whole"
CUBE = StatisticSpec(
    groups=(GroupSpec("sex", ("1", "2", "unknown"), "性别", "Sex"), GroupSpec("age", ("<18", "18+"), "年龄", "Age")),
    measures=(MeasureSpec("people", "count", "人数", "People"), MeasureSpec("part", "share", "占比", "Share")),
    least=10,
    percent=10,
)
CELLS = [
    (0, "", 1, None, None, 100, 1.0),
    (1, "sex", 1, "1", None, 60, 0.6),
    (2, "sex", 1, "2", None, 40, 0.4),
    (3, "age", 0, None, "<18", None, None),
    (4, "age", 0, None, "18+", None, None),
]
GRAPH = CompositeSpec(
    nodes=(
        NodeSpec("person", QUERY, 2, (InputSpec("id", "id"),)),
        NodeSpec("check", VERIFY, 2, (InputSpec("id", "id"), InputSpec("name", "name")), required=False),
        NodeSpec("again", OTHER, 2, (InputSpec("age", "age", "person"),), required=False),
    ),
    outputs=(
        OutputSpec("name", (("person", "name"),)),
        OutputSpec("same", (("check", "result"),)),
        OutputSpec("ages", (("person", "age"), ("again", "age")), "all"),
    ),
)
PARAMETERS = (
    ParameterSpec("id", "id", pattern=r"\d{17}[\dX]", max_length=18),
    ParameterSpec("name", "name", required=False),
)


ITEMS = st.none() | st.integers() | st.text(max_size=5) | st.dictionaries(st.text(max_size=5), st.integers())


def statistic() -> ServiceSpec:
    names = [*(group.name for group in CUBE.groups), *(measure.name for measure in CUBE.measures)]
    fields = tuple(FieldSpec(name, name) for name in names)
    base = replace(a_service(STATISTIC), shape="statistic", table_file="cube.sqlite", table="cube", parameters=())
    return replace(base, fields=fields, statistic=CUBE)


def composite(graph: CompositeSpec = GRAPH) -> ServiceSpec:
    fields = tuple(FieldSpec(output.name, "") for output in graph.outputs)
    base = replace(a_service(WHOLE), shape="composite", table_file="", table="", parameters=PARAMETERS)
    return replace(base, fields=fields, composite=graph)


def by_age() -> ServiceSpec:
    """A query that searches by age."""
    age = ParameterSpec("age", "age", "integer")
    return replace(a_service(OTHER), parameters=(age,))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayHome]:
    home = GatewayHome(tmp_path_factory.mktemp("shapes"))
    with closing(sqlite3.connect(home.folder / "serving" / "cube.sqlite")) as connection, connection:
        connection.execute(
            "CREATE TABLE cube (position INTEGER, level TEXT, shown INTEGER, g_sex TEXT, g_age TEXT,"
            " m_people INTEGER, m_part REAL)"
        )
        connection.executemany("INSERT INTO cube VALUES (?, ?, ?, ?, ?, ?, ?)", CELLS)
    publish(home)
    home.start()
    yield home
    home.kill()


def publish(
    home: GatewayHome, *, graph: CompositeSpec = GRAPH, without: str = "", query: str = "g-query", **changes: Any
) -> None:
    """All services and grants of the test, but one grant."""
    services = (a_service(QUERY), a_service(VERIFY, "verify"), by_age(), statistic(), composite(graph))
    grants = [
        a_grant(query, QUERY, fields=("id", "name", "age"), **changes),
        a_grant("g-verify", VERIFY, fields=("name",)),
        a_grant("g-other", OTHER, fields=("age",)),
        a_grant("g-statistic", STATISTIC, fields=("sex", "people", "part")),
        a_grant("g-whole", WHOLE, fields=("name", "same", "ages")),
    ]
    home.publish(tuple(grant for grant in grants if grant.uid != without), services, (home.client(),))


@pytest.fixture
def client(home: GatewayHome) -> Iterator[GatewayClient]:
    with GatewayClient(home.url, RID, SECRET) as client:
        yield client


def wait(home: GatewayHome) -> None:
    """Until the gateway has what was published last."""
    for _ in range(200):
        if httpx.get(f"{home.url}/health").json()["snapshot_version"] == home.version:
            return
    raise AssertionError("the snapshot did not arrive")


def test_snapshots_carry_shapes_and_older_ones_are_still_read() -> None:
    whole = Snapshot(1, "now", "jinan", services=(statistic(), composite(), a_service(QUERY)))
    assert decode(encode(whole)) == whole
    body = json.loads(encode(whole))
    for row in body["services"]:
        del row["statistic"], row["composite"]
    assert decode(json.dumps(body).encode()).services[2] == a_service(QUERY)


def test_a_statistic_answers_whole_cells(client: GatewayClient) -> None:
    total = client.call(STATISTIC, {})
    assert total.body["data"] == [{"people": 100, "part": 1.0}]
    by_sex = client.call(STATISTIC, {"groups": ["sex"], "measures": ["people"]})
    assert by_sex.body["data"] == [{"sex": "1", "people": 60}, {"sex": "2", "people": 40}]
    one = client.call(STATISTIC, {"sex": "2"})
    assert one.body["data"] == [{"sex": "2", "people": 40, "part": 0.4}]


def test_a_statistic_tells_only_what_is_granted_and_listed(home: GatewayHome, client: GatewayClient) -> None:
    assert client.call(STATISTIC, {"groups": ["age"]}).body["code"] == "gateway.field_not_granted"
    assert client.call(STATISTIC, {"age": "18+"}).body["code"] == "gateway.field_not_granted"
    for wrong in (
        {"sex": "3"},
        {"groups": ["name"]},
        {"groups": 3},
        {"where": "1=1"},
        {"groups": "sex", "measures": 1},
    ):
        answer = client.call(STATISTIC, wrong)
        assert answer.status in {403, 422}, answer.body
    got = httpx.get(
        f"{home.url}/s/{STATISTIC}?groups=sex&measures=people",
        headers=sign_headers(RID, STATISTIC, SECRET, next(MOMENTS)),
    )
    assert got.json()["total"] == 2


def test_suppressed_cells_are_stars(home: GatewayHome, client: GatewayClient) -> None:
    grant = a_grant("g-statistic", STATISTIC, fields=("age", "people", "part"))
    home.publish((grant,), (statistic(),), (home.client(),))
    wait(home)
    answer = client.call(STATISTIC, {"groups": "age"})
    publish(home)
    wait(home)
    assert answer.body["data"] == [
        {"age": "<18", "people": "*", "part": "*"},
        {"age": "18+", "people": "*", "part": "*"},
    ]


def test_a_composite_passes_fields_along_and_merges(home: GatewayHome, client: GatewayClient) -> None:
    before = {number for _file, number, _receipt in read_after(home.directory, {})}
    answer = client.call(WHOLE, {"id": PERSON, "name": "张三丰"}, case_number="JN-1")
    assert answer.body["data"] == [{"name": "张**", "same": "match", "ages": [35, 35]}], answer.body
    parts = {part["node"]: part for part in answer.body["parts"]}
    assert {part["outcome"] for part in parts.values()} == {"ok"}
    kept = {r.receipt_id: r for _f, number, r in read_after(home.directory, {}) if number not in before}
    assert set(kept) == {answer.receipt_id, *(part["receipt_id"] for part in parts.values())}
    person = kept[parts["person"]["receipt_id"]]
    assert (person.sid, person.grant_uid, person.fields) == (QUERY, "g-query", "name,age")
    assert {receipt.case_number for receipt in kept.values()} == {"JN-1"}
    assert len({receipt.request_hash for receipt in kept.values()}) == 1


def test_nothing_found_is_an_answer(client: GatewayClient) -> None:
    answer = client.call(WHOLE, {"id": PERSON.replace("1990", "1991")})
    assert answer.body["data"] == [{"name": None, "same": None, "ages": []}]
    outcomes = {part["node"]: part["outcome"] for part in answer.body["parts"]}
    assert outcomes == {"person": "ok", "check": "gateway.bad_parameter", "again": "no_input"}


def test_only_parts_that_are_needed_are_called(client: GatewayClient) -> None:
    answer = client.call(WHOLE, {"id": PERSON}, fields=["name"])
    assert [part["node"] for part in answer.body["parts"]] == ["person"]


def test_each_part_needs_its_own_grant(home: GatewayHome, client: GatewayClient) -> None:
    """An optional part without a grant is told so; a required one refuses the whole, naming the part."""
    publish(home, without="g-other")
    wait(home)
    answer = client.call(WHOLE, {"id": PERSON, "name": "张三丰"})
    assert answer.body["data"][0]["ages"] == [35]
    assert {part["node"]: part["outcome"] for part in answer.body["parts"]}["again"] == "gateway.no_grant"
    publish(home, without="g-query")
    wait(home)
    refused = client.call(WHOLE, {"id": PERSON, "name": "张三丰"})
    publish(home)
    wait(home)
    assert (refused.status, refused.body["code"]) == (403, "gateway.part_refused")
    assert "person" in refused.body["message_en"]


def test_limits_of_a_part_hold(home: GatewayHome, client: GatewayClient) -> None:
    publish(home, rate_per_minute=1, query="g-slow")
    wait(home)
    outcomes = [client.call(WHOLE, {"id": PERSON}, fields=["name"]).body for _ in range(2)]
    publish(home)
    wait(home)
    assert outcomes[0]["code"] == "ok"
    assert (outcomes[1]["code"], "rate_limited" in outcomes[1]["message_en"]) == ("gateway.part_failed", True)
    told = [r.outcome for _f, _n, r in read_after(home.directory, {}) if r.grant_uid == "g-slow"]
    assert told == ["ok", "gateway.rate_limited"]


def test_a_cycle_or_a_missing_part_ends_in_a_refusal(home: GatewayHome, client: GatewayClient) -> None:
    """The control plane lets none through; a gateway that got one all the same ends within its time."""
    loop = NodeSpec("person", QUERY, 2, (InputSpec("id", "name", "person"),))
    gone = NodeSpec("person", "jn-none", 1, (InputSpec("id", "id"),))
    for node, code in ((loop, "gateway.composite_timeout"), (gone, "gateway.part_failed")):
        graph = CompositeSpec((node,), (OutputSpec("name", (("person", "name"),)),), 300)
        publish(home, graph=graph)
        wait(home)
        assert client.call(WHOLE, {"id": PERSON}, fields=["name"]).body["code"] == code
    publish(home)
    wait(home)


def test_a_batch_answers_in_order_and_wrong_items_alone(home: GatewayHome, client: GatewayClient) -> None:
    items = [{"id": PERSON}, {"id": "1"}, {"id": PERSON.replace("1990", "1991")}, {"id": PERSON}]
    answer = client.call_batch(QUERY, items, fields=["name", "age"], case_number="JN-2")
    assert (answer.status, answer.body["total"], answer.body["answered"]) == (200, 4, 3)
    codes = [item["code"] for item in answer.body["items"]]
    assert codes == ["ok", "gateway.bad_parameter", "ok", "ok"]
    assert answer.body["items"][0]["data"] == [{"name": "张**", "age": 35}]
    assert answer.body["items"][2] == {"code": "ok", "data": [], "total": 0}
    (kept,) = [r for _f, _n, r in read_after(home.directory, {}) if r.receipt_id == answer.receipt_id]
    assert (kept.items, kept.rows, kept.case_number, kept.fields) == (4, 2, "JN-2", "name,age")
    verified = client.call_batch(VERIFY, [{"id": PERSON, "name": "张三丰"}, {"id": PERSON, "name": "李四"}])
    assert [item["result"] for item in verified.body["items"]] == ["match", "mismatch"]


def test_a_batch_is_one_of_the_limit_for_each_item(home: GatewayHome, client: GatewayClient) -> None:
    publish(home, rate_per_minute=5, query="g-five")
    wait(home)
    first = client.call_batch(QUERY, [{"id": PERSON}] * 4)
    second = client.call_batch(QUERY, [{"id": PERSON}] * 2)
    third = client.call(QUERY, {"id": PERSON})
    publish(home)
    wait(home)
    assert (first.status, second.status, third.status) == (200, 429, 200)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "gateway.bad_batch"),
        ({"items": []}, "gateway.bad_batch"),
        ({"items": {"id": PERSON}}, "gateway.bad_batch"),
        ({"items": [{"id": PERSON}] * 1001}, "gateway.bad_batch"),
        ({"items": [{"id": PERSON}], "id": PERSON}, "gateway.bad_batch"),
        ({"items": [{"id": PERSON}], "fields": ["street"]}, "gateway.field_not_granted"),
        ({"items": [{"id": "1" * 2_000_000}]}, "gateway.body_too_large"),
    ],
)
def test_wrong_batches_are_refused_whole(home: GatewayHome, client: GatewayClient, body: Any, code: str) -> None:
    headers = sign_headers(RID, QUERY, SECRET, next(MOMENTS))
    answer = httpx.post(f"{home.url}/s/{QUERY}/batch", json=body, headers=headers)
    assert answer.json()["code"] == code


def test_batches_are_for_look_ups(client: GatewayClient) -> None:
    assert client.call_batch(STATISTIC, [{}]).body["code"] == "gateway.no_batch"
    assert client.call_batch(WHOLE, [{"id": PERSON}]).body["code"] == "gateway.no_batch"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(ITEMS, max_size=5))
def test_any_items_are_answered(client: GatewayClient, items: list[Any]) -> None:
    answer = client._http.post(
        f"/s/{QUERY}/batch", json={"items": items}, headers=sign_headers(RID, QUERY, SECRET, next(MOMENTS))
    )
    assert answer.status_code in {200, 422}
    if answer.status_code == 200:
        assert len(answer.json()["items"]) == len(items)


def test_the_document_tells_of_every_shape(home: GatewayHome) -> None:
    found = {sid: httpx.get(f"{home.url}/s/{sid}/openapi.json").json() for sid in (QUERY, STATISTIC, WHOLE)}
    assert set(found[QUERY]["paths"]) == {f"/s/{QUERY}", f"/s/{QUERY}/batch"}
    body = found[STATISTIC]["paths"][f"/s/{STATISTIC}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["groups"]["items"]["enum"] == ["sex", "age"]
    answer = found[WHOLE]["paths"][f"/s/{WHOLE}"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert {"parts", "data", "total"} <= set(answer["properties"])


@pytest.mark.parametrize("name", ["people.csv", "people.jsonl"])
def test_a_file_is_called_by_the_command(home: GatewayHome, tmp_path: Path, name: str) -> None:
    from quanshu.cli.data_plane import call

    file = tmp_path / name
    file.write_text(f"id\n{PERSON}\n1\n" if name.endswith("csv") else f'{{"id": "{PERSON}"}}\n{{"id": "1"}}\n')
    words = [QUERY, "--gateway", home.url, "--rid", RID, "--secret", SECRET, "--fields", "age", "--batch", str(file)]
    found = CliRunner().invoke(call, words)
    assert found.exit_code == 0, found.output
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    assert (lines[0]["data"], lines[1]["code"]) == ([{"age": 35}], "gateway.bad_parameter")
