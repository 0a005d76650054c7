"""No personal value of any story is found in logs, trail, events, jobs, notices, metrics, refusals or addresses."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from quanshu.city.codes.api import Read, Source
from quanshu.city.vault.api import certificate_types, issue_certificate
from quanshu.gateway.client import GatewayClient
from quanshu.kernel.clock import freeze, now
from quanshu.kernel.metrics import Metrics
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit import api as audit
from quanshu.shared.jobs.api import enqueue, job, run_due
from quanshu.shared.notify.api import notify
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.services.api import carry_receipts
from quanshu.sharing.subjects.api import SESSION, ensure_subject
from quanshu.supply.lake_store import get_lake
from support_bulk import a_bulk_grant, land, refreshed
from support_canary import ADDRESS, CANARIES, CARD, CITIZEN, NAME, PHONE, SECRET, Watch
from support_codes import NAME as READ_NAME
from support_codes import a_device, a_scene, citizen, code_for
from support_delivery import body as delivery_body
from support_intake import csv_bytes, make_supply
from support_intake import use_folders as use_lake
from support_services import QUERY, VERIFY, City, a_city, a_grant, a_service, an_application, use_folders
from support_vault import MOMENT, RESIDENTS, make_vaults

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    with Watch(tmp_path / "watched") as watch:
        yield watch


@pytest.fixture
def city(settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    return a_city()


def settle() -> None:
    """Everything that follows by itself."""
    for _round in range(3):
        run_due(now())
        outbox.dispatch(now())


def test_intake_with_bad_rows_tells_nobody_what_was_in_them(settings: Any, tmp_path: Path, watch: Watch) -> None:
    """Values of a wrong type, too long, in the wrong place, in the wrong encoding; a source that breaks."""
    use_lake(settings, tmp_path)
    supply = make_supply(tmp_path)
    steward = watch.client(supply.cast.accounts["steward"])
    fields = {"entry_uid": supply.entry.uid, "name": "居民库", "kind": "csv"}
    bad = (
        (CITIZEN, NAME, ADDRESS, CARD),
        (CITIZEN, f"{NAME}{ADDRESS}{ADDRESS}", PHONE, NAME),
        (PHONE, "", CITIZEN, "1"),
        (NAME, NAME, NAME, NAME),
        (CITIZEN, NAME, "2024-01-31", "1", PHONE, ADDRESS),
        ("370102199001010018", "张三", "2024-01-31", "1"),
    )
    contents = (
        csv_bytes(bad),
        csv_bytes(bad)[:-3] + b"\xff\xfe\n",
        csv_bytes(bad, header=(NAME, PHONE, ADDRESS, CARD)),
        f"{CITIZEN},{NAME}\n".encode(),
        f'citizen_id,name,registered_on,amount\n{CITIZEN},"{NAME}\n'.encode(),
    )
    for number, content in enumerate(contents):
        file = SimpleUploadedFile(f"{number}.csv", content)
        answer = steward.post("/api/v1/intake/sources/upload", {**fields, "name": f"源{number}", "file": file})
        if answer.status_code == 201:
            source = answer.json()["uid"]
            steward.post(f"/api/v1/intake/sources/{source}/preview")
            run = steward.post(f"/api/v1/intake/sources/{source}/runs").json()
            settle()
            steward.get(f"/intake/runs/{run['uid']}/")
            steward.get(f"/api/v1/intake/runs/{run['uid']}/refused")
            steward.get(f"/intake/runs/{run['uid']}/refused.csv")
            steward.get(f"/intake/runs/{run['uid']}/refused.xlsx")
            values = {"citizen_id": CITIZEN, "name": NAME, "registered_on": ADDRESS, "amount": CARD}
            steward.put(f"/api/v1/intake/runs/{run['uid']}/rows/1", {"values": values}, content_type=JSON)
            steward.post(f"/intake/runs/{run['uid']}/rows/1/", values)
            steward.post(f"/api/v1/intake/runs/{run['uid']}/replay")
    with sqlite3.connect(tmp_path / "incoming" / "a.db") as connection:
        connection.execute("CREATE TABLE people (citizen_id, name, registered_on, amount)")
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", [row[:4] for row in bad])
    connection.close()
    body = {
        **fields,
        "kind": "database",
        "name": "库",
        "url": f"sqlite:///{tmp_path / 'incoming' / 'a.db'}",
        "table": "people",
    }
    found = steward.post("/api/v1/intake/sources", body, content_type=JSON)
    if found.status_code == 201:
        steward.post(f"/api/v1/intake/sources/{found.json()['uid']}/runs")
    broken = {**body, "name": "坏", "url": f"postgresql://reader:{SECRET}@127.0.0.1:9/x"}
    found = steward.post("/api/v1/intake/sources", broken, content_type=JSON)
    if found.status_code == 201:
        steward.post(f"/api/v1/intake/sources/{found.json()['uid']}/runs")
        steward.get(f"/intake/sources/{found.json()['uid']}/")
    settle()
    get_lake.cache_clear()
    assert len(watch.urls) > 50
    assert watch.leaks() == set()


def test_calls_through_the_gateway_leave_no_value_behind(
    city: City, settings: Any, tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answered, refused, with bad parameters, with a wrong signature; and the receipts carried over."""
    land(city, (CITIZEN, NAME, "1949-12-31", ADDRESS))
    services = [a_service(city, QUERY), a_service(city, VERIFY)]
    consumer, secret = an_application(city)
    other, other_secret = an_application(city, "civil", "无授权应用")
    for service in services:
        a_grant(consumer, service, ("name", "street") if service.shape == "query" else ("name",))
    log = (watch.folder / "gateway.log").open("wb")
    with logged_gateway(settings, tmp_path, log, monkeypatch) as url:
        outcomes = set()
        calls: tuple[dict[str, Any], ...] = (
            {"citizen_id": CITIZEN},
            {"citizen_id": NAME},
            {"citizen_id": CITIZEN * 40},
            {"citizen_id": CITIZEN, "phone": PHONE},
            {"name": NAME},
            {"citizen_id": CITIZEN, "name": NAME * 60},
        )
        for who, key in ((consumer.rid, secret), (other.rid, other_secret), (consumer.rid, SECRET), (PHONE, SECRET)):
            with GatewayClient(url, who, key) as client:
                for service in services:
                    for parameters in calls:
                        answer = client.call(service.sid, parameters)
                        outcomes.add(answer.body["code"])
                        if not answer.ok:
                            watch.errors.append(str(answer.body))
                answer = client.call(services[0].sid, {"citizen_id": CITIZEN}, fields=[NAME])
                watch.errors.append(str(answer.body))
        for answer in (
            httpx.get(f"{url}/health", trust_env=False),
            httpx.post(f"{url}/{NAME}", json={"citizen_id": CITIZEN}, trust_env=False),
            httpx.post(f"{url}/api/{services[0].sid}", content=f"{{{CITIZEN}".encode(), trust_env=False),
        ):
            watch.errors.append(answer.text if answer.status_code >= 400 else "")
        watch.texts.append(httpx.get(f"{url}/metrics", trust_env=False).text)
        carry_receipts(now())
    log.close()
    settle()
    for who in ("bureau", "steward", "developer"):
        browser = watch.client(city.accounts[who])
        for path in ("/services/calls/", "/services/calls/?export=csv", "/monitoring/"):
            browser.get(path)
    assert {"ok", "gateway.no_grant"} <= {code.lower() for code in outcomes} | {"ok"}
    assert len(outcomes) >= 4
    assert watch.leaks() == set()


def logged_gateway(settings: Any, folder: Path, log: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A gateway process whose output is kept."""
    import subprocess
    from contextlib import contextmanager

    from support_services import a_gateway

    begin = subprocess.Popen

    def popen(command: Any, **given: Any) -> Any:
        return begin(command, **{**given, "stdout": log, "stderr": log})

    @contextmanager
    def running() -> Iterator[str]:
        monkeypatch.setattr("support_gateway.subprocess.Popen", popen)
        monkeypatch.setenv("QUANSHU_METRICS_ALLOW", "127.0.0.1")
        with a_gateway(settings, folder, now()) as process:
            yield process.url

    return running()


def test_demands_deliveries_and_exports_leave_no_value_behind(
    city: City, settings: Any, tmp_path: Path, watch: Watch
) -> None:
    """A demand raised and refused by field; a file delivered and downloaded; every list exported by everybody."""
    settings.QUANSHU_HOME = tmp_path
    land(city, (CITIZEN, NAME, "1949-12-31", ADDRESS), ("370102199001010026", "李四", "1990-01-02", "舜华路街道"))
    consumer, _secret = an_application(city)
    grant = refreshed(a_bulk_grant(city, consumer))
    developer = watch.client(city.accounts["developer"])
    made = developer.post("/api/v1/delivery/deliveries", delivery_body(grant), content_type=JSON)
    uid = made.json()["uid"]
    batch = developer.post(f"/api/v1/delivery/deliveries/{uid}/start", {}, content_type=JSON)
    settle()
    developer.get(f"/api/v1/delivery/deliveries/{uid}")
    developer.get(f"/delivery/{uid}/")
    developer.get(f"/api/v1/delivery/batches/{batch.json().get('uid', '')}/file")
    demand = {
        "title": "核验居住状态", "fields_asked": ["name", CITIZEN], "purpose": "", "legal_basis": "",
        "valid_until": PHONE, "volume_per_day": CARD, "rate_per_minute": 1,
        "entry_uid": city.entry.uid, "consumer_uid": consumer.uid,
    }  # fmt: skip
    developer.post("/api/v1/demands/demands", demand, content_type=JSON)
    fit = {**demand, "fields_asked": ["name"], "purpose": "核验", "legal_basis": "社会保险法", "volume_per_day": 1}
    until = (now() + timedelta(days=60)).date().isoformat()
    developer.post("/api/v1/demands/demands", {**fit, "valid_until": until}, content_type=JSON)
    settle()
    paths = ("/delivery/", "/bulk/", "/demands/", "/services/", "/catalogue/", "/intake/runs/", "/quality/problems/")
    for who in ("bureau", "steward", "developer", "auditor"):
        browser = watch.client(city.accounts[who])
        for path in paths:
            for asked in ("", "?export=csv", "?export=xlsx"):
                browser.get(f"{path}{asked}")
    assert watch.leaks() == set()


def test_codes_and_safes_leave_no_value_behind(settings: Any, tmp_path: Path, watch: Watch) -> None:
    """A certificate gathered, read, printed, shown, verified, asked for wrongly; a code shown, typed, scanned alone and
    among others, refused, blocked; the safe erased."""
    vaults, number = make_vaults(settings, tmp_path), citizen("19490101", 155)
    rows = {**RESIDENTS, "citizen_id": [number, *RESIDENTS["citizen_id"][1:]]}
    rows |= {"name": [NAME, *RESIDENTS["name"][1:]], "address": [ADDRESS] * 3}
    get_lake().overwrite(vaults.table("id_card"), pa.table(rows))
    with freeze(MOMENT):
        subject = ensure_subject(actor=SYSTEM, kind="person", number=number, name=NAME, now=MOMENT)
        card = issue_certificate(actor=SYSTEM, now=MOMENT, issuer=vaults.issuers["id_card"], number=number)[0]
        claims = [claim.name for claim in certificate_types()["id_card"].claims if claim.hidden]
        phone, stranger = watch.client(), watch.client()
        session = phone.session
        session[SESSION] = subject.uid
        session.save()
        told = Read(Source.CERTIFICATE, claims[0], of="id_card")
        scene = a_scene(vaults.cast, "civil", reads=(READ_NAME, told), basis="consent", law="", offline=False)  # type: ignore[arg-type]
        _device, token = a_device(scene)
        gate = watch.client(HTTP_AUTHORIZATION=f"Bearer {token}")
        for path in ("/vault/", f"/vault/mine/{card.uid}/", "/codes/", f"/codes/?scene={scene.pk}"):
            assert phone.get(path).status_code == 200
        shown = phone.post(f"/api/v1/my/vault/certificates/{card.uid}/present", {"claims": claims}, content_type=JSON)
        text = str(shown.json().get("text", ""))
        for wrong in (text, text[:-5], NAME, number, ""):
            stranger.post("/vault/verify/", {"text": wrong})
            stranger.post("/api/v1/vault/verify", {"presentation": wrong}, content_type=JSON)
        codes = [code_for(phone, scene) for _ in range(4)]
        answer = gate.post("/api/v1/codes/scan", {"code": codes[0]}, content_type=JSON).json()
        assert NAME in str(answer), "the verifier is told"
        gate.post("/api/v1/codes/batch", {"codes": [*codes, NAME, number]}, content_type=JSON)
        for wrong in (codes[0], NAME, number, "1" * 12):
            gate.post("/api/v1/codes/scan", {"code": wrong}, content_type=JSON)
        bureau = watch.client(vaults.cast.accounts["officer"])
        bureau.post("/codes/holder/", {"kind": "person", "number": number, "reason": "x"})
        phone.get("/codes/mine/scans/?export=csv")
        phone.post(f"/vault/erase/{subject.uid}/", {"reason": "不再使用"})
        phone.get(f"/vault/mine/{card.uid}/")
        settle()
    assert watch.leaks() == set()
    assert not [place for place, text in watch.places() if number in text]


def test_signing_in_wrongly_keeps_nothing_of_what_was_typed(city: City, watch: Watch) -> None:
    browser = watch.client(HTTP_ACCEPT="text/html")
    for name in (CITIZEN, NAME, PHONE, SECRET, "bureau"):
        answer = browser.post("/sign-in/", {"username": name, "password": SECRET, "code": CARD})
        assert answer.status_code in {401, 403, 422}
        browser.get("/api/v1/catalogue/entries", HTTP_AUTHORIZATION=f"Bearer {SECRET}")
    for value in (NAME, SECRET):
        browser.post("/api/v1/organisation/people", f'{{"name": "{value}"', content_type=JSON)
    settle()
    assert watch.leaks() == set()


@job("test.canary_fails", max_attempts=1)
def fail_with_value(payload: dict[str, Any]) -> None:
    """A library's fault that quotes what it choked on."""
    raise ValueError(f"invalid literal {CITIZEN} {PHONE} {CARD} password={SECRET}")


def test_a_fault_that_quotes_numbers_is_kept_without_them(db: None, watch: Watch) -> None:
    enqueue("test.canary_fails", {}, now=now())
    run_due(now())
    logging.getLogger("quanshu.x").warning("call of %s by %s", CITIZEN, {"phone": PHONE, "card": CARD})
    try:
        raise ValueError(f"{CITIZEN} {PHONE} token={SECRET}")
    except ValueError:
        logging.getLogger("django.request").exception("Bearer %s", SECRET)
    assert watch.leaks() == set()


def planted(place: str, watch: Watch) -> None:
    """Leak a canary at one place, as a careless line of code would."""
    plants: dict[str, Callable[[], object]] = {
        "log": lambda: logging.getLogger("quanshu.x").warning("row of %s refused", NAME),
        "audit": lambda: audit.record(actor=SYSTEM, action="x.y.z", details={"row": {"id": CITIZEN}}, now=now()),
        "outbox": lambda: outbox.add(name="x.y.z", payload={"phone": PHONE}, now=now()),
        "job": lambda: enqueue("test.canary_fails", {"card": CARD}, now=now()),
        "notice": lambda: notify(recipients=["u"], subject=f"{ADDRESS} 未通过", now=now()),
        "metrics": lambda: counted(watch, NAME),
        "url": lambda: watch.client().get("/catalogue/", {"q": CITIZEN}),
        "link": lambda: watch.urls.append(f"/intake/rows/?name={'%E9%87%91%E4%B8%9D%E9%9B%80%E9%B8%A3%E6%B3%89'}"),
        "error": lambda: watch.errors.append('{"message": "\\u91d1\\u4e1d\\u96c0\\u9e23\\u6cc9"}'),
    }
    plants[place]()


def counted(watch: Watch, label: str) -> None:
    """A figure labelled by a value, among figures of its own."""
    watch.metrics = Metrics(watch.folder.parent / "figures")
    watch.metrics.counter("canary_rows", "Rows.", "name").add(label)


@pytest.mark.parametrize("place", ["log", "audit", "outbox", "job", "notice", "metrics", "url", "link", "error"])
def test_the_watch_sees_a_planted_leak(db: None, watch: Watch, place: str) -> None:
    """Without this, a watch that sees nothing would pass every test above."""
    planted(place, watch)
    found = watch.leaks()
    assert len(found) == 1
    ((where, canary),) = found
    assert where.startswith({"link": "url"}.get(place, place))
    assert canary in CANARIES
