"""Clause 2.6.1: one channel, and on it every caller known by its own key, way of signing and certificate."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from quanshu.gateway.client import Answer, GatewayClient
from quanshu.gateway.signing import sign_headers
from quanshu.kernel.ciphers import suite
from quanshu.kernel.clock import now
from quanshu.shared.notify.api import Notice
from quanshu.sharing.keys.api import warn_expiring
from quanshu.sharing.services.api import Consumer, Exchange, Service, carry_receipts, publish_snapshot
from support_services import (
    PERSON,
    City,
    a_city,
    a_gateway,
    a_grant,
    a_service,
    an_account,
    an_application,
    use_folders,
)
from support_tls import pem_pair

PAIRS = {"ed25519": suite("intl").generate_key_pair(), "sm2": suite("gm").generate_key_pair()}


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    settings.QUANSHU_GATEWAY_URL = "http://gateway.invalid"
    return a_city()


def browser_of(city: City, who: str) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(city.accounts[who])
    return browser


def send(browser: Client, method: str, path: str, body: dict[str, Any]) -> Any:
    """A JSON request to the platform's API."""
    return getattr(browser, method)(f"/api/v1/keys/{path}", json.dumps(body), content_type="application/json")


def register(city: City, consumer: Consumer, scheme: str) -> str:
    """A developer registers the public part over the API; the key's id."""
    public = "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n"
    prefix = {"ed25519": "302a300506032b6570032100", "sm2": "3059301306072a8648ce3d020106082a811ccf5501822d03420004"}
    der = bytes.fromhex(prefix[scheme]) + PAIRS[scheme].public
    body = {"scheme": scheme, "public_key": public.format(base64.b64encode(der).decode())}
    made = send(browser_of(city, "developer"), "post", f"{consumer.uid}/keys", body)
    assert made.status_code == 201, made.content
    return str(made.json()["kid"])


def sign_by(city: City, consumer: Consumer, *profiles: str, fingerprints: tuple[str, ...] = ()) -> None:
    """The developer sets how the application signs; the gateway follows within a second."""
    body = {"profiles": list(profiles), "fingerprints": list(fingerprints)}
    assert send(browser_of(city, "developer"), "put", f"{consumer.uid}/signing", body).status_code == 200
    publish_snapshot(now())
    time.sleep(0.6)


def ask(url: str, service: Service, consumer: Consumer, key: str, profile: str, kid: str = "k1") -> Answer:
    """One call."""
    with GatewayClient(url, consumer.rid, key, profile=profile, kid=kid) as client:
        return client.call(service.sid, {"citizen_id": PERSON}, case_number="2026-7")


def test_a_call_counts_only_by_the_registered_way_and_key(city: City, settings: Any, tmp_path: Path) -> None:
    """Ed25519, SM2, two steps and HMAC; by any other way, or with another's key, it is refused and said why."""
    service = a_service(city)
    consumer, secret = an_application(city)
    a_grant(consumer, service)
    kids = {scheme: register(city, consumer, scheme) for scheme in PAIRS}
    keys = {
        "convention": (secret, "k1"),
        "convention-two-step": (secret, "k1"),
        "rfc9421-hmac": (secret, "k1"),
        **{f"rfc9421-{scheme}": (pem_pair(scheme, pair), kids[scheme]) for scheme, pair in PAIRS.items()},
    }
    with a_gateway(settings, tmp_path, now()) as gateway:
        for profile, (key, kid) in keys.items():
            sign_by(city, consumer, profile)
            answer = ask(gateway.url, service, consumer, key, profile, kid)
            assert answer.ok, (profile, answer.body)
            for other, (another, its) in keys.items():
                if other != profile:
                    refused = ask(gateway.url, service, consumer, another, other, its)
                    assert (refused.status, refused.body["code"]) == (403, "gateway.wrong_profile"), (profile, other)
                    assert "签名方式" in refused.body["message"]
                    assert refused.body["remedy"]
        stolen = pem_pair("sm2", suite("gm").generate_key_pair())
        sign_by(city, consumer, "rfc9421-sm2")
        refused = ask(gateway.url, service, consumer, stolen, "rfc9421-sm2", kids["sm2"])
        assert refused.body["code"] == "gateway.bad_http_signature"
        assert not refused.receipt_id
    carry_receipts(now())
    call = Exchange.objects.get(receipt_id=answer.receipt_id)
    assert (call.scheme, call.kid, call.case_number) == (profile, kid, "2026-7")
    refusals = Exchange.objects.filter(consumer=consumer, outcome="gateway.wrong_profile")
    assert refusals.exists(), "a refusal of a rightly signed call is on record"


def test_a_key_gives_way_with_overlap_and_ends_at_once(
    city: City, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    """Two keys hold at once; the old one ends by a button, and is refused within a second."""
    service = a_service(city)
    consumer, first = an_application(city)
    a_grant(consumer, service)
    browser = browser_of(city, "developer")
    body = {"ends_at": (now() + timedelta(days=2)).isoformat()}
    second = send(browser, "post", f"{consumer.uid}/secret", body).json()["secret"]
    with a_gateway(settings, tmp_path, now()) as gateway:
        for secret in (first, second):
            assert ask(gateway.url, service, consumer, secret, "convention").ok
        with django_capture_on_commit_callbacks(execute=True):
            assert browser.post(f"/keys/{consumer.uid}/k1/end/").status_code == 302
        began = time.monotonic()
        while ask(gateway.url, service, consumer, first, "convention").ok:
            assert time.monotonic() - began < 1
        assert ask(gateway.url, service, consumer, second, "convention").ok
    carry_receipts(now())
    page = browser.get(f"/keys/{consumer.uid}/k2/").content.decode()
    assert "Last used" in page
    assert "Not yet" not in page


def test_an_application_bound_to_a_certificate_calls_with_no_other(
    city: City, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the proxy before the gateway tells it; what a caller says of itself counts for nothing."""
    service = a_service(city)
    consumer, secret = an_application(city)
    a_grant(consumer, service)
    mine, another = "a1" * 32, "b2" * 32
    sign_by(city, consumer, "convention", fingerprints=(mine,))

    def call(url: str, mark: str) -> str:
        headers = sign_headers(consumer.rid, service.sid, secret, time.time_ns() // 1_000_000)
        named = {"X-Client-Cert-Fingerprint": mark} if mark else {}
        answer = httpx.post(
            f"{url}/s/{service.sid}", json={"citizen_id": PERSON}, headers=headers | named, trust_env=False
        )
        return str(answer.json()["code"])

    with a_gateway(settings, tmp_path, now()) as gateway:
        assert call(gateway.url, mine) == "gateway.certificate_required", "no proxy is trusted here"
    monkeypatch.setenv("QUANSHU_GATEWAY_TRUSTED_PROXIES", "127.0.0.1")
    with a_gateway(settings, tmp_path, now()) as gateway:
        assert call(gateway.url, mine) == "ok"
        assert call(gateway.url, another) == "gateway.wrong_certificate"
        assert call(gateway.url, "") == "gateway.certificate_required"
    assert carry_receipts(now()) == 4


def test_a_unit_is_told_before_its_key_ends(city: City) -> None:
    """At 60, 30 and 7 days, in the notices, on the list of whoever may replace the key, and on the key's page."""
    city.accounts["labour"] = an_account(city.units["labour"], "labour", "人社数据专管员", "steward")
    consumer, _secret = an_application(city)
    end = consumer.keys.get().not_after
    for days in (60, 30, 7):
        assert warn_expiring(end - timedelta(days=days)) == 1
    steward = city.accounts["labour"]
    assert Notice.objects.filter(recipient_uid=steward.uid, subject__contains=consumer.name).count() == 3
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(steward)
    page = browser.get(f"/keys/{consumer.uid}/k1/").content.decode()
    for days in (60, 30, 7):
        assert f"{days} days before its end" in page
    manager = Client(headers={"accept-language": "en"})
    manager.force_login(city.accounts["developer"])
    assert consumer.name in manager.get("/todo/").content.decode(), "whoever may replace the key has it to do"
