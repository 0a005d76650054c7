"""One matrix over every address: who may open it, and that nobody breaks it.

Pages say their permission on the class; the API answers in its envelope. An address that is added is in the
matrix without further ado.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from quanshu.config.rest import api
from quanshu.organisation.api import Account, Unit, UnitData, actor_for, assign_role, create_person, create_unit
from quanshu.shared.access.api import SYSTEM, allows, list_roles
from quanshu.shared.web.api import PUBLIC, Page
from quanshu.sharing.subjects.api import actor_of_subject
from support_catalogue import NOW, uscc
from support_citizen import a_subject, signed_in

ROLES = ("admin", "bureau", "steward", "chief", "developer", "auditor", "leader", "emergency", "resident")
PUBLIC_PAGES = {
    "/sign-in/",
    "/sign-out/",
    "/codes/keys/",
    "/codes/list/",
    "/catalogue/open/dcat.ttl",
    "/registration/publicity/",
    "/registration/publicity/none/",
    "/registration/verify/",
    "/registration/keys/",
    "/registration/c/none/none/",
    "/registration/c/none/none/file/",
    "/consent/keys/",
    "/consent/status/0/",
    "/statistics/",
    "/statistics/figures.json",
    "/.well-known/jwt-vc-issuer/vault/issuers/none",
    "/ledger/log/none",
    "/ledger/policy/",
    "/ledger/verify/",
    "/vault/issuers/",
    "/vault/issuers/none/",
    "/vault/p/none/",
    "/vault/seal-authority/",
    "/vault/status/none/",
    "/vault/types/none/",
    "/vault/verify/",
    "/my/sign-in/",
    "/my/sign-in/start/",
    "/my/sign-in/back/",
    "/my/sign-out/",
    "/my/verify/",
    "/my/keys/",
}
# Whoever is shown a certificate or a proof may have it verified.
PUBLIC_OPERATIONS = {"/api/v1/vault/verify", "/api/v1/vault/links/none/open", "/api/v1/ledger/verify"}
PART = re.compile(r"<(?:\w+:)?(\w+)>")


def pages(patterns: Any = None, prefix: str = "/") -> Iterator[tuple[str, type[Page]]]:
    """(address, page class) of every page, with made-up parts."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        text = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from pages(pattern.url_patterns, text)
        elif isinstance(pattern, URLPattern):
            page = getattr(pattern.callback, "view_class", None)
            if page is not None and issubclass(page, Page):
                yield re.sub(r"<int:\w+>", "0", PART.sub("none", re.sub(r"<int:\w+>", "0", text))), page


def operations() -> Iterator[tuple[str, str]]:
    """(method, address) of every operation of the API."""
    for path, item in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items():
        for method in item:
            yield method, re.sub(r"\{\w+\}", "none", path)


PAGES = sorted(set(pages()), key=lambda row: row[0])


@pytest.fixture
def accounts(db: None) -> dict[str, Account]:
    """One account a role, all in one unit."""
    unit: Unit = create_unit(actor=SYSTEM, data=UnitData("市大数据局", "platform", uscc(1)), now=NOW)
    found = {}
    for role in ROLES:
        create_person(
            actor=SYSTEM,
            unit=unit,
            name=role,
            username=role,
            password="matrix-2026-word",
            must_change_password=False,
            now=NOW,
        )
        account = Account.objects.get(username=role)
        assign_role(actor=SYSTEM, account=account, role_code=role, unit=unit, now=NOW)
        found[role] = account
    return found


def test_the_matrix_knows_every_role(db: None) -> None:
    assert {role.code for role in list_roles()} == set(ROLES)


def test_there_are_pages_and_operations() -> None:
    assert len(PAGES) > 80
    assert len(list(operations())) > 60


@pytest.mark.django_db
def test_without_signing_in_every_page_but_the_door_asks_for_it() -> None:
    client = Client(HTTP_ACCEPT="text/html")
    for address, page in PAGES:
        answer = client.post(address) if page.http_method_names[0] == "post" else client.get(address)
        if page.permission == PUBLIC:
            assert address in PUBLIC_PAGES, address
        else:
            assert answer.status_code == 302, (address, answer.status_code)
            door = "/my/sign-in/" if address.startswith("/my/") else "/sign-in/"
            assert answer["Location"].startswith(door), address


@pytest.mark.parametrize("role", ROLES)
def test_a_page_opens_exactly_for_those_who_hold_its_permission(accounts: dict[str, Account], role: str) -> None:
    account = accounts[role]
    actor = actor_for(account)
    client = Client(HTTP_ACCEPT="text/html", raise_request_exception=True)
    for address, page in PAGES:
        if page.permission == PUBLIC:
            continue
        client.force_login(account)
        for method in ("get", "post"):
            answer = getattr(client, method)(address)
            assert answer.status_code < 500, (method, address)
            if page.permission and not allows(actor, page.permission):
                assert answer.status_code == 403, (method, address, answer.status_code)
            elif method == "get" and page.http_method_names[0] != "post":
                assert answer.status_code in {200, 302, 403, 404}, (address, answer.status_code)


@pytest.mark.django_db
def test_without_signing_in_every_operation_answers_401_in_the_envelope() -> None:
    client = Client()
    for method, address in operations():
        answer = getattr(client, method)(address, content_type="application/json")
        if address in PUBLIC_OPERATIONS:
            assert answer.status_code in {404, 422}, (method, address)
        else:
            assert answer.status_code == 401, (method, address, answer.status_code)
        assert set(answer.json()) >= {"code", "message", "remedy"}, address


@pytest.mark.parametrize("role", ROLES)
def test_no_operation_breaks_and_refusals_keep_the_envelope(accounts: dict[str, Account], role: str) -> None:
    client = Client()
    client.force_login(accounts[role])
    for method, address in operations():
        answer = (
            getattr(client, method)(address, data="{}", content_type="application/json")
            if method != "get"
            else (client.get(address))
        )
        assert answer.status_code < 500, (method, address)
        if answer.status_code >= 400:
            assert set(answer.json()) >= {"code", "message", "remedy"}, (method, address)


@pytest.mark.django_db
def test_a_resident_opens_what_is_a_residents_and_nothing_of_the_officers() -> None:
    """Whoever signed in as a resident: pages by the same grants, the API by the routers under `/my` alone."""
    subject = a_subject()
    actor, client = actor_of_subject(subject), signed_in(subject)
    for address, page in PAGES:
        if page.permission == PUBLIC:
            continue
        for method in ("get", "post"):
            answer = getattr(client, method)(address)
            assert answer.status_code < 500, (method, address)
            if not page.permission:
                assert answer.status_code == 302, (method, address)
                assert answer["Location"] == "/my/", (method, address)
            elif not allows(actor, page.permission):
                assert answer.status_code == 403, (method, address, answer.status_code)
            elif answer.status_code == 403:
                # Somebody else's: no mandate, and no word on whether there is such a subject.
                assert "subjects.not_mandated" in answer.content.decode(), (method, address)
            else:
                assert answer.status_code in {200, 302, 404, 405, 409, 422}, (method, address, answer.status_code)
    for method, address in operations():
        answer = getattr(client, method)(address, content_type="application/json")
        assert answer.status_code < 500, (method, address)
        if not address.startswith("/api/v1/my/") and address not in PUBLIC_OPERATIONS:
            assert answer.status_code == 401, (method, address, answer.status_code)
