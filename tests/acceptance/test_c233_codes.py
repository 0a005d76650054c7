"""Clause 2.3.3: a resident code and an enterprise code, short-lived, one use each, verified for a scene."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from quanshu.city.codes.api import Basis, Read, Scan, Source, Verifier
from quanshu.cli.root import main
from quanshu.gateway.signing.profiles import ED25519
from quanshu.gateway.signing.signers import HttpSigner
from quanshu.kernel.clock import freeze, now
from quanshu.shared.audit.api import AuditEntry
from quanshu.shared.outbox.api import dispatch
from quanshu.shared.outbox.models import OutboxEvent
from quanshu.sharing.consent.api import Consent
from quanshu.sharing.services.api import Exchange, carry_receipts
from quanshu.sharing.subjects.api import Subject
from support_bulk import land
from support_codes import (
    API,
    FIRM,
    MY,
    NAME,
    NUMBER,
    SENIOR,
    a_device,
    a_scene,
    citizen,
    code_for,
    code_text,
    enrol,
    mandate,
    read_picture,
    scan,
    scan_at,
    signed_in,
    upload,
)
from support_consent import CONSENTED
from support_services import City, a_city, a_gateway, a_grant, a_service, an_application, use_folders

OLD, YOUNG = citizen("19500505"), citizen("20010203", 102)


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    return a_city()


@pytest.fixture
def elder(city: City) -> Subject:
    return enrol(OLD, "张三丰")


def officer(city: City, who: str) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en", HTTP_ACCEPT="text/html")
    client.force_login(city.accounts[who])
    return client


def test_a_scene_from_draft_to_its_first_scan(city: City, elder: Subject) -> None:
    developer, bureau = officer(city, "developer"), officer(city, "bureau")
    stated = {
        "name": "图书馆办证", "name_en": "Library card", "purpose": "办理借阅证", "holders": ["person"],
        "account": ["name", "number"], "age": "65", "basis": "consent",
    }  # fmt: skip
    page = developer.post("/codes/scenes/new/", stated)["Location"]
    assert developer.post(f"{page}approve/").status_code == 403
    # What is not approved is not shown to residents.
    phone = signed_in(elder)
    assert "Library card" not in phone.get("/codes/").content.decode()
    developer.post(f"{page}submit/")
    assert "Library card" in bureau.get("/codes/scenes/?state=submitted").content.decode()
    bureau.post(f"{page}return/", {"reason": "请说明用途"})
    assert "请说明用途" in developer.get(page).content.decode()
    developer.post(f"{page}submit/")
    bureau.post(f"{page}approve/")
    developer.post(f"{page}start/")
    answer = developer.post(f"{page}devices/new/", {"name": "总服务台", "place": "市图书馆一楼", "proof": "desk"})
    assert answer.status_code == 200

    shown = phone.get("/codes/")
    assert shown["Cache-Control"] == "no-store"
    assert "Library card" in shown.content.decode()
    number = Verifier.objects.get().scene_id
    chosen = phone.get("/codes/", {"scene": number}).content.decode()
    assert "Number, partly starred" in chosen
    assert "By showing this code you agree" in chosen
    text = read_picture(chosen)
    assert text == code_text(chosen)

    desk = Verifier.objects.get()
    found = developer.post("/codes/scan/", {"desk": desk.uid, "text": text})
    assert found.status_code == 200
    told = found.content.decode()
    assert "张三丰" in told
    assert f"370102********{OLD[-4:]}" in told
    assert OLD not in told
    assert "19500505" not in told

    # The subject sees who, where, what and when.
    seen = phone.get("/codes/mine/scans/").content.decode()
    for part in (
        "Library card",
        "市图书馆一楼",
        "Scan accepted",
        "姓名或名称",
        "年满65周岁",
        str(city.units["labour"]),
    ):
        assert part in seen
    assert "Library card" not in signed_in(enrol(YOUNG, "李四")).get("/codes/mine/scans/").content.decode()
    figures = developer.get("/codes/figures/")
    assert "Library card" in figures.content.decode()
    exported = b"".join(developer.get("/codes/figures/?export=csv").streaming_content).decode("utf-8-sig")
    assert "Library card" in exported
    assert developer.get("/api/v1/codes/figures").json()[0]["accepted"] == 1


def test_no_personal_value_outside_the_answer(city: City, elder: Subject) -> None:
    scene = a_scene(city, reads=(NAME, NUMBER, SENIOR))
    _verifier, token = a_device(scene)
    answer = scan(token, code_for(signed_in(elder), scene))
    assert [row["value"] for row in answer.json()["values"]] == ["张三丰", f"370102********{OLD[-4:]}", True]
    kept = [
        *AuditEntry.objects.values_list("details", "label", "actor_name", "object_uid"),
        *OutboxEvent.objects.values_list("payload", "name"),
        *Scan.objects.values_list("told", "receipts", "reason", "code_id"),
    ]
    text = json.dumps(kept, ensure_ascii=False, default=str)
    for value in (OLD, OLD[-4:], "张三丰", "19500505", "1950"):
        assert value not in text
    assert elder.uid in text


def test_one_use_and_every_refusal(city: City, elder: Subject) -> None:
    scene, other = a_scene(city), a_scene(city, name="政务大厅叫号", opens="00:00", closes="00:01")
    (verifier, token), (_second, strange) = a_device(scene), a_device(other)
    phone, moment = signed_in(elder), now().replace(hour=4)
    with freeze(moment):
        codes = [code_for(phone, scene) for _ in range(6)]
        unbound = code_for(phone)
        aimed = code_for(phone, scene, verifier=a_device(scene, "2路车刷码机")[0].pk)
        closed = code_for(phone, other)
    # By the clock of now that session may have lain idle for hours.
    phone = signed_in(elder)
    assert scan_at(moment, token, codes[0]).status_code == 200

    def refused(answer: Any, code: str) -> None:
        assert answer.status_code in {409, 422}, answer.content.decode()
        body = answer.json()
        assert body["code"] == code
        assert body["message"]
        assert body["remedy"]
        last = Scan.objects.order_by("pk").last()
        assert last is not None
        assert (last.ok, last.reason) == (False, code)

    refused(scan_at(moment, token, codes[0]), "codes.replayed")
    refused(scan_at(moment + timedelta(seconds=70), token, codes[1]), "codes.expired")
    refused(scan_at(moment - timedelta(seconds=20), token, codes[1]), "codes.clock_skewed")
    refused(scan_at(moment, strange, codes[1]), "codes.wrong_scene")
    refused(scan_at(moment, token, aimed), "codes.wrong_verifier")
    refused(scan_at(moment, strange, closed), "codes.outside_hours")
    refused(scan_at(moment, token, codes[1][:-3] + "000"), "codes.forged")
    refused(scan_at(moment, token, "https://example.org/"), "codes.not_a_code")
    refused(scan_at(moment, token, "1234 5678 9012"), "codes.bad_typed")
    with freeze(moment):
        late = scan(token, codes[2], device_time=int(moment.timestamp()) - 40)
        refused(late, "codes.clock_skewed")
    # A code for any scene will do where a law allows the reading.
    assert scan_at(moment, token, unbound).status_code == 200
    # Blocked by its holder, a code that was shown before is worth nothing, and no other is shown.
    with freeze(moment):
        assert phone.post("/codes/block/").status_code == 302
        refused(scan(token, codes[2]), "codes.revoked_holder")
        assert phone.get(f"{MY}/code").json()["code"] == "codes.blocked"
        assert "Your codes are blocked" in phone.get("/codes/").content.decode()
        assert phone.post("/codes/unblock/").status_code == 302
    assert scan_at(moment, token, codes[2]).status_code == 200
    # The device, then the scene, are stopped.
    developer = officer(city, "developer")
    developer.post(f"/codes/devices/{verifier.uid}/suspend/", {"reason": "设备遗失"})
    refused(scan_at(moment, token, codes[3]), "codes.wrong_verifier")
    developer.post(f"/codes/devices/{verifier.uid}/resume/")
    developer.post(f"/codes/scenes/{scene.uid}/suspend/", {"reason": "系统检修"})
    refused(scan_at(moment, token, codes[3]), "codes.scene_off")
    developer.post(f"/codes/scenes/{scene.uid}/resume/")
    assert scan_at(moment, token, codes[3]).status_code == 200
    # The holder sees the refusals too, each in words.
    with freeze(moment):
        seen = phone.get("/codes/mine/scans/?ok=False").content.decode()
    assert "Used before" in seen


def test_consent_is_the_scene_that_was_chosen(city: City, elder: Subject) -> None:
    scene = a_scene(city, reads=(NAME,), basis=Basis.CONSENT, law="")
    _verifier, token = a_device(scene)
    phone = signed_in(elder)
    assert scan(token, code_for(phone)).json()["code"] == "codes.not_chosen"
    assert scan(token, code_for(phone, scene)).status_code == 200


def test_an_enterprise_code_needs_a_mandate_then_and_now(city: City, elder: Subject) -> None:
    firm = enrol(FIRM, "泉城测试有限公司", "enterprise")
    agent = Read(Source.ACCOUNT, "agent")
    scene = a_scene(city, name="企业办事", holders=("enterprise",), reads=(NAME, NUMBER, agent), offline=False)
    _verifier, token = a_device(scene)
    phone = signed_in(elder)
    assert phone.get(f"{MY}/code", {"who": firm.uid, "scene": scene.pk}).json()["code"] == "subjects.not_mandated"
    held = mandate(firm, elder)
    assert "泉城测试有限公司" in phone.get("/codes/", {"who": firm.uid, "scene": scene.pk}).content.decode()
    answer = scan(token, code_for(phone, scene, who=firm.uid)).json()
    assert [row["value"] for row in answer["values"]] == ["泉城测试有限公司", FIRM, "张三丰"]
    assert phone.get(f"{MY}/code", {"scene": scene.pk}).json()["code"] == "codes.wrong_holder"
    assert scan(token, code_for(phone)).json()["code"] == "codes.wrong_holder"
    code = code_for(phone, scene, who=firm.uid)
    held.state = "ended"
    held.save()
    assert scan(token, code).json()["code"] == "codes.revoked_holder"


def test_digits_stand_for_the_picture_once(city: City, elder: Subject) -> None:
    scene = a_scene(city)
    _verifier, token = a_device(scene)
    page = signed_in(elder).post("/codes/typed/", {"scene": scene.pk}).content.decode()
    digits = page.split('id="digits">')[1].split("<")[0]
    assert len(digits) == 14
    assert scan(token, digits).status_code == 200
    assert scan(token, digits.replace(" ", "")).json()["code"] == "codes.replayed"
    assert scan(token, read_picture(page)).json()["code"] == "codes.replayed"
    with freeze(now() + timedelta(seconds=70)):
        assert scan(token, digits).json()["code"] == "codes.expired"


def test_a_device_signs_with_its_own_key(city: City, elder: Subject) -> None:
    scene = a_scene(city)
    developer = officer(city, "developer")
    key = Ed25519PrivateKey.generate()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    url = f"{API}/scenes/{scene.uid}/verifiers"
    body = {"name": "闸机", "proof": "key", "public_key": "no key"}
    assert developer.post(url, body, content_type="application/json").status_code == 422
    made = developer.post(url, {**body, "public_key": pem}, content_type="application/json").json()
    code = code_for(signed_in(elder), scene)
    raw = json.dumps({"code": code}).encode()

    def send(signer: HttpSigner, content: bytes = raw) -> Any:
        url = f"http://testserver{API}/scan"
        headers = signer.headers("POST", url, "", body=raw, given={"Content-Type": "application/json"})
        return Client(headers=headers).post(f"{API}/scan", content, content_type="application/json")

    stranger = Ed25519PrivateKey.generate().private_bytes_raw()
    for refused in (
        send(HttpSigner(made["uid"], "k1", ED25519, stranger)),
        send(HttpSigner(made["uid"], "k1", ED25519, key.private_bytes_raw()), raw.replace(b"QS1", b"QS2")),
        send(HttpSigner("nobody", "k1", ED25519, key.private_bytes_raw())),
        scan("qsv_guess", code),
        Client().post(f"{API}/scan", {"code": code}, content_type="application/json"),
    ):
        assert refused.status_code == 401
        assert refused.json()["code"] == "codes.unknown_verifier"
    with freeze(now() - timedelta(seconds=60)):
        signer = HttpSigner(made["uid"], "k1", ED25519, key.private_bytes_raw())
        old = signer.headers("POST", f"http://testserver{API}/scan", "", body=raw)
    stale = Client(headers=old).post(f"{API}/scan", raw, content_type="application/json")
    assert stale.json()["code"] == "codes.clock_skewed"
    assert send(HttpSigner(made["uid"], "k1", ED25519, key.private_bytes_raw())).status_code == 200


def test_off_line_by_the_command_and_double_use_found_at_the_upload(city: City, elder: Subject, tmp_path: Path) -> None:
    scene = a_scene(city)
    (first, token), (second, other) = a_device(scene), a_device(scene, "2路车刷码机")
    phone, blocked = signed_in(elder), enrol(citizen("19400101", 103), "王五")
    codes = [code_for(phone, scene), code_for(signed_in(enrol(YOUNG, "李四")), scene)]
    late = code_for(signed_in(blocked), scene)
    bureau = officer(city, "bureau")
    given = {"kind": "person", "number": citizen("19400101", 103), "reason": "证件被冒用"}
    assert bureau.post("/codes/holder/", given).status_code == 302
    keys, listed = tmp_path / "keys.json", tmp_path / "list.json"
    keys.write_bytes(Client().get("/codes/keys/").content)
    listed.write_bytes(Client().get("/codes/list/").content)
    used = tmp_path / "taken.jsonl"

    def verify(code: str, device: int = first.pk, **more: Any) -> Any:
        words = ["codes", "verify", code, "--keys", str(keys), "--list", str(listed), "--scene", str(scene.pk)]
        return CliRunner().invoke(main, [*words, "--device", str(device), "--used", str(more.get("used", used))])

    accepted = verify(codes[0])
    assert accepted.exit_code == 0, accepted.output
    assert "年满65周岁: yes" in accepted.output
    assert "年满65周岁: NO" in verify(codes[1]).output
    assert "codes.replayed" in verify(codes[0]).output
    assert "codes.revoked_holder" in verify(late).output
    assert "codes.wrong_verifier" in verify(codes[0], device=99).output
    assert "codes.forged" in verify(codes[0][:-3] + "000").output
    forged = json.loads(listed.read_text(encoding="utf-8"))
    forged["payload"]["holders_off"] = {}
    listed.write_text(json.dumps(forged), encoding="utf-8")
    assert "codes.bad_list" in verify(late).output
    listed.write_text("no list", encoding="utf-8")
    assert "codes.bad_list" in verify(late).output

    rows = [json.loads(line) for line in used.read_text(encoding="utf-8").splitlines()]
    scans = [{"code": row["code"], "at": row["at"]} for row in rows]
    stamp = int(now().timestamp())
    assert upload(token, scans, stamp - 60).json()["code"] == "codes.clock_skewed"
    outcomes = [row["outcome"] for row in upload(token, scans, stamp).json()["answers"]]
    assert outcomes == ["accepted", "accepted"]
    assert [row["outcome"] for row in upload(token, scans, stamp).json()["answers"]] == ["known", "known"]
    # Another bus without a network took the first code within its minute.
    again = upload(other, [*scans[:1], {"code": late, "at": stamp}, {"code": "QS1:", "at": stamp}], stamp).json()
    assert [row["outcome"] for row in again["answers"]] == ["double", "refused", "refused"]
    assert [row["code"] for row in again["answers"]][1:] == ["codes.revoked_holder", "codes.not_a_code"]
    assert AuditEntry.objects.filter(action="codes.code.double_used").count() == 1
    assert Scan.objects.filter(offline=True, ok=True).count() == 2
    seen = phone.get("/codes/mine/scans/").content.decode()
    assert seen.count("Senior bus ride") == 2
    assert second.name in officer(city, "developer").get("/codes/scans/?reason=codes.replayed").content.decode()


def test_services_are_read_through_the_gateway_with_a_receipt(city: City, settings: Any, tmp_path: Path) -> None:
    land(city, (OLD, "张三丰", "1950-05-05", "千佛山街道"))
    service = a_service(city)
    consumer, _secret = an_application(city)
    street = Read(Source.SERVICE, "street", of=service.sid, via=consumer.rid)
    developer = officer(city, "developer")
    stated = {
        "name": "医院挂号", "purpose": "挂号建档", "holders": ["person"], "basis": "consent",
        "reads": [{"source": "service", "field": "street", "of": service.sid, "via": consumer.rid}],
    }  # fmt: skip
    # Without a grant the field is not offered, and cannot be stated.
    assert developer.post(f"{API}/scenes", stated, content_type="application/json").status_code == 422
    a_grant(consumer, service)
    assert service.sid in developer.get("/codes/scenes/new/").content.decode()
    assert developer.post(f"{API}/scenes", stated, content_type="application/json").status_code == 201
    scene = a_scene(city, name="门诊挂号", reads=(NAME, street), offline=False)
    _verifier, token = a_device(scene)
    phone = signed_in(enrol(OLD, "张三丰"))
    settings.QUANSHU_GATEWAY_URL = "http://127.0.0.1:9"
    silent = scan(token, code_for(phone, scene)).json()
    assert [(row["value"], row["fault"]) for row in silent["values"]] == [
        ("张三丰", ""), (None, "services.gateway_silent"),
    ]  # fmt: skip
    assert silent["told"] == ["姓名或名称"]
    with a_gateway(settings, tmp_path, now()):
        answer = scan(token, code_for(phone, scene)).json()
    assert [row["value"] for row in answer["values"]] == ["张三丰", "千佛山街道"]
    assert answer["values"][1]["receipt"]
    assert answer["receipts"] == [answer["values"][1]["receipt"]]


def test_a_scene_reads_by_a_consent_that_the_receipt_cites(city: City, settings: Any, tmp_path: Path) -> None:
    """Choosing the scene and showing the code is a consent for one call: the service that asks for one answers, the
    receipt cites it, its subject sees the use; without one, and for a second call, it is refused."""
    land(city, (OLD, "张三丰", "1950-05-05", "千佛山街道"))
    service = a_service(city, CONSENTED)
    consumer, _secret = an_application(city)
    a_grant(consumer, service, ("name", "street"))
    street = Read(Source.SERVICE, "street", of=service.sid, via=consumer.rid)
    chosen = a_scene(city, name="门诊挂号", reads=(street,), basis=Basis.CONSENT, law="", offline=False)
    by_law = a_scene(city, name="入户核查", reads=(street,), offline=False)
    (_desk, token), (_other, lawful) = a_device(chosen), a_device(by_law)
    subject = enrol(OLD, "张三丰")
    phone = signed_in(subject)
    with a_gateway(settings, tmp_path, now()):
        answer = scan(token, code_for(phone, chosen)).json()
        again = scan(token, code_for(phone, chosen)).json()
        bare = scan(lawful, code_for(phone, by_law)).json()
    assert [row["values"][0]["value"] for row in (answer, again)] == ["千佛山街道"] * 2
    assert bare["values"][0]["fault"] == "gateway.consent_required"
    given = Consent.objects.get(case_number=answer["uid"])
    assert (given.occasion, given.fields, given.most_uses, given.subject) == ("门诊挂号", ["street"], 1, subject)
    assert Consent.objects.count() == 2, "each scan by consent has its own, a law none"
    carry_receipts(now())
    while dispatch(now()):
        pass
    receipt = answer["receipts"][0]
    assert Exchange.objects.get(receipt_id=receipt).consent_uid == given.uid
    given.refresh_from_db()
    assert (given.state, given.uses) == ("used_up", 1)
    seen = phone.get(f"/consent/mine/{given.uid}/").content.decode()
    assert receipt in seen
    assert "门诊挂号" in seen
    assert OLD not in seen


def test_a_delegate_who_may_not_consent_reads_nothing_by_consent(city: City, settings: Any, tmp_path: Path) -> None:
    """Showing another's code needs the mandate for codes; consenting for them the one for consents."""
    land(city, (OLD, "张三丰", "1950-05-05", "千佛山街道"))
    service = a_service(city, CONSENTED)
    consumer, _secret = an_application(city)
    a_grant(consumer, service, ("name", "street"))
    street = Read(Source.SERVICE, "street", of=service.sid, via=consumer.rid)
    scene = a_scene(city, name="门诊挂号", reads=(NAME, street), basis=Basis.CONSENT, law="", offline=False)
    _desk, token = a_device(scene)
    subject, helper = enrol(OLD, "张三丰"), enrol(YOUNG, "李四")
    held = mandate(subject, helper, "delegate")
    held.scope = ["codes"]
    held.save()
    with a_gateway(settings, tmp_path, now()):
        answer = scan(token, code_for(signed_in(helper), scene, who=subject.uid)).json()
        assert [(row["value"], row["fault"]) for row in answer["values"]] == [
            ("张三丰", ""), (None, "subjects.not_mandated"),
        ]  # fmt: skip
        held.scope = ["codes", "consent"]
        held.save()
        answer = scan(token, code_for(signed_in(helper), scene, who=subject.uid)).json()
        assert answer["values"][1]["value"] == "千佛山街道"
    assert Consent.objects.get(case_number=answer["uid"]).decided_as == "delegate"
