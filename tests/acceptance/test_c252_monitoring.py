"""Clause 2.5.2, monitoring: every stage covered, a fault is an alert within the stated delay, a call's whole story."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from quanshu.kernel.clock import now
from quanshu.oversight.monitoring.api import Alert, AlertRule, Sample, take_samples
from quanshu.shared.audit.api import AuditEntry, integrate
from quanshu.shared.notify.api import Notice
from quanshu.sharing.services.api import Exchange
from support_monitoring import Node

pytestmark = pytest.mark.django_db
GATEWAY_DELAY, WORKER_DELAY = timedelta(seconds=20), timedelta(seconds=40)


@pytest.fixture
def node(settings: Any, tmp_path: Path) -> Node:
    return Node(settings, tmp_path)


def alert(code: str) -> Alert:
    return Alert.objects.select_related("rule").get(rule__code=code)


def test_a_stopped_gateway_is_an_alert_in_time_is_acknowledged_and_closes_when_healed(node: Node) -> None:
    browser = node.browser()
    with node.running() as gateway:
        node.look(3)
        assert not Alert.objects.filter(rule__code="gateway.silent").exists()
        gateway.kill()
        stopped = node.at
        node.look(4)
        found = alert("gateway.silent")
        assert found.state == "firing"
        assert found.first_fired_at is not None
        assert found.first_fired_at - stopped <= GATEWAY_DELAY
        assert found.delay is not None
        assert found.delay <= GATEWAY_DELAY + timedelta(seconds=5)
        # One alert a cause: what follows from the silent gateway is not told as well.
        assert not Alert.objects.filter(rule__code__in=["gateway.old_snapshot", "clock.skew"]).exists()
        officer = node.city.accounts["bureau"]
        notice = Notice.objects.get(recipient_uid=officer.uid, url=found.get_absolute_url())
        assert "quanshu gateway" in notice.body
        page = browser.get(found.get_absolute_url())
        assert b"No service can be called" in page.content
        answer = browser.post(f"{found.get_absolute_url()}acknowledge/", {"text": "restarting it"})
        assert answer.status_code == 302
        found.refresh_from_db()
        assert (found.state, found.note) == ("acknowledged", "restarting it")
        again = browser.post(f"{found.get_absolute_url()}acknowledge/", {"text": "again"})
        assert again.status_code == 409
        gateway.start()
        node.look(4)
        found.refresh_from_db()
        assert found.state == "resolved"
        assert found.lasted is not None
        assert {step.step for step in found.steps.all()} == {"fired", "acknowledged", "resolved"}
    acts = set(AuditEntry.objects.filter(object_uid=found.uid).values_list("action", flat=True))
    assert acts == {"monitoring.alert.fired", "monitoring.alert.acknowledged", "monitoring.alert.resolved"}


def test_a_silent_worker_is_told_by_the_web_process_and_escalated_when_nobody_answers(node: Node) -> None:
    from quanshu.oversight.monitoring import tasks

    node.sign_in_worker()
    silent_since = node.at
    while not Alert.objects.filter(rule__code="worker.silent", state="firing").exists():
        node.at += timedelta(seconds=5)
        tasks.stand_in(node.at)
        assert node.at - silent_since <= WORKER_DELAY
    found = alert("worker.silent")
    told = Notice.objects.filter(url=found.get_absolute_url()).count()
    node.at += timedelta(minutes=found.rule.escalate_minutes)
    node.look(worker=False)
    found.refresh_from_db()
    assert found.escalated_at is not None
    assert Notice.objects.filter(url=found.get_absolute_url()).count() > told
    node.look(3)
    found.refresh_from_db()
    assert found.state == "resolved"


def test_the_four_stages_are_counted_from_live_records_and_a_pause_doubles_nothing(node: Node) -> None:
    with node.running():
        answers = [node.call() for _ in range(4)]
    assert all(answer.ok for answer in answers)
    moment = now() + timedelta(seconds=1)
    take_samples(moment)
    first = list(Sample.objects.filter(measure="transfer.calls", grain="m").values_list("count", "amount"))
    assert sum(count for count, _rows in first) == 4
    # A pause, then twice in a row.
    take_samples(moment + timedelta(hours=3))
    take_samples(moment + timedelta(hours=3))
    for grain in "mhd":
        rows = Sample.objects.filter(measure="transfer.calls", grain=grain)
        assert sum(row.count for row in rows) == 4
        assert sum(row.waits for row in rows) == 4
        assert {row.subject for row in rows} == {node.service.sid}
    assert sum(Sample.objects.filter(measure="use.calls", grain="d").values_list("count", flat=True)) == 4
    browser = node.browser()
    for path in ("", "intake/", "review/", "transfer/", "use/"):
        for span in ("24h", "30d", "12m"):
            page = browser.get(f"/monitoring/{path}?span={span}")
            assert page.status_code == 200, path
    assert "济南市公安局" in node.browser(language="zh-hans").get("/monitoring/transfer/").content.decode()
    live = browser.get("/monitoring/", HTTP_HX_REQUEST="true", HTTP_HX_TARGET="live")
    assert b"<html" not in live.content
    export = b"".join(browser.get("/monitoring/transfer/?export=csv").streaming_content).decode()
    assert "Public Security" in export
    assert browser.get("/monitoring/nowhere/").status_code == 404
    stages = browser.get("/api/v1/monitoring/stages/transfer?span=24h").json()
    calls = next(row for row in stages["series"] if row["measure"] == "transfer.calls")
    assert sum(point["count"] for point in calls["points"]) == 4


def test_receipts_that_come_late_are_counted_in_their_own_minute(node: Node) -> None:
    with node.running():
        node.call()
        node.call()
    early = now() - timedelta(hours=5)
    Exchange.objects.update(carried_at=None)
    take_samples(now())
    Exchange.objects.update(at=early, carried_at=now() + timedelta(seconds=2))
    take_samples(now() + timedelta(seconds=10))
    rows = Sample.objects.filter(measure="transfer.calls", grain="h")
    assert [(row.count, row.at) for row in rows if row.count] == [
        (2, early.replace(minute=0, second=0, microsecond=0)),
    ]


def test_a_call_s_story_leads_from_the_receipt_to_batch_and_proof(node: Node) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with node.running() as gateway:
        answer = node.call(case_number="B-1")
        scraped = httpx.get(f"{gateway.url}/metrics", trust_env=False)
    receipt = answer.receipt_id
    integrate(now())
    browser = node.browser()
    found = browser.post("/monitoring/story/", {"receipt_id": f" {receipt} "})
    assert found["Location"] == f"/monitoring/story/{receipt}/"
    page = browser.get(found["Location"]).content.decode()
    for part in (receipt, "养老待遇资格认证", node.service.sid, "jn-ga", ".sqlite", "the path leads to the root"):
        assert part in page, part
    told = browser.get(f"/api/v1/monitoring/story/{receipt}").json()
    assert told["grant"]["uid"] == node.grant.uid
    assert told["serving"]["lake_version"] == node.service.lake_version
    assert told["serving"]["lake_table"] == node.city.entry.lake_table
    assert told["proof"]["holds"] is True
    assert told["hidden"] == []
    call_page = browser.get(f"/services/calls/{receipt}/").content.decode()
    assert f"/monitoring/story/{receipt}/" in call_page
    # Who may not see the call is not told that there is one.
    assert node.browser("steward").get(f"/monitoring/story/{receipt}/").status_code == 200
    assert node.browser().get("/monitoring/story/nothing/").status_code == 404
    assert browser.post("/monitoring/story/", {"receipt_id": "nothing"}).status_code == 404
    families = {family.name: family for family in text_string_to_metric_families(scraped.text)}
    sample = next(row for row in families["quanshu_gateway_calls"].samples if row.labels["outcome"] == "ok")
    assert (sample.labels["sid"], sample.value) == (node.service.sid, 1)
    assert "370102" not in scraped.text
    assert trace not in scraped.text


def test_a_trace_goes_from_the_caller_through_receipt_and_audit(node: Node) -> None:
    header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    from quanshu.gateway.signing import sign_headers
    from quanshu.sharing.services.api import carry_receipts
    from support_services import PERSON, QUERY

    with node.running() as gateway:
        headers = sign_headers(node.consumer.rid, QUERY.sid, node.secret, int(now().timestamp() * 1000))
        url = f"{gateway.url}/s/{QUERY.sid}"
        answer = httpx.post(
            url, json={"citizen_id": PERSON}, headers={**headers, "traceparent": header}, trust_env=False
        )
        proxied = httpx.get(f"{gateway.url}/metrics", headers={"X-Forwarded-For": "8.8.8.8"}, trust_env=False)
    assert answer.headers["traceparent"].split("-")[1] == header.split("-")[1]
    assert proxied.status_code == 404
    carry_receipts(now())
    call = Exchange.objects.get()
    assert call.trace_id == header.split("-")[1]
    assert AuditEntry.objects.get(object_uid=call.receipt_id).trace_id == call.trace_id
    page = node.browser().get("/monitoring/", headers={"traceparent": header})
    assert page["traceparent"].split("-")[1] == call.trace_id


def test_metrics_of_the_web_process_are_read_by_a_parser_and_not_by_everybody(node: Node, settings: Any) -> None:
    node.browser().get("/monitoring/")
    answer = Client(REMOTE_ADDR="127.0.0.1").get("/metrics")
    families = {family.name: family for family in text_string_to_metric_families(answer.content.decode())}
    rooms = {sample.labels["room"] for sample in families["quanshu_web_requests"].samples}
    assert "monitoring" in rooms
    severities = {sample.labels["severity"] for sample in families["quanshu_alerts_open"].samples}
    assert severities == {"info", "warning", "serious", "critical"}
    assert Client(REMOTE_ADDR="10.1.1.1").get("/metrics").status_code == 404
    assert Client(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="8.8.8.8").get("/metrics").status_code == 404
    settings.QUANSHU_METRICS_TOKEN = "word"
    allowed = Client(REMOTE_ADDR="10.1.1.1", HTTP_AUTHORIZATION="Bearer word").get("/metrics")
    assert allowed.status_code == 200


def test_everybody_sees_the_figures_and_small_ones_are_kept_back(node: Node) -> None:
    from django.core.cache import cache

    cache.clear()
    with node.running():
        for _ in range(3):
            node.call()
    anybody = Client(HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="en")
    page = anybody.get("/statistics/")
    assert page.status_code == 200
    told = json.loads(anybody.get("/statistics/figures.json").content)
    assert told["services"] == 1
    assert told["calls_today"] is None
    assert told["calls_month"] is None
    assert "济南市公安局" not in json.dumps(told, ensure_ascii=False)
    cache.clear()
    row = Exchange.objects.first()
    assert row is not None
    for number in range(20):
        row.pk, row.receipt_id = None, f"r-{number}"
        row.save()
    assert json.loads(anybody.get("/statistics/figures.json").content)["calls_today"] == 20


def test_the_operations_page_says_what_is_broken_and_what_to_do(node: Node) -> None:
    node.settings.QUANSHU_GATEWAY_URL = "http://127.0.0.1:9"
    node.look(4)
    page = node.browser().get("/operations/").content.decode()
    for part in (
        "The gateway does not answer",
        "Start it with “quanshu gateway”",
        "http://127.0.0.1:9",
        "Database",
        "Disk",
    ):
        assert part in page, part
    assert AlertRule.objects.filter(active=True).count() >= 20
