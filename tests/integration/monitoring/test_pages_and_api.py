"""Rules, silences, duties and service levels through pages and API, with wrong inputs; who may and who may not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from quanshu.kernel.clock import now
from quanshu.oversight.monitoring.api import Alert, AlertRule, Objective, Point, Sample, Shift, Silence, count_levels
from quanshu.oversight.monitoring.pages.labels import threshold_text, value_text
from quanshu.oversight.monitoring.queries.checks import checks
from quanshu.oversight.monitoring.rules import FOLLOWS, SHIPPED
from quanshu.oversight.monitoring.services import ship_rules, watch
from quanshu.oversight.monitoring.services.sampling import replace_points
from quanshu.oversight.monitoring.types import Grain
from quanshu.shared.jobs.api import Job
from quanshu.shared.notify.api import Notice
from support_services import City, a_city, a_service, an_account, use_folders

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(settings: Any, tmp_path: Any) -> City:
    use_folders(settings, tmp_path)
    settings.QUANSHU_GATEWAY_URL = "http://127.0.0.1:9"
    ship_rules(now())
    return a_city()


def browser(city: City, who: str = "bureau") -> Client:
    client = Client(HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(city.accounts[who])
    return client


def moment(delta: timedelta) -> str:
    return f"{timezone.localtime(now() + delta):%Y-%m-%dT%H:%M}"


def test_every_shipped_rule_has_its_check_and_every_root_is_a_rule() -> None:
    codes = {row.code for row in SHIPPED}
    assert codes == set(checks)
    assert {root for roots in FOLLOWS.values() for root in roots} | set(FOLLOWS) <= codes


def test_a_rule_is_set_on_its_page_and_nonsense_is_refused(city: City) -> None:
    rule = AlertRule.objects.get(code="disk.low")
    client = browser(city)
    good = {
        "severity": "serious",
        "threshold": "0.2",
        "for_seconds": "5",
        "clear_seconds": "5",
        "escalate_minutes": "0",
    }
    assert client.post(rule.get_absolute_url(), {**good, "active": "on", "remedy": "扩容"}).status_code == 302
    rule.refresh_from_db()
    assert (rule.severity, rule.threshold, rule.advice) == ("serious", 0.2, "扩容")
    bad = client.post(rule.get_absolute_url(), {**good, "for_seconds": "9999999"})
    assert bad.status_code == 422
    assert b"0 and 7 days" in bad.content
    assert ship_rules(now()) == 0
    assert browser(city, "steward").post(rule.get_absolute_url(), good).status_code == 403


def test_an_own_rule_over_a_measure_fires_and_goes_with_its_alerts(city: City) -> None:
    client = browser(city)
    body = {
        "name": "无调用", "stage": "transfer", "measure": "transfer.calls", "sense": "above", "window_minutes": 15,
        "severity": "warning", "threshold": 5, "for_seconds": 0, "clear_seconds": 0, "escalate_minutes": 0,
    }  # fmt: skip
    made = client.post("/api/v1/monitoring/rules", body, content_type="application/json")
    assert made.status_code == 201
    wrong = client.post(
        "/api/v1/monitoring/rules", {**body, "measure": "nothing", "window_minutes": 0}, content_type="application/json"
    )
    assert wrong.status_code == 422
    assert {error["field"] for error in wrong.json()["errors"]} == {"measure", "window_minutes"}
    at = now() - timedelta(minutes=2)
    replace_points("transfer.calls", Grain.MINUTE, at, now(), [Point(at=at, count=6)])
    watch(now())
    rule = AlertRule.objects.get(uid=made.json()["uid"])
    assert Alert.objects.get(rule=rule).state == "firing"
    assert client.post(f"/monitoring/rules/{rule.uid}/delete/").status_code == 302
    assert not Alert.objects.filter(rule_id=rule.pk).exists()
    shipped = AlertRule.objects.get(code="disk.low")
    assert client.delete(f"/api/v1/monitoring/rules/{shipped.uid}").json()["code"] == "monitoring.shipped_rule"


def fail_a_job(at: Any) -> None:
    Job.objects.create(name="services.serve", state="failed", run_at=at, created_at=at, finished_at=at)


def test_a_silence_keeps_the_alert_and_tells_nobody(city: City) -> None:
    client = browser(city)
    rule = AlertRule.objects.get(code="jobs.failed")
    empty = client.post("/monitoring/silences/new/", {"until": moment(timedelta(hours=1)), "reason": "检修"})
    assert empty.status_code == 422
    past = client.post("/monitoring/silences/new/", {"rule_uid": rule.uid, "until": "2020-01-01T00:00", "reason": "x"})
    assert past.status_code == 422
    given = {"rule_uid": rule.uid, "until": moment(timedelta(hours=1)), "reason": "检修"}
    assert client.post("/monitoring/silences/new/", given).status_code == 302
    fail_a_job(now())
    watch(now())
    alert = Alert.objects.get(rule=rule)
    assert (alert.state, alert.silenced) == ("firing", True)
    assert not Notice.objects.filter(url=alert.get_absolute_url()).exists()
    silence = Silence.objects.get()
    assert "检修" in client.get("/monitoring/silences/").content.decode()
    assert client.post(f"/monitoring/silences/{silence.uid}/end/").status_code == 302
    alert.refresh_from_db()
    assert not alert.silenced
    assert client.post(f"/monitoring/silences/{silence.uid}/end/").status_code == 302
    silence.refresh_from_db()
    assert silence.ended_at is not None


def test_whoever_is_on_duty_is_told_and_a_duty_is_handed_over(city: City) -> None:
    second = an_account(city.units["bureau"], "second", "值班二", "bureau")
    client = browser(city)
    given = {"account_uid": second.uid, "starts_at": moment(-timedelta(hours=1)), "ends_at": moment(timedelta(hours=5))}
    assert client.post("/monitoring/roster/new/", {**given, "unit_uid": ""}).status_code == 302
    again = client.post("/monitoring/roster/new/", {**given, "unit_uid": ""})
    assert again.status_code == 409
    turned = client.post("/monitoring/roster/new/", {**given, "ends_at": moment(-timedelta(hours=3))})
    assert turned.status_code == 422
    fail_a_job(now())
    watch(now())
    url = Alert.objects.get(rule__code="jobs.failed").get_absolute_url()
    assert set(Notice.objects.filter(url=url).values_list("recipient_uid", flat=True)) == {second.uid}
    shift = Shift.objects.get()
    bureau = city.accounts["bureau"]
    assert (
        client.post(f"/monitoring/roster/{shift.uid}/", {"account_uid": bureau.uid, "reason": "出差"}).status_code
        == 302
    )
    shift.refresh_from_db()
    assert (shift.account_uid, shift.instead_of) == (bureau.uid, "值班二")
    assert Notice.objects.filter(recipient_uid=bureau.uid, url="/monitoring/roster/").exists()
    assert browser(city, "developer").get("/monitoring/roster/").status_code == 403
    assert client.post(f"/monitoring/roster/{shift.uid}/remove/").status_code == 302
    assert not Shift.objects.exists()


def test_levels_are_counted_promised_anew_and_exported(city: City) -> None:
    a_service(city)
    count_levels(now())
    client = browser(city)
    objective = Objective.objects.get(kind="availability")
    page = client.get("/monitoring/levels/")
    assert objective.label in page.content.decode()
    assert client.post(f"/monitoring/levels/{objective.uid}/", {"target": "99", "active": "on"}).status_code == 302
    objective.refresh_from_db()
    assert objective.target == 0.99
    assert client.post(f"/monitoring/levels/{objective.uid}/", {"target": "20"}).status_code == 422
    export = b"".join(client.get("/monitoring/levels/?export=csv").streaming_content).decode()
    assert objective.label in export
    told = client.post(
        "/api/v1/monitoring/levels",
        {"kind": "delay", "subject": "nothing", "target": 0.9, "limit_ms": 100},
        content_type="application/json",
    )
    assert told.status_code == 404


def test_a_unit_s_people_see_only_what_is_theirs(city: City) -> None:
    for name in ("police", "labour"):
        path = city.units[name].path
        replace_points("transfer.calls", Grain.HOUR, now(), now(), [])
        Sample.objects.create(grain="h", at=now(), measure="transfer.calls", unit_path=path, count=3)
    steward = browser(city, "steward").get("/monitoring/transfer/").content.decode()
    assert "Public Security" in steward
    assert "Human Resources" not in steward
    rule = AlertRule.objects.get(code="service.probe")
    other = Alert.objects.create(
        rule=rule, cause="x", state="firing", stage="transfer", severity="serious",
        unit_path=city.units["labour"].path, pending_at=now(), fired_at=now(), first_fired_at=now(),
    )  # fmt: skip
    assert browser(city, "steward").get(other.get_absolute_url()).status_code == 404
    assert browser(city).get(other.get_absolute_url()).status_code == 200


def test_flapping_through_the_database_is_one_alert_told_once(city: City) -> None:
    rule = AlertRule.objects.get(code="jobs.failed")
    rule.clear_seconds = 60
    rule.save()
    at = now()
    for turn in range(6):
        Job.objects.all().delete()
        if turn % 2 == 0:
            fail_a_job(at)
        watch(at)
        at += timedelta(seconds=61)
    alert = Alert.objects.get(rule=rule)
    assert alert.flaps == 2
    officer = city.accounts["bureau"].uid
    assert Notice.objects.filter(url=alert.get_absolute_url(), recipient_uid=officer).count() == 1


@pytest.mark.parametrize(
    ("code", "value", "threshold", "shown"),
    [
        ("calls.errors", 0.1234, 0.05, "12.34% / 5%"),
        ("disk.low", 0.075, 0.1, "7.5% / 10%"),
        ("review.backlog", 1234, 20, "1,234 / 20"),
        ("own", 0.25, 0.1, "25% / 10%"),
    ],
)
def test_a_share_is_told_in_percent(code: str, value: float, threshold: float, shown: str) -> None:
    rule = AlertRule(code=code, threshold=threshold, sense="rate" if code == "own" else "")
    assert value_text(Alert(rule=rule, value=value, threshold=threshold)).startswith(shown)
    assert threshold_text(rule).startswith(shown.rpartition("/ ")[2])
