"""Keys of applications: registered, replaced with overlap, ended, warned of; how an application signs."""

from __future__ import annotations

import base64
import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quanshu.gateway.client import GatewayClient
from quanshu.gateway.signing import Profile
from quanshu.gateway.snapshot import load_snapshot
from quanshu.kernel.ciphers import suite
from quanshu.kernel.clock import CITY_TZ, now
from quanshu.kernel.errors import FieldErrors, Forbidden
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit.api import history
from quanshu.shared.notify.api import Notice
from quanshu.shared.workflow.api import TodoItem, city_day, todos_for
from quanshu.sharing.keys.api import warn_expiring
from quanshu.sharing.keys.rules import Life, keys_to_warn, warning_step
from quanshu.sharing.services.api import (
    Consumer,
    ConsumerKey,
    Exchange,
    carry_receipts,
    end_key,
    publish_snapshot,
    register_key,
    rotate_key,
    set_signing,
    stop_consumer,
)
from quanshu.sharing.services.services import try_service
from quanshu.sharing.services.types import ConsumerOff, KeyNotFound, KeyOver, OwnKeysOnly, TooManyKeys
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
from support_tls import Authority, pem_pair

ED, SM2 = suite("intl").generate_key_pair(), suite("gm").generate_key_pair()
DAY = timedelta(days=1)


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    return a_city()


def browser_of(city: City, who: str) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(city.accounts[who])
    return browser


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def a_key(consumer: Consumer, **changes: Any) -> ConsumerKey:
    """A public key registered."""
    values: dict[str, Any] = {"scheme": "ed25519", "public_key": text(ED.public), "now": now(), "actor": SYSTEM}
    return register_key(consumer=consumer, **{**values, **changes})


def test_a_public_key_is_registered_replaced_and_ended(city: City, settings: Any) -> None:
    consumer, _secret = an_application(city)
    developer, moment = city.actor("developer"), now()
    first = a_key(consumer, actor=developer, now=moment)
    assert (first.kid, first.created_by, first.secret_sealed) == ("k2", "人社开发者", "")
    ends = moment + 20 * DAY
    second = a_key(consumer, scheme="sm2", public_key=text(b"\x04" + SM2.public), replaces="k2", ends_at=ends)
    first.refresh_from_db()
    assert (second.kid, first.not_after) == ("k3", ends), "both hold until then"
    publish_snapshot(now())
    public = (settings.QUANSHU_KEYS_DIR / "snapshot.pub").read_bytes()
    (client, _probe) = load_snapshot(settings.QUANSHU_GATEWAY_DIR, public).clients
    assert {(key.kid, key.scheme, bool(key.secret_sealed)) for key in client.keys} == {
        ("k1", "hmac", True), ("k2", "ed25519", False), ("k3", "sm2", False),
    }  # fmt: skip
    end_key(actor=developer, now=now(), consumer=consumer, kid="k2")
    with pytest.raises(KeyOver):
        end_key(actor=developer, now=now(), consumer=consumer, kid="k2")
    with pytest.raises(KeyNotFound):
        end_key(actor=developer, now=now(), consumer=consumer, kid="k9")
    acts = [entry.action for entry in history("services.consumer", consumer.uid)]
    assert acts.count("services.consumer.key_registered") == 2
    assert "services.consumer.key_ended" in acts


def test_what_is_no_public_key_is_refused(city: City) -> None:
    consumer, _secret = an_application(city)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"public_key": pem_pair("ed25519", ED)}, "public_key"),
        ({"public_key": "not a key"}, "public_key"),
        ({"public_key": ""}, "public_key"),
        ({"public_key": text(ED.public[:31])}, "public_key"),
        ({"public_key": "A" * 3000}, "public_key"),
        ({"scheme": "sm2"}, "public_key"),
        ({"scheme": "sm2", "public_key": text(bytes(64))}, "public_key"),
        ({"scheme": "hmac"}, "scheme"),
        ({"not_after": now() - DAY}, "not_after"),
        ({"not_after": now() + 800 * DAY}, "not_after"),
        ({"replaces": "k1", "ends_at": now() - DAY}, "ends_at"),
        ({"replaces": "k1", "ends_at": now() + 91 * DAY}, "ends_at"),
    ]
    for changes, field in cases:
        with pytest.raises(FieldErrors) as fault:
            a_key(consumer, **changes)
        assert [error.field for error in fault.value.errors] == [field], changes
        assert consumer.keys.count() == 1, "nothing half done"


def test_whoever_does_not_manage_the_application_changes_nothing(city: City) -> None:
    consumer, _secret = an_application(city)
    for who in ("stranger", "steward", "auditor"):
        actor = city.actor(who)
        with pytest.raises(Forbidden):
            a_key(consumer, actor=actor)
        with pytest.raises(Forbidden):
            end_key(actor=actor, now=now(), consumer=consumer, kid="k1")
        with pytest.raises(Forbidden):
            set_signing(actor=actor, now=now(), consumer=consumer, profiles=["convention"], fingerprints=[])
    for _ in range(9):
        a_key(consumer)
    with pytest.raises(TooManyKeys):
        a_key(consumer)
    with pytest.raises(TooManyKeys):
        rotate_key(actor=SYSTEM, now=now(), consumer=consumer)
    stop_consumer(actor=SYSTEM, now=now(), consumer=consumer)
    with pytest.raises(ConsumerOff):
        a_key(consumer)


def test_a_secret_is_replaced_at_a_stated_time(city: City) -> None:
    consumer, _secret = an_application(city)
    ends = now() + 3 * DAY
    rotate_key(actor=SYSTEM, now=now(), consumer=consumer, ends_at=ends)
    assert consumer.keys.get(kid="k1").not_after == ends
    with pytest.raises(FieldErrors):
        rotate_key(actor=SYSTEM, now=now(), consumer=consumer, ends_at=now() + 200 * DAY)


def test_how_an_application_signs_is_set_whole(city: City, tmp_path: Path) -> None:
    consumer, _secret = an_application(city)
    path, _key, mark = Authority(tmp_path, "city").issue("department")
    row = set_signing(
        actor=SYSTEM,
        now=now(),
        consumer=consumer,
        profiles=["rfc9421-sm2", "convention"],
        fingerprints=[path.read_text(), f"SHA256:{mark.upper()}"],
    )
    assert (row.profiles, row.fingerprints) == (["convention", "rfc9421-sm2"], [mark])
    for profiles, fingerprints, field in (
        ([], [], "profiles"),
        (["other"], [], "profiles"),
        (["convention"], ["abc"], "fingerprints"),
    ):
        with pytest.raises(FieldErrors) as fault:
            set_signing(actor=SYSTEM, now=now(), consumer=consumer, profiles=profiles, fingerprints=fingerprints)
        assert fault.value.errors[0].field == field


def told(who: str, city: City) -> int:
    return Notice.objects.filter(recipient_uid=city.accounts[who].uid).count()


def test_who_manages_an_application_is_warned_three_times_and_once_each(city: City) -> None:
    city.accounts["labour"] = an_account(city.units["labour"], "labour", "人社数据专管员", "steward")
    city.accounts["second"] = an_account(city.units["labour"], "second", "人社开发者二", "developer")
    consumer, _secret = an_application(city)
    end = consumer.keys.get().not_after
    for days, expected in ((61, 0), (60, 1), (59, 1), (30, 2), (29, 2), (7, 3), (1, 3)):
        warn_expiring(end - days * DAY)
        assert warn_expiring(end - days * DAY) == 0
        assert told("labour", city) == expected, days
    assert (told("developer", city), told("second", city)) == (3, 3)
    for who in ("developer", "second"):
        item = todos_for(city.actor(who)).get(kind="keys.expiring")
        assert (item.url, item.due_on) == (consumer.get_absolute_url(), city_day(end))
        assert consumer.name in item.title
    for who in ("steward", "stranger"):
        assert told(who, city) == 0, "another unit's"
        assert not todos_for(city.actor(who)).filter(kind="keys.expiring").exists()
    rotate_key(actor=SYSTEM, now=end - DAY, consumer=consumer)
    assert warn_expiring(end - DAY) == 0
    assert not TodoItem.objects.filter(kind="keys.expiring", closed_at__isnull=True).exists(), "it was replaced"
    assert [entry.action for entry in history("services.consumer", consumer.uid)].count("keys.key.expiring") == 3


def test_a_warning_missed_is_not_made_up_for(city: City) -> None:
    """A node that was off for a month tells the nearest one alone; a stopped application is not told of."""
    consumer, _secret = an_application(city)
    end = consumer.keys.get().not_after
    assert warn_expiring(end - 6 * DAY) == 1
    assert warn_expiring(end - 5 * DAY) == 0
    other, _other = an_application(city, "civil", "停用的应用")
    stop_consumer(actor=SYSTEM, now=now(), consumer=other)
    assert warn_expiring(end - 4 * DAY) == 0


def test_which_keys_are_due() -> None:
    moment = datetime.fromisoformat("2026-06-01T00:00:00+08:00")
    soon, later = moment + 5 * DAY, moment + 50 * DAY
    assert keys_to_warn([Life(1, "hmac", soon), Life(2, "hmac", later)], now=moment) == {2: 60}
    assert keys_to_warn([Life(1, "hmac", soon), Life(2, "sm2", later)], now=moment) == {1: 7, 2: 60}
    assert keys_to_warn([Life(1, "hmac", soon, frozenset({30, 60}))], now=moment) == {1: 7}
    assert keys_to_warn([Life(1, "hmac", soon, frozenset({7}))], now=moment) == {}
    assert [warning_step(days * DAY) for days in (0, 1, 7, 8, 30, 31, 60, 61)] == [None, 7, 7, 30, 30, 60, 60, None]


def test_first_and_last_use_are_of_receipts(city: City, settings: Any, tmp_path: Path) -> None:
    service = a_service(city)
    consumer, secret = an_application(city)
    a_grant(consumer, service)
    a_key(consumer)
    set_signing(actor=SYSTEM, now=now(), consumer=consumer, profiles=["convention", "rfc9421-ed25519"], fingerprints=[])
    with a_gateway(settings, tmp_path, now()) as gateway:
        with GatewayClient(gateway.url, consumer.rid, secret) as client:
            assert client.call(service.sid, {"citizen_id": PERSON}).ok
        pem, profile = pem_pair("ed25519", ED), Profile.RFC9421_ED25519
        with GatewayClient(gateway.url, consumer.rid, pem, profile=profile, kid="k2") as client:
            for _ in range(2):
                answer = client.call(service.sid, {"citizen_id": PERSON})
    assert carry_receipts(now()) == 3
    key = consumer.keys.get(kid="k2")
    assert key.first_used_at is not None
    assert key.last_used_at is not None
    assert key.first_used_at <= key.last_used_at
    call = Exchange.objects.get(receipt_id=answer.receipt_id)
    assert (call.kid, call.scheme) == ("k2", "rfc9421-ed25519")
    page = browser_of(city, "developer").get(call.get_absolute_url()).content.decode()
    assert "k2 · rfc9421-ed25519" in page


def test_the_pages_do_it_without_script(city: City) -> None:
    consumer, _secret = an_application(city)
    browser = browser_of(city, "developer")
    form = {"scheme": "ed25519", "public_key": text(ED.public), "not_after": (now() + 90 * DAY).date().isoformat()}
    made = browser.post(f"/keys/{consumer.uid}/register/", form)
    assert made.status_code == 302
    assert made["Location"] == f"/keys/{consumer.uid}/k2/"
    page = browser.get(made["Location"]).content.decode()
    for part in ("Public key (Ed25519)", text(ED.public), "SHA256:", "人社开发者", "Not yet", "End now", "Replace"):
        assert part in page, part
    assert f"{consumer.rid}:k2" in page
    wrong = browser.post(f"/keys/{consumer.uid}/register/", form | {"public_key": pem_pair("ed25519", ED)})
    assert wrong.status_code == 422
    assert "This is a private key." in wrong.content.decode()
    offered = browser.get(f"/keys/{consumer.uid}/register/?replaces=k2").content.decode()
    assert 'value="k2" selected' in offered
    signing = f"/keys/{consumer.uid}/signing/"
    assert browser.post(signing, {"profiles": []}).status_code == 422
    assert browser.post(signing, {"profiles": ["rfc9421-ed25519"], "fingerprints": "a" * 64}).status_code == 302
    detail = browser.get(consumer.get_absolute_url()).content.decode()
    for part in ("HTTP message signature, Ed25519", "aaaaaaaaaaaaaaaa…", f"/keys/{consumer.uid}/k2/"):
        assert part in detail, part
    assert browser.post(f"/keys/{consumer.uid}/k2/end/").status_code == 302
    ended = browser.get(f"/keys/{consumer.uid}/k2/").content.decode()
    assert "Expired" in ended
    assert "End now" not in ended


def test_a_secret_is_replaced_on_a_page_with_the_day_the_old_one_ends(city: City) -> None:
    consumer, _secret = an_application(city)
    browser, path = browser_of(city, "developer"), f"/keys/{consumer.uid}/secret/"
    assert f'href="{path}?replaces=k1"' in browser.get(f"/keys/{consumer.uid}/k1/").content.decode()
    assert browser.get(path).status_code == 200
    late = browser.post(path, {"ends_at": (now() + 100 * DAY).date().isoformat()})
    assert late.status_code == 422
    assert "The old key ends within the next 90 days." in late.content.decode()
    assert browser.post(path, {"ends_at": "soon"}).status_code == 422
    assert consumer.keys.count() == 1
    day = (now() + 20 * DAY).astimezone(CITY_TZ).date()
    shown = browser.post(path, {"ends_at": day.isoformat()})
    assert shown.status_code == 200
    assert shown["Cache-Control"] == "no-store"
    assert 'id="secret"' in shown.content.decode()
    assert consumer.keys.get(kid="k1").not_after.astimezone(CITY_TZ).date() == day
    assert browser_of(city, "stranger").post(path, {}).status_code == 404


def test_strangers_find_nothing(city: City) -> None:
    consumer, _secret = an_application(city)
    for path in ("k1/", "register/", "signing/"):
        assert browser_of(city, "stranger").get(f"/keys/{consumer.uid}/{path}").status_code == 404
    assert browser_of(city, "stranger").post(f"/keys/{consumer.uid}/k1/end/").status_code == 404
    assert browser_of(city, "developer").get(f"/keys/{consumer.uid}/k9/").status_code == 404
    assert Client().get(f"/keys/{consumer.uid}/k1/").status_code == 302
    assert consumer.keys.get().not_after > now()


def test_the_api_does_what_the_pages_do(city: City) -> None:
    consumer, _secret = an_application(city)
    browser, base = browser_of(city, "developer"), f"/api/v1/keys/{consumer.uid}"

    def send(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return getattr(browser, method)(f"{base}{path}", json.dumps(body or {}), content_type="application/json")

    made = send("post", "/keys", {"scheme": "sm2", "public_key": text(SM2.public)})
    assert made.status_code == 201
    assert (made.json()["keyid"], made.json()["state"]) == (f"{consumer.rid}:k2", "valid")
    assert send("post", "/keys", {"scheme": "sm2", "public_key": "x"}).status_code == 422
    naive = send("post", "/keys", {"scheme": "sm2", "public_key": "x", "ends_at": "2027-01-01T00:00:00"})
    assert naive.json()["code"] == "keys.naive_time"
    set_to = send("put", "/signing", {"profiles": ["rfc9421-sm2"]})
    assert (set_to.json()["profiles"], set_to.json()["fingerprints"]) == (["rfc9421-sm2"], [])
    assert send("put", "/signing", {"profiles": ["none"]}).status_code == 422
    renewed = send("post", "/secret", {"ends_at": (now() + DAY).isoformat()}).json()
    assert renewed["secret"]
    assert [key["kid"] for key in renewed["keys"]] == ["k3", "k2", "k1"]
    assert send("post", "/keys/k2/end").json()["state"] == "ended"
    assert browser.get(f"{base}/keys/k2").json()["public_key"] == text(SM2.public)
    assert "secret_sealed" not in browser.get(base).content.decode()
    assert browser_of(city, "stranger").get(base).status_code == 404


def test_the_platform_tries_with_a_secret_and_not_with_keys_it_has_not(
    city: City, settings: Any, tmp_path: Path
) -> None:
    service = a_service(city)
    consumer, _secret = an_application(city)
    a_grant(consumer, service)
    developer, given = city.actor("developer"), {"citizen_id": PERSON}
    with a_gateway(settings, tmp_path, now()):
        for profile in ("convention", "convention-two-step", "rfc9421-hmac"):
            set_signing(actor=SYSTEM, now=now(), consumer=consumer, profiles=[profile], fingerprints=[])
            publish_snapshot(now())
            until = time.monotonic() + 5
            while not (answer := try_service(actor=developer, now=now(), service=service, parameters=given)).ok:
                assert time.monotonic() < until, answer.body
    set_signing(actor=SYSTEM, now=now(), consumer=consumer, profiles=["rfc9421-sm2"], fingerprints=[])
    with pytest.raises(OwnKeysOnly):
        try_service(actor=developer, now=now(), service=service, parameters=given)
