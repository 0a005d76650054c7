"""Clause 2.3.3 数字保险箱 (and 2.3.4, 电子两证 电子印章): certificates gathered, kept encrypted, shown in part,
verified by anyone, revoked by who issued them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sd_jwt.verifier
from click.testing import CliRunner
from cryptography import x509
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from jwcrypto.jwk import JWK
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from quanshu.city.vault.models import Certificate, Presentation, SubjectKey
from quanshu.city.vault.queries.sealed import load
from quanshu.city.vault.services.presenting import forget_expired
from quanshu.cli.root import main
from quanshu.kernel.clock import freeze
from quanshu.kernel.sd_jwt import public_key as key_of
from quanshu.kernel.sd_jwt import read_status
from quanshu.shared.audit.api import integrate, integrity_report
from quanshu.shared.notify.api import Notice
from support_vault import (
    LI,
    MOMENT,
    ZHANG,
    Vaults,
    citizen,
    fill,
    look,
    make_vaults,
    mandate,
    post,
    settle,
    told_in_audit,
)

pytestmark = pytest.mark.django_db(transaction=False)


@pytest.fixture
def vaults(db: None, settings: Any, tmp_path: Path) -> Vaults:
    return make_vaults(settings, tmp_path)


def gathered(vaults: Vaults, who: str = "zhang") -> list[dict[str, Any]]:
    """A subject's certificates, received from their issuers over the API."""
    resident = vaults.resident(who)
    assert post(resident, "/api/v1/my/vault/gather").status_code == 202
    settle()
    return list(look(resident, "/api/v1/my/vault/certificates").json()["items"])


def shown(vaults: Vaults, uid: str, *claims: str, who: str = "zhang", **more: Any) -> dict[str, Any]:
    """A presentation over the API."""
    answer = post(vaults.resident(who), f"/api/v1/my/vault/certificates/{uid}/present", {"claims": claims, **more})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def verified(text: str, **more: Any) -> dict[str, Any]:
    """What anyone is told of a presentation."""
    return dict(post(Client(), "/api/v1/vault/verify", {"presentation": text, **more}).json())


def test_six_types_are_gathered_from_the_units_that_issue_them(vaults: Vaults) -> None:
    rows = gathered(vaults)
    types = sorted(row["type"] for row in rows)
    # Two dwellings are two certificates.
    assert types == [
        "elderly_card",
        "id_card",
        "marriage_certificate",
        *["property_certificate"] * 2,
        "social_security_card",
    ]
    assert [row["type"] for row in gathered(vaults, "firm")] == ["business_licence"]
    # Asked again, the issuers find everything unchanged.
    assert len(gathered(vaults)) == 6
    assert Certificate.objects.count() == 7
    page = look(vaults.resident("zhang", "zh-hans"), "/vault/").content.decode()
    for name in ("居民身份证", "结婚证", "不动产权证书", "社会保障卡", "老年人优待证"):
        assert name in page
    card = next(row for row in rows if row["type"] == "id_card")
    page = look(vaults.resident("zhang", "zh-hans"), f"/vault/mine/{card['uid']}/").content.decode()
    assert ZHANG in page
    assert "汉族" in page
    # Nothing of it lies in the database in clear.
    for row in Certificate.objects.values():
        assert not [word for word in (ZHANG, "张建国", "泉城路") if word in str(row)]
    assert not told_in_audit()


def test_a_code_shows_only_what_was_chosen_and_opens_once(vaults: Vaults) -> None:
    card = next(row for row in gathered(vaults) if row["type"] == "elderly_card")
    resident = vaults.resident("zhang")
    form = {"claims": ["over_65"], "purpose": "公交", "minutes": "5"}
    sent = fill(resident, f"/vault/mine/{card['uid']}/present/", form)
    assert sent.status_code == 302
    page = look(resident, sent["Location"]).content.decode()
    assert "<svg" in page
    link = re.search(r"/vault/p/[\w-]+/", page)
    assert link
    anyone = Client(HTTP_ACCEPT_LANGUAGE="en")
    # Looking does not open it: a scanner's preview must not use it up.
    assert "65 or older" not in look(anyone, link[0]).content.decode()
    opened = fill(anyone, link[0])
    text = opened.content.decode()
    assert "Proven, and in force" in text
    assert "65 or older" in text
    assert "civil of the city" in text
    assert not [word for word in (ZHANG, "张建国", "1956") if word in text]
    assert fill(anyone, link[0]).status_code == 409
    history = look(resident, f"/vault/mine/{card['uid']}/").content.decode()
    assert "Opened" in history
    assert Notice.objects.filter(recipient_uid=vaults.subjects["zhang"].uid, url__contains=card["uid"]).count() == 2
    # What was opened is kept nowhere.
    assert Presentation.objects.get().sealed == ""
    late = fill(resident, f"/vault/mine/{card['uid']}/present/", form)
    page = look(resident, late["Location"]).content.decode()
    link = re.search(r"/vault/p/[\w-]+/", page)
    assert link
    assert fill(anyone, link[0], at=MOMENT + timedelta(minutes=6)).status_code == 409
    assert forget_expired(MOMENT + timedelta(minutes=4)) == 0
    assert forget_expired(MOMENT + timedelta(minutes=6)) == 1
    assert look(anyone, "/vault/p/guessed/").status_code == 404


def test_anyone_verifies_and_each_fault_is_named(vaults: Vaults) -> None:
    card = next(row for row in gathered(vaults) if row["type"] == "id_card")
    answer = shown(vaults, card["uid"], "name", "over_18", audience="hospital", nonce="n-1")
    text = answer["presentation"]
    found = verified(text, audience="hospital", nonce="n-1")
    assert found["holds"]
    assert found["claims"] == {"name": "张建国", "over_18": "是"}
    assert found["issuer"] == "市公安局"
    assert verified(text, audience="bank")["code"] == "sd_jwt.wrong_audience"
    assert verified(text, nonce="n-2")["code"] == "sd_jwt.wrong_nonce"
    jwt, *disclosures, proof = text.split("~")
    assert verified("~".join([jwt, *disclosures, ""]))["code"] == "sd_jwt.binding_missing"
    assert verified("~".join([jwt, disclosures[0], proof]))["code"] == "sd_jwt.binding_forged"
    head, body, signature = jwt.split(".")
    tampered = ".".join([head, body[:-4] + ("AAAA" if body[-4:] != "AAAA" else "BBBB"), signature])
    assert not verified("~".join([tampered, *disclosures, proof])).get("holds")
    other = shown(vaults, next(row["uid"] for row in gathered(vaults) if row["type"] == "elderly_card"), "over_60")
    mixed = "~".join([jwt, *disclosures, *other["presentation"].split("~")[1:-1], proof])
    assert not verified(mixed).get("holds")
    assert post(Client(), "/api/v1/vault/verify", {"presentation": "hello"}).json()["code"] == "vault.unreadable"
    page = fill(Client(HTTP_ACCEPT_LANGUAGE="zh-hans"), "/vault/verify/", {"presentation": text}).content.decode()
    assert "张建国" in page
    assert fill(Client(), "/vault/verify/", {}).status_code == 422
    assert not told_in_audit()


def test_an_issuer_suspends_reinstates_and_revokes_within_seconds(vaults: Vaults) -> None:
    card = next(row for row in gathered(vaults) if row["type"] == "id_card")
    text = shown(vaults, card["uid"], "name")["presentation"]
    steward, other = vaults.cast.program("steward"), vaults.cast.program("other")
    at = MOMENT + timedelta(seconds=2)
    path = f"/api/v1/vault/certificates/{card['uid']}"
    # Another unit's officer does not even see it.
    assert post(other, f"{path}/revoke", {"reason": "试试"}, at).status_code == 404
    assert post(steward, f"{path}/revoke", {"reason": " "}, at).status_code == 422
    assert post(steward, f"{path}/suspend", {"reason": "信息核查中"}, at).json()["state"] == "suspended"
    assert verified(text)["code"] == "sd_jwt.suspended"
    assert post(vaults.resident("zhang"), f"/api/v1/my/vault/certificates/{card['uid']}/present", {}).status_code == 409
    assert post(steward, f"{path}/reinstate", {"reason": "核查无误"}, at).json()["state"] == "valid"
    assert verified(text)["holds"]
    assert post(steward, f"{path}/revoke", {"reason": "证件遗失补办"}, at).json()["state"] == "revoked"
    found = verified(text)
    assert (found["holds"], found["state"], found["code"]) == (False, "revoked", "sd_jwt.revoked")
    # Once revoked, for good.
    assert post(steward, f"{path}/reinstate", {"reason": "反悔"}, at).status_code == 409
    # The signed list that anyone fetches says the same.
    issuers = look(Client(), "/vault/issuers/").json()
    police = next(row for row in issuers["issuers"] if row["name"] == "市公安局")
    (uri,) = police["status_lists"]
    token = look(Client(), uri.removeprefix("http://127.0.0.1:8000")).content.decode()
    statuses = read_status(token, issuer=key_of(police["jwks"]["keys"][0]), uri=uri, now=MOMENT)
    row = Certificate.objects.get(uid=card["uid"])
    assert statuses[row.status_index] == 1
    told = Notice.objects.filter(recipient_uid=vaults.subjects["zhang"].uid).values_list("body", flat=True)
    assert any("证件遗失补办" in body for body in told)
    page = vaults.cast.browser("steward", "en").get(f"/vault/issued/{card['uid']}/").content.decode()
    assert "Certificate revoked" in page
    assert ZHANG not in page
    assert not told_in_audit()


def test_an_outsider_verifies_off_line_with_other_software(
    vaults: Vaults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The other software takes the holder's algorithm from here alone.
    monkeypatch.setattr(sd_jwt.verifier, "DEFAULT_SIGNING_ALG", "EdDSA")
    card = next(row for row in gathered(vaults) if row["type"] == "id_card")
    text = shown(vaults, card["uid"], "name", audience="gate", nonce="once")["presentation"]
    issuers = look(Client(), "/vault/issuers/").content
    (tmp_path / "shown.txt").write_text(text, encoding="ascii")
    (tmp_path / "issuers.json").write_bytes(issuers)
    row = Certificate.objects.select_related("status_list").get(uid=card["uid"])
    status_path = f"/vault/status/{row.status_list.uid}/"
    (tmp_path / "before.jwt").write_bytes(look(Client(), status_path).content)
    post(vaults.cast.program("steward"), f"/api/v1/vault/certificates/{card['uid']}/revoke", {"reason": "遗失补办"})
    (tmp_path / "after.jwt").write_bytes(look(Client(), status_path).content)

    def run(*words: str) -> Any:
        given = [str(tmp_path / word) if "." in word else word for word in words]
        with freeze(MOMENT + timedelta(minutes=1)):
            return CliRunner().invoke(main, ["certificate", "presentation", *given])

    done = run("shown.txt", "--issuers", "issuers.json", "--status", "before.jwt", "--audience", "gate")
    assert done.exit_code == 0, done.output
    assert "张建国" in done.output
    assert "市公安局" in done.output
    assert run("shown.txt", "--issuers", "issuers.json", "--status", "after.jwt").exit_code == 1
    assert run("shown.txt", "--issuers", "issuers.json", "--audience", "bank").exit_code == 1
    forged = json.loads(issuers)
    forged["issuers"] = [row for row in forged["issuers"] if row["name"] != "市公安局"]
    (tmp_path / "strangers.json").write_text(json.dumps(forged), encoding="utf-8")
    assert run("shown.txt", "--issuers", "strangers.json").exit_code == 1
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    assert run("shown.txt", "--issuers", "other.json").exit_code == 2
    # The independent implementation reads it too.
    keys = {key["kid"]: key for entry in json.loads(issuers)["issuers"] for key in entry["jwks"]["keys"]}

    def issuer_key(_issuer: str, header: dict[str, Any]) -> Any:
        return JWK(**{name: keys[header["kid"]][name] for name in ("kty", "crv", "x")})

    seen = sd_jwt.verifier.SDJWTVerifier(text, issuer_key, "gate", "once").get_verified_payload()
    assert seen["name"] == "张建国"
    assert "citizen_id" not in seen
    unit = vaults.issuers["id_card"].unit.uid
    well_known = look(Client(), f"/.well-known/jwt-vc-issuer/vault/issuers/{unit}").json()
    assert well_known["issuer"].endswith(f"/vault/issuers/{unit}")
    assert look(Client(), "/vault/types/id_card/").json()["vct"] == "urn:quanshu:certificate:id_card"


def test_a_pdf_carries_a_seal_that_an_ordinary_reader_verifies(vaults: Vaults) -> None:
    rows = gathered(vaults)
    card = next(row for row in rows if row["type"] == "marriage_certificate")
    answer = look(vaults.resident("zhang"), f"/vault/mine/{card['uid']}/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    authority = look(Client(), "/vault/seal-authority/").content.decode()
    context = {"trust_roots": [load(authority)], "moment": MOMENT}

    def status(content: bytes) -> Any:
        (seal,) = PdfFileReader(BytesIO(content)).embedded_signatures
        return validate_pdf_signature(seal, ValidationContext(**context))

    found = status(answer.content)
    assert found.bottom_line
    assert found.valid
    assert found.trusted
    assert "市民政局" in found.signing_cert.subject.human_friendly
    assert x509.load_pem_x509_certificate(authority.encode()).extensions
    # A byte of the page changed, and the seal is broken.
    changed = bytearray(answer.content)
    place = answer.content.index(b"stream\n") + 20
    changed[place] ^= 1
    assert not status(bytes(changed)).intact

    def told(content: bytes) -> str:
        file = SimpleUploadedFile("certificate.pdf", content)
        return str(fill(Client(HTTP_ACCEPT_LANGUAGE="en"), "/vault/verify/", {"file": file}).content.decode())

    assert "Proven, and in force" in told(answer.content)
    assert "The electronic seal does not hold" in told(bytes(changed))
    assert "no PDF with an electronic seal" in told(b"%PDF-1.4 nothing")
    post(vaults.cast.program("other"), f"/api/v1/vault/certificates/{card['uid']}/revoke", {"reason": "登记撤销"})
    assert "not in force any more" in told(answer.content)
    assert look(vaults.resident("zhang"), f"/vault/mine/{card['uid']}/pdf/").status_code == 409


def test_guardians_and_representatives_open_their_principals_vaults(vaults: Vaults) -> None:
    mandate(vaults, "child", "zhang", "guardian")
    mandate(vaults, "firm", "li", "legal_representative")
    zhang, li = vaults.resident("zhang"), vaults.resident("li")
    assert post(zhang, "/api/v1/my/vault/gather", {"subject": vaults.subjects["child"].uid}).status_code == 202
    assert post(li, "/api/v1/my/vault/gather", {"subject": vaults.subjects["firm"].uid}).status_code == 202
    assert post(li, "/api/v1/my/vault/gather", {"subject": vaults.subjects["child"].uid}).status_code == 403
    settle()
    (card,) = look(zhang, "/api/v1/my/vault/certificates").json()["items"]
    assert card["subject"] == vaults.subjects["child"].uid
    claims = look(zhang, f"/api/v1/my/vault/certificates/{card['uid']}").json()["claims"]
    assert {"name": "name", "label": "姓名", "value": "张小满", "hidden": True} in claims
    # Ten years and eight months: the card lasts five years.
    assert card["valid_until"] == "2031-03-02"
    assert verified(shown(vaults, card["uid"], "over_18")["presentation"])["claims"] == {"over_18": "否"}
    assert look(li, f"/api/v1/my/vault/certificates/{card['uid']}").status_code == 404
    assert look(li, f"/vault/mine/{card['uid']}/").status_code == 404
    (licence,) = look(li, "/api/v1/my/vault/certificates").json()["items"]
    found = verified(shown(vaults, licence["uid"], who="li")["presentation"])
    # Name and code of a licence are public and always shown.
    assert set(found["claims"]) == {"enterprise_name", "uscc"}
    assert not told_in_audit()


def test_a_verifier_asks_and_the_holder_decides(vaults: Vaults) -> None:
    card = next(row for row in gathered(vaults) if row["type"] == "id_card")
    asked = {"type": "id_card", "needed": ["name"], "wished": ["address"], "purpose": "办理居住证"}
    developer, resident = vaults.cast.program("developer"), vaults.resident("zhang")
    made = post(developer, "/api/v1/vault/requests", asked).json()
    page = look(resident, made["link"]).content.decode()
    assert "civil of the city" in page
    assert "办理居住证" in page
    path = f"/api/v1/my/vault/requests/{made['uid']}/answer"
    lacking = post(resident, path, {"certificate": card["uid"], "claims": ["address"]})
    assert lacking.json()["code"] == "vault.claims_missing"
    sent = fill(resident, made["link"], {"certificate": card["uid"], "claims": ["name"]})
    assert sent.status_code == 302
    assert post(resident, path, {"certificate": card["uid"], "claims": ["name"]}).status_code == 409
    # Only the unit that asked opens it, once.
    assert post(vaults.cast.program("steward"), f"/api/v1/vault/requests/{made['uid']}/open").status_code == 404
    found = post(developer, f"/api/v1/vault/requests/{made['uid']}/open").json()
    assert found["holds"]
    assert found["claims"] == {"name": "张建国"}
    assert post(developer, f"/api/v1/vault/requests/{made['uid']}/open").status_code == 409
    # The proof was made for this verifier: it convinces nobody else.
    assert verified(found["presentation"], audience="urn:quanshu:unit:other")["code"] == "sd_jwt.wrong_audience"
    second = post(developer, "/api/v1/vault/requests", asked).json()
    assert fill(resident, f"{second['link']}decline/").status_code == 302
    assert look(developer, f"/api/v1/vault/requests/{second['uid']}").json()["state"] == "declined"
    third = post(developer, "/api/v1/vault/requests", asked).json()
    late = post(resident, f"/api/v1/my/vault/requests/{third['uid']}/answer",
                {"certificate": card["uid"], "claims": ["name"]}, at=MOMENT + timedelta(minutes=11))  # fmt: skip
    assert late.json()["code"] == "vault.request_over"


def test_an_erased_vault_is_unreadable_for_ever_and_the_ledger_stays_whole(vaults: Vaults) -> None:
    rows = gathered(vaults)
    text = shown(vaults, rows[0]["uid"])["presentation"]
    resident = vaults.resident("zhang")
    page = look(resident, f"/vault/erase/{vaults.subjects['zhang'].uid}/").content.decode()
    assert "6 certificates will be lost for ever" in page
    assert fill(resident, f"/vault/erase/{vaults.subjects['zhang'].uid}/", {"reason": ""}).status_code == 422
    assert fill(resident, f"/vault/erase/{vaults.subjects['zhang'].uid}/", {"reason": "不再使用"}).status_code == 302
    assert look(resident, "/api/v1/my/vault/certificates").json()["total"] == 0
    assert set(Certificate.objects.values_list("state", "sealed")) == {("erased", "")}
    assert SubjectKey.objects.get().wrapped == ""
    assert not verified(text)["holds"]
    integrate(MOMENT)
    assert integrity_report().sound
    # The issuers may fill it again, under a new key.
    assert len(gathered(vaults)) == 6
    assert SubjectKey.objects.count() == 2
    assert not told_in_audit()


def test_wrong_inputs_are_refused_by_name(vaults: Vaults) -> None:
    steward, officer = vaults.cast.program("steward"), vaults.cast.program("officer")

    def refused(body: dict[str, Any], client: Client = steward) -> tuple[int, str]:
        answer = post(client, "/api/v1/vault/certificates", body)
        return answer.status_code, answer.json()["code"]

    assert refused({"type": "id_card", "number": ZHANG[:-1] + ("1" if ZHANG[-1] != "1" else "2")}) == (
        422,
        "kernel.field_errors",
    )
    assert refused({"type": "passport", "number": ZHANG}) == (422, "vault.unknown_type")
    assert refused({"type": "marriage_certificate", "number": ZHANG}) == (404, "vault.no_issuer")
    assert refused({"type": "id_card", "number": ZHANG}, officer) == (403, "access.forbidden")
    assert refused({"type": "business_licence", "number": ZHANG}) == (422, "kernel.field_errors")
    assert refused({"type": "id_card", "number": citizen("19800101", 1)}) == (409, "vault.no_record")
    claims = {"name": "李秀英", "sex": "2", "birth_date": "1958-09-03", "citizen_id": LI}
    # The claims are about somebody else than the number.
    assert refused({"type": "id_card", "number": ZHANG, "claims": claims}) == (422, "kernel.field_errors")
    assert refused({"type": "id_card", "number": LI, "claims": {**claims, "over_18": True}})[0] == 422
    assert refused({"type": "id_card", "number": LI, "claims": {**claims, "sex": "9"}})[0] == 422
    assert refused({"type": "id_card", "number": LI, "claims": {"name": "李秀英"}})[0] == 422
    assert Certificate.objects.count() == 0
    made = post(steward, "/api/v1/vault/certificates", {"type": "id_card", "number": LI, "claims": claims})
    assert made.status_code == 201
    uid = made.json()[0]["uid"]
    li = vaults.resident("li")
    answer = post(li, f"/api/v1/my/vault/certificates/{uid}/present", {"claims": ["passport"]})
    assert answer.json()["code"] == "vault.not_disclosable"
    assert post(li, f"/api/v1/my/vault/certificates/{uid}/present", {"minutes": 600}).status_code == 422
    assert look(vaults.resident("zhang"), f"/api/v1/my/vault/certificates/{uid}").status_code == 404
    # An officer's session is no resident's.
    assert look(vaults.cast.browser("steward"), "/api/v1/my/vault/certificates").status_code == 401
    assert not told_in_audit()


def test_an_expired_certificate_is_not_shown_and_does_not_verify(vaults: Vaults) -> None:
    rows = gathered(vaults)
    card = next(row for row in rows if row["type"] == "social_security_card")
    assert card["valid_until"] == "2036-03-02"
    after = MOMENT + timedelta(days=366 * 11)
    resident = vaults.resident("zhang")
    with freeze(after):
        found = resident.post(f"/api/v1/my/vault/certificates/{card['uid']}/present", "{}",
                              content_type="application/json")  # fmt: skip
    assert found.status_code in {401, 409}
    text = shown(vaults, card["uid"])["presentation"]
    late = post(Client(), "/api/v1/vault/verify", {"presentation": text}, at=after).json()
    assert late["code"] == "sd_jwt.expired"
