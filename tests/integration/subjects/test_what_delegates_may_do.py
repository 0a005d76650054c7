"""A delegate does what its mandate covers and nothing else, in every room that has something of the principal's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from quanshu.kernel.clock import now
from quanshu.sharing.subjects.api import Mandate
from support_citizen import PERSON, a_number, a_subject, signed_in
from support_consent import a_city_of_valid_numbers, a_consent, consenting_city
from support_services import use_folders
from support_vault import MOMENT, Vaults, look, make_vaults, post

pytestmark = pytest.mark.django_db
VAULT = "/api/v1/my/vault"


@pytest.fixture
def vaults(settings: Any, tmp_path: Path) -> Vaults:
    return make_vaults(settings, tmp_path)


def delegated(vaults: Vaults, scope: list[str]) -> Mandate:
    """李秀英 may do this for 张建国."""
    return Mandate.objects.create(
        principal=vaults.subjects["zhang"], agent=vaults.subjects["li"], kind="delegate", state="in_force",
        valid_from=MOMENT, valid_until=MOMENT + timedelta(minutes=5), created_at=MOMENT, scope=scope,
    )  # fmt: skip


def test_certificates_and_codes_are_open_to_those_delegates_alone_whose_mandate_names_them(vaults: Vaults) -> None:
    card = vaults.issued("elderly_card")
    principal, delegate = vaults.subjects["zhang"], vaults.resident("li")
    mandate = delegated(vaults, ["view", "correct", "download", "consent"])
    erase = {"subject": principal.uid, "reason": "不再需要"}
    assert look(delegate, f"{VAULT}/certificates").json()["total"] == 0
    assert look(delegate, f"{VAULT}/certificates/{card.uid}").status_code == 404
    assert post(delegate, f"{VAULT}/certificates/{card.uid}/present", {"claims": []}).status_code == 404
    assert post(delegate, f"{VAULT}/gather", {"subject": principal.uid}).status_code == 403
    assert post(delegate, f"{VAULT}/erase", erase).status_code == 403
    assert look(delegate, f"/vault/mine/{card.uid}/").status_code == 404
    assert look(delegate, f"/api/v1/my/codes/code?who={principal.uid}").status_code == 403
    assert look(delegate, f"/codes/?who={principal.uid}").status_code == 403
    assert principal.name not in look(delegate, "/codes/").content.decode()
    mandate.scope = ["codes"]
    mandate.save()
    assert look(delegate, f"/api/v1/my/codes/code?who={principal.uid}").status_code == 200
    assert look(delegate, f"{VAULT}/certificates").json()["total"] == 0
    mandate.scope = ["certificates"]
    mandate.save()
    assert look(delegate, f"/api/v1/my/codes/code?who={principal.uid}").status_code == 403
    assert look(delegate, f"{VAULT}/certificates").json()["total"] == 1
    assert post(delegate, f"{VAULT}/certificates/{card.uid}/present", {"claims": []}).status_code == 201
    after = MOMENT + timedelta(minutes=6)
    assert look(delegate, f"{VAULT}/certificates", at=after).json()["total"] == 0, "it ran out in an open session"


def test_consents_are_open_to_those_delegates_alone_whose_mandate_names_them(settings: Any, tmp_path: Path) -> None:
    use_folders(settings, tmp_path)
    city = a_city_of_valid_numbers()
    _service, _consumer, _secret, grant = consenting_city(city)
    consent = a_consent(city, grant)
    assert consent.subject == a_subject(PERSON)
    agent = a_subject(a_number(7), "赵六")
    mandate = Mandate.objects.create(
        principal=consent.subject, agent=agent, kind="delegate", state="in_force", scope=["codes"],
        valid_from=now() - timedelta(days=1), valid_until=now() + timedelta(days=9), created_at=now(),
    )  # fmt: skip
    browser, address = signed_in(agent), f"/api/v1/my/consent/{consent.uid}"
    assert browser.get("/api/v1/my/consent/").json()["total"] == 0
    assert browser.get(address).status_code == 404
    assert browser.post(f"{address}/revoke", {}, content_type="application/json").status_code == 404
    mandate.scope = ["consent"]
    mandate.save()
    assert browser.get(address).status_code == 200
    assert browser.post(f"{address}/revoke", {}, content_type="application/json").status_code == 200
