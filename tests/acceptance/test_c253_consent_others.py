"""Clause 2.5.3: who consents for an enterprise and for a child, through HTTP and a real gateway."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quanshu.gateway.client import GatewayClient
from quanshu.kernel.clock import freeze, now
from quanshu.shared.notify.api import Notice
from quanshu.sharing.consent.api import Consent
from quanshu.sharing.consent.services import feed_waiting
from quanshu.sharing.services.api import Service
from quanshu.sharing.subjects.api import Mandate
from support_consent import (
    FIRM,
    OTHER,
    PERSON,
    PURPOSE,
    a_city_of_valid_numbers,
    a_firm_service,
    a_mandate,
    a_number,
    a_person,
    consenting_city,
    signed_in,
)
from support_services import City, a_gateway, a_grant, an_application, use_folders

JSON = "application/json"
PROOF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@dataclass
class Receiver:
    """An application that asks and calls."""

    city: City
    service: Service
    grant_uid: str
    client: GatewayClient
    fields: tuple[str, ...]
    key: str

    def ask(self, number: str, **changes: Any) -> str:
        """Asked over the API; the consent's uid."""
        body: dict[str, Any] = {
            "grant_uid": self.grant_uid, "number": number, "fields_asked": list(self.fields),
            "kind": "enterprise" if self.key == "uscc" else "person", "legal_basis": "《征信业管理条例》第二十一条",
            "retention_days": 1, "starts_at": now().isoformat(), "ends_at": (now() + timedelta(days=700)).isoformat(),
        }  # fmt: skip
        browser = Client(headers={"accept-language": "en"})
        browser.force_login(self.city.accounts["developer"])
        made = browser.post("/api/v1/consent/requests", {**body, **changes}, content_type=JSON)
        assert made.status_code == 201, made.content
        return str(made.json()["uid"])

    def code(self, uid: str, number: str) -> str:
        """What a call under the consent is answered with, once gateways have been told."""
        feed_waiting(now())
        return str(self.client.call(self.service.sid, {self.key: number}, consent=uid).body["code"])

    def withdrawn(self, uid: str, number: str) -> bool:
        """Whether the gateway refuses it within a second."""
        began = time.monotonic()
        while (found := self.code(uid, number)) == "ok" and time.monotonic() - began < 1:
            time.sleep(0.02)
        return found == "gateway.consent_withdrawn"


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    settings.QUANSHU_FILES_DIR = tmp_path / "files"
    return a_city_of_valid_numbers()


@pytest.fixture
def lender(city: City, settings: Any, tmp_path: Path) -> Iterator[Receiver]:
    """A receiver of an enterprise's data."""
    service = a_firm_service(city)
    consumer, secret = an_application(city, name="企业融资系统")
    grant = a_grant(consumer, service, ("tax_grade",), purpose=PURPOSE)
    with a_gateway(settings, tmp_path, now()) as gateway, GatewayClient(gateway.url, consumer.rid, secret) as client:
        yield Receiver(city, service, grant.uid, client, ("tax_grade",), "uscc")


@pytest.fixture
def school(city: City, settings: Any, tmp_path: Path) -> Iterator[Receiver]:
    """A receiver of a person's data."""
    service, consumer, secret, grant = consenting_city(city)
    with a_gateway(settings, tmp_path, now()) as gateway, GatewayClient(gateway.url, consumer.rid, secret) as client:
        yield Receiver(city, service, grant.uid, client, ("name", "street"), "citizen_id")


def own(uid: str, step: str = "") -> str:
    return f"/api/v1/my/consent/{uid}{f'/{step}' if step else ''}"


def step(client: Client, uid: str, name: str, **body: Any) -> tuple[int, str]:
    """(status, code or state) of a step over the API."""
    answer = client.post(own(uid, name), json.dumps(body), content_type=JSON)
    told = answer.json()
    return answer.status_code, str(told.get("code") or told["state"])


def test_an_enterprise_consents_by_its_representative_or_a_delegate(city: City, lender: Receiver) -> None:
    """Who holds no mandate, or none for this, is refused; what a delegate granted stands after the mandate's end.

    《民法典》第一百六十二条: what an agent does within its authority binds the principal.
    《民法典》第一百七十三条: an authority that ends, ends for what comes after.
    So the consent stands, and the enterprise withdraws it when it likes.
    """
    firm, boss, clerk, delegate = (
        a_person(FIRM, "济南甲有限公司", "enterprise"), a_person(PERSON, "张三丰"), a_person(OTHER, "李四"),
        a_person(a_number("19910203"), "王五"),
    )  # fmt: skip
    a_mandate(boss, firm, "legal_representative")
    first = lender.ask(FIRM)
    assert sorted(Notice.objects.values_list("recipient_uid", flat=True)) == sorted([firm.uid, boss.uid])
    assert signed_in(clerk).get(own(first)).status_code == 404, "an employee without a mandate does not even see it"
    assert step(signed_in(clerk), first, "grant") == (404, "consent.not_found")
    assert step(signed_in(firm), first, "grant") == (403, "consent.representative_needed")
    page = signed_in(firm).get(f"/consent/mine/{first}/").content.decode()
    assert "legal representative or delegate decides" in page
    assert lender.code(first, FIRM) == "gateway.consent_unknown"
    assert step(signed_in(boss), first, "grant") == (200, "granted")
    assert Consent.objects.get(uid=first).decided_as == "legal_representative"
    assert lender.code(first, FIRM) == "ok"

    until = (now() + timedelta(days=30)).isoformat()
    given = {"number": a_number("19910203"), "name": "王五", "scope": ["view", "correct"], "until": until}
    made = signed_in(firm).post("/api/v1/my/account/delegations", given, content_type=JSON)
    assert made.status_code == 201, made.content
    assert step(signed_in(boss), first, "revoke") == (200, "revoked")
    second = lender.ask(FIRM)
    assert lender.withdrawn(first, FIRM)
    assert step(signed_in(delegate), second, "grant") == (403, "subjects.not_mandated"), "it may look, not consent"
    Mandate.objects.filter(agent=delegate).update(scope=["codes"])
    assert step(signed_in(delegate), second, "grant") == (404, "consent.not_found"), "it may not even look"
    Mandate.objects.filter(agent=delegate).update(scope=["view", "consent"])
    assert step(signed_in(delegate), second, "grant") == (200, "granted")
    assert Consent.objects.get(uid=second).decided_as == "delegate"
    assert lender.code(second, FIRM) == "ok"

    mandate = Mandate.objects.get(agent=delegate)
    ended = signed_in(firm).post(f"/api/v1/my/account/mandates/{mandate.uid}/end")
    assert (ended.status_code, ended.json()["state"]) == (200, "ended")
    assert step(signed_in(delegate), second, "revoke") == (404, "consent.not_found")
    assert lender.code(second, FIRM) == "ok", "granted within the authority, so it binds the enterprise"
    assert step(signed_in(boss), second, "revoke") == (200, "revoked")
    assert lender.withdrawn(second, FIRM)
    third = lender.ask(FIRM)
    assert step(signed_in(delegate), third, "grant") == (404, "consent.not_found")
    Mandate.objects.filter(agent=boss).update(valid_until=now() - timedelta(seconds=1))
    assert step(signed_in(boss), third, "grant") == (404, "consent.not_found"), "a representative who is one no more"


def test_a_guardian_consents_with_proof_until_the_ward_is_of_age(city: City, school: Receiver) -> None:
    """The proof is decided on by the bureau; at the ward's majority the guardian's power ends and the ward decides."""
    born = now() - timedelta(days=17 * 366)
    number = a_number(born.strftime("%Y%m%d"))
    parent = a_person(OTHER, "李四")
    uid = school.ask(number)
    ward = Consent.objects.get(uid=uid).subject
    asked = {"kind": "guardian", "number": number, "name": "李小", "relation": "mother"}
    browser = signed_in(parent)
    bare = browser.post("/api/v1/my/account/mandates", asked)
    assert (bare.status_code, bare.json()["errors"][0]["field"]) == (422, "evidence")
    proof = io.BytesIO(PROOF)
    proof.name = "birth.pdf"
    made = browser.post("/api/v1/my/account/mandates", {**asked, "evidence": proof})
    assert made.status_code == 201, made.content
    assert step(browser, uid, "grant") == (404, "consent.not_found"), "not before the proof is decided on"
    bureau = Client()
    bureau.force_login(city.accounts["bureau"])
    assert bureau.post(f"/api/v1/subjects/mandates/{made.json()['uid']}/approve").status_code == 200
    assert step(browser, uid, "grant", fields_given=["street"]) == (200, "granted")
    assert Consent.objects.get(uid=uid).decided_as == "guardian"
    assert school.code(uid, number) == "ok"
    mandate = Mandate.objects.get(agent=parent)
    assert mandate.valid_until is not None
    with freeze(mandate.valid_until + timedelta(minutes=1)):
        assert step(signed_in(parent), uid, "revoke") == (404, "consent.not_found")
        assert signed_in(ward).get(own(uid)).json()["state"] == "granted", "it stands until the ward withdraws it"
        assert step(signed_in(ward), uid, "revoke") == (200, "revoked")
    assert school.withdrawn(uid, number)


def test_a_limit_of_none_is_no_limit_left_out(city: City, school: Receiver) -> None:
    """Zero uses is a fault of the form, and never all that was asked for."""
    uid = school.ask(PERSON, most_uses=5, per_day=5)
    subject = Consent.objects.get(uid=uid).subject
    wrong = signed_in(subject).post(own(uid, "grant"), '{"most_uses": 0, "per_day": 0}', content_type=JSON)
    assert wrong.status_code == 422
    assert sorted(row["field"] for row in wrong.json()["errors"]) == ["most_uses", "per_day"]
