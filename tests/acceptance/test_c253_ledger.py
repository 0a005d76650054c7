"""Clause 2.5.3, the ledger: calls are written to a chain that bodies co-sign and anyone concerned verifies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey

import support_services as support
from quanshu.cli.root import main
from quanshu.gateway.journal import Receipt
from quanshu.kernel.clock import now
from quanshu.oversight.ledger.api import Witness, ask_witnesses, publish, verifier_keys
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit import api as audit
from quanshu.sharing.services.api import Exchange
from quanshu.sharing.services.services import carrying
from quanshu.tlog.notes import Note
from quanshu.tlog.proofs import Proof
from support_ledger import RunningWitness, a_witness

pytestmark = pytest.mark.django_db
RECEIPT = "01985f3e-0000-7000-8000-0000000000aa"
ANSWER = json.dumps({"receipt_id": RECEIPT, "data": [{"name": "张**"}]}, ensure_ascii=False).encode()


@pytest.fixture
def city(settings: Any, tmp_path: Path) -> support.City:
    """A city with one answered call, already carried into the audit trail."""
    settings.QUANSHU_KEYS_DIR = tmp_path / "keys"
    settings.QUANSHU_LEDGER_DIR = tmp_path / "ledger"
    cache.clear()
    support.use_folders(settings, tmp_path)
    found = support.a_city()
    carry_a_call(found)
    return found


def carry_a_call(city: support.City) -> None:
    """A receipt as a gateway's journal holds it, carried as the worker carries it."""
    service = support.a_service(city)
    consumer, _secret = support.an_application(city)
    grant = support.a_grant(consumer, service)
    receipt = Receipt(
        receipt_id=RECEIPT, at_ms=int(now().timestamp() * 1000), rid=consumer.rid, sid=service.sid, service_version=1,
        grant_uid=grant.uid, outcome="ok", status=200, rows=1, duration_us=900, request_hash="ab" * 32,
        response_hash=hashlib.sha256(ANSWER).hexdigest(), snapshot_version=1, purpose="养老待遇资格认证",
        case_number="2026-1", parameters="citizen_id", fields="name", sign="x",
    )  # fmt: skip
    carrying._keep([receipt], now())


def browser(city: support.City, who: str) -> Client:
    found = Client()
    found.force_login(city.accounts[who])
    return found


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWitness]:
    with a_witness(tmp_path_factory.mktemp("audit-office") / "home", "audit.example/w1", []) as found:
        yield found


@pytest.fixture
def witness(city: support.City, process: RunningWitness) -> RunningWitness:
    """The audit office's witness: it trusts this test's node and has seen nothing."""
    process.forget()
    for key in verifier_keys():
        process.home.trust(key)
    return process


def add_witness(city: support.City, running: RunningWitness, title: str = "济南市审计局") -> Any:
    """As the bureau's officer does it, and the policy that needs it."""
    client = browser(city, "bureau")
    data = {"title": title, "vkey": str(running.home.key.verifier), "url": running.url}
    answer = client.post("/ledger/witnesses/new/", data)
    assert answer.status_code == 302, answer.content.decode()
    return client


def integrate_all() -> None:
    while audit.integrate(now()):
        pass


def published(moment: datetime | None = None) -> None:
    """What the worker does, in one go."""
    integrate_all()
    at = moment or now()
    publish(at, hurry=True)
    ask_witnesses(at)
    publish(at)


def test_a_call_is_proven_to_its_caller_with_a_witness_and_off_line(
    city: support.City, witness: RunningWitness, tmp_path: Path
) -> None:
    officer = add_witness(city, witness)
    assert officer.post("/ledger/quorum/", {"least": "1"}).status_code == 302
    caller = browser(city, "developer")
    integrate_all()
    page = caller.get(f"/ledger/receipts/{RECEIPT}/")
    assert page.status_code == 200
    refused = caller.get(f"/ledger/receipts/{RECEIPT}/proof/")
    assert refused.status_code == 409
    published()
    answer = caller.get(f"/ledger/receipts/{RECEIPT}/proof/")
    assert answer.status_code == 200
    proof = answer.content.decode()
    assert RECEIPT in answer["Content-Disposition"]
    # Another unit's officer does not find the receipt.
    assert browser(city, "stranger").get(f"/ledger/receipts/{RECEIPT}/proof/").status_code == 404
    assert Client().get(f"/ledger/receipts/{RECEIPT}/proof/").status_code == 302
    # Whoever holds the file checks it off line, with the policy as published and nothing else.
    policy = Client().get("/ledger/policy/").content.decode()
    assert "quorum witnesses" in policy
    found = off_line(tmp_path, proof, policy)
    assert found.exit_code == 0, found.output
    assert "witness audit.example/w1" in found.output
    assert RECEIPT in found.output
    # And on the page that needs no sign-in, with the answer as received.
    shown = verify_page(proof, ANSWER)
    assert b"It holds" in shown
    assert b"byte for byte" in shown
    assert b"audit.example/w1" in shown
    assert b"another receipt" in verify_page(proof, b"01985f3e-0000-7000-8000-0000000000bb")


def off_line(folder: Path, proof: str, policy: str, *more: str) -> Result:
    """`quanshu ledger verify`."""
    (folder / "call.tlog-proof").write_text(proof, encoding="utf-8")
    (folder / "policy").write_text(policy, encoding="utf-8")
    words = ["ledger", "verify", str(folder / "call.tlog-proof"), "--policy", str(folder / "policy"), *more]
    return CliRunner().invoke(main, words)


def verify_page(proof: str, receipt: bytes = b"") -> bytes:
    """The page for everyone, in English."""
    files: dict[str, Any] = {"file": SimpleUploadedFile("call.tlog-proof", proof.encode())}
    if receipt:
        files["receipt_file"] = SimpleUploadedFile("answer.json", receipt)
    answer = Client(headers={"accept-language": "en"}).post("/ledger/verify/", files)
    assert answer.status_code == 200
    return bytes(answer.content)


def test_changed_and_swapped_proofs_are_named(city: support.City, tmp_path: Path) -> None:
    published()
    caller = browser(city, "developer")
    proof = Proof.parse(caller.get(f"/ledger/receipts/{RECEIPT}/proof/").content)
    policy = Client().get("/ledger/policy/").content.decode()
    assert proof.extra is not None
    forged = Proof(proof.index, proof.path, proof.note, proof.extra.replace(b'"status":200', b'"status":500'))
    swapped = Proof(proof.index - 1, proof.path, proof.note, proof.extra)
    body = proof.note.body.split("\n")
    rolled = Proof(
        proof.index, proof.path, Note("\n".join([body[0], "5", *body[2:]]), proof.note.signatures), proof.extra
    )
    for wrong, name in (
        (forged, "tlog.not_included"), (swapped, "tlog.not_included"), (rolled, "tlog.bad_signature"),
    ):  # fmt: skip
        found = off_line(tmp_path, str(wrong), policy)
        assert found.exit_code == 1
        assert name in found.output
        assert b"It does not hold" in verify_page(str(wrong))
    other = off_line(tmp_path, str(proof), "quorum none\n")
    assert "tlog.not_signed" in other.output
    assert "tlog.bad_proof" in off_line(tmp_path, "something", policy).output
    assert "Give --policy" in CliRunner().invoke(main, ["ledger", "verify", str(tmp_path / "policy")]).output


def test_anyone_follows_the_log_over_http_with_an_independent_reader(city: support.City) -> None:
    published()
    client = Client()
    checkpoint = client.get("/ledger/log/checkpoint")
    assert checkpoint["Content-Type"] == "text/plain; charset=utf-8"
    assert "max-age=2" in checkpoint["Cache-Control"]

    class Over:
        """The web process as the reader's backend."""

        def get(self, *path: str) -> bytes | None:
            answer = client.get(f"/ledger/log/{'/'.join(path)}")
            return bytes(answer.content) if answer.status_code == 200 else None

    reader = TilesReader(Over())
    head = reader.get_checkpoint()
    policy = client.get("/ledger/policy/").content.decode()
    head.verify(Vkey.from_string(policy.split()[1]))
    assert reader.calculate_root_hash() == head.root_hash
    rows = audit.published_rows(0, head.size)
    assert [reader.get_entry(row.sequence) for row in rows] == [row.entry for row in rows]
    tile = client.get(f"/ledger/log/tile/0/000.p/{head.size}")
    assert tile["Content-Type"] == "application/octet-stream"
    assert "immutable" in tile["Cache-Control"]
    # No entry of the log shows whom it is about.
    everything = client.get(f"/ledger/log/tile/entries/000.p/{head.size}").content.decode("utf-8", errors="ignore")
    for words in ("张", "developer", "labour", "养老", RECEIPT, support.PERSON):
        assert words not in everything
    for path in ("tile/0/999", "tile/0/0", "../keys/ledger-note.key", "tile/0/../../checkpoint", "lock"):
        assert client.get(f"/ledger/log/{path}").status_code == 404


def test_a_witness_that_is_down_delays_and_is_told_and_nothing_else(
    city: support.City, witness: RunningWitness
) -> None:
    officer = add_witness(city, witness)
    officer.post("/ledger/quorum/", {"least": "1"})
    published()
    caller = browser(city, "developer")
    before = Client().get("/ledger/log/checkpoint").content
    witness.stop()
    moment = now() + timedelta(seconds=70)
    # Work goes on, the log waits.
    assert officer.post(
        "/ledger/anchors/new/", {"title": "泉城链", "kind": "file", "place": "quancheng", "minutes": "1"}
    )
    published(moment)
    assert Client().get("/ledger/log/checkpoint").content == before
    assert caller.get(f"/ledger/receipts/{RECEIPT}/proof/").status_code == 200
    published(moment + timedelta(seconds=61))
    row = Witness.objects.get()
    assert row.fault.startswith("tlog.witness_silent")
    assert audit.AuditEntry.objects.filter(action="ledger.witness.failing").exists()
    page = officer.get("/", headers={"accept-language": "en"})
    assert "济南市审计局" in officer.get("/ledger/").content.decode()
    assert page.status_code == 200
    witness.start()
    published(moment + timedelta(seconds=90))
    assert Client().get("/ledger/log/checkpoint").content != before
    row.refresh_from_db()
    assert (row.fault, row.failing_since) == ("", None)


def test_a_forked_trail_is_refused_by_the_node_by_the_witness_and_by_the_check(
    city: support.City, witness: RunningWitness, settings: Any, tmp_path: Path
) -> None:
    from django.db import connection

    from quanshu.oversight.ledger.types import TreeMismatch
    from quanshu.shared.audit.append_only import install_statements, remove_statements

    officer = add_witness(city, witness)
    officer.post("/ledger/quorum/", {"least": "1"})
    published()
    assert CliRunner().invoke(main, ["ledger", "check"]).exit_code == 0
    # Somebody with the database's own rights rewrites an act together with its leaf and the head.
    with connection.cursor() as cursor:
        for statement in remove_statements(connection.vendor):
            cursor.execute(statement)
        audit.AuditEntry.objects.filter(object_uid=RECEIPT).update(action="gateway.other")
        audit.LedgerLeaf.objects.all().delete()
        audit.TreeHead.objects.all().delete()
        for statement in install_statements(connection.vendor):
            cursor.execute(statement)
    integrate_all()
    assert audit.integrity_report().sound
    found = CliRunner().invoke(main, ["ledger", "check"])
    assert found.exit_code == 1
    assert "differs between the database and the published log" in found.output
    audit.record(actor=SYSTEM, action="test.done", now=now())
    integrate_all()
    with pytest.raises(TreeMismatch):
        publish(now(), hurry=True)
    # Even a node that forgot what it had signed, with an empty folder, gets no signature of the witness.
    settings.QUANSHU_LEDGER_DIR = tmp_path / "forgetful"
    from quanshu.oversight.ledger.models import Checkpoint, Cosignature

    Cosignature.objects.all().delete()
    Checkpoint.objects.all().delete()
    Witness.objects.update(size=0)
    published()
    row = Witness.objects.get()
    assert "422" in row.fault or "409" in row.fault
    assert not Cosignature.objects.exists()


def test_the_state_of_the_ledger_is_on_a_page_and_over_rest(city: support.City, witness: RunningWitness) -> None:
    officer = add_witness(city, witness)
    published()
    for path in ("/ledger/", "/ledger/checkpoints/", Witness.objects.get().get_absolute_url()):
        assert officer.get(path).status_code == 200
    state = officer.get("/api/v1/ledger/state").json()
    assert state["published"] == state["signed"] > 0
    assert state["policy"] == {"least": 0, "active": 1}
    assert state["witnesses"][0]["lag"] == 0
    sizes = officer.get("/api/v1/ledger/checkpoints").json()["items"]
    assert sizes[0]["cosignatures"][0]["line"].startswith("— audit.example/w1 ")
    assert officer.get(f"/ledger/checkpoints/{sizes[0]['size']}/").status_code == 200
    entry = audit.AuditEntry.objects.get(object_uid=RECEIPT, action="gateway.call")
    auditor = browser(city, "auditor")
    assert auditor.get(f"/ledger/entries/{entry.uid}/").status_code == 200
    proof = auditor.get(f"/api/v1/ledger/entries/{entry.uid}/proof").content.decode()
    body = {"proof": proof, "receipt": RECEIPT}
    checked = Client().post("/api/v1/ledger/verify", json.dumps(body), content_type="application/json")
    assert checked.status_code == 200
    assert checked.json()["witnesses"][0]["name"] == "audit.example/w1"
    wrong = Client().post(
        "/api/v1/ledger/verify", json.dumps({**body, "receipt": "another-one"}), content_type="application/json"
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "tlog.other_receipt")
    assert browser(city, "developer").get("/ledger/").status_code == 403
    assert Exchange.objects.get().receipt_id == RECEIPT


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("vkey", "nonsense", "three parts"),
        ("vkey", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "does not cosign"),
        ("url", "ftp://x", "no address"),
        ("title", "", "required"),
    ],
)
def test_a_wrong_witness_is_refused_by_field(
    city: support.City, tmp_path: Path, field: str, value: str, words: str
) -> None:
    from quanshu.tlog.witness import WitnessHome

    key = str(WitnessHome.make(tmp_path / "w", "w.example").key.verifier)
    data = {"title": "审计局", "vkey": key, "url": "https://w.example", field: value}
    answer = browser(city, "bureau").post("/ledger/witnesses/new/", data, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Witness.objects.exists()
    assert browser(city, "auditor").post("/ledger/witnesses/new/", data).status_code == 403


def test_a_policy_nobody_can_meet_is_refused(city: support.City, witness: RunningWitness) -> None:
    officer = add_witness(city, witness)
    assert officer.post("/ledger/quorum/", {"least": "2"}).status_code == 422
    assert officer.post("/ledger/quorum/", {"least": "1"}).status_code == 302
    address = Witness.objects.get().get_absolute_url()
    assert officer.post(f"{address}pause/").status_code == 302
    assert Witness.objects.get().state == "active"
    officer.post("/ledger/quorum/", {"least": "0"})
    officer.post(f"{address}remove/")
    assert Witness.objects.get().state == "removed"
    # Its key is not added a second time; it is taken into use again.
    again = officer.post(
        "/ledger/witnesses/new/",
        {"title": "x", "vkey": str(witness.home.key.verifier), "url": witness.url},
    )
    assert again.status_code == 409
    officer.post(f"{address}resume/")
    assert Witness.objects.get().state == "active"


def test_published_checkpoints_go_to_an_outside_chain(city: support.City, settings: Any) -> None:
    from quanshu.oversight.ledger.api import AnchorPost, post_to_anchors
    from quanshu.oversight.ledger.services.chains import FileChain

    officer = browser(city, "bureau")
    data = {"title": "泉城链", "kind": "file", "place": "quancheng", "minutes": "1"}
    assert officer.post("/ledger/anchors/new/", data).status_code == 302
    assert officer.post("/ledger/anchors/new/", {**data, "place": "../../etc"}).status_code == 422
    assert officer.post("/ledger/anchors/new/", data).status_code == 422
    assert post_to_anchors(now()) == 0
    published()
    assert post_to_anchors(now()) == 1
    assert post_to_anchors(now()) == 0
    audit.record(actor=SYSTEM, action="test.done", now=now())
    later = now() + timedelta(minutes=2)
    published(later)
    assert post_to_anchors(later) == 1
    path = settings.QUANSHU_LEDGER_DIR / "anchors/quancheng.jsonl"
    chain = FileChain(path)
    assert chain.broken_at() is None
    assert len(chain.records()) == 2
    assert AnchorPost.objects.count() == 2
    assert json.loads(chain.records()[1])["checkpoint"] == Client().get("/ledger/log/checkpoint").content.decode()
    path.write_bytes(path.read_bytes().replace(b'"size":', b'"size": ', 1))
    assert chain.broken_at() == 1
    assert "泉城链" in officer.get("/ledger/").content.decode()


def test_a_bundle_that_is_gone_is_written_anew_before_the_log_goes_on(city: support.City, settings: Any) -> None:
    """As after a restore that brought back only a part of the folder."""
    published()
    folder = settings.QUANSHU_LEDGER_DIR / "log/tile/entries"
    for file in folder.rglob("*"):
        if file.is_file():
            file.unlink()
    audit.record(actor=SYSTEM, action="test.done", now=now())
    published(now() + timedelta(seconds=70))
    checked = CliRunner().invoke(main, ["ledger", "check"])
    assert checked.exit_code == 0, checked.output


def test_an_anchor_is_stopped_from_its_page(city: support.City) -> None:
    officer = browser(city, "bureau")
    data = {"title": "泉城链", "kind": "file", "place": "quancheng", "minutes": "1"}
    made = officer.post("/ledger/anchors/new/", data)
    address = made["Location"]
    english = {"headers": {"accept-language": "en"}}
    page = officer.get(address, **english).content.decode()
    assert f'action="{address}stop/"' in page
    assert "data-confirm=" in page
    assert address in officer.get("/ledger/").content.decode()
    seen = browser(city, "auditor").get(address, **english).content.decode()
    assert f"{address}stop/" not in seen
    assert browser(city, "auditor").post(f"{address}stop/").status_code == 403
    assert browser(city, "developer").get(address).status_code == 403
    assert officer.post(f"{address}stop/")["Location"] == address
    after = officer.get(address, **english).content.decode()
    assert f"{address}stop/" not in after
    assert "Anchor stopped" in after
    assert officer.get("/ledger/anchors/none/").status_code == 404
