"""Clause 2.1.3: a consumer reports a wrong value, whoever received it is listed, and told when it is corrected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client

from quanshu.gateway.client import GatewayClient
from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.jobs.api import run_due
from quanshu.shared.notify.api import notices_of
from quanshu.shared.outbox.api import dispatch
from quanshu.sharing.services.api import carry_receipts
from quanshu.supply.assurance.api import Report
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality.api import Problem, RuleData, create_rule, scan_now, start_scan
from support_services import PERSON, ROWS, City, a_city, a_gateway, a_grant, a_service, an_application, use_folders

pytestmark = pytest.mark.django_db(transaction=True)
STREETS = RuleData("街道名称有效", "pattern", ("street",), {"pattern": ".*街道"})


@pytest.fixture
def city(settings: Any, tmp_path: Path) -> Iterator[City]:
    settings.QUANSHU_LAKE_DIR = tmp_path / "lake"
    get_lake.cache_clear()
    use_folders(settings, tmp_path)
    yield a_city()
    get_lake.cache_clear()


def rows(street: str) -> pa.Table:
    """The table with another street for the first person."""
    return pa.table({**ROWS, "street": [street, ROWS["street"][1]]})


def browser(city: City, who: str) -> Client:
    client = Client(HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(city.accounts[who])
    return client


def check(city: City) -> None:
    """A check, and what follows from it."""
    scan_now(start_scan(actor=SYSTEM, now=now(), entry=city.entry).uid, now())
    while run_due(now()) + dispatch(now()):
        pass


def test_receivers_are_listed_and_told_when_the_value_is_corrected(city: City, settings: Any, tmp_path: Path) -> None:
    get_lake().overwrite(city.entry.lake_table, rows("千佛山"))
    service = a_service(city)
    consumer, secret = an_application(city)
    a_grant(consumer, service)
    create_rule(actor=SYSTEM, now=now(), entry=city.entry, data=STREETS)
    with a_gateway(settings, tmp_path, now()) as gateway, GatewayClient(gateway.url, consumer.rid, secret) as client:
        answer = client.call(service.sid, {"citizen_id": PERSON}, case_number="养老-2026-001")
        assert answer.ok, answer.body
        assert set(answer.body["data"][0]) == {"name", "street"}, "the key makes the mark and does not leave"
    assert carry_receipts(now()) == 1

    developer, steward = browser(city, "developer"), browser(city, "steward")
    page = f"/services/calls/{answer.receipt_id}/report/"
    assert browser(city, "stranger").get(page).status_code == 404
    wrong = {"key-citizen_id": "", "column": "informant", "fault": ""}
    assert developer.post(page, wrong).status_code == 422
    body = {"key-citizen_id": PERSON, "column": "street", "fault": "窗口核对为千佛山街道", "value_seen": "千佛山"}
    assert developer.post(page, body).status_code == 302
    problem = Problem.objects.get()
    assert (problem.origin, problem.unit, problem.value) == ("reported", city.entry.unit, "千佛山")
    assert notices_of(city.actor("steward")).count() == 1
    detail = steward.get(f"/quality/problems/{problem.uid}/").content.decode()
    assert "窗口核对为千佛山街道" in detail
    assert answer.receipt_id in detail, "the unit that received it is listed"
    assert PERSON not in detail
    answered = steward.post(f"/quality/problems/{problem.uid}/answer/", {"right": "0", "answer": ""})
    assert answered.status_code == 409, "the table still holds the value"

    get_lake().overwrite(city.entry.lake_table, rows("千佛山街道"))
    assert steward.post(f"/quality/problems/{problem.uid}/answer/", {"right": "0"}).status_code == 302
    problem.refresh_from_db()
    assert (problem.state, Report.objects.get().state) == ("fixed", "corrected")
    told = [notice.subject for notice in notices_of(city.actor("developer"))]
    assert len(told) == 2, told
    assert answer.receipt_id in notices_of(city.actor("developer")).filter(url__contains="calls")[0].body

    # The same value found by a rule: the receivers are known without a report.
    get_lake().overwrite(city.entry.lake_table, rows("千佛山"))
    check(city)
    found = Problem.objects.get(state="open")
    token = browser(city, "steward")
    listed = token.get(f"/quality/problems/{found.uid}/").content.decode()
    assert "养老-2026-001" in listed
    get_lake().overwrite(city.entry.lake_table, rows("千佛山街道"))
    check(city)
    found.refresh_from_db()
    assert found.state == "fixed"
    assert notices_of(city.actor("developer")).count() == 3


def test_a_report_over_the_api_joins_the_problem_of_a_rule(city: City) -> None:
    get_lake().overwrite(city.entry.lake_table, rows("千佛山"))
    service = a_service(city)
    consumer, _secret = an_application(city)
    a_grant(consumer, service)
    create_rule(actor=SYSTEM, now=now(), entry=city.entry, data=STREETS)
    check(city)
    developer, stranger = browser(city, "developer"), browser(city, "stranger")
    body = {"sid": service.sid, "key": {"citizen_id": PERSON}, "field": "street", "fault": "缺少“街道”二字"}
    send = {"path": "/api/v1/quality/reports", "content_type": "application/json"}
    assert stranger.post(data=body, **send).status_code == 404
    assert developer.post(data=body | {"key": {"name": "x"}}, **send).status_code == 422
    assert developer.post(data=body | {"field": "informant"}, **send).status_code == 422
    made = developer.post(data=body, **send)
    assert made.status_code == 201, made.content.decode()
    problem = Problem.objects.get()
    assert (problem.origin, problem.reports.count()) == ("rule", 1)
    answer = {"right": True, "answer": ""}
    url = f"/api/v1/quality/problems/{problem.uid}/answer"
    steward = browser(city, "steward")
    assert steward.post(url, answer, content_type="application/json").status_code == 422
    answer["answer"] = "门牌系统使用简称"
    assert steward.post(url, answer, content_type="application/json").status_code == 200
    report = developer.get(f"/quality/reports/{made.json()['uid']}/").content.decode()
    assert "门牌系统使用简称" in report
    problem.refresh_from_db()
    assert problem.state == "open", "the rule still finds it"
