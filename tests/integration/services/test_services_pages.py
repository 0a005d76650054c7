"""Pages of services: found, read, tried, made; applications, grants and calls; each seen by whom it concerns."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from quanshu.gateway.client import GatewayClient
from quanshu.kernel.clock import now
from quanshu.sharing.services.api import Consumer, Exchange, Grant, Service, carry_receipts
from support_services import (
    NOBODY,
    PERSON,
    VERIFY,
    City,
    a_gateway,
    a_grant,
    a_service,
    an_application,
    an_entry,
    assess,
)

PROPER = {
    "OpenAPI",
    "JSON",
    "POST",
    "curl",
    "Python",
    "Java",
    "HTTP",
    "Base",
    "HMAC",
    "SHA",
    "CSV",
    "Excel",
    "system",
    "expires",
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def text_of(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.content.decode()[:2000]
    return str(response.content.decode())


def test_services_are_found_and_filtered(city: City, sign_in: Any) -> None:
    service = a_service(city)
    a_service(city, VERIFY)
    browser = sign_in("stranger")
    page = text_of(browser.get("/services/"))
    assert "Registered resident query" in page
    assert "2 services are published" in page
    assert "Identity verification" not in text_of(browser.get("/services/?shape=query"))
    assert "Registered resident query" not in text_of(browser.get("/services/?q=identity"))
    assert service.sid in text_of(browser.get("/services/?answers=0&share=2&state=published"))
    assert browser.get("/services/?shape=other").status_code == 422
    export = browser.get("/services/?export=csv")
    assert service.sid in b"".join(export).decode("utf-8-sig")


def test_a_draft_is_seen_by_its_maker_only(city: City, sign_in: Any) -> None:
    service = a_service(city)
    Service.objects.filter(pk=service.pk).update(state="draft", served_version=None)
    assert sign_in("stranger").get(service.get_absolute_url()).status_code == 404
    assert "Draft" in text_of(sign_in("steward").get(service.get_absolute_url()))


def test_the_page_documents_the_service(city: City, sign_in: Any) -> None:
    page = text_of(sign_in("developer").get(a_service(city).get_absolute_url()))
    for part in (
        "Finds a registered resident by citizen ID.",
        "Conditional sharing",
        "用于政务服务办理和待遇资格认证",
        "citizen_id",
        r"\d{17}[\dX]",
        "General, level 3",
        "诸葛明 → 诸葛*",
        "1900-01-01 → 1900",
        "gjzwfwpt_sign",
        "openssl dgst -sha256 -hmac",
        "hmac.digest",
        "gateway.rate_limited",
        f"/demands/new/?entry={city.entry.uid}&amp;service=",
        "Not checked yet",
    ):
        assert part in page, part
    assert "informant" not in page


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_are_whole_in_both_languages(city: City, sign_in: Any, language: str) -> None:
    service, verify = a_service(city), a_service(city, VERIFY)
    consumer, _secret = an_application(city)
    grant = a_grant(consumer, service)
    bureau, left = sign_in("bureau", language), set()
    base = service.get_absolute_url()
    for path in (
        "/services/",
        base,
        verify.get_absolute_url(),
        f"{base}review/",
        "/services/new/",
        f"/services/new/{city.entry.uid}/",
        f"{base}withdraw/",
        "/services/applications/",
        "/services/applications/new/",
        consumer.get_absolute_url(),
        "/services/grants/",
        grant.get_absolute_url(),
        f"{grant.get_absolute_url()}revoke/",
        "/services/calls/",
    ):
        page = text_of(bureau.get(path))
        main = page[page.index("<main") : page.index("</main>")]
        if language == "en":
            assert "<h1" in main
            continue
        visible = re.sub(r"<(pre|code|script|textarea)\b.*?</\1>|<[^>]+>|\w+(-\w+)+", " ", main, flags=re.DOTALL)
        assert CHINESE.search(visible), path
        words = set(re.findall(r"[A-Za-z]{3,}", visible)) - PROPER
        left |= {(path, word) for word in words}
    assert not left, "\n".join(f"{path} {word}" for path, word in sorted(left))


def test_the_openapi_document_for_people_and_programs(city: City, sign_in: Any) -> None:
    service = a_service(city)
    browser = sign_in("developer")
    found = browser.get(f"{service.get_absolute_url()}openapi.json").json()
    assert found["openapi"].startswith("3.1")
    assert list(found["paths"]) == [f"/s/{service.sid}", f"/s/{service.sid}/batch"]
    page = text_of(browser.get(f"{service.get_absolute_url()}openapi/"))
    assert f"/s/{service.sid}" in page
    assert "data[].street" in page


def test_a_service_is_made_by_the_wizard(city: City, sign_in: Any) -> None:
    bureau = sign_in("bureau")
    assert "户籍人口信息" in text_of(sign_in("bureau", "zh-hans").get("/services/new/"))
    path = f"/services/new/{city.entry.uid}/"
    assert bureau.get(f"/services/new/?entry={city.entry.uid}").headers["location"] == path
    page = text_of(bureau.get(path))
    assert "Ungraded and core data leave by no service." in page
    posted = {
        "sid": "Not A Code",
        "name": "户籍人口查询",
        "shape": "query",
        "row_cap": "20",
        "consent_mode": "statutory",
        "statutory_basis": "《居民身份证法》第十五条",
        "role-citizen_id": "search",
        "required-citizen_id": "on",
        "max-citizen_id": "18",
        "pattern-citizen_id": r"\d{17}[\dX]",
        "example-citizen_id": NOBODY,
        "field-name": "on",
        "mask-name": "none",
        "field-street": "on",
        "mask-street": "",
    }
    page = text_of(bureau.post(path, posted), 422)
    assert "lower-case words" in page
    assert "A field of this grade leaves only under a mask." in page
    assert f'value="{NOBODY}"' in page
    posted |= {"sid": "jn-ga-new", "mask-name": ""}
    answer = bureau.post(path, posted)
    service = Service.objects.get(sid="jn-ga-new")
    assert answer.headers["location"] == f"/services/{service.uid}/review/"
    assert service.spec["fields"][0]["mask"] == "name"
    assert service.spec["row_cap"] == 20
    assert "Publish" in text_of(bureau.get(answer.headers["location"]))
    edit = f"/services/{service.uid}/edit/"
    assert 'name="field-street"' in text_of(bureau.get(edit))
    assert bureau.post(edit, posted | {"name": "户籍人口信息查询"}).status_code == 302
    assert sign_in("steward").post(f"/services/{service.uid}/publish/").status_code == 403
    service.refresh_from_db()
    assess(service)
    assert bureau.post(f"/services/{service.uid}/publish/").status_code == 302
    service.refresh_from_db()
    assert (service.state, service.name) == ("published", "户籍人口信息查询")
    assert bureau.post(f"/services/{service.uid}/revise/").status_code == 302
    assert sign_in("stranger").get("/services/new/").status_code == 403


def test_what_may_not_be_shared_is_not_offered(city: City, sign_in: Any) -> None:
    closed = an_entry(city.units["police"], name="反恐人员信息", share_type="3")
    page = text_of(sign_in("bureau", "zh-hans").get("/services/new/"))
    assert "反恐人员信息" not in page
    posted = {"sid": "jn-x", "name": "x", "shape": "query", "row_cap": "5", "field-street": "on"}
    posted |= {"role-citizen_id": "search", "max-citizen_id": "18", "example-citizen_id": NOBODY}
    page = text_of(sign_in("bureau").post(f"/services/new/{closed.uid}/", posted), 409)
    assert "may not be shared" in page


def test_withdrawing_asks_why(city: City, sign_in: Any, django_capture_on_commit_callbacks: Any) -> None:
    service = a_service(city)
    bureau = sign_in("bureau")
    path = f"{service.get_absolute_url()}withdraw/"
    assert bureau.post(path, {"reason": " "}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        assert bureau.post(path, {"reason": "条目已停用"}).status_code == 302
    service.refresh_from_db()
    assert service.state == "withdrawn"


def test_a_secret_is_shown_once(city: City, sign_in: Any) -> None:
    browser = sign_in("developer")
    unit = city.units["labour"]
    answer = browser.post("/services/applications/new/", {"unit": unit.uid, "name": "社保认证"})
    page = text_of(answer)
    assert answer.headers["cache-control"] == "no-store"
    consumer = Consumer.objects.get()
    (secret,) = re.findall(r'id="secret">([^<]+)<', page)
    assert consumer.rid in page
    assert len(secret) > 30
    for path in (
        consumer.get_absolute_url(),
        "/services/applications/",
        f"/api/v1/services/applications/{consumer.uid}",
    ):
        assert secret not in text_of(browser.get(path))
    (second,) = re.findall(r'id="secret">([^<]+)<', text_of(browser.post(f"{consumer.get_absolute_url()}rotate/")))
    assert second != secret
    assert consumer.keys.count() == 2
    assert browser.get(f"{consumer.get_absolute_url()}rotate/").status_code == 405


def test_an_application_is_its_unit_s_own(city: City, sign_in: Any, django_capture_on_commit_callbacks: Any) -> None:
    consumer, _secret = an_application(city)
    grant = a_grant(consumer, a_service(city))
    stranger = sign_in("stranger")
    for path in (consumer.get_absolute_url(), grant.get_absolute_url()):
        assert stranger.get(path).status_code == 404
    assert "养老待遇资格认证" not in text_of(stranger.get("/services/applications/"))
    assert stranger.post(f"{consumer.get_absolute_url()}stop/").status_code == 404
    page = text_of(stranger.get("/services/applications/new/"))
    assert city.units["labour"].uid not in page
    posted = {"unit": city.units["labour"].uid, "name": "x"}
    assert stranger.post("/services/applications/new/", posted).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        assert sign_in("developer").post(f"{consumer.get_absolute_url()}stop/").status_code == 302
    page = text_of(sign_in("developer").get(consumer.get_absolute_url()))
    assert "Switched off" in page
    assert "New secret" not in page


def test_grants_are_seen_by_both_sides_and_revoked_with_a_reason(
    city: City, sign_in: Any, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    consumer, _secret = an_application(city)
    grant = a_grant(consumer, a_service(city))
    for who in ("developer", "steward", "auditor"):
        assert "Registered resident query" in text_of(sign_in(who).get("/services/grants/?state=active"))
    page = text_of(sign_in("developer").get(grant.get_absolute_url()))
    assert "养老待遇资格认证" in page
    assert "Revoke" not in page
    path = f"{grant.get_absolute_url()}revoke/"
    assert sign_in("developer").post(path, {"reason": "x", "sure": "on"}).status_code == 403
    steward = sign_in("steward")
    assert "Tick this to confirm." in text_of(steward.post(path, {"reason": "用途变更"}), 422)
    with django_capture_on_commit_callbacks(execute=True):
        assert steward.post(path, {"reason": "用途变更", "sure": "on"}).status_code == 302
    assert grant.uid in (settings.QUANSHU_GATEWAY_DIR / "revocations.jsonl").read_text()
    assert "用途变更" in text_of(steward.get(grant.get_absolute_url()))
    assert "Registered resident query" not in text_of(steward.get("/services/grants/?state=active"))
    assert steward.post(path, {"reason": "again", "sure": "on"}).status_code == 409


def test_trying_calls_through_the_gateway(city: City, sign_in: Any, settings: Any, tmp_path: Path) -> None:
    service = a_service(city)
    consumer, secret = an_application(city)
    a_grant(consumer, service)
    path = service.get_absolute_url()
    assert "holds a grant for this service" in text_of(sign_in("stranger").get(path))
    browser = sign_in("developer")
    with a_gateway(settings, tmp_path, now()) as gateway:
        asked = {"p-citizen_id": PERSON, "case_number": "济人社〔2026〕17号"}
        answer = text_of(browser.post(path, asked, headers={"HX-Request": "true"}))
        assert "<html" not in answer
        found = json.loads(re.findall(r"<pre[^>]*>(.*?)</pre>", answer, re.DOTALL)[0].replace("&quot;", '"'))
        assert found["data"] == [{"name": "张**", "street": "千佛山街道"}]
        assert found["receipt_id"] in answer
        whole = text_of(browser.post(path, {"p-citizen_id": "1"}))
        assert "gateway.bad_parameter" in whole
        assert "<html" in whole
        assert "gateway.bad_parameter" in text_of(browser.post(path, {}))
        assert text_of(sign_in("stranger").post(path, asked)).count("No application of your unit holds a grant")
        with GatewayClient(gateway.url, consumer.rid, secret) as client:
            assert client.call(service.sid, {"citizen_id": PERSON}).ok
    assert "The gateway does not answer" in text_of(browser.post(path, asked))
    assert carry_receipts(now()) == 4
    check_calls(sign_in, found["receipt_id"])


def check_calls(sign_in: Any, receipt_id: str) -> None:
    """Calls are listed for both sides, found by receipt, filtered, exported."""
    browser = sign_in("developer")
    page = text_of(browser.get("/services/calls/"))
    assert page.count("/services/calls/0") == 4
    page = text_of(browser.get(f"/services/calls/?q={receipt_id}"))
    assert page.count("/services/calls/0") == 1
    assert text_of(browser.get("/services/calls/?outcome=refused")).count("/services/calls/0") == 2
    today = f"{now():%Y-%m-%d}"
    assert browser.get(f"/services/calls/?from={today}&sort=-took").status_code == 200
    export = b"".join(browser.get("/services/calls/?export=csv")).decode("utf-8-sig")
    assert receipt_id in export
    assert PERSON not in export
    page = text_of(browser.get(f"/services/calls/{receipt_id}/"))
    assert "济人社〔2026〕17号" in page
    assert "citizen_id" in page
    assert PERSON not in page
    assert text_of(sign_in("steward").get("/services/calls/")).count("/services/calls/0") == 4
    assert sign_in("stranger").get(f"/services/calls/{receipt_id}/").status_code == 404
    assert Exchange.objects.count() == 4


def test_the_api(city: City, sign_in: Any, django_capture_on_commit_callbacks: Any) -> None:
    bureau, developer = sign_in("bureau"), sign_in("developer")
    body = {
        "entry_uid": city.entry.uid,
        "sid": "jn-ga-api",
        "name": "接口建立的服务",
        "shape": "query",
        "parameters": [{"name": "citizen_id", "example": NOBODY, "max_length": 18}],
        "answer_fields": [{"name": "street"}],
    }

    def post(browser: Any, path: str, body: Any = None) -> Any:
        return browser.post(f"/api/v1/services/{path}", body or {}, content_type="application/json")

    assert post(developer, "services", body).status_code == 403
    bad = post(bureau, "services", body | {"answer_fields": [{"name": "informant"}]})
    assert bad.status_code == 422
    assert bad.json()["code"] == "kernel.field_errors"
    made = post(bureau, "services", body)
    assert made.status_code == 201, made.content
    uid = made.json()["uid"]
    assess(Service.objects.get(uid=uid))
    assert post(bureau, f"services/{uid}/publish").json()["state"] == "published"
    from quanshu.sharing.services.api import serve_entry

    serve_entry(city.entry.uid, now())
    listed = developer.get("/api/v1/services/services?q=jn-ga").json()
    assert [row["sid"] for row in listed["items"]] == ["jn-ga-api"]
    one = developer.get(f"/api/v1/services/services/{uid}").json()
    assert one["spec"]["fields"][0]["name"] == "street"
    assert developer.get(f"/api/v1/services/services/{uid}/openapi").json()["openapi"] == "3.1.0"
    application = post(developer, "applications", {"unit_uid": city.units["labour"].uid, "name": "社保"})
    assert application.status_code == 201
    assert application.json()["secret"]
    grant = {
        "consumer_uid": application.json()["uid"],
        "service_uid": uid,
        "granted_fields": ["street"],
        "purpose": "待遇资格认证",
        "rate_per_minute": 60,
        "valid_until": "2099-01-01T00:00:00+08:00",
    }
    assert post(developer, "grants", grant).status_code == 403
    assert post(bureau, "grants", grant | {"valid_until": "2099-01-01T00:00:00"}).status_code == 422
    made = post(bureau, "grants", grant)
    assert made.status_code == 201, made.content
    assert developer.get("/api/v1/services/grants").json()["total"] == 1
    assert sign_in("stranger").get("/api/v1/services/grants").json()["total"] == 0
    with django_capture_on_commit_callbacks(execute=True):
        revoked = post(bureau, f"grants/{made.json()['uid']}/revoke", {"reason": "测试结束"})
    assert revoked.json()["revoke_reason"] == "测试结束"
    assert Grant.objects.get().revoked_at is not None
    assert developer.get("/api/v1/services/exchanges").json()["total"] == 0
    assert developer.get("/api/v1/services/exchanges/none").status_code == 404
    assert post(bureau, f"services/{uid}/revise").json()["version"] == 2
