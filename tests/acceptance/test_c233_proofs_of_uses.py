"""Clauses 2.1.3 and 2.3.3: whoever data is about takes the proof of each use of it and checks it off line."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from quanshu.city.codes.api import Basis, Read, Source
from quanshu.city.vault.api import Presentation, certificate_types
from quanshu.cli.root import main
from quanshu.gateway.journal import Receipt
from quanshu.gateway.marks import mark_key, row_mark
from quanshu.kernel.clock import freeze, now
from quanshu.oversight.ledger.api import Witness, publish
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox.api import dispatch
from quanshu.sharing.consent.api import OrderData, end_order, record_order
from quanshu.sharing.services.api import Grant, Service
from quanshu.sharing.services.services import carrying
from quanshu.sharing.subjects.api import Mandate, Subject
from quanshu.supply.lake_store import get_lake
from quanshu.tlog.proofs import Proof
from support_citizen import OTHER, PERSON, a_number, a_subject, signed_in, streets
from support_codes import NAME, a_device, a_scene, code_for, scan
from support_consent import a_consent, consenting_city
from support_services import City, a_city, a_grant, a_service, an_application, use_folders
from support_vault import MOMENT, make_vaults

pytestmark = pytest.mark.django_db
RECEIPT, ANOTHERS = "01985f3e-0000-7000-8000-0000000000aa", "01985f3e-0000-7000-8000-0000000000bb"


@pytest.fixture
def city(settings: Any, tmp_path: Path) -> Iterator[City]:
    """A city in which a service told of one resident, and in another call of another."""
    settings.QUANSHU_LAKE_DIR = tmp_path / "lake"
    settings.QUANSHU_LEDGER_DIR = tmp_path / "ledger"
    get_lake.cache_clear()
    cache.clear()
    use_folders(settings, tmp_path)
    found = a_city()
    get_lake().overwrite(found.entry.lake_table, streets("千佛山街道"))
    service = a_service(found)
    consumer, _secret = an_application(found)
    grant = a_grant(consumer, service)
    carrying._keep([a_call(RECEIPT, PERSON, service, grant), a_call(ANOTHERS, OTHER, service, grant)], now())
    yield found
    get_lake.cache_clear()


def a_call(receipt: str, number: str, service: Service, grant: Grant, **more: Any) -> Receipt:
    """An answered call as a gateway's journal holds it, with the mark of a resident's row."""
    from django.conf import settings

    key = mark_key((settings.QUANSHU_KEYS_DIR / "gateway.seal").read_bytes())
    values: dict[str, Any] = {
        "receipt_id": receipt, "at_ms": int(now().timestamp() * 1000), "rid": grant.consumer.rid, "sid": service.sid,
        "service_version": 1, "grant_uid": grant.uid, "outcome": "ok", "status": 200, "rows": 1, "duration_us": 900,
        "request_hash": "ab" * 32, "response_hash": "cd" * 32, "snapshot_version": 1, "purpose": "养老待遇资格认证",
        "case_number": "2026-1", "parameters": "citizen_id", "fields": "name", "sign": "x",
        "row_marks": row_mark(key, service.entry.uid, [number]),
    }  # fmt: skip
    return Receipt(**{**values, **more})


def placed() -> None:
    while audit.integrate(now()):
        pass


def published() -> None:
    """What the worker does within seconds."""
    placed()
    publish(now(), hurry=True)


def off_line(folder: Path, proof: bytes, policy: str) -> Result:
    """`quanshu ledger verify` on a machine that has the two files and nothing else."""
    (folder / "use.tlog-proof").write_bytes(proof)
    (folder / "quanshu.policy").write_text(policy, encoding="utf-8")
    words = ["ledger", "verify", str(folder / "use.tlog-proof"), "--policy", str(folder / "quanshu.policy")]
    return CliRunner().invoke(main, words)


def page_of(receipt: str) -> str:
    return f"/ledger/mine/{receipt}/proof/"


def test_a_resident_takes_the_proof_of_a_use_and_checks_it_off_line(city: City, tmp_path: Path) -> None:
    mine, other = signed_in(a_subject()), signed_in(a_subject(OTHER, "李四"))
    waiting = mine.get("/my/uses/").content.decode()
    assert RECEIPT in waiting
    assert ANOTHERS not in waiting
    assert "The proof can be downloaded in about 10 seconds" in waiting
    assert page_of(RECEIPT) not in waiting
    assert mine.get(page_of(RECEIPT)).status_code == 409
    (row,) = mine.get("/api/v1/my/data/uses").json()
    assert (row["receipt_id"], row["kind"], row["proof"]["state"]) == (RECEIPT, "call", "waiting")
    assert row["proof"]["ready_at"]
    published()
    ready = mine.get("/my/uses/").content.decode()
    assert page_of(RECEIPT) in ready
    assert "/ledger/verify/" in ready
    assert "/ledger/policy/" in ready
    answer = mine.get(page_of(RECEIPT))
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="{RECEIPT}.tlog-proof"'
    assert answer["Cache-Control"] == "no-store"
    over_rest = mine.get(f"/api/v1/my/ledger/uses/{RECEIPT}/proof")
    assert over_rest.status_code == 200
    assert Proof.parse(over_rest.content).extra == Proof.parse(answer.content).extra
    assert mine.get("/api/v1/my/data/uses").json()[0]["proof"] == {"state": "ready", "ready_at": None}
    # Whoever holds the file checks it with the published policy and nothing else, or on the page for everyone.
    policy = Client().get("/ledger/policy/").content.decode()
    found = off_line(tmp_path, answer.content, policy)
    assert found.exit_code == 0, found.output
    assert RECEIPT in found.output
    assert "gateway.call" in found.output
    anyone = Client(headers={"accept-language": "en"})
    shown = anyone.post("/ledger/verify/", {"file": SimpleUploadedFile("use.tlog-proof", answer.content)})
    assert b"It holds" in shown.content
    # Nobody else gets it, and nobody learns that it is there.
    for stranger in (other, signed_in(a_subject(a_number(9), "王五"))):
        for address in (page_of(RECEIPT), f"/api/v1/my/ledger/uses/{RECEIPT}/proof"):
            assert stranger.get(address).status_code == 404, address
    assert mine.get(page_of(ANOTHERS)).status_code == 404
    assert mine.get(page_of("nothing")).status_code == 404
    assert Client().get(page_of(RECEIPT)).status_code == 302
    officer = Client()
    officer.force_login(city.accounts["developer"])
    assert officer.get(page_of(RECEIPT)).status_code == 403, "officers have the page of the call"
    assert officer.get(f"/api/v1/my/ledger/uses/{RECEIPT}/proof").status_code == 401
    # That a proof was taken is recorded, and neither file nor trail holds a number or name.
    taken = audit.AuditEntry.objects.filter(action="ledger.proof.given")
    assert {(row.actor_uid, row.details["entry"] != "") for row in taken} == {(a_subject().uid, True)}
    assert taken.count() == 2
    statement = Proof.parse(answer.content).extra
    assert statement is not None
    for secret in (PERSON, OTHER, "张三丰"):
        assert secret.encode() not in statement


def test_a_changed_byte_anywhere_in_a_proof_is_named(city: City, tmp_path: Path) -> None:
    published()
    raw = signed_in(a_subject()).get(page_of(RECEIPT)).content
    policy = Client().get("/ledger/policy/").content.decode()
    proof = Proof.parse(raw)
    assert proof.extra is not None
    forged = proof.extra.replace("养老待遇".encode(), b"").replace(b'"rows":1', b'"rows":9')
    assert forged != proof.extra
    body = raw.replace(base64.b64encode(proof.extra), base64.b64encode(forged))
    lines = raw.split(b"\n")
    path = next(number for number, line in enumerate(lines) if number > 2 and len(line) == 44)
    other = b"A" if lines[path][:1] != b"A" else b"B"
    swapped = b"\n".join([*lines[:path], other + lines[path][1:], *lines[path + 1 :]])
    size = proof.note.body.split("\n")[1].encode()
    for wrong, name in (
        (body, "tlog.not_included"),
        (swapped, "tlog.not_included"),
        (raw.replace(b"\n" + size + b"\n", b"\n" + size + b"1\n"), "tlog.bad_signature"),
        (raw.replace(b"tlog-proof@v1", b"tlog-proof@v2"), "tlog.bad_proof"),
    ):
        assert wrong != raw, name
        found = off_line(tmp_path, wrong, policy)
        assert found.exit_code == 1
        assert name in found.output
    # The last line is the SM2 signature's, which the published policy does not know and therefore leaves aside.
    for place in range(0, raw.rindex(b"\n\xe2\x80\x94"), 7):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        found = off_line(tmp_path, changed, policy)
        assert found.exit_code == 1, (place, found.output)
        assert "tlog." in found.output


def test_who_may_see_anothers_uses_by_a_mandate_takes_their_proofs_while_it_lasts(city: City) -> None:
    published()
    principal, agent = a_subject(), a_subject(a_number(7), "赵六")
    browser = signed_in(agent)
    assert browser.get(page_of(RECEIPT)).status_code == 404
    given = a_delegation(agent, principal, ["codes"])
    assert browser.get(page_of(RECEIPT)).status_code == 404, "it covers something else"
    given.scope = ["view"]
    given.save()
    assert browser.get(page_of(RECEIPT)).status_code == 200
    assert browser.get(f"/api/v1/my/data/uses?subject={principal.uid}").json()[0]["proof"]["state"] == "ready"
    assert browser.get(f"/api/v1/my/ledger/uses/{RECEIPT}/proof").status_code == 200
    given.valid_until = now()
    given.save()
    assert browser.get(page_of(RECEIPT)).status_code == 404, "it ran out in an open session"
    assert browser.get(f"/api/v1/my/ledger/uses/{RECEIPT}/proof").status_code == 404


def a_delegation(agent: Subject, principal: Subject, scope: list[str]) -> Mandate:
    return Mandate.objects.create(
        principal=principal, agent=agent, kind="delegate", scope=scope, state="in_force", created_at=now(),
        valid_from=now() - timedelta(days=1), valid_until=now() + timedelta(days=9),
    )  # fmt: skip


def test_a_proof_that_waits_for_witnesses_says_so(city: City, tmp_path: Path) -> None:
    from quanshu.tlog.witness import WitnessHome

    bureau = Client()
    bureau.force_login(city.accounts["bureau"])
    key = WitnessHome.make(tmp_path / "w", "audit.example/w1").key.verifier
    bureau.post("/ledger/witnesses/new/", {"title": "审计局", "vkey": str(key), "url": "http://127.0.0.1:9"})
    assert bureau.post("/ledger/quorum/", {"least": "1"}).status_code == 302
    mine = signed_in(a_subject())
    published()
    assert mine.get(page_of(RECEIPT)).status_code == 409
    assert "in about" in mine.get("/my/uses/").content.decode()
    Witness.objects.update(failing_since=now())
    page = mine.get("/my/uses/").content.decode()
    assert "as soon as enough witnesses of the ledger sign again" in page
    assert mine.get("/api/v1/my/data/uses").json()[0]["proof"] == {"state": "waiting", "ready_at": None}


def test_a_use_whose_salt_was_destroyed_says_that_it_cannot_be_proven(city: City) -> None:
    published()
    entry = audit.AuditEntry.objects.get(object_uid=RECEIPT)
    audit.erase_salt(actor=SYSTEM, entry=entry, reason="order 7", now=now())
    mine = signed_in(a_subject())
    assert "cannot be proven any more" in mine.get("/my/uses/").content.decode()
    assert mine.get(page_of(RECEIPT)).status_code == 409


def test_scans_and_presentations_are_uses_with_proofs_too(settings: Any, tmp_path: Path) -> None:
    settings.QUANSHU_LEDGER_DIR = tmp_path / "ledger"
    vaults = make_vaults(settings, tmp_path)
    claim = next(claim for claim in certificate_types()["elderly_card"].claims if claim.hidden and claim.required)
    reads = (NAME, Read(Source.CERTIFICATE, claim.name, of="elderly_card"))
    with freeze(MOMENT):
        scene = a_scene(vaults.cast, "civil", reads=reads, basis=Basis.CONSENT, law="", offline=False)  # type: ignore[arg-type]
        _verifier, token = a_device(scene)
        mine, other = vaults.resident("zhang"), vaults.resident("li")
        card = vaults.issued("elderly_card")
        answer = scan(token, code_for(mine, scene))
        assert answer.status_code == 200
        shown = Presentation.objects.get(certificate=card)
        made = mine.post(
            f"/api/v1/my/vault/certificates/{card.uid}/present", {"claims": []}, content_type="application/json"
        ).json()
        published()
        uses = mine.get("/api/v1/my/data/uses").json()
        assert sorted(use["kind"] for use in uses) == ["presentation", "scan"], "what nobody opened is no use"
        Client().post(made["link"].removeprefix("http://testserver"))
        published()
        uses = mine.get("/api/v1/my/data/uses").json()
        assert len(uses) == 3
        assert {use["unit"] for use in uses if use["receipt_id"] != made["uid"]} == {str(scene.unit)}
        policy = Client().get("/ledger/policy/").content.decode()
        page = mine.get("/my/uses/").content.decode()
        assert "Whoever opened your link" in page or "打开链接的人" in page
        for use in uses:
            assert page_of(use["receipt_id"]) in page
            proof = mine.get(page_of(use["receipt_id"]))
            assert proof.status_code == 200
            found = off_line(tmp_path, proof.content, policy)
            assert found.exit_code == 0, found.output
            assert use["receipt_id"] in found.output
            assert other.get(page_of(use["receipt_id"])).status_code == 404
        assert shown.uid in {use["receipt_id"] for use in uses}
        assert other.get("/api/v1/my/data/uses").json() == []


def test_a_use_that_a_legal_order_delays_has_no_proof_until_it_has_ended(city: City) -> None:
    """From the first moment on, and whatever else is the subject's own stays in sight."""
    service, _consumer, _secret, grant = consenting_city(city)
    consent = a_consent(city, grant)
    subject, receipt = consent.subject, "01985f3e-0000-7000-8000-0000000000cc"
    mine = signed_in(subject)
    moment = now()
    basis, until = "《刑事诉讼法》第五十四条", moment + timedelta(days=5)
    data = OrderData("济南市公安局", "济公协查〔2026〕7号", basis, moment, until)
    order = record_order(actor=SYSTEM, now=moment, consent=consent, data=data)
    assert audit.AuditEntry.objects.filter(action="consent.order.recorded", details__basis=basis).count() == 1
    carrying._keep([a_call(receipt, PERSON, service, grant, consent_uid=consent.uid)], now())

    def seen() -> set[bool]:
        """Whether the use shows: on each page, over REST, in the package, by its proof."""
        published()
        whole = zipfile.ZipFile(io.BytesIO(mine.post("/my/download/").content)).read("data.json").decode()
        pages = [mine.get(address).content.decode() for address in ("/my/uses/", f"/consent/mine/{consent.uid}/")]
        rest = mine.get("/api/v1/my/data/uses").content.decode()
        proof = mine.get(page_of(receipt)).status_code == 200
        return {proof, receipt in whole, receipt in rest, *(receipt in page for page in pages)}

    assert seen() == {False}, "the receipt is carried, and the use is not noted at the consent yet"
    while dispatch(now()):
        pass
    assert seen() == {False}
    told = mine.get(f"/api/v1/my/consent/{consent.uid}").json()
    assert (told["uses"], told["last_used_at"]) == (0, None), "a count would tell of it"
    assert RECEIPT in mine.get("/my/uses/").content.decode(), "uses of other ground are shown"
    # The order hides nothing else: the consent stands there and can be withdrawn.
    assert consent.number in mine.get(f"/consent/mine/{consent.uid}/").content.decode()
    assert mine.post(f"/api/v1/my/consent/{consent.uid}/revoke", {}, content_type="application/json").status_code == 200
    end_order(actor=SYSTEM, now=now(), order=order)
    assert seen() == {True}
    assert mine.get(f"/api/v1/my/consent/{consent.uid}").json()["uses"] == 1
