"""Limits of a grant: set by page and API, told to callers, changed within a second, kept in the audit trail."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from quanshu.gateway.signing import sign_headers
from quanshu.kernel.clock import now
from quanshu.kernel.errors import FieldErrors, Forbidden
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit.models import AuditEntry
from quanshu.sharing.services.api import GrantLimits, change_limits, revoke_grant
from quanshu.sharing.services.types import GrantOver
from support_services import PERSON, City, a_gateway, a_grant, a_service, an_application

NEVER = "7 00:00-00:01"
EVER = "1234567 00:00-24:00"
FORM = {"rate_per_minute": "30", "burst": "5", "daily_limit": "", "daily_rows": "900", "row_cap": "2"}


def test_a_refusal_names_the_limit_and_a_change_holds_within_a_second(
    city: City, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    service = a_service(city)
    consumer, secret = an_application(city)
    grant = a_grant(consumer, service, limits=GrantLimits(case_required=True, networks=("127.0.0.0/8",)))

    def change(rate: int = 600, daily: int | None = None, **limits: Any) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            change_limits(
                actor=SYSTEM,
                grant=grant,
                rate_per_minute=rate,
                daily_limit=daily,
                limits=GrantLimits(**limits),
                now=now(),
            )

    with a_gateway(settings, tmp_path, now()) as process, httpx.Client(base_url=process.url, trust_env=False) as http:

        def call(**headers: str) -> httpx.Response:
            signed = sign_headers(consumer.rid, service.sid, secret, time.time_ns() // 1_000_000)
            return http.post(f"/s/{service.sid}", json={"citizen_id": PERSON}, headers=signed | headers)

        def until(code: str) -> httpx.Response:
            began = time.monotonic()
            while (answer := call()).json()["code"] != code:
                assert time.monotonic() - began < 5, answer.json()
                time.sleep(0.01)
            assert time.monotonic() - began < 1
            return answer

        assert call().json()["code"] == "gateway.case_required"
        assert call(**{"X-Case-Number": "A-1"}).json()["code"] == "ok"
        change(networks=("10.0.0.0/8",))
        refused = until("gateway.address_not_allowed")
        assert "127.0.0.1" in refused.json()["message"]
        change(windows=(NEVER,))
        refused = until("gateway.outside_hours")
        assert 0 < int(refused.headers["retry-after"]) <= 7 * 24 * 3600
        change(windows=(EVER,), daily_rows=1)
        assert int(until("gateway.daily_rows").headers["retry-after"]) <= 24 * 3600
        change(rate=1, burst=1)
        until("ok")
        assert 1 <= int(until("gateway.rate_limited").headers["retry-after"]) <= 60
        change(daily=1)
        assert until("gateway.daily_limit").json()["receipt_id"]


def test_limits_are_changed_on_the_grant_s_page(
    city: City, sign_in: Any, django_capture_on_commit_callbacks: Any
) -> None:
    consumer, _secret = an_application(city)
    grant = a_grant(consumer, a_service(city))
    path = f"{grant.get_absolute_url()}limits/"
    assert sign_in("developer").get(path).status_code == 403
    assert "Change the limits" not in sign_in("developer").get(grant.get_absolute_url()).content.decode()
    bureau = sign_in("bureau")
    assert "Change the limits" in bureau.get(grant.get_absolute_url()).content.decode()
    wrong = bureau.post(path, FORM | {"windows": "daily", "networks": "10.0.0.1/8\n10.1.0.0/16", "row_cap": "0"})
    page = wrong.content.decode()
    assert wrong.status_code == 422
    for text in ("“daily” is no time window.", "“10.0.0.1/8” is no network.", "A call returns 1 to 1,000 rows."):
        assert text in page
    with django_capture_on_commit_callbacks(execute=True):
        right = FORM | {"windows": "12345 08:30-17:30\n6 09:00-12:00", "networks": "10.1.0.0/16", "case_required": "on"}
        assert bureau.post(path, right).status_code == 302
    grant.refresh_from_db()
    assert (grant.rate_per_minute, grant.daily_limit) == (30, None)
    assert grant.limits == GrantLimits(
        burst=5,
        daily_rows=900,
        row_cap=2,
        windows=("12345 08:30-17:30", "6 09:00-12:00"),
        networks=("10.1.0.0/16",),
        case_required=True,
    )
    page = sign_in("developer").get(grant.get_absolute_url()).content.decode()
    for text in ("12345 08:30-17:30", "10.1.0.0/16", "900", "Required"):
        assert text in page
    assert "12345 08:30-17:30\n6 09:00-12:00" in bureau.get(path).content.decode()
    entry = AuditEntry.objects.get(action="services.grant.limits_changed", object_uid=grant.uid)
    assert entry.details["before"] == {"rate_per_minute": 600}
    assert entry.details["after"]["burst"] == 5


def test_limits_are_set_and_changed_by_the_api(
    city: City, sign_in: Any, django_capture_on_commit_callbacks: Any
) -> None:
    service = a_service(city)
    consumer, _secret = an_application(city)
    bureau = sign_in("bureau")

    def post(path: str, body: dict[str, Any]) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return bureau.post(f"/api/v1/services/{path}", json.dumps(body), content_type="application/json")

    body = {
        "consumer_uid": consumer.uid,
        "service_uid": service.uid,
        "granted_fields": ["street"],
        "purpose": "待遇资格认证",
        "rate_per_minute": 60,
        "valid_until": "2099-01-01T00:00:00+08:00",
        "burst": 3,
        "windows": [EVER],
    }
    refused = post("grants", body | {"windows": ["always"], "burst": 0})
    assert refused.status_code == 422
    assert {"windows", "burst"} <= {fault["field"] for fault in refused.json()["errors"]}
    made = post("grants", body).json()
    assert (made["burst"], made["windows"], made["networks"], made["case_required"]) == (3, [EVER], [], False)
    changed = post(f"grants/{made['uid']}/limits", {"rate_per_minute": 9, "case_required": True}).json()
    assert (changed["rate_per_minute"], changed["burst"], changed["case_required"]) == (9, None, True)
    assert post("grants/none/limits", {"rate_per_minute": 9}).status_code == 404


def test_who_may_not_and_what_has_ended_changes_nothing(city: City) -> None:
    consumer, _secret = an_application(city)
    grant = a_grant(consumer, a_service(city))
    values: dict[str, Any] = {"grant": grant, "rate_per_minute": 1, "daily_limit": None, "now": now()}
    with pytest.raises(Forbidden):
        change_limits(actor=city.actor("steward"), limits=GrantLimits(), **values)
    with pytest.raises(FieldErrors):
        change_limits(actor=SYSTEM, limits=GrantLimits(daily_rows=0), **values)
    revoke_grant(actor=SYSTEM, grant=grant, reason="测试结束", now=now())
    with pytest.raises(GrantOver):
        change_limits(actor=SYSTEM, limits=GrantLimits(), **values)
    grant.refresh_from_db()
    assert grant.rate_per_minute == 600
