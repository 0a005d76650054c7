"""The gateway's contract over HTTP: what it answers, what it refuses, and that each receipt is there first."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from quanshu.gateway.app import create_app
from quanshu.gateway.client import Answer, GatewayClient
from quanshu.gateway.config import GatewayConfig
from quanshu.gateway.journal import Receipt, read_after
from quanshu.gateway.messages import MESSAGES
from quanshu.gateway.signing import sign_headers
from quanshu.gateway.snapshot import append_revocation
from support_gateway import FIELDS, OTHER, PERSON, QUERY, RID, SECRET, VERIFY, GatewayHome, a_grant, a_service

EXPIRED, LATER, SLOW, DAILY, ENDING, GONE = (
    f"jn-person-{end}" for end in ("expired", "later", "slow", "daily", "ending", "gone")
)
ENVELOPE = {"code", "message", "remedy", "message_en", "remedy_en", "receipt_id"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayHome]:
    home = GatewayHome(tmp_path_factory.mktemp("gateway-home"))
    moment = time.time()
    queries = (QUERY, OTHER, EXPIRED, LATER, SLOW, DAILY, ENDING, GONE)
    home.publish(
        grants=(
            a_grant("g-query"),
            a_grant("g-verify", VERIFY, fields=("name",)),
            a_grant("g-expired", EXPIRED, valid_until=moment - 1),
            a_grant("g-later", LATER, valid_from=moment + 3600),
            a_grant("g-slow", SLOW, rate_per_minute=2),
            a_grant("g-daily", DAILY, daily_limit=3),
            a_grant("g-ending", ENDING),
            a_grant("g-gone", GONE),
        ),
        services=(*(a_service(sid) for sid in queries), a_service(VERIFY, "verify")),
        clients=(home.client(), home.client("switched-off", active=False), home.client("stopped", "s2")),
    )
    home.start()
    yield home
    home.kill()


@pytest.fixture
def client(home: GatewayHome) -> Iterator[GatewayClient]:
    with GatewayClient(home.url, RID, SECRET) as client:
        yield client


def receipts(home: GatewayHome) -> dict[str, Receipt]:
    """Every receipt on disk."""
    return {receipt.receipt_id: receipt for _file, _number, receipt in read_after(home.directory, {}, 100_000)}


def post(home: GatewayHome, sid: str, *, headers: dict[str, str] | None = None, **request: Any) -> httpx.Response:
    if headers is None:
        headers = sign_headers(RID, sid, SECRET, time.time_ns() // 1_000_000)
    request.setdefault("json", {"id": PERSON})
    return httpx.post(f"{home.url}/s/{sid}", headers=headers, trust_env=False, **request)


def refused(response: httpx.Response, code: str, *, receipt: bool) -> dict[str, Any]:
    """The refusal's body, which has the one form all refusals have."""
    body: dict[str, Any] = response.json()
    assert body["code"] == code, body
    assert set(body) == ENVELOPE
    assert response.status_code == MESSAGES[code][0]
    assert all(body[part] and "%(" not in body[part] for part in ("message", "remedy", "message_en", "remedy_en"))
    assert bool(body["receipt_id"]) is receipt
    assert response.headers.get("x-receipt-id", "") == body["receipt_id"]
    return body


def test_a_query_is_answered_and_its_receipt_was_there_before(home: GatewayHome, client: GatewayClient) -> None:
    answer = client.call(QUERY, {"id": PERSON}, case_number="济人社〔2026〕17号")
    on_disk = receipts(home)
    assert answer.ok
    assert answer.body["code"] == "ok"
    assert answer.body["data"] == [{"id": "370102********0018", "name": "张**"}]
    assert answer.body["total"] == 1
    assert answer.body["service"] == {"sid": QUERY, "version": 2}
    receipt = on_disk[answer.receipt_id]
    assert answer.body["receipt_id"] == answer.receipt_id
    assert (receipt.rid, receipt.sid, receipt.grant_uid, receipt.outcome) == (RID, QUERY, "g-query", "ok")
    assert (receipt.status, receipt.rows, receipt.parameters, receipt.fields) == (200, 1, "id", "id,name")
    assert receipt.request_hash == answer.body["request_hash"]
    assert receipt.purpose == "养老待遇资格认证"
    assert receipt.case_number == "济人社〔2026〕17号"
    assert PERSON not in str(receipt)
    assert receipt.duration_us > 0


def test_a_query_can_ask_for_fewer_fields_and_by_get(home: GatewayHome, client: GatewayClient) -> None:
    assert client.call(QUERY, {"id": PERSON}, fields=["name"]).body["data"] == [{"name": "张**"}]
    headers = sign_headers(RID, QUERY, SECRET, time.time_ns() // 1_000_000)
    params = {"id": PERSON, "fields": "name"}
    response = httpx.get(f"{home.url}/s/{QUERY}", params=params, headers=headers, trust_env=False)
    assert response.json()["data"] == [{"name": "张**"}]


def test_a_verification_reveals_nothing_else(home: GatewayHome, client: GatewayClient) -> None:
    def result(id_: str, name: str) -> Any:
        body = client.call(VERIFY, {"id": id_, "name": name}).body
        assert set(body) == {"code", "message", "receipt_id", "request_hash", "service", "result"}
        return body["result"]

    assert result(PERSON, "张三丰") == "match"
    assert result(PERSON, "张三") == "mismatch"
    assert result("37010219900101999X", "张三丰") == "no_record"


def test_a_wrong_signature_is_refused_and_only_counted(home: GatewayHome) -> None:
    before = httpx.get(f"{home.url}/health", trust_env=False).json()["unsigned_calls"]
    headers = sign_headers(RID, QUERY, "not the secret", time.time_ns() // 1_000_000)
    refused(post(home, QUERY, headers=headers), "gateway.bad_signature", receipt=False)
    refused(post(home, QUERY, headers={}), "gateway.unsigned", receipt=False)
    bad = {**headers, "gjzwfwpt_rtime": "yesterday"}
    refused(post(home, QUERY, headers=bad), "gateway.bad_header", receipt=False)
    for rid in ("nobody", "switched-off"):
        headers = sign_headers(rid, QUERY, SECRET, time.time_ns() // 1_000_000)
        refused(post(home, QUERY, headers=headers), "gateway.unknown_client", receipt=False)
    assert httpx.get(f"{home.url}/health", trust_env=False).json()["unsigned_calls"] == before + 5


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_time_outside_five_minutes_is_refused(home: GatewayHome, minutes: int) -> None:
    headers = sign_headers(RID, QUERY, SECRET, time.time_ns() // 1_000_000 + minutes * 60_000)
    refused(post(home, QUERY, headers=headers), "gateway.outside_window", receipt=False)


def test_a_replay_is_refused_also_with_another_body(home: GatewayHome) -> None:
    headers = sign_headers(RID, QUERY, SECRET, time.time_ns() // 1_000_000 - 7)
    assert post(home, QUERY, headers=headers).status_code == 200
    body = refused(post(home, QUERY, headers=headers, json={"id": "1"}), "gateway.replayed", receipt=True)
    assert receipts(home)[body["receipt_id"]].outcome == "gateway.replayed"


def test_the_signed_service_is_the_one_called(home: GatewayHome) -> None:
    headers = sign_headers(RID, VERIFY, SECRET, time.time_ns() // 1_000_000 - 11)
    refused(post(home, QUERY, headers=headers), "gateway.wrong_service", receipt=True)


@pytest.mark.parametrize(
    ("sid", "code"),
    [
        ("jn-nothing", "gateway.unknown_service"),
        (OTHER, "gateway.no_grant"),
        (EXPIRED, "gateway.no_grant"),
        (LATER, "gateway.no_grant"),
    ],
)
def test_without_a_service_or_a_grant_in_force(home: GatewayHome, sid: str, code: str) -> None:
    body = refused(post(home, sid), code, receipt=True)
    assert sid in body["message"]
    receipt = receipts(home)[body["receipt_id"]]
    assert (receipt.outcome, receipt.rows, receipt.grant_uid) == (code, 0, "")


def test_a_field_outside_the_grant_is_refused(home: GatewayHome) -> None:
    response = post(home, QUERY, json={"id": PERSON, "fields": ["name", "age"]})
    assert "age" in refused(response, "gateway.field_not_granted", receipt=True)["message"]


@pytest.mark.parametrize(
    ("body", "named"),
    [({}, "id"), ({"id": "1"}, "id"), ({"id": PERSON, "nome": "x"}, "nome"), ({"id": [PERSON]}, "id")],
)
def test_a_bad_parameter_is_named(home: GatewayHome, body: dict[str, Any], named: str) -> None:
    answer = refused(post(home, QUERY, json=body), "gateway.bad_parameter", receipt=True)
    assert named in answer["message"]
    assert named in answer["message_en"]


@pytest.mark.parametrize(
    "content",
    [b"[1]", b"{", b"\xff\xfe", b'"text"', b'{"fields": "name"}', b'{"id": "\\ud800"}', b"[" * 60_000],
)
def test_a_body_that_is_no_object_is_refused(home: GatewayHome, content: bytes) -> None:
    refused(post(home, QUERY, json=None, content=content), "gateway.bad_body", receipt=True)


def test_a_body_too_large_is_refused(home: GatewayHome) -> None:
    content = json.dumps({"id": "x" * 70_000}).encode()
    refused(post(home, QUERY, json=None, content=content), "gateway.body_too_large", receipt=False)


def test_the_rate_and_the_day_s_volume_of_a_grant_hold(client: GatewayClient) -> None:
    slow = [client.call(SLOW, {"id": PERSON}) for _ in range(3)]
    assert [answer.body["code"] for answer in slow] == ["ok", "ok", "gateway.rate_limited"]
    assert slow[-1].status == 429
    daily = [client.call(DAILY, {"id": PERSON}).body["code"] for _ in range(4)]
    assert daily == ["ok", "ok", "ok", "gateway.daily_limit"]


def seconds_until(code: str, call: Any) -> float:
    """How long calls are still answered before they are refused with the code."""
    began = time.monotonic()
    while time.monotonic() - began < 3:
        answer: Answer = call()
        if answer.body["code"] == code:
            return time.monotonic() - began
        assert answer.ok, answer.body
        time.sleep(0.02)
    return time.monotonic() - began


def test_a_revoked_grant_service_or_client_is_refused_within_a_second(home: GatewayHome) -> None:
    now = "2026-01-05T08:00:00+00:00"
    with GatewayClient(home.url, RID, SECRET) as client:
        append_revocation(home.directory, "grant", "g-ending", now)
        assert seconds_until("gateway.no_grant", lambda: client.call(ENDING, {"id": PERSON})) < 1
        append_revocation(home.directory, "service", f"{GONE}@2", now)
        assert seconds_until("gateway.unknown_service", lambda: client.call(GONE, {"id": PERSON})) < 1
    with GatewayClient(home.url, "stopped", "s2") as client:
        assert client.call(QUERY, {"id": PERSON}).body["code"] == "gateway.no_grant"
        append_revocation(home.directory, "client", "stopped", now)
        time.sleep(0.5)
        assert client.call(QUERY, {"id": PERSON}).body["code"] == "gateway.unknown_client"


@pytest.mark.parametrize("path", ["/", "/s/", "/admin", "/s/a/b", f"/s/{QUERY}/"])
def test_any_other_address_answers_in_the_same_form(home: GatewayHome, path: str) -> None:
    refused(httpx.get(f"{home.url}{path}", trust_env=False), "gateway.not_found", receipt=False)


def test_any_other_method_answers_in_the_same_form(home: GatewayHome) -> None:
    response = httpx.put(f"{home.url}/s/{QUERY}", trust_env=False)
    refused(response, "gateway.wrong_method", receipt=False)


def test_the_openapi_document_describes_the_service(home: GatewayHome) -> None:
    document = httpx.get(f"{home.url}/s/{QUERY}/openapi.json", trust_env=False).json()
    check_openapi(document)
    assert document["servers"] == [{"url": home.url}]
    operation = document["paths"][f"/s/{QUERY}"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["id"]
    assert body["properties"]["id"]["maxLength"] == 18
    assert re.fullmatch(body["properties"]["id"]["pattern"], PERSON)
    assert body["properties"]["fields"]["items"]["enum"] == [field.name for field in FIELDS]
    row = operation["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["data"]["items"]
    assert row["properties"]["age"]["type"] == "integer"
    verify = httpx.get(f"{home.url}/s/{VERIFY}/openapi.json", trust_env=False).json()
    check_openapi(verify)
    answer = verify["paths"][f"/s/{VERIFY}"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer["properties"]["result"]["enum"] == ["match", "mismatch", "no_record"]
    none = httpx.get(f"{home.url}/s/jn-nothing/openapi.json", trust_env=False)
    refused(none, "gateway.unknown_service", receipt=False)


def check_openapi(document: dict[str, Any]) -> None:
    """The parts that OpenAPI 3.1 requires, each in its place, and no reference to what is not there."""
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert {"title", "version"} <= set(document["info"])
    assert all(isinstance(server["url"], str) for server in document["servers"])
    schemes = document["components"]["securitySchemes"]
    for scheme in schemes.values():
        assert (scheme["type"], scheme["in"]) == ("apiKey", "header")
        assert scheme["name"].startswith("gjzwfwpt_")
    for path, item in document["paths"].items():
        assert path.startswith("/")
        for operation in item.values():
            assert all(set(need) <= set(schemes) for need in operation["security"])
            assert all("schema" in media for media in operation["requestBody"]["content"].values())
            for status, answer in operation["responses"].items():
                assert re.fullmatch(r"[1-5]\d\d", status)
                assert answer["description"]


def test_health_tells_the_snapshot_in_force(home: GatewayHome) -> None:
    body = httpx.get(f"{home.url}/health", trust_env=False).json()
    assert (body["status"], body["snapshot_version"], body["fault"]) == ("ok", home.version, "")


def test_without_a_snapshot_nothing_is_answered(tmp_path: Path) -> None:
    """In process: the routes of a gateway that has loaded nothing."""
    config = GatewayConfig(tmp_path / "g", tmp_path / "s", tmp_path / "pub", tmp_path / "seal")

    async def ask() -> tuple[httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(app=create_app(config))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.post(f"/s/{QUERY}", json={}), await client.get("/health")

    call, health = asyncio.run(ask())
    refused(call, "gateway.not_ready", receipt=False)
    assert (health.status_code, health.json()["status"]) == (503, "not_ready")
