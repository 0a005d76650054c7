"""What a presentation shows, whatever its holder chooses; and the pages of issuers and verifiers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanshu.city.vault.models import Certificate, Work
from quanshu.city.vault.queries import judge
from quanshu.city.vault.rules import certificate_types
from quanshu.city.vault.services import present_certificate, register_issuer
from quanshu.city.vault.services.working import work_some
from quanshu.shared.access.api import SYSTEM
from quanshu.supply.lake_store import get_lake
from support_vault import (
    CHILD,
    LI,
    MOMENT,
    RESIDENTS,
    ZHANG,
    Vaults,
    citizen,
    fill,
    look,
    make_vaults,
    post,
    settle,
    told_in_audit,
)

pytestmark = pytest.mark.django_db
NAMES = [claim.name for claim in certificate_types()["id_card"].claims]


@pytest.fixture
def vaults(db: None, settings: Any, tmp_path: Path) -> Vaults:
    return make_vaults(settings, tmp_path)


@given(chosen=st.sets(st.sampled_from(NAMES)))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_presentation_shows_what_was_chosen_and_nothing_else(vaults: Vaults, chosen: set[str]) -> None:
    card = Certificate.objects.filter(type_code="id_card").first() or vaults.issued("id_card")
    _row, _token, text = present_certificate(actor=vaults.actor("zhang"), now=MOMENT, certificate=card, claims=chosen)
    verdict = judge(text, now=MOMENT, language="zh")
    assert verdict.holds
    assert {row.name for row in verdict.shown} == chosen


@given(place=st.integers(0, 10_000), letter=st.sampled_from("AZaz09-_~."))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_changed_letter_leaves_a_presentation_valid(vaults: Vaults, place: int, letter: str) -> None:
    card = Certificate.objects.filter(type_code="id_card").first() or vaults.issued("id_card")
    _row, _token, text = present_certificate(
        actor=vaults.actor("zhang"), now=MOMENT, certificate=card, claims=["name", "over_18"]
    )
    place %= len(text)
    # The last letter of each base64url part carries bits that no byte holds.
    if text[place] == letter or place + 1 == len(text) or text[place + 1] in "~.":
        return
    changed = text[:place] + letter + text[place + 1 :]
    answer = post(Client(), "/api/v1/vault/verify", {"presentation": changed})
    # Each address may verify so many times a minute.
    if answer.status_code != 429:
        assert not answer.json().get("holds")


def test_a_changed_record_replaces_its_certificate(vaults: Vaults) -> None:
    first = vaults.issued("id_card")
    assert vaults.issued("id_card") == first
    rows = {**RESIDENTS, "address": ["山东省济南市市中区经二路9号"] * 3}
    import pyarrow as pa

    get_lake().overwrite(vaults.table("id_card"), pa.table(rows))
    second = vaults.issued("id_card")
    first.refresh_from_db()
    assert (first.state, first.reason, second.state) == ("revoked", "replaced", "valid")
    cards = look(vaults.resident("zhang"), "/api/v1/my/vault/certificates").json()["items"]
    assert [row["uid"] for row in cards] == [second.uid]


def test_a_batch_tells_how_far_it_is_and_goes_on_where_it_was_killed(vaults: Vaults) -> None:
    steward = vaults.cast.browser("steward", "en")
    issuer = vaults.issuers["id_card"]
    unknown = citizen("19700101", 99)
    wrong = fill(steward, "/vault/batch/", {"issuer": issuer.uid, "numbers": f"{ZHANG}\nnot a number"})
    assert wrong.status_code == 422
    assert "Lines 2 hold no valid number" in wrong.content.decode()
    sent = fill(steward, "/vault/batch/", {"issuer": issuer.uid, "numbers": f"{ZHANG}\n{LI}\n{CHILD}\n{unknown}"})
    assert sent.status_code == 302
    work = Work.objects.get()
    # Numbers wait sealed, and are gone afterwards.
    assert ZHANG not in work.numbers
    assert work_some(work.uid, now=MOMENT, most=2)
    settle()
    work.refresh_from_db()
    assert (work.state, work.reached, work.issued, work.faults) == ("done", 4, 3, {"vault.no_record": 1})
    assert work.numbers == ""
    page = look(steward, sent["Location"]).content.decode()
    assert "No record under this number" in page
    assert vaults.cast.browser("other").get(sent["Location"]).status_code == 404
    assert not told_in_audit()


def test_issuers_issue_find_and_end_on_their_pages(vaults: Vaults) -> None:
    steward = vaults.cast.browser("steward", "en")
    issuer = vaults.issuers["id_card"]
    assert "No certificate issued yet" in look(steward, "/vault/issued/").content.decode()
    wrong = fill(steward, "/vault/issue/", {"issuer": issuer.uid, "number": "123"})
    assert wrong.status_code == 422
    assert "no valid citizen ID" in wrong.content.decode()
    sent = fill(steward, "/vault/issue/", {"issuer": issuer.uid, "number": ZHANG})
    assert sent.status_code == 302
    found = fill(steward, "/vault/issued/find/", {"issuer": issuer.uid, "number": ZHANG}).content.decode()
    assert sent["Location"] in found
    none = fill(steward, "/vault/issued/find/", {"issuer": issuer.uid, "number": LI}).content.decode()
    assert "Nothing was issued to this number" in none
    for language in ("en", "zh-hans"):
        browser = vaults.cast.browser("steward", language)
        for path in ("/vault/issued/", sent["Location"], "/vault/registered/", "/vault/issue/", "/vault/batch/"):
            page = look(browser, path)
            assert page.status_code == 200, path
            assert ZHANG not in page.content.decode()
            assert "张建国" not in page.content.decode()
    export = look(steward, "/vault/issued/?export=csv")
    assert ZHANG not in b"".join(export.streaming_content).decode()
    assert fill(steward, f"{sent['Location']}revoke/", {"reason": "信息有误"}).status_code == 302
    assert "Revoked" in look(steward, sent["Location"]).content.decode()
    assert fill(steward, f"{sent['Location']}suspend/", {"reason": "再停用"}).status_code == 409
    officer = vaults.cast.browser("officer", "en")
    form = {"type_code": "id_card", "unit": vaults.cast.units["civil"].uid, "entry": "9/9"}
    assert fill(officer, "/vault/registered/new/", form).status_code == 422
    form["entry"] = ""
    assert fill(officer, "/vault/registered/new/", form).status_code == 302
    assert fill(steward, "/vault/registered/new/", form).status_code == 403
    assert "Times shown" in look(officer, "/vault/registered/").content.decode()


def test_a_verifier_asks_on_its_pages(vaults: Vaults) -> None:
    card = vaults.issued("id_card")
    developer, resident = vaults.cast.browser("developer", "en"), vaults.resident("zhang")
    assert "Nothing asked yet" in look(developer, "/vault/requests/").content.decode()
    form = {"needed": ["name", "over_18"], "wished": ["address"], "purpose": ""}
    assert fill(developer, "/vault/requests/new/id_card/", form).status_code == 422
    sent = fill(developer, "/vault/requests/new/id_card/", {**form, "purpose": "办理图书证"})
    page = look(developer, sent["Location"]).content.decode()
    assert "<svg" in page
    link = re.search(r"/vault/ask/[\w-]+/", look(developer, sent["Location"]).content.decode())
    ask = link[0] if link else f"/vault/ask/{sent['Location'].rstrip('/').rpartition('/')[2]}/"
    page = look(resident, ask).content.decode()
    assert "办理图书证" in page
    assert fill(resident, ask, {"certificate": card.uid, "claims": ["name"]}).status_code == 409
    assert fill(resident, ask, {"certificate": card.uid, "claims": ["name", "over_18"]}).status_code == 302
    assert "Open the answer" in look(developer, sent["Location"]).content.decode()
    opened = fill(developer, sent["Location"]).content.decode()
    assert "张建国" in opened
    assert "泉城路" not in opened
    assert fill(developer, sent["Location"]).status_code == 409
    assert "civil of the city" in look(resident, f"/vault/mine/{card.uid}/").content.decode()


def test_an_issuer_without_records_says_so(vaults: Vaults) -> None:
    register_issuer(actor=SYSTEM, now=MOMENT, unit=vaults.cast.units["civil"], type_code="id_card")
    other = vaults.cast.program("other")
    answer = post(other, "/api/v1/vault/certificates", {"type": "id_card", "number": ZHANG})
    assert answer.json()["code"] == "vault.no_records"
    get_lake().drop(vaults.table("elderly_card"))
    assert post(vaults.resident("zhang"), "/api/v1/my/vault/gather").status_code == 202
    settle()
    page = look(vaults.resident("zhang"), "/vault/").content.decode()
    assert "The issuer has no records yet (1)" in page
    assert "Social-security card" in page
