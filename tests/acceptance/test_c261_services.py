"""Clause 2.6.1: grades decide what leaves; no road but the gateway; use limited to the approved purpose."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quanshu.gateway.client import GatewayClient
from quanshu.kernel.clock import now
from quanshu.shared.audit.api import history
from quanshu.sharing.services.api import Exchange, carry_receipts
from support_services import NOBODY, PERSON, City, a_city, a_gateway, a_grant, a_service, an_application, use_folders


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    return a_city()


def browser_of(city: City, who: str) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(city.accounts[who])
    return browser


def draft(city: City, fields: list[dict[str, str]]) -> Any:
    """A draft over the API, as a program of the bureau would send it."""
    body = {
        "entry_uid": city.entry.uid,
        "sid": "jn-ga-draft",
        "name": "草稿",
        "shape": "query",
        "parameters": [{"name": "citizen_id", "example": NOBODY, "max_length": 18}],
        "answer_fields": fields,
    }
    return browser_of(city, "bureau").post("/api/v1/services/services", body, content_type="application/json")


def test_controls_follow_from_the_grade(city: City) -> None:
    """Core data leaves by no service; level 3 leaves masked only; level 2 leaves as it is."""
    refused = draft(city, [{"name": "informant"}])
    assert refused.status_code == 422
    assert "core" in str(refused.json())
    assert draft(city, [{"name": "name", "mask": "none"}]).status_code == 422
    made = draft(city, [{"name": "name"}, {"name": "born"}, {"name": "street"}])
    assert made.status_code == 201
    masks = {field["name"]: field["mask"] for field in made.json()["spec"]["fields"]}
    assert masks == {"name": "name", "born": "date_year", "street": "none"}


def test_only_what_was_granted_leaves_and_every_call_is_kept(
    city: City, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    """No grant, no data; a grant gives its fields, masked, for its purpose, until it is revoked."""
    service = a_service(city)
    consumer, secret = an_application(city)
    other, other_secret = an_application(city, "civil", "无授权应用")
    grant = a_grant(consumer, service, ("name", "born"), purpose="养老待遇资格认证")
    with a_gateway(settings, tmp_path, now()) as gateway:
        with GatewayClient(gateway.url, other.rid, other_secret) as client:
            assert client.call(service.sid, {"citizen_id": PERSON}).body["code"] == "gateway.no_grant"
        with GatewayClient(gateway.url, consumer.rid, secret) as client:
            answer = client.call(service.sid, {"citizen_id": PERSON})
            assert answer.body["data"] == [{"name": "张**", "born": "1990"}]
            beyond = client.call(service.sid, {"citizen_id": PERSON}, fields=["street"])
            assert beyond.body["code"] == "gateway.field_not_granted"
            with django_capture_on_commit_callbacks(execute=True):
                form = {"reason": "用途已变更", "sure": "on"}
                assert browser_of(city, "bureau").post(f"{grant.get_absolute_url()}revoke/", form).status_code == 302
            began = time.monotonic()
            while client.call(service.sid, {"citizen_id": PERSON}).ok:
                time.sleep(0.02)
            assert time.monotonic() - began < 1
    carry_receipts(now())
    assert carry_receipts(now()) == 0
    check_record(city, answer.receipt_id)


def check_record(city: City, receipt_id: str) -> None:
    """The call is in the list of both sides and in the audit trail, with its purpose and without a value."""
    call = Exchange.objects.get(receipt_id=receipt_id)
    assert (call.purpose, call.fields, call.rows) == ("养老待遇资格认证", "name,born", 1)
    assert Exchange.objects.filter(outcome="gateway.no_grant").count() >= 2
    for who in ("developer", "steward", "auditor"):
        page = browser_of(city, who).get(f"/services/calls/{receipt_id}/").content.decode()
        assert "养老待遇资格认证" in page
        assert PERSON not in page
    assert browser_of(city, "stranger").get(f"/services/calls/{receipt_id}/").status_code == 404
    (entry,) = history("services.exchange", receipt_id)
    assert entry.action == "gateway.call"
    assert PERSON not in str(entry.details)


def test_the_data_has_no_page_and_no_api(city: City) -> None:
    """The control plane answers with descriptions; rows leave by the gateway alone."""
    service = a_service(city)
    bureau = browser_of(city, "bureau")
    for path in (
        service.get_absolute_url(),
        f"{service.get_absolute_url()}openapi.json",
        f"/api/v1/services/services/{service.uid}",
        f"/catalogue/{city.entry.uid}/",
        f"/api/v1/catalogue/entries/{city.entry.uid}",
    ):
        page = bureau.get(path).content.decode()
        assert "张三丰" not in page
        assert PERSON not in page
