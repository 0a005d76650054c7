"""Clause 2.2.2: a data resource is registered, its certificate verified by anyone, changed, transferred, cancelled."""

from __future__ import annotations

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
from quanshu.kernel.clock import freeze
from quanshu.shared.audit.api import AuditEntry
from quanshu.supply.registration.api import Application, Certificate, Objection
from support_catalogue import Cast, make_cast
from support_quality import MONDAY, published

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
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    cast = make_cast()
    return cast, published(cast)


def at(moment: datetime, client: Client, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
    """Post at a moment."""
    with freeze(moment):
        return client.post(path, data or {}, **more)


def registered(cast: Cast, entry: Any, moment: datetime = MONDAY, objection: bool = False) -> Certificate:
    """A certificate, all the way through the browser."""
    steward, officer = cast.browser("steward"), cast.browser("officer")
    page = at(moment, steward, f"/registration/new/{entry.uid}/", STATED)["Location"]
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
    page = at(MONDAY, steward, f"/registration/new/{entry.uid}/", STATED)["Location"]
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
    assert post(steward, f"{base}/{made['uid']}/submit").json()["state"] == "accepting"
    assert post(steward, f"{base}/{made['uid']}/accept").status_code == 403
    assert post(other, f"{base}/{made['uid']}/accept").json()["state"] == "formal"
    for step in ("pass", "publish"):
        assert post(officer, f"{base}/{made['uid']}/{step}").status_code == 200
    assert post(officer, f"{base}/{made['uid']}/conclude").status_code == 409
    after = LATER + timedelta(days=10)
    moved = post(officer, f"{base}/{made['uid']}/conclude", moment=after).json()["certificate"]
    assert moved["document"]["payload"]["holder"]["name"] == "市民政局"
    assert moved["document"]["payload"]["previous"] == certificate.number
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
