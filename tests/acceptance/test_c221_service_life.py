"""Clause 2.2.1: the life of a service: versions side by side, documentation that works, sandbox, health over time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from quanshu.gateway.client import Answer, read_answer
from quanshu.gateway.signing import sign_headers
from quanshu.kernel.clock import freeze, now
from quanshu.shared.audit.api import AuditEntry
from quanshu.shared.notify.api import notices_of
from quanshu.shared.outbox.api import dispatch
from quanshu.shared.workflow.api import calendar, city_day
from quanshu.sharing.development.api import Outage, ProbeRoll, example_keys, roll_probes, sandbox_of, sandbox_uses
from quanshu.sharing.services.api import (
    Exchange,
    Probe,
    Service,
    carry_receipts,
    probe_services,
    publish_service,
    publish_snapshot,
    revise_service,
    serve_entry,
    update_service,
)
from support_services import (
    BY_LAW,
    ID,
    NOBODY,
    PERSON,
    QUERY,
    ROWS,
    VERIFY,
    City,
    FieldData,
    ServiceData,
    a_city,
    a_gateway,
    a_grant,
    a_service,
    an_application,
    assess,
    use_folders,
)

pytestmark = pytest.mark.django_db
NARROW = ServiceData(
    QUERY.sid,
    QUERY.name,
    "query",
    (ID,),
    (FieldData("name"), FieldData("street")),
    name_en=QUERY.name_en,
    consent=BY_LAW,
)


@pytest.fixture
def city(settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    return a_city()


def browser(city: City, who: str, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(city.accounts[who])
    return client


def next_version(city: City, service: Service, data: ServiceData = NARROW, **more: Any) -> Service:
    """The next version published by the bureau, its tables built, what it tells told."""
    actor = city.actor("bureau")
    service = revise_service(actor=actor, now=now(), service=service)
    service = update_service(actor=actor, now=now(), service=service, data=data)
    assess(service)
    service = publish_service(actor=actor, now=now(), service=service, **more)
    serve_entry(city.entry.uid, now())
    dispatch(now(), 100)
    service.refresh_from_db()
    return service


def call(url: str, path: str, rid: str, secret: str, body: dict[str, Any], sid: str = QUERY.sid) -> httpx.Response:
    """A signed POST to any address of the gateway."""
    at = int(now().timestamp() * 1000) + next(ticks)
    return httpx.post(url + path, json=body, headers=sign_headers(rid, sid, secret, at), trust_env=False, timeout=20)


ticks = iter(range(100_000))


def test_the_version_before_answers_until_its_printed_end_and_says_so(
    city: City, settings: Any, tmp_path: Path
) -> None:
    service = a_service(city)
    consumer, secret = an_application(city)
    a_grant(consumer, service, ("name", "street"))
    service = next_version(city, service)
    row = service.versions.get(number=1)
    assert row.ends_on == city_day(now()) + timedelta(days=30)
    asked = {"citizen_id": PERSON}
    with a_gateway(settings, tmp_path, now()) as gateway:
        old = call(gateway.url, f"/s/{QUERY.sid}/v1", consumer.rid, secret, asked)
        bound = call(gateway.url, f"/s/{QUERY.sid}", consumer.rid, secret, asked)
        new = call(gateway.url, f"/s/{QUERY.sid}/v2", consumer.rid, secret, asked)
        none = call(gateway.url, f"/s/{QUERY.sid}/v9", consumer.rid, secret, asked)
        told = httpx.get(f"{gateway.url}/s/{QUERY.sid}/v1/openapi.json", trust_env=False).json()
        newest = httpx.get(f"{gateway.url}/s/{QUERY.sid}/openapi.json", trust_env=False).json()
        carry_receipts(now())
        by_bureau = browser(city, "bureau").get(f"/development/services/{service.uid}/versions/").content.decode()
        grant = consumer.grants.get()
        assert browser(city, "stranger").post(f"/development/grants/{grant.uid}/move/").status_code == 404
        assert browser(city, "developer").post(f"/development/grants/{grant.uid}/move/").status_code == 302
        publish_snapshot(now())
        moved = until(lambda: call(gateway.url, f"/s/{QUERY.sid}", consumer.rid, secret, asked), 2)
    assert (old.status_code, old.json()["service"]["version"]) == (200, 1)
    assert old.headers["Deprecation"].startswith("@")
    end = parsedate_to_datetime(old.headers["Sunset"])
    assert city_day(end - timedelta(seconds=1)) == row.ends_on
    assert old.headers["Link"] == f'</s/{QUERY.sid}/v2>; rel="successor-version"'
    assert bound.json()["service"]["version"] == 1, "a field was removed, so the grant stays with the version before"
    assert new.json()["service"]["version"] == 2
    assert "Sunset" not in new.headers
    assert (none.status_code, none.json()["code"]) == (404, "gateway.unknown_version")
    assert told["paths"][f"/s/{QUERY.sid}/v1"]["post"]["deprecated"] is True
    assert "deprecated" not in newest["paths"][f"/s/{QUERY.sid}"]["post"]
    for part in ("Field removed", "born", "Breaks callers", consumer.name_en, "Last call"):
        assert part in by_bureau
    assert moved.json()["service"]["version"] == 2
    assert any("服务至" in notice.subject for notice in notices_of(city.actor("developer")))


def until(ask: Any, version: int) -> httpx.Response:
    """Ask again until the gateway has taken up the snapshot: two seconds at most."""
    for _ in range(20):
        answer: httpx.Response = ask()
        if answer.status_code == 200 and answer.json()["service"]["version"] == version:
            break
        time.sleep(0.1)
    return answer


def test_a_compatible_version_takes_the_calls_and_after_its_end_the_old_one_is_refused(
    city: City, settings: Any, tmp_path: Path
) -> None:
    moment = now()
    with freeze(moment - timedelta(days=60)):
        service = a_service(city, NARROW)
        consumer, secret = an_application(city)
        a_grant(consumer, service, ("name", "street"), valid_until=moment + timedelta(days=100))
        service = next_version(city, service, QUERY)
    with a_gateway(settings, tmp_path, moment) as gateway:
        plain = call(gateway.url, f"/s/{QUERY.sid}", consumer.rid, secret, {"citizen_id": PERSON})
        over = call(gateway.url, f"/s/{QUERY.sid}/v1", consumer.rid, secret, {"citizen_id": PERSON})
    assert plain.json()["service"]["version"] == 2
    assert (over.status_code, over.json()["code"]) == (410, "gateway.version_ended")
    assert f"/s/{QUERY.sid}/v2" in over.json()["remedy_en"]
    carry_receipts(now())
    assert Exchange.objects.get(outcome="gateway.version_ended").service_version == 1, "who still calls it is known"


def test_the_end_keeps_the_notice_and_is_refused_by_its_field(city: City) -> None:
    service = next_version(city, a_service(city))
    bureau, today = browser(city, "bureau"), city_day(now())
    soon, page = today + timedelta(days=3), f"/development/services/{service.uid}/versions/1/end/"
    answer = bureau.post(page, {"ends_on": soon.isoformat()})
    assert answer.status_code == 422
    assert "10 working days" in answer.content.decode()
    least = calendar().due(today, 10)
    assert bureau.post(page, {"ends_on": least.isoformat()}).status_code == 302
    assert service.versions.get(number=1).ends_on == least
    assert browser(city, "steward").post(page, {"ends_on": "2030-01-01"}).status_code == 403
    body = json.dumps({"ends_on": "2099-01-01"})
    api = f"/api/v1/development/services/{service.uid}/versions/1/end"
    assert bureau.post(api, body, content_type="application/json").status_code == 422
    assert bureau.get(f"/api/v1/development/services/{service.uid}/versions").json()[0]["changes"][0]["breaking"]


def test_the_review_page_shows_what_breaks(city: City) -> None:
    service = a_service(city)
    actor = city.actor("bureau")
    service = revise_service(actor=actor, now=now(), service=service)
    service = update_service(actor=actor, now=now(), service=service, data=NARROW)
    page = browser(city, "bureau").get(f"/services/{service.uid}/review/").content.decode()
    for part in ("What changes against version 1", "Field removed", "Breaks callers", 'name="ends_on"'):
        assert part in page
    wrong = browser(city, "bureau").post(f"/services/{service.uid}/publish/", {"ends_on": "soon"}, follow=True)
    assert "Enter a day" in wrong.content.decode()
    soon = {"ends_on": city_day(now()).isoformat()}
    wrong = browser(city, "bureau").post(f"/services/{service.uid}/publish/", soon, follow=True)
    assert "at least 10 working days to change over" in wrong.content.decode()


def run_example(kind: str, text: str, rid: str, secret: str, folder: Path) -> dict[str, Any]:
    """A program of the documentation, with requester id and secret put in, run as a developer would."""
    text = text.replace("app-xxxxxxxxxxxx", rid).replace("…", secret)
    name, command = {
        "curl": ("example.sh", ["bash", "example.sh"]),
        "python": ("example.py", [sys.executable, "example.py"]),
        "java": ("Example.java", ["java", "Example.java"]),
    }[kind]
    (folder / name).write_text(text, encoding="utf-8")
    clean = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    shown = done.stdout.strip()
    return json.loads(shown) if kind != "python" else dict(eval(shown, {"__builtins__": {}}))  # noqa: S307


NEEDS = {"curl": ("curl", "openssl", "bash"), "python": (), "java": ("java",)}


@pytest.mark.parametrize("kind", list(NEEDS))
def test_examples_of_the_documentation_work_as_they_stand(city: City, settings: Any, tmp_path: Path, kind: str) -> None:
    """Against a real gateway, in production and in the sandbox alike."""
    missing = [tool for tool in NEEDS[kind] if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"this machine has no {missing[0]}")
    service = a_service(city)
    dispatch(now(), 100)
    consumer, secret = an_application(city)
    a_grant(consumer, service)
    developer = browser(city, "developer")
    sandbox_secret = developer.post(f"/api/v1/development/applications/{consumer.uid}/sandbox-key").json()["secret"]
    with a_gateway(settings, tmp_path, now()):
        for language in ("en", "zh-hans"):
            text = developer.get(
                f"/development/services/{service.uid}/document.md?language={language}"
            ).content.decode()
            block = text.split(f"```{ {'curl': 'sh'}.get(kind, kind) }\n")[1].split("\n```")[0]
            told = run_example(kind, block, consumer.rid, secret, tmp_path)
            assert (told["code"], told["total"]) == ("ok", 0), "the documented example is nobody's"
            if kind == "java":
                break
        path = f"/sandbox/{service.sid}"
        in_sandbox = block.replace(f"/s/{service.sid}", path).replace(
            NOBODY, example_keys(sandbox_of(service))[0]["citizen_id"]
        )
        told = run_example(kind, in_sandbox, consumer.rid, sandbox_secret, tmp_path)
    assert (told["code"], told["total"], told["sandbox"]) == ("ok", 1, True)


def test_documentation_is_whole_in_both_languages_and_searched_within(city: City) -> None:
    service = next_version(city, a_service(city))
    reader = browser(city, "stranger")
    page = reader.get(f"/development/services/{service.uid}/").content.decode()
    for part in ("Who may have it", "citizen_id", "Surname only", "gateway.no_grant", "Raise a demand", "Java 17",
                 "Field removed", "data-copy"):  # fmt: skip
        assert part in page, part
    found = reader.get(f"/development/services/{service.uid}/?q=rate_limited").content.decode()
    assert "gateway.rate_limited" in found
    assert "gateway.no_grant" not in found
    assert "Nothing found" in reader.get(f"/development/services/{service.uid}/?q=zzzz").content.decode()
    chinese = reader.get(f"/development/services/{service.uid}/document.md").content.decode()
    english = reader.get(f"/development/services/{service.uid}/document.md?language=en").content.decode()
    assert "户籍人口信息查询" in chinese
    assert "请在平台提交供需对接申请" in chinese
    assert "# Registered resident query" in english
    assert "Raise a demand on the platform" in english
    assert reader.get(f"/development/services/{service.uid}/document.md?language=fr").status_code == 404
    assert reader.get(f"/api/v1/development/services/{service.uid}/document?language=en").content.decode() == english


def sandboxed(city: City) -> tuple[Service, Service, str, str]:
    """A query and a verification in the sandbox, and an application's key for it."""
    query, verify = a_service(city), a_service(city, VERIFY)
    dispatch(now(), 100)
    consumer, _secret = an_application(city)
    shown = browser(city, "developer").post("/development/sandboxes/key/", {"consumer": consumer.uid}).content.decode()
    secret = shown.split('id="secret">')[1].split("<")[0]
    return query, verify, consumer.rid, secret


def test_a_developer_builds_in_the_sandbox_before_anything_is_granted(
    city: City, settings: Any, tmp_path: Path
) -> None:
    query, verify, rid, secret = sandboxed(city)
    keys = example_keys(sandbox_of(query))
    both = example_keys(sandbox_of(verify))
    with a_gateway(settings, tmp_path, now()) as gateway:

        def ask(body: dict[str, Any], sid: str = QUERY.sid, path: str = "", secret: str = secret) -> Answer:
            return read_answer(call(gateway.url, path or f"/sandbox/{sid}", rid, secret, body, sid))

        found = ask(keys[0])
        again = ask(keys[0])
        nobody = ask({"citizen_id": NOBODY})
        real = ask({"citizen_id": PERSON})
        match = ask(both[0], VERIFY.sid)
        mismatch = ask({**both[0], "name": "别人"}, VERIFY.sid)
        limited = ask({"citizen_id": "fault:gateway.rate_limited"})
        for code, status in (("gateway.no_grant", 403), ("gateway.table_missing", 503), ("gateway.version_ended", 410)):
            assert ask({"citizen_id": f"fault:{code}"}).status == status
        began = now()
        slow = ask({"citizen_id": f"slow:400:{keys[0]['citizen_id']}"})
        took = now() - began
        wrong = ask({"citizen_id": "12"})
        unsigned = httpx.get(f"{gateway.url}/sandbox/{QUERY.sid}?citizen_id=1", trust_env=False)
        forged = ask(keys[0], secret="another secret")
        production = ask(keys[0], path=f"/s/{QUERY.sid}")
        carried = carry_receipts(now())
    assert (found.status, found.body["sandbox"], found.body["total"]) == (200, True, 1)
    assert found.body["data"] == again.body["data"], "the same for each call of a version"
    assert found.body["data"][0]["name"].endswith("**") or "*" in found.body["data"][0]["name"], (
        "masked as the real one"
    )
    assert nobody.body["total"] == 0
    assert real.body["total"] == 0, "no real person is in it"
    assert (match.body["result"], mismatch.body["result"]) == ("match", "mismatch")
    assert (limited.status, limited.body["code"]) == (429, "gateway.rate_limited")
    assert slow.body["total"] == 1
    assert took >= timedelta(milliseconds=400)
    assert (wrong.status, wrong.body["code"]) == (422, "gateway.bad_parameter")
    assert unsigned.status_code == 401
    assert (forged.status, forged.body["code"]) == (401, "gateway.bad_signature")
    assert production.status == 401, "a sandbox key opens nothing else"
    assert carried == 0, "nothing of it enters the ledger"
    assert not Exchange.objects.exists()
    use = {row.sid: row for row in sandbox_uses()}
    assert (use[QUERY.sid].calls, use[VERIFY.sid].calls) == (10, 2)
    page = browser(city, "developer").get(f"/development/services/{query.uid}/sandbox/").content.decode()
    for part in (keys[0]["citizen_id"], "fault:gateway.rate_limited", "To production", "60 calls a minute"):
        assert part in page
    assert AuditEntry.objects.filter(action="development.sandbox.key_issued").count() == 1
    assert browser(city, "stranger").post("/development/sandboxes/key/", {"consumer": "x"}).status_code == 422


def test_the_sandbox_holds_no_value_of_the_city(city: City) -> None:
    from quanshu.gateway.synthetic import rows_of
    from quanshu.sharing.development.queries import specs_of

    query, *_rest = sandboxed(city)
    sandbox = specs_of(sandbox_of(query))
    rows = list(rows_of(sandbox.shapes, f"{query.sid}@1"))
    assert len(rows) == 1000
    for column in ("citizen_id", "name"):
        assert not {row[column] for row in rows} & set(ROWS[column])
    assert all(row["citizen_id"].startswith("999999") for row in rows)


def test_health_is_kept_by_hour_and_day_when_raw_checks_are_gone(city: City, settings: Any, tmp_path: Path) -> None:
    service = a_service(city)
    moment = now().replace(minute=30, second=0, microsecond=0)
    with a_gateway(settings, tmp_path, moment):
        assert probe_services(moment) == 1
    assert probe_services(moment + timedelta(minutes=1)) == 0, "the gateway is gone"
    assert probe_services(moment + timedelta(minutes=2)) == 0
    assert roll_probes(moment) == 3
    assert roll_probes(moment) == 0, "each check counts once"
    with a_gateway(settings, tmp_path, moment):
        assert probe_services(moment + timedelta(minutes=3)) == 1
    roll_probes(moment)
    hour = ProbeRoll.objects.get(service=service, grain="hour")
    assert (hour.total, hour.ok, sum(hour.codes.values())) == (4, 2, 2)
    assert hour.p95_us is not None
    assert hour.p50_us is not None
    assert hour.p50_us <= hour.p95_us
    outage = Outage.objects.get(service=service)
    assert (outage.failures, outage.code) == (2, "services.gateway_silent")
    assert outage.began_at == moment + timedelta(minutes=1)
    assert outage.ended_at == moment + timedelta(minutes=3)
    Probe.objects.all().delete()
    roll_probes(moment + timedelta(days=8))
    with freeze(moment + timedelta(minutes=10)):
        page = browser(city, "stranger").get(f"/development/services/{service.uid}/health/").content.decode()
        told = browser(city, "stranger").get(f"/api/v1/development/services/{service.uid}/health").json()
    assert "50.00%" in page
    assert "missed" in page
    assert [row["availability"] for row in told["periods"]] == [0.5, 0.5, 0.5]
    export = browser(city, "auditor").get(f"/development/services/{service.uid}/health/rolls/?format=csv")
    assert export.status_code == 200
    assert "50.00%" in export.content.decode() if not export.streaming else b"".join(export.streaming_content).decode()


def test_pages_are_whole_in_both_languages(city: City) -> None:
    service = next_version(city, a_service(city))
    for language in ("en", "zh-hans"):
        for who in ("bureau", "developer"):
            client = browser(city, who, language)
            for path in ("", "sandboxes/", *(f"services/{service.uid}/{part}" for part in (
                "", "sandbox/", "health/", "health/rolls/", "health/outages/", "versions/"))):  # fmt: skip
                answer = client.get(f"/development/{path}")
                assert answer.status_code == 200, (who, path)
