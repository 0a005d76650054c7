"""Residents and enterprises sign in by a real provider over HTTP; every way of lying is refused and audited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.test import Client

from quanshu.demo.identity import CLIENT
from quanshu.kernel.clock import freeze, now
from quanshu.organisation.api import Account
from quanshu.shared.audit.api import AuditEntry
from quanshu.sharing.subjects.api import SESSION, Subject
from quanshu.sharing.subjects.services import providers
from support_catalogue import make_cast, uscc
from support_citizen import PERSON, PIN, Provider, a_provider

pytestmark = pytest.mark.django_db
PEOPLE = [
    {"sub": "p1", "kind": "person", "name": "张三丰", "number": PERSON, "pin": PIN, "hint": "居民"},
    {"sub": "p2", "kind": "person", "name": "李四", "number": "37010219900101002", "pin": PIN, "hint": "号码有误"},
    {"sub": "e1", "kind": "enterprise", "name": "泉城科技", "number": uscc(7), "pin": PIN, "hint": "企业"},
]


@pytest.fixture(scope="module")
def one_provider() -> Iterator[Provider]:
    with a_provider(PEOPLE) as provider:
        yield provider


@pytest.fixture
def provider(one_provider: Provider, settings: Any) -> Provider:
    settings.QUANSHU_RESIDENT_OIDC = (one_provider.issuer, CLIENT, "")
    one_provider.lies, one_provider.forged = {}, False
    providers._kept.clear()
    providers._keys.clear()
    return one_provider


def browser() -> Client:
    return Client(HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="en")


def begin(client: Client, target: str = "") -> str:
    """The provider's address that the browser is sent to."""
    answer = client.get("/my/sign-in/start/", {"next": target} if target else {})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def back(client: Client, address: str) -> Any:
    """Follow the provider's answer back."""
    parts = urlsplit(address)
    assert parts.path == "/my/sign-in/back/"
    return client.get(f"{parts.path}?{parts.query}")


def sign_in(client: Client, provider: Provider, sub: str = "p1", target: str = "") -> Any:
    return back(client, provider.let_in(sub, begin(client, target)))


def refused(answer: Any, why: str) -> None:
    assert answer.status_code == 401, answer.content.decode()
    assert SESSION not in answer.wsgi_request.session
    entry = AuditEntry.objects.filter(action="subjects.subject.sign_in_refused").latest("pk")
    assert (entry.details["reason"], entry.outcome) == (why, "refused")
    assert Subject.objects.count() == 0


def test_a_resident_signs_in_is_enrolled_and_signs_out(provider: Provider) -> None:
    client = browser()
    asked = parse_qs(urlsplit(begin(client, "/my/data/")).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    before = client.session.session_key
    answer = sign_in(client, provider, target="/my/data/")
    assert (answer.status_code, answer["Location"]) == (302, "/my/data/")
    assert client.session.session_key != before, "the session begins anew"
    subject = Subject.objects.get()
    assert (subject.kind, subject.name) == ("person", "张三丰")
    assert PERSON not in subject.sealed
    assert client.get("/my/account/").status_code == 200
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"subjects.subject.enrolled", "subjects.subject.signed_in"} <= actions
    assert client.get("/my/sign-in/").status_code == 302, "nobody signs in twice"
    assert client.post("/my/sign-out/").status_code == 302
    answer = client.get("/my/account/")
    assert answer["Location"].startswith("/my/sign-in/")
    assert sign_in(client, provider).status_code == 302
    assert Subject.objects.count() == 1


def test_an_enterprise_signs_in(provider: Provider) -> None:
    client = browser()
    assert sign_in(client, provider, "e1").status_code == 302
    assert Subject.objects.get().kind == "enterprise"


def test_the_doors_lead_to_each_other_and_never_outside(provider: Provider) -> None:
    client = browser()
    assert "/my/sign-in/" in client.get("/sign-in/?next=/my/data/").content.decode()
    assert 'href="/sign-in/"' in client.get("/my/sign-in/").content.decode()
    answer = sign_in(client, provider, target="https://elsewhere.example/")
    assert answer["Location"] == "/my/"


def test_an_officers_session_does_not_go_on_under_a_resident(provider: Provider) -> None:
    cast = make_cast()
    client = cast.browser("officer", "en")
    assert client.get("/organisation/").status_code == 200
    assert sign_in(client, provider).status_code == 302
    assert client.get("/organisation/").status_code == 403
    assert "_auth_user_id" not in client.session
    assert Account.objects.count() == 5


@pytest.mark.parametrize(
    ("lies", "why"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "another-client"}, "audience"),
        ({"aud": [CLIENT, "another-client"]}, "audience"),
        ({"iss": "http://127.0.0.1:1"}, "issuer"),
        ({"exp": 1_600_000_000}, "expired"),
        ({"exp": None}, "claims"),
        ({"citizen_id": None, "name": None}, "claims"),
    ],
)
def test_an_id_token_that_lies_is_refused(provider: Provider, lies: dict[str, Any], why: str) -> None:
    provider.lies = lies
    if why == "claims" and "name" in lies:
        provider.people = {"p1": {**PEOPLE[0], "name": ""}}
    try:
        refused(sign_in(browser(), provider), why)
    finally:
        provider.people = {row["sub"]: row for row in PEOPLE}


def test_a_token_of_another_key_is_refused(provider: Provider) -> None:
    client = browser()
    assert sign_in(client, provider).status_code == 302
    client.post("/my/sign-out/")
    Subject.objects.all().delete()
    kept = provider.key
    from quanshu.sharing.subjects.services.providers import keys_of
    from quanshu.sharing.subjects.services.providers import provider as known

    keys = keys_of(known())
    provider.forged = True
    address = provider.let_in("p1", begin(client))
    # The provider's published keys stay what they were; only the token is signed by another.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(providers, "keys_of", lambda *_args, **_more: keys)
        refused(back(client, address), "signature")
    provider.key = kept


def test_keys_that_the_provider_has_changed_are_asked_for_again(provider: Provider) -> None:
    assert sign_in(browser(), provider).status_code == 302
    provider.key = type(provider.key).generate_key("P-256", {"kid": "next"})
    assert sign_in(browser(), provider).status_code == 302


def test_wrong_replayed_and_late_answers_are_refused(provider: Provider) -> None:
    client, other = browser(), browser()
    address = provider.let_in("p1", begin(client))
    refused(back(other, address), "state")
    good = urlsplit(address)
    refused(client.get(f"{good.path}?{good.query.replace('state=', 'state=x')}"), "state")
    refused(back(client, address), "state")
    # An answer that lies about its issuer (RFC 9207).
    address = provider.let_in("p1", begin(client))
    refused(back(client, address.replace("iss=http", "iss=https")), "issuer")
    # A code that was used before, in a sign-in of its own state.
    first = browser()
    address = provider.let_in("p1", begin(first))
    code = parse_qs(urlsplit(address).query)["code"][0]
    refused(replayed(client, provider, code), "code")
    assert back(first, address).status_code == 302, "the wrong verifier used nothing up"
    client.session.flush()
    Subject.objects.all().delete()
    refused(replayed(client, provider, code), "code")
    with freeze(now()):
        address = provider.let_in("p1", begin(client))
    with freeze(now() + timedelta(minutes=11)):
        refused(back(client, address), "too late")
    begin(client)
    state = client.session["subject_sign_in"]["state"]
    refused(client.get("/my/sign-in/back/", {"error": "access_denied", "state": state}), "cancelled")


def replayed(client: Client, provider: Provider, code: str) -> Any:
    """Another's code in a sign-in of one's own."""
    begin(client)
    state = client.session["subject_sign_in"]["state"]
    return client.get("/my/sign-in/back/", {"code": code, "state": state})


def test_a_number_that_is_none_enrols_nobody(provider: Provider) -> None:
    answer = sign_in(browser(), provider, "p2")
    assert answer.status_code == 422
    assert Subject.objects.count() == 0


def test_sessions_end_after_lying_idle_and_after_their_longest_time(provider: Provider, settings: Any) -> None:
    client, began = browser(), now()
    with freeze(began):
        assert sign_in(client, provider).status_code == 302
        assert client.get("/my/account/").status_code == 200
    with freeze(began + timedelta(minutes=29)):
        assert client.get("/my/account/").status_code == 200
    with freeze(began + timedelta(minutes=60)):
        assert client.get("/my/account/").status_code == 302, "idle for more than half an hour"
    with freeze(began):
        sign_in(client, provider)
        client.get("/my/account/")
    for minute in range(20, 240, 20):
        with freeze(began + timedelta(minutes=minute)):
            assert client.get("/my/account/").status_code == 200
    with freeze(began + timedelta(minutes=241)):
        assert client.get("/my/account/").status_code == 302, "four hours at the most"


def test_without_a_provider_or_with_a_silent_one_the_page_says_so(settings: Any) -> None:
    settings.QUANSHU_RESIDENT_OIDC = ("", "", "")
    answer = browser().get("/my/sign-in/start/")
    assert answer.status_code == 503
    assert "QUANSHU_RESIDENT_OIDC_ISSUER" in answer.content.decode()
    settings.QUANSHU_RESIDENT_OIDC = ("http://127.0.0.1:9", CLIENT, "")
    assert browser().get("/my/sign-in/start/").status_code == 503


def test_the_provider_asks_for_pkce_a_known_client_and_the_right_pin(provider: Provider) -> None:
    address = begin(browser())
    assert httpx.get(address.replace("code_challenge_method=S256", "code_challenge_method=plain")).status_code == 400
    assert httpx.get(address.replace(CLIENT, "another")).status_code == 400
    assert httpx.get(address.replace("%2Fmy%2Fsign-in%2Fback%2F", "%2Felsewhere%2F")).status_code == 400
    assert httpx.get(address).status_code == 200
    assert httpx.post(address, data={"sub": "p1", "pin": "000000"}).status_code == 401
    for _attempt in range(5):
        httpx.post(address, data={"sub": "e1", "pin": "000000"})
    assert httpx.post(address, data={"sub": "e1", "pin": PIN}).status_code == 401, "too many attempts"
    provider.failures.clear()
    assert httpx.get(f"{provider.issuer}/userinfo", headers={"Authorization": "Bearer x"}).status_code == 401
