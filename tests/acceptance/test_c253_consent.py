"""Clause 2.5.3: data of people and enterprises by their own consent, checked at each call, shown, and withdrawn."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as django_settings
from django.test import Client

from quanshu.gateway.client import Answer, GatewayClient
from quanshu.kernel import sd_jwt
from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit.api import AuditEntry, history
from quanshu.shared.notify.api import Notice
from quanshu.shared.outbox.api import dispatch
from quanshu.sharing.consent.api import Consent, ConsentUse, issuer_jwk
from quanshu.sharing.consent.services import feed_waiting
from quanshu.sharing.services.api import (
    Consumer,
    Exchange,
    Grant,
    Service,
    carry_receipts,
    publish_snapshot,
    revoke_grant,
)
from support_consent import (
    CHILD,
    OTHER,
    PERSON,
    PURPOSE,
    VERIFIED,
    a_city_of_valid_numbers,
    a_consent,
    a_mandate,
    a_person,
    a_receiver,
    a_request,
    consenting_city,
    presented,
    signed_in,
)
from support_services import (
    NOBODY,
    City,
    a_gateway,
    a_grant,
    a_service,
    an_application,
    assess,
    use_folders,
)

NODE = django_settings.QUANSHU_NODE_NAME


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    return a_city_of_valid_numbers()


def browser_of(city: City, who: str, language: str = "en") -> Client:
    browser = Client(headers={"accept-language": language})
    browser.force_login(city.accounts[who])
    return browser


@dataclass
class Open:
    """A gateway under way, and a receiver that calls it."""

    client: GatewayClient
    service: Service
    consumer: Consumer
    secret: str
    grant: Grant
    url: str

    def call(self, consent: str = "", number: str = PERSON, **more: Any) -> Answer:
        return self.client.call(self.service.sid, {"citizen_id": number}, consent=consent or None, **more)

    def code(self, consent: str = "", number: str = PERSON, **more: Any) -> str:
        return str(self.call(consent, number, **more).body["code"])

    def until(self, code: str, consent: str, **more: Any) -> float:
        """Seconds until a call has this outcome."""
        began = time.monotonic()
        while self.code(consent, **more) != code:
            assert time.monotonic() - began < 3, self.code(consent, **more)
            time.sleep(0.02)
        return time.monotonic() - began


def known(client: GatewayClient, sid: str, consent: str) -> Answer:
    """An application's call once the gateway has taken up that there is such an application."""
    began = time.monotonic()
    while True:
        answer = client.call(sid, {"citizen_id": PERSON}, consent=consent)
        if answer.body["code"] != "gateway.unknown_client" or time.monotonic() - began > 3:
            return answer
        time.sleep(0.02)


@pytest.fixture
def opened(city: City, settings: Any, tmp_path: Path) -> Iterator[Open]:
    service, consumer, secret, grant = consenting_city(city)
    with (
        a_gateway(settings, tmp_path, now()) as gateway,
        GatewayClient(gateway.url, consumer.rid, secret) as client,
    ):
        yield Open(client, service, consumer, secret, grant, gateway.url)


def carried() -> None:
    """What the worker does within a second: receipts, then the events they make."""
    carry_receipts(now())
    while dispatch(now()):
        pass


def test_from_request_to_withdrawal(city: City, opened: Open, django_capture_on_commit_callbacks: Any) -> None:
    """Asked on a page, granted in part by the resident, used, shown, withdrawn: each through HTTP."""
    developer, resident = browser_of(city, "developer"), a_person()
    assert opened.code() == "gateway.consent_required"
    page = developer.get("/consent/new/").content.decode()
    assert opened.grant.uid in page
    form = {"number": PERSON, "fields_asked": ["name", "street"], "legal_basis": "《民法典》第六百六十九条",
            "starts_on": now().date().isoformat(), "ends_on": (now() + timedelta(days=9)).date().isoformat(),
            "retention_days": "30", "most_uses": "5", "case_number": "LOAN-7"}  # fmt: skip
    asked = developer.post(f"/consent/new/{opened.grant.uid}/", form)
    assert asked.status_code == 302, asked.content.decode()
    consent = Consent.objects.get()
    shown = developer.get(asked["Location"]).content.decode()
    assert "LOAN-7" in shown
    assert PERSON not in shown
    assert "张三丰" not in shown
    assert opened.code(consent.uid) == "gateway.consent_unknown"

    phone = signed_in(resident)
    waiting = phone.get("/consent/mine/").content.decode()
    assert "Jinan Human Resources Bureau" in waiting
    own = phone.get(f"/consent/mine/{consent.uid}/").content.decode()
    assert PURPOSE in own
    assert "delete" in own
    chinese = signed_in(resident, "zh-hans").get(f"/consent/mine/{consent.uid}/").content.decode()
    assert "济南市人力资源和社会保障局" in chinese
    assert "随时" in chinese
    less = {"fields_given": ["name"], "ends_on": form["ends_on"], "most_uses": "3", "understood": "on"}
    with django_capture_on_commit_callbacks(execute=True):
        assert phone.post(f"/consent/mine/{consent.uid}/grant/", less).status_code == 302
    assert Notice.objects.filter(recipient_uid=city.accounts["developer"].uid).count() == 1

    assert opened.until("ok", consent.uid) < 1
    answer = opened.call(consent.uid, case_number="LOAN-7")
    assert answer.body["data"] == [{"name": "张**"}]
    assert opened.code(consent.uid, fields=["street"]) == "gateway.consent_fields"
    carried()
    call = Exchange.objects.get(receipt_id=answer.receipt_id)
    assert call.consent_uid == consent.uid
    assert history("services.exchange", answer.receipt_id)[0].details["consent"] == consent.uid
    uses = phone.get(f"/consent/mine/{consent.uid}/").content.decode()
    for told in ("济南市人力资源和社会保障局", PURPOSE, "LOAN-7", answer.receipt_id):
        assert told in uses

    with django_capture_on_commit_callbacks(execute=True):
        assert phone.post(f"/consent/mine/{consent.uid}/revoke/", {}).status_code == 302
    assert opened.until("gateway.consent_withdrawn", consent.uid) < 1
    assert "withdrawn" in developer.get("/consent/").content.decode().lower()
    assert Notice.objects.filter(recipient_uid=city.accounts["developer"].uid).count() == 2
    kept = json.dumps(list(AuditEntry.objects.values_list("details", "label")), default=str, ensure_ascii=False)
    assert PERSON not in kept
    assert "张三丰" not in kept


def test_each_wrong_consent_is_refused_by_its_name(city: City, opened: Open) -> None:
    """Withdrawn, expired, not yet begun, over-used, wrong receiver, service, subject, purpose, fields, forged."""
    consent = a_consent(city, opened.grant)
    later = a_consent(city, opened.grant, fields=("born",), starts_at=now() + timedelta(days=1))
    short = a_consent(city, opened.grant, fields=("born", "name"), ends_at=now() + timedelta(seconds=2))
    other = a_consent(city, opened.grant, number=OTHER)
    once = a_consent(city, opened.grant, fields=("name", "born", "street"), most_uses=1)
    verify = a_service(city, VERIFIED)
    elsewhere = a_consent(city, a_grant(opened.consumer, verify, ("name",), purpose=PURPOSE), fields=("name",))
    stranger, stranger_secret = an_application(city, "civil", "无授权应用")
    a_grant(stranger, opened.service, ("name", "street"), purpose=PURPOSE)
    publish_snapshot(now())
    feed_waiting(now())
    assert opened.until("ok", consent.uid) < 1
    assert opened.code(other.uid) == "gateway.consent_wrong_subject"
    assert opened.code(other.uid, OTHER) == "ok"
    assert opened.code(elsewhere.uid) == "gateway.consent_wrong_service"
    assert opened.code(later.uid) == "gateway.consent_not_yet"
    assert opened.code("no such consent") == "gateway.consent_unknown"
    assert opened.code(consent.uid, fields=["born"]) == "gateway.consent_fields"
    assert opened.code(once.uid) == "ok"
    assert opened.code(once.uid) == "gateway.consent_used_up"
    with GatewayClient(opened.url, stranger.rid, stranger_secret) as client:
        refused = known(client, opened.service.sid, consent.uid)
        assert refused.body["code"] == "gateway.consent_wrong_receiver"
    batch = opened.client.call_batch(opened.service.sid, [{"citizen_id": PERSON}])
    assert batch.body["code"] == "gateway.consent_no_batch"
    assert opened.until("gateway.consent_expired", short.uid) < 3
    carried()
    once.refresh_from_db()
    assert (once.state, once.uses) == ("used_up", 1)
    assert ConsentUse.objects.get(receipt_id=refused.receipt_id).answered is False
    revoke_grant(actor=SYSTEM, grant=opened.grant, reason="用途变更", now=now())
    a_grant(opened.consumer, opened.service, ("name", "street"), purpose="营销")
    publish_snapshot(now())
    assert opened.until("gateway.consent_wrong_purpose", consent.uid) < 1


def test_tokens_with_proofs(city: City, opened: Open) -> None:
    """The SD-JWT is taken with a proof by the application's key; replayed, forged and borrowed ones are refused."""
    consent = a_consent(city, opened.grant)
    feed_waiting(now())
    opened.until("ok", consent.uid)
    text = presented(consent, node=NODE)
    assert opened.code(text) == "ok"
    assert opened.code(text) == "gateway.consent_replayed"
    part = opened.call(presented(consent, node=NODE, show=("street",)))
    assert part.body["data"] == [{"street": "千佛山街道"}]
    assert opened.code(presented(consent, node=NODE, show=("street",)), fields=["name"]) == "gateway.consent_fields"
    stranger = Ed25519PrivateKey.generate()
    for bad in (
        consent.token,
        presented(consent, node=NODE, key=stranger),
        presented(consent, node="elsewhere"),
        presented(consent, node=NODE, sid="another"),
        presented(consent, node=NODE, at=now() - timedelta(minutes=10)),
    ):
        assert opened.code(bad) == "gateway.consent_bad_proof"
    claims = sd_jwt.verify(consent.token, issuer=sd_jwt.public_key(issuer_jwk()), now=now()).claims
    forged = sd_jwt.issue({**claims, "fields": ["name", "born"]}, key=stranger, kid=issuer_jwk()["kid"])
    assert opened.code(forged.text) == "gateway.consent_forged"
    assert PERSON not in json.dumps(claims)


def test_uses_a_day_and_a_restart(city: City, opened: Open, settings: Any, tmp_path: Path) -> None:
    """Uses a day are bounded, and what was used is not forgotten when the gateway ends."""
    daily = a_consent(city, opened.grant, per_day=2)
    twice = a_consent(city, opened.grant, fields=("born",), most_uses=2)
    feed_waiting(now())
    opened.until("ok", daily.uid)
    assert opened.code(daily.uid) == "ok"
    refused = opened.call(daily.uid)
    assert (refused.status, refused.body["code"]) == (429, "gateway.consent_too_often")
    assert opened.code(twice.uid) == "ok"
    with (
        a_gateway(settings, tmp_path, now()) as gateway,
        GatewayClient(gateway.url, opened.consumer.rid, opened.secret) as client,
    ):
        codes = [client.call(opened.service.sid, {"citizen_id": PERSON}, consent=twice.uid).body["code"] for _ in "ab"]
    assert codes == ["ok", "gateway.consent_used_up"]


def test_who_decides(city: City, opened: Open) -> None:
    """A guardian for a child, a representative for an enterprise, nobody else; what is not theirs is not found."""
    child_request = a_request(city, opened.grant, number=CHILD)
    child, parent, other = child_request.subject, a_person(), a_person(OTHER, "李四")
    address = f"/api/v1/my/consent/{child_request.uid}"
    refused = signed_in(child).post(f"{address}/grant", "{}", content_type="application/json")
    assert refused.json()["code"] == "consent.guardian_needed"
    assert signed_in(parent).get(address).status_code == 404
    a_mandate(parent, child)
    granted = signed_in(parent).post(f"{address}/grant", '{"fields_given": ["name"]}', content_type="application/json")
    assert (granted.status_code, granted.json()["state"], granted.json()["decided_as"]) == (200, "granted", "guardian")
    assert signed_in(other).get(address).status_code == 404
    assert signed_in(other).post(f"{address}/revoke", "{}", content_type="application/json").status_code == 404
    assert browser_of(city, "stranger").get(f"/consent/{child_request.uid}/").status_code == 404
    assert browser_of(city, "developer").get("/api/v1/my/consent/").status_code == 401
    more = signed_in(parent).post(f"{address}/grant", "{}", content_type="application/json")
    assert more.status_code == 409


def test_a_sensitive_service_needs_a_ground(city: City) -> None:
    """Neither page nor API publishes a service that tells of personal data without consent or a law."""
    bureau = browser_of(city, "bureau")
    body: dict[str, Any] = {
        "entry_uid": city.entry.uid, "sid": "jn-ga-bare", "name": "无依据", "shape": "query",
        "parameters": [{"name": "citizen_id", "example": NOBODY, "max_length": 18}],
        "answer_fields": [{"name": "name"}],
    }  # fmt: skip
    made = bureau.post("/api/v1/services/services", body, content_type="application/json").json()
    publish = f"/api/v1/services/services/{made['uid']}/publish"
    refused = bureau.post(publish, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "services.ground_missing")
    review = bureau.get(f"/services/{made['uid']}/review/").content.decode()
    assert "Sensitive items are told without a ground" in review
    for ground, field in (
        ({"consent_mode": "statutory"}, "statutory_basis"),
        ({"consent_mode": "consent", "consent_parameter": "name"}, "consent_parameter"),
        ({"consent_mode": "whim"}, "consent_mode"),
    ):
        wrong = bureau.put(f"/api/v1/services/services/{made['uid']}", body | ground, content_type="application/json")
        assert wrong.status_code == 422
        assert [row["field"] for row in wrong.json()["errors"]] == [field]
    ground = {"consent_mode": "statutory", "statutory_basis": "《居民身份证法》第十五条"}
    right = bureau.put(f"/api/v1/services/services/{made['uid']}", body | ground, content_type="application/json")
    assert right.status_code == 200
    assess(Service.objects.get(uid=made["uid"]))
    assert bureau.post(publish, content_type="application/json").status_code == 200
    Service.objects.filter(uid=made["uid"]).update(consent_mode="none", served_version=1)
    assert "jn-ga-bare" in bureau.get("/services/?ground=lacking").content.decode()


def test_a_display_order_delays_and_then_shows(city: City, opened: Open) -> None:
    """A use is hidden only by a recorded order, with its law and end, and shown when it has ended."""
    consent = a_consent(city, opened.grant)
    feed_waiting(now())
    resident, bureau = signed_in(consent.subject), browser_of(city, "bureau")
    today, later = now().date().isoformat(), (now() + timedelta(days=5)).date().isoformat()
    form = {
        "authority": "济南市公安局",
        "number": "济公协查〔2026〕7号",
        "basis": "",
        "starts_on": today,
        "ends_on": later,
    }
    address = f"/consent/{consent.uid}/order/"
    assert bureau.post(address, form).status_code == 422
    made = bureau.post(address, form | {"basis": "《刑事诉讼法》第五十四条"})
    assert made.status_code == 302
    opened.until("ok", consent.uid)
    answer = opened.call(consent.uid, case_number="XZ-1")
    carried()
    page = f"/consent/mine/{consent.uid}/"
    assert answer.receipt_id not in resident.get(page).content.decode()
    assert answer.receipt_id not in resident.get(f"/api/v1/my/consent/{consent.uid}").content.decode()
    assert "第五十四条" in browser_of(city, "auditor").get("/consent/orders/").content.decode()
    assert browser_of(city, "developer").get("/consent/orders/").status_code == 403
    assert bureau.post(f"{made['Location']}end/").status_code == 302
    assert answer.receipt_id in resident.get(page).content.decode()
    assert bureau.post(f"{made['Location']}end/").status_code == 302
    assert "already ended" in bureau.get(made["Location"]).content.decode()


def test_verification_by_consent_and_status_lists(city: City, settings: Any, tmp_path: Path) -> None:
    """A verification compares only what was consented to; anyone may fetch the status of a token."""
    service = a_service(city, VERIFIED)
    consumer, secret, grant = a_receiver(city, service)
    consent = a_consent(city, grant, fields=("name",))
    feed_waiting(now())
    with (
        a_gateway(settings, tmp_path, now()) as gateway,
        GatewayClient(gateway.url, consumer.rid, secret) as client,
    ):
        asked = {"citizen_id": PERSON, "name": "张三丰"}
        assert client.call(service.sid, asked).body["code"] == "gateway.consent_required"
        assert client.call(service.sid, asked, consent=consent.uid).body["result"] == "match"
    key = Client().get("/consent/keys/").json()["keys"][0]
    issuer = sd_jwt.public_key(key)
    claims = sd_jwt.verify(consent.token, issuer=issuer, now=now()).claims
    named = claims["status"]["status_list"]

    def status() -> int:
        text = Client().get(f"/consent/status/{consent.status_list}/").content.decode()
        return sd_jwt.read_status(text, issuer=issuer, uri=named["uri"], now=now())[named["idx"]]

    assert status() == sd_jwt.Status.VALID
    resident = signed_in(consent.subject)
    address = f"/api/v1/my/consent/{consent.uid}/revoke"
    assert resident.post(address, "{}", content_type="application/json").status_code == 200
    assert status() == sd_jwt.Status.INVALID


def test_asking_and_narrowing_by_api(city: City, opened: Open) -> None:
    """Wrong requests name field and fault; nobody grants more than was asked, and nobody asks twice."""
    developer = browser_of(city, "developer")
    body: dict[str, Any] = {
        "grant_uid": opened.grant.uid, "number": PERSON, "fields_asked": ["name"], "legal_basis": "合同",
        "retention_days": 1, "starts_at": now().isoformat(), "ends_at": (now() + timedelta(days=3)).isoformat(),
    }  # fmt: skip
    for change, field in (
        ({"number": f"{PERSON[:-1]}{(int(PERSON[-1]) + 1) % 10 if PERSON[-1].isdigit() else 1}"}, "number"),
        ({"fields_asked": ["informant"]}, "fields"),
        ({"legal_basis": " "}, "legal_basis"),
        ({"ends_at": (now() - timedelta(days=3)).isoformat()}, "ends_at"),
        ({"most_uses": 0}, "most_uses"),
        ({"kind": "enterprise"}, "kind"),
    ):
        wrong = developer.post("/api/v1/consent/requests", body | change, content_type="application/json")
        assert wrong.status_code == 422, (change, wrong.content)
        assert field in [row["field"] for row in wrong.json()["errors"]]
    made = developer.post("/api/v1/consent/requests", body, content_type="application/json")
    assert made.status_code == 201
    assert PERSON not in made.content.decode()
    again = developer.post("/api/v1/consent/requests", body, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "consent.asked_already")
    consent = Consent.objects.get(uid=made.json()["uid"])
    resident = signed_in(consent.subject)
    for change in ({"fields_given": ["name", "born"]}, {"fields_given": []}, {"ends_at": "2099-01-01T00:00:00+08:00"}):
        wrong = resident.post(
            f"/api/v1/my/consent/{consent.uid}/grant", json.dumps(change), content_type="application/json"
        )
        assert wrong.status_code == 422, change
    refused = resident.post(f"/consent/mine/{consent.uid}/refuse/", {"reason": "不需要"})
    assert refused.status_code == 302
    told = developer.get(f"/api/v1/consent/requests/{consent.uid}").json()
    assert (told["state"], told["use_rows"]) == ("refused", [])
