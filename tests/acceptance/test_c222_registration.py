"""Clause 2.2.2: a data resource is registered, its certificate verified by anyone, changed, transferred, cancelled."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from quanshu.cli.root import main
from quanshu.kernel.certificates import Forged, sign_certificate, verify_certificate
from quanshu.kernel.clock import freeze
from quanshu.shared.audit.api import AuditEntry
from quanshu.supply.registration.api import Application, Certificate, Material, Objection
from quanshu.supply.registration.queries import public_keys
from quanshu.supply.registration.services.reviewing import signing_keys
from support_catalogue import Cast, make_cast
from support_quality import MONDAY, published
from support_registration import attach, pdf

LATER = MONDAY + timedelta(days=10)
STATED = {
    "source": "户籍业务办理中依职责采集",
    "legality": "《中华人民共和国户口登记条例》第三条",
    "rights": ["hold", "process"],
    "duties": "每日更新，按目录共享，落实安全保护",
    "years": "3",
}


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> tuple[Cast, Any]:
    settings.QUANSHU_KEYS_DIR = tmp_path / "keys"
    settings.QUANSHU_FILES_DIR = tmp_path / "files"
    cache.clear()
    cast = make_cast()
    return cast, published(cast)


def at(moment: datetime, client: Client, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
    """Post at a moment."""
    with freeze(moment):
        return client.post(path, data or {}, **more)


def drafted(steward: Client, entry: Any, moment: datetime = MONDAY) -> str:
    """The page of a draft with its required materials."""
    page = str(at(moment, steward, f"/registration/new/{entry.uid}/", STATED)["Location"])
    for kind in ("source", "legality"):
        assert attach(steward, page, kind, at=moment).status_code == 302
    return page


def registered(cast: Cast, entry: Any, moment: datetime = MONDAY, objection: bool = False) -> Certificate:
    """A certificate, all the way through the browser."""
    steward, officer = cast.browser("steward"), cast.browser("officer")
    page = drafted(steward, entry, moment)
    at(moment, steward, f"{page}submit/")
    at(moment, officer, f"{page}pass/")
    at(moment, officer, f"{page}publish/")
    # Too early: the period must have passed.
    at(moment, officer, f"{page}conclude/")
    assert not Certificate.objects.filter(entry=entry, state="valid").exists()
    if objection:
        public = Application.objects.get(state="publicity")
        filed = {"name": "某公司", "contact": "0531-12345678", "reason": "部分字段系我公司提供"}
        at(moment, Client(), f"/registration/publicity/{public.uid}/", filed)
        at(moment + timedelta(days=10), officer, f"{page}conclude/")
        assert not Certificate.objects.exists()
        row = Objection.objects.get()
        at(moment, officer, f"/registration/objections/{row.uid}/", {"reason": "该字段由户籍窗口采集"})
    at(moment + timedelta(days=10), officer, f"{page}conclude/")
    return Certificate.objects.get(entry=entry, state="valid")


def test_from_application_to_a_certificate_that_anyone_verifies(city: tuple[Cast, Any], tmp_path: Path) -> None:
    cast, entry = city
    certificate = registered(cast, entry, objection=True)
    anyone = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    with freeze(LATER):
        page = anyone.get(certificate.get_absolute_url()).content.decode()
        assert certificate.number in page
        assert "<svg" in page
        wrong_code = anyone.get(f"/registration/c/{certificate.number}/AAAAAAAA/")
        assert wrong_code.status_code == 404
        file = anyone.get(f"{certificate.get_absolute_url()}file/")
        document = json.loads(file.content)
        found = anyone.post("/registration/verify/", {"number": certificate.number, "code": certificate.code})
        assert certificate.number in found.content.decode()
        upload = {"file": SimpleUploadedFile("c.json", file.content)}
        assert certificate.number in anyone.post("/registration/verify/", upload).content.decode()
        document["payload"]["holder"]["name"] = "别的单位"
        forged = anyone.post(
            "/registration/verify/", {"file": SimpleUploadedFile("c.json", json.dumps(document).encode())}
        )
        assert "alert-danger" in forged.content.decode()
        mistaken = anyone.post("/registration/verify/", {"number": certificate.number[:-1] + "x", "code": "x"})
        assert mistaken.status_code == 422
    # Off line: the file and the published keys are enough.
    (tmp_path / "c.json").write_bytes(file.content)
    (tmp_path / "keys.json").write_bytes(anyone.get("/registration/keys/").content)
    run = CliRunner().invoke(
        main, ["certificate", "verify", str(tmp_path / "c.json"), "--keys", str(tmp_path / "keys.json")]
    )
    assert run.exit_code == 0, run.output
    (tmp_path / "forged.json").write_text(json.dumps(document), encoding="utf-8")
    run = CliRunner().invoke(
        main, ["certificate", "verify", str(tmp_path / "forged.json"), "--keys", str(tmp_path / "keys.json")]
    )
    assert run.exit_code == 1
    # Who objected stands nowhere in the audit trail.
    assert "某公司" not in json.dumps(list(AuditEntry.objects.values_list("details", flat=True)), ensure_ascii=False)


def test_an_upheld_objection_refuses(city: tuple[Cast, Any]) -> None:
    cast, entry = city
    steward, officer = cast.browser("steward"), cast.browser("officer")
    page = drafted(steward, entry)
    for who, step in ((steward, "submit"), (officer, "pass"), (officer, "publish")):
        at(MONDAY, who, f"{page}{step}/")
    public = Application.objects.get()
    empty = at(MONDAY, Client(), f"/registration/publicity/{public.uid}/", {"name": "", "contact": "", "reason": ""})
    assert empty.status_code == 422
    filed = {"name": "某人", "contact": "a@b.c", "reason": "数据来源不合法"}
    at(MONDAY, Client(), f"/registration/publicity/{public.uid}/", filed)
    at(MONDAY, officer, f"/registration/objections/{Objection.objects.get().uid}/", {"reason": "属实", "uphold": "1"})
    public.refresh_from_db()
    assert (public.state, public.note) == ("refused", "属实")
    assert at(MONDAY, Client(), f"/registration/publicity/{public.uid}/", filed).status_code == 404


def test_transfer_change_and_cancellation_over_the_api(city: tuple[Cast, Any]) -> None:
    cast, entry = city
    certificate = registered(cast, entry)
    steward, other, officer = cast.program("steward"), cast.program("other"), cast.program("officer")
    base = "/api/v1/registration/applications"

    def post(client: Client, path: str, body: dict[str, Any] | None = None, moment: datetime = LATER) -> Any:
        return at(moment, client, path, body or {}, content_type="application/json")

    stated = {**STATED, "years": 3, "certificate": certificate.number, "kind": "transfer", "reason": "职责划转"}
    assert post(steward, base, stated).status_code == 422
    made = post(steward, base, {**stated, "receiver": cast.units["civil"].uid}).json()
    assert post(steward, base, {**stated, "kind": "change"}).status_code == 409
    # A transfer rests on the agreement that grants the rights, and is not submitted without it.
    assert post(steward, f"{base}/{made['uid']}/submit").json()["code"] == "registration.materials_missing"
    agreement = {"kind": "agreement", "file": SimpleUploadedFile("划转协议.pdf", pdf("agreement"))}
    material = at(LATER, steward, f"{base}/{made['uid']}/materials", agreement).json()
    assert post(steward, f"{base}/{made['uid']}/submit").json()["state"] == "accepting"
    # The receiver reads what is handed over, and does not touch it.
    assert other.get(f"{base}/{made['uid']}/materials/{material['uid']}/file").status_code == 200
    assert at(LATER, other, f"{base}/{made['uid']}/materials", {**agreement, "kind": "other"}).status_code == 403
    assert post(steward, f"{base}/{made['uid']}/accept").status_code == 403
    assert post(other, f"{base}/{made['uid']}/accept").json()["state"] == "formal"
    for step in ("pass", "publish"):
        assert post(officer, f"{base}/{made['uid']}/{step}").status_code == 200
    assert post(officer, f"{base}/{made['uid']}/conclude").status_code == 409
    after = LATER + timedelta(days=10)
    moved = post(officer, f"{base}/{made['uid']}/conclude", moment=after).json()["certificate"]
    assert moved["document"]["payload"]["holder"]["name"] == "市民政局"
    assert moved["document"]["payload"]["previous"] == certificate.number
    assert moved["document"]["payload"]["materials"] == [{"kind": "agreement", "sha256": material["sha256"]}]
    certificate.refresh_from_db()
    assert certificate.state == "replaced"
    # The old one is answered as replaced, on line and in the published list.
    with freeze(after):
        assert officer.get(f"/api/v1/registration/certificates/{certificate.number}").json()["state"] == "replaced"
    assert certificate.number in Client().get("/registration/keys/").json()["ended"]
    # Its new holder cancels it; a cancellation needs no publicity.
    cancel = {**STATED, "years": 3, "certificate": moved["number"], "kind": "cancel", "reason": "资源停用"}
    uid = post(other, base, cancel, moment=after).json()["uid"]
    for who, step in ((other, "submit"), (officer, "pass"), (officer, "conclude")):
        assert post(who, f"{base}/{uid}/{step}", moment=after).status_code == 200
    assert Certificate.objects.get(number=moved["number"]).state == "cancelled"
    with freeze(after):
        figures = officer.get("/api/v1/registration/figures").json()
    assert [(row["catalogued"], row["registered"]) for row in figures] == [(1, 0)]


def test_materials_from_draft_through_review_to_the_certificate(city: tuple[Cast, Any]) -> None:
    cast, entry = city
    steward, officer, anyone = cast.browser("steward", "en"), cast.browser("officer", "en"), Client()
    page = at(MONDAY, steward, f"/registration/new/{entry.uid}/", STATED)["Location"]
    # What is missing is named, on the page and in the refusal; nothing is submitted.
    for kind, missing in (("source", "Proof of where the data come from"), ("legality", "Statement of lawfulness")):
        assert missing in steward.get(page).content.decode()
        at(MONDAY, steward, f"{page}submit/")
        assert Application.objects.get().state == "draft"
        assert attach(steward, page, kind, f"{kind}.pdf", at=MONDAY).status_code == 302
    source = Material.objects.get(kind="source")
    assert source.digest == hashlib.sha256(pdf("source")).hexdigest()
    text = steward.get(page).content.decode()
    assert all(shown in text for shown in (source.digest, source.name, "steward某", "Take out"))
    at(MONDAY, steward, f"{page}submit/")
    # The reviewer finds one lacking: the application cannot go on, and is given back with the word on each.
    words = {f"verdict_{source.uid}": "lacking", f"reason_{source.uid}": "未加盖公章"}
    legality = Material.objects.get(kind="legality")
    words |= {f"verdict_{legality.uid}": "complete"}
    assert at(MONDAY, officer, f"{page}materials/judge/", words | {f"reason_{source.uid}": ""}).status_code == 422
    assert at(MONDAY, officer, f"{page}materials/judge/", words).status_code == 302
    at(MONDAY, officer, f"{page}pass/")
    assert Application.objects.get().state == "formal"
    at(MONDAY, officer, f"{page}return/", {"reason": "请补正"})
    text = steward.get(page).content.decode()
    assert "未加盖公章" in text
    assert "Material complete" in text
    # A lacking one does not count; it is taken out and a better one attached.
    at(MONDAY, steward, f"{page}submit/")
    assert Application.objects.get().state == "draft"
    at(MONDAY, steward, f"{page}materials/{source.uid}/remove/")
    attach(steward, page, "source", "来源证明（盖章）.pdf", pdf("stamped"), at=MONDAY)
    for who, step in ((steward, "submit"), (officer, "pass"), (officer, "publish")):
        at(MONDAY, who, f"{page}{step}/")
    # In public: names and digests, and no way to the file.
    public = anyone.get("/registration/publicity/").content.decode()
    stamped = hashlib.sha256(pdf("stamped")).hexdigest()
    assert "来源证明（盖章）.pdf" in public
    assert stamped in public
    assert "materials/" not in public
    at(LATER, officer, f"{page}conclude/")
    certificate = Certificate.objects.get()
    kept = [{"kind": row.kind, "sha256": row.digest} for row in Material.objects.order_by("kind")]
    assert certificate.document["payload"]["materials"] == kept
    with freeze(LATER):
        shown = anyone.get(certificate.get_absolute_url()).content.decode()
    assert stamped in shown
    assert "来源证明（盖章）.pdf" not in shown


def test_a_certificate_of_before_there_were_materials_stays_verifiable(city: tuple[Cast, Any]) -> None:
    cast, entry = city
    certificate = registered(cast, entry)
    payload = {name: value for name, value in certificate.document["payload"].items() if name != "materials"}
    document = sign_certificate(payload, signing_keys())
    Certificate.objects.update(document=document)
    with freeze(LATER):
        assert Client().get(certificate.get_absolute_url()).status_code == 200
        upload = {"file": SimpleUploadedFile("c.json", json.dumps(document).encode())}
        answer = Client().post("/registration/verify/", upload)
    assert answer.status_code == 200
    assert certificate.number in answer.content.decode()
    # The materials a certificate names are under its signatures: another digest is a forgery.
    fresh = sign_certificate({**payload, "materials": [{"kind": "source", "sha256": "0" * 64}]}, signing_keys())
    fresh["payload"]["materials"][0]["sha256"] = "1" * 64
    with pytest.raises(Forged):
        verify_certificate(fresh, public_keys())


def test_an_expired_certificate_says_so(city: tuple[Cast, Any]) -> None:
    cast, entry = city
    certificate = registered(cast, entry)
    with freeze(MONDAY + timedelta(days=4 * 366)):
        page = Client(HTTP_ACCEPT_LANGUAGE="en").get(certificate.get_absolute_url()).content.decode()
    assert "Expired" in page


@pytest.mark.parametrize("change", [{"source": ""}, {"rights": []}, {"years": "99"}, {"duties": "x"}])
def test_a_faulty_application_is_refused_and_nothing_is_kept(city: tuple[Cast, Any], change: dict[str, Any]) -> None:
    cast, entry = city
    answer = at(MONDAY, cast.browser("steward"), f"/registration/new/{entry.uid}/", {**STATED, **change})
    assert answer.status_code == 422
    assert not Application.objects.exists()


def test_guessing_numbers_is_slowed(city: tuple[Cast, Any]) -> None:
    codes = {Client().get("/registration/c/SJDJ-370100-2026-000001-50/AAAAAAAA/").status_code for _ in range(40)}
    assert 429 in codes
