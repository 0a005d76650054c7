"""Signing in: passwords, lock-out, one-time codes, tokens."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pyotp
import pytest
from django.test import Client

from quanshu.kernel.clock import freeze
from quanshu.organisation.api import Account, ApiToken
from quanshu.organisation.queries import actor_for
from quanshu.organisation.services import confirm_totp, issue_token, revoke_token
from support_catalogue import Cast, make_cast

pytestmark = pytest.mark.django_db
PASSWORD = "quan-cheng-2026-ok"
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_hashers(settings: Any) -> None:
    """Passwords are kept here as a node keeps them."""
    settings.PASSWORD_HASHERS = import_module("quanshu.config.settings").PASSWORD_HASHERS


@pytest.fixture
def account() -> Account:
    cast: Cast = make_cast()
    account = cast.accounts["officer"]
    account.set_password(PASSWORD)
    account.must_change_password = False
    account.save()
    return account


def sign_in(account: Account, password: str = PASSWORD, **more: str) -> Any:
    client = Client()
    answer = client.post("/sign-in/", {"username": account.username, "password": password, **more})
    return client, answer


def test_passwords_are_kept_as_argon2(account: Account) -> None:
    assert account.password.startswith("argon2$argon2id")


def test_a_right_password_opens_the_cockpit(account: Account) -> None:
    client, answer = sign_in(account)
    assert answer.status_code == 302
    assert client.get("/").status_code == 200


def test_a_wrong_one_is_told_plainly_and_names_no_account(account: Account) -> None:
    _client, wrong = sign_in(account, "not-this-one")
    unknown = Client().post("/sign-in/", {"username": "nobody", "password": "not-this-one"})
    assert wrong.status_code == unknown.status_code == 401
    assert "账号名或密码错误" in wrong.content.decode()
    assert "账号名或密码错误" in unknown.content.decode()


def test_five_failures_lock_for_fifteen_minutes(account: Account) -> None:
    with freeze(NOW):
        for _ in range(5):
            sign_in(account, "not-this-one")
        assert sign_in(account)[1].status_code == 429
    with freeze(NOW + timedelta(minutes=14)):
        assert sign_in(account)[1].status_code == 429
    with freeze(NOW + timedelta(minutes=16)):
        assert sign_in(account)[1].status_code == 302


def test_one_goes_only_to_addresses_of_this_node(account: Account) -> None:
    client = Client()
    given = {"username": account.username, "password": PASSWORD}
    assert client.post("/sign-in/?next=https://elsewhere.example/", given)["Location"] == "/"
    client = Client()
    assert client.post("/sign-in/?next=/catalogue/", given)["Location"] == "/catalogue/"


def test_signing_out_ends_the_session(account: Account) -> None:
    client, _answer = sign_in(account)
    client.post("/sign-out/")
    assert client.get("/")["Location"].startswith("/sign-in/")


def test_a_first_password_is_changed_before_anything_else(account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(must_change_password=True)
    client, _answer = sign_in(account)
    assert client.get("/catalogue/")["Location"] == "/me/password/"
    new = "another-long-word-9"
    client.post("/me/password/", {"old": PASSWORD, "new": new, "again": new})
    assert client.get("/catalogue/").status_code == 200


def test_one_time_codes_are_asked_for_and_good_once(account: Account) -> None:
    secret = pyotp.random_base32()
    with freeze(NOW):
        code = pyotp.TOTP(secret).at(NOW)
        recovery = confirm_totp(actor=actor_for(account), account=account, secret=secret, code=code, now=NOW)
    account.refresh_from_db()
    later = NOW + timedelta(minutes=2)
    with freeze(later):
        asked = sign_in(account)[1]
        assert asked.status_code == 401
        assert "动态码" in asked.content.decode()
        code = pyotp.TOTP(secret).at(later)
        assert sign_in(account, code=code)[1].status_code == 302
        assert sign_in(account, code=code)[1].status_code == 401
        assert sign_in(account, code=recovery[0])[1].status_code == 302
        assert sign_in(account, code=recovery[0])[1].status_code == 401


def test_a_token_is_shown_once_works_and_ends_when_revoked(account: Account) -> None:
    client, _answer = sign_in(account)
    client.post("/me/tokens/new/", {"name": "报表", "days": "30"})
    page = client.get("/me/").content.decode()
    token = re.search(r"qs_[\w-]{30,}", page)
    assert token is not None
    assert token.group() not in client.get("/me/").content.decode()
    program = Client(HTTP_AUTHORIZATION=f"Bearer {token.group()}")
    assert program.get("/api/v1/organisation/me").json()["name"] == account.person.name
    row = ApiToken.objects.get()
    client.post(f"/me/tokens/{row.pk}/revoke/")
    assert program.get("/api/v1/organisation/me").status_code == 401


def test_an_expired_token_is_refused(account: Account) -> None:
    actor = actor_for(account)
    _row, token = issue_token(actor=actor, name="x", days=1, account=account, now=NOW - timedelta(days=5))
    program = Client(HTTP_AUTHORIZATION=f"Bearer {token}")
    with freeze(NOW):
        answer = program.get("/api/v1/organisation/me")
    assert answer.status_code == 401
    assert set(answer.json()) >= {"code", "message", "remedy"}


def test_nobody_makes_a_token_for_somebody_else(account: Account) -> None:
    other = Account.objects.exclude(pk=account.pk).first()
    assert other is not None
    with pytest.raises(Exception, match="service_account"):
        issue_token(actor=actor_for(account), name="x", days=1, account=other, now=NOW)
    row, _token = issue_token(actor=actor_for(other), name="x", days=1, account=other, now=NOW)
    with pytest.raises(Exception, match="service_account"):
        revoke_token(actor=actor_for(account), token=row, now=NOW)
