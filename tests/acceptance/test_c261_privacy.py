"""Clause 2.6.1: what is no longer needed is deleted by rule and for good; sensitive services are assessed before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quanshu.kernel.clock import freeze, now
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit.api import AuditEntry, history, integrate, integrity_report
from quanshu.shared.jobs.api import run_due
from quanshu.shared.notify.api import notify
from quanshu.shared.notify.models import Notice
from quanshu.shared.outbox.api import dispatch
from quanshu.sharing.services.api import create_service
from quanshu.supply.lake_store import get_lake
from support_intake import Supply, csv_bytes, make_supply
from support_intake import use_folders as use_lake
from support_services import QUERY, City, a_city, a_grant, an_account, an_application, use_folders

pytestmark = pytest.mark.django_db
API = "/api/v1/privacy"
BASIS = "《济南市公共数据管理办法》及单位数据归档范围表"


def program(account: Any) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(account)
    return client


def page(account: Any, path: str, *, status: int = 200, **form: str) -> str:
    """A page got, or a form sent and the page after it."""
    client = Client(HTTP_ACCEPT_LANGUAGE="en", HTTP_ACCEPT="text/html")
    client.force_login(account)
    answer = client.post(path, form, follow=True) if form else client.get(path)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def send(account: Any, path: str, body: dict[str, Any] | None = None, *, ok: int = 200, method: str = "post") -> Any:
    answer = getattr(program(account), method)(f"{API}{path}", body or {}, content_type="application/json")
    assert answer.status_code == ok, answer.content.decode()
    return answer.json()


def ask(account: Any, path: str, ok: int = 200) -> Any:
    answer = program(account).get(f"{API}{path}")
    assert answer.status_code == ok, answer.content.decode()
    return answer.json()


@pytest.fixture
def supply(settings: Any, tmp_path: Path) -> Iterator[Supply]:
    use_lake(settings, tmp_path)
    supply = make_supply(tmp_path)
    supply.cast.accounts["second"] = an_account(supply.cast.units["bureau"], "second", "第二人", "bureau")
    yield supply
    get_lake.cache_clear()


def a_rule(supply: Supply, holding: str, days: int, who: str = "officer", **more: Any) -> dict[str, Any]:
    """A rule proposed by one officer and approved by another."""
    people = supply.cast.accounts
    body = {"holding": holding, "keep_days": days, "basis": BASIS, **more}
    rule = send(people[who], "/rules", body, ok=201)
    return dict(send(people["second"], f"/rules/{rule['uid']}/approve"))


def on_disk(folder: Path, text: str) -> bool:
    """Whether a text lies anywhere in a folder; the lake's values of this size are not packed away."""
    return any(text.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_refused_rows_are_deleted_by_rule_and_for_good(supply: Supply) -> None:
    """Proposed by the unit, approved by the bureau, previewed, run, certified; nothing on the trail is changed."""
    people, bad = supply.cast.accounts, "37010219900101777X"
    rows = (("370102199001010018", "张三", "2024-01-31", "1"), (bad, "金丝雀", "不是日期", "1"))
    with freeze(now() - timedelta(days=100)):
        old = supply.load(supply.upload(csv_bytes(rows)))
    new = supply.load(supply.upload(csv_bytes((rows[0], ("370102199001010026", "李四", "也不是", "2"))), name="二"))
    assert (old.refused, new.refused) == (1, 1)
    assert on_disk(supply.folder / "lake", bad)
    integrate(now())
    before = list(AuditEntry.objects.order_by("pk").values())

    unit = supply.entry.unit.uid
    body = {"holding": "intake.refused", "keep_days": 30, "basis": BASIS, "unit_uid": unit}
    rule = send(people["steward"], "/rules", body, ok=201)
    assert rule["state"] == "proposed"
    send(people["steward"], f"/rules/{rule['uid']}/approve", ok=403)
    assert send(people["officer"], f"/rules/{rule['uid']}/approve")["state"] == "in_force"
    seen = ask(people["officer"], f"/rules/{rule['uid']}/preview")
    assert (seen["due"], seen["stopped_by"]) == (1, "")
    assert on_disk(supply.folder / "lake", bad)
    assert "Preview" in page(people["officer"], f"/privacy/rules/{rule['uid']}/")

    run = send(people["officer"], f"/rules/{rule['uid']}/run", ok=202)
    run_due(now())
    done = ask(people["officer"], f"/runs/{run['uid']}")
    assert (done["state"], done["erased"]) == ("done", 1)
    assert not on_disk(supply.folder / "lake", bad)
    # What is younger stays; counts of the old load stay.
    steward = program(people["steward"])
    assert "李四" in str(steward.get(f"/api/v1/intake/runs/{new.uid}/refused").json())
    assert steward.get(f"/api/v1/intake/runs/{old.uid}").json()["refused"] == 1

    told = ask(people["officer"], f"/runs/{run['uid']}/certificate")
    digest = hashlib.sha256("\n".join(["", old.uid]).encode()).hexdigest()
    assert (told["digest"], told["holding"], told["basis"]) == (f"sha-256={digest}", "intake.refused", BASIS)
    (entry, *_rest) = [row for row in history("privacy.run", run["uid"]) if row.action == "privacy.run.certified"]
    assert entry.details == told
    assert digest in page(people["officer"], f"/privacy/certificates/{run['uid']}/paper/")
    integrate(now())
    assert integrity_report().sound
    assert list(AuditEntry.objects.order_by("pk").values())[: len(before)] == before
    # A second run has nothing left to do.
    again = send(people["officer"], f"/rules/{rule['uid']}/run", ok=202)
    run_due(now())
    assert ask(people["officer"], f"/runs/{again['uid']}")["erased"] == 0


def test_replaced_values_leave_the_lake_with_its_old_versions(supply: Supply) -> None:
    """A value that was corrected is found on disk until the rule takes the old version away; the new one stays."""
    people = supply.cast.accounts
    wrong, right = "37010219900101001X", "370102199001010018"
    with freeze(now() - timedelta(days=1)):
        supply.load(supply.upload(csv_bytes(((wrong, "张三", "2024-01-31", "1"),))))
        supply.load(supply.upload(csv_bytes(((right, "张三", "2024-01-31", "1"),)), name="二"))
    assert on_disk(supply.folder / "lake" / "tables", wrong)
    rule = a_rule(supply, "intake.versions", 30)
    # The lake's clock is the machine's own; so the rule runs in a time to come.
    with freeze(now() + timedelta(days=31)):
        assert ask(people["officer"], f"/rules/{rule['uid']}/preview")["due"] == 1
        send(people["officer"], f"/rules/{rule['uid']}/run", ok=202)
        run_due(now())
        assert ask(people["officer"], f"/rules/{rule['uid']}/preview")["due"] == 0
    assert not on_disk(supply.folder / "lake" / "tables", wrong)
    assert [row["citizen_id"] for row in supply.rows()] == [right]


def test_a_file_goes_when_no_room_needs_it(supply: Supply) -> None:
    """The file a source loads from stays however old it is; the one before it goes."""
    people = supply.cast.accounts
    with freeze(now() - timedelta(days=400)):
        kept = supply.upload(csv_bytes((("370102199001010018", "张三", "", ""),)))
        loose = program(people["steward"])
        from django.core.files.uploadedfile import SimpleUploadedFile

        from quanshu.shared.files.api import path_of, store

        stored = store(actor=supply.steward, name="a.csv", stream=SimpleUploadedFile("a.csv", b"x,y\n1,2\n"), now=now())
    assert path_of(stored.digest).exists()
    rule = a_rule(supply, "files.unused", 365)
    assert ask(people["officer"], f"/rules/{rule['uid']}/preview")["due"] == 1
    send(people["officer"], f"/rules/{rule['uid']}/run", ok=202)
    run_due(now())
    assert path_of(kept.file_digest).exists()
    with pytest.raises(Exception, match="not there"):
        path_of(stored.digest)
    assert loose.get("/privacy/").status_code == 200


def test_a_legal_hold_stops_deletion_until_it_is_lifted(supply: Supply) -> None:
    people = supply.cast.accounts
    with freeze(now() - timedelta(days=200)):
        notify(recipients=[people["steward"].uid], subject="旧通知", now=now())
    rule = a_rule(supply, "notify.notices", 90)
    body = {"order_number": "济中法调〔2026〕12号", "authority": "济南市中级人民法院", "reason": "诉讼保全"}
    send(people["steward"], "/holds", body, ok=403)
    hold = send(people["officer"], "/holds", body, ok=201)
    refused = send(people["officer"], f"/rules/{rule['uid']}/run", ok=409)
    assert (refused["code"], "12号" in refused["message"]) == ("privacy.held", True)
    assert "12号" in page(people["officer"], f"/privacy/rules/{rule['uid']}/")
    from quanshu.oversight.privacy.api import run_rules

    assert run_rules(now()) == 0
    assert Notice.objects.filter(subject="旧通知").exists()
    page(people["officer"], f"/privacy/holds/{hold['uid']}/lift/", reason="案件已结")
    assert run_rules(now()) == 1
    run_due(now())
    assert not Notice.objects.filter(subject="旧通知").exists()
    actions = [row.action for row in history("privacy.hold", hold["uid"])]
    assert set(actions) == {"privacy.hold.placed", "privacy.hold.lifted"}


def test_a_rule_that_cannot_be_is_refused_by_field(supply: Supply) -> None:
    people = supply.cast.accounts
    body = {"holding": "intake.versions", "keep_days": 3, "basis": ""}
    fault = send(people["officer"], "/rules", body, ok=422)
    assert {row["field"] for row in fault["errors"]} == {"basis", "keep_days"}
    assert "30 days" in str(fault["errors"])
    send(people["steward"], "/rules", {**body, "keep_days": 60, "basis": BASIS}, ok=403)
    own = send(people["officer"], "/rules", {**body, "keep_days": 60, "basis": BASIS}, ok=201)
    assert send(people["officer"], f"/rules/{own['uid']}/approve", ok=409)["code"] == "privacy.own_proposal"
    again = send(people["officer"], "/rules", {**body, "keep_days": 60, "basis": BASIS}, ok=409)
    assert again["code"] == "privacy.rule_there"
    assert ask(people["developer"], "/rules", 403)["code"] == "access.forbidden"
    text = page(
        people["officer"], "/privacy/rules/new/", status=422, holding="intake.versions", keep_days="3", basis="无"
    )
    assert "30 days" in text


RECORD = {
    "purpose": "养老待遇资格认证，依据社会保险法第七十四条",
    "manner": "按公民身份号码查询，只返回脱敏姓名与街道",
    "necessity": "认证只需确认在籍，不需要完整姓名与住址",
    "influence": "泄露可能使老年人受骚扰，后果可控",
    "risks": "批量枚举身份号码，越权使用",
    "risk_level": "medium",
    "measures": "脱敏、限流、逐次留痕、到期失效",
    "measures_fit": "措施有法定依据，经测试有效，与中等风险相称",
}


@pytest.fixture
def city(settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    return a_city()


def test_a_sensitive_service_is_published_only_with_an_approved_record(city: City) -> None:
    """Refused on page and API with the way to the form; drafted by the unit, approved by the bureau, kept three years,
    renewed when a purpose comes that it does not know."""
    people = city.accounts
    service = create_service(actor=SYSTEM, now=now(), entry=city.entry, data=QUERY)
    review, bureau = f"/services/{service.uid}/review/", program(people["bureau"])
    refused = bureau.post(f"/api/v1/services/services/{service.uid}/publish", content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "privacy.not_assessed")
    assert f"/privacy/services/{service.uid}/" in refused.json()["remedy"]
    assert "name" in refused.json()["params"]["items"]
    bureau.post(f"/services/{service.uid}/publish/")
    service.refresh_from_db()
    assert service.state == "draft"
    shown = bureau.get(review).content.decode()
    for part in ("has no approved impact record", f'href="/privacy/services/{service.uid}/"', "No record"):
        assert part in shown
    (row,) = ask(people["bureau"], "/services")
    assert (row["service"], row["standing"]) == (service.sid, "lacking")
    assert "No record" in page(people["steward"], "/privacy/services/")
    assert ask(people["steward"], "/services")[0]["standing"] == "lacking"

    fault = send(people["steward"], f"/services/{service.uid}/records", {**RECORD, "necessity": ""}, ok=422)
    assert "necessity" in str(fault)
    send(people["developer"], f"/services/{service.uid}/records", RECORD, ok=403)
    page(people["steward"], f"/privacy/services/{service.uid}/draft/", **RECORD)
    (record,) = ask(people["steward"], "/records")["items"]
    assert (record["state"], record["service"]) == ("draft", service.sid)
    again = send(people["steward"], f"/services/{service.uid}/records", RECORD, ok=409)
    assert again["code"] == "privacy.record_under_way"
    send(people["steward"], f"/records/{record['uid']}/submit")
    send(people["steward"], f"/records/{record['uid']}/approve", ok=403)
    given_back = send(people["bureau"], f"/records/{record['uid']}/return", {"reason": "说明委托处理情况"})
    assert (given_back["state"], given_back["note"]) == ("draft", "说明委托处理情况")
    send(people["steward"], f"/records/{record['uid']}", RECORD, method="put")
    send(people["steward"], f"/records/{record['uid']}/submit")
    approved = send(people["bureau"], f"/records/{record['uid']}/approve")
    assert int(approved["kept_until"][:4]) - now().year == 3
    assert ask(people["bureau"], "/services")[0]["standing"] == "in_order"
    paper = page(people["steward"], f"/privacy/records/{record['uid']}/paper/")
    assert all(text in paper for key, text in RECORD.items() if key != "risk_level")

    bureau.post(f"/services/{service.uid}/publish/")
    service.refresh_from_db()
    assert service.state == "published"

    # A grant for another purpose asks for a new record, and the unit is warned once; the old one is kept.
    a_grant(an_application(city)[0], service, purpose="老年优待证发放")
    dispatch(now())
    dispatch(now())
    assert Notice.objects.filter(recipient_uid=people["steward"].uid, subject__contains=service.sid).count() == 1
    (row,) = ask(people["bureau"], "/services")
    assert (row["standing"], row["new_purposes"]) == ("outdated", ["老年优待证发放"])
    second = send(people["steward"], f"/services/{service.uid}/records", RECORD, ok=201)
    send(people["steward"], f"/records/{second['uid']}/submit")
    send(people["bureau"], f"/records/{second['uid']}/approve")
    states = {one["number"]: one["state"] for one in ask(people["bureau"], "/records")["items"]}
    assert states == {1: "replaced", 2: "approved"}
    assert ask(people["stranger"], f"/records/{second['uid']}", 403)


def test_exports_mask_and_say_so_until_the_right_to_clear_is_granted(city: City) -> None:
    from support_emergency import people_of

    people_of(city)
    from quanshu.sharing.emergency.models import DutyOfficer

    person = city.accounts["steward"].person
    DutyOfficer.objects.create(
        unit=person.unit, person=person, phone="13853101234", starts_at=now(), ends_at=now() + timedelta(days=1)
    )
    bureau, steward = city.accounts["bureau"], city.accounts["steward"]

    def exported() -> str:
        answer = program(bureau).get("/emergency/duty/?export=csv")
        assert answer.status_code == 200
        return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]

    text = exported()
    assert "138****1234" in text
    assert "Telephone (masked)" in text
    assert "13853101234" not in text
    body = {
        "listed": "duty-list",
        "purpose": "应急演练逐人通知",
        "until": (now() + timedelta(days=3)).date().isoformat(),
    }
    asked = send(bureau, "/unmaskings", body, ok=201)
    assert send(bureau, f"/unmaskings/{asked['uid']}/grant", ok=409)["code"] == "privacy.own_proposal"
    send(steward, f"/unmaskings/{asked['uid']}/grant", ok=403)
    city.accounts["second"] = an_account(city.units["bureau"], "second", "第二人", "bureau")
    send(city.accounts["second"], f"/unmaskings/{asked['uid']}/grant")
    text = exported()
    assert "13853101234" in text
    assert "masked" not in text
    entry = AuditEntry.objects.filter(action="web.list.exported").order_by("-pk").first()
    assert entry is not None
    assert (entry.details["right"], entry.details["in_clear"]) == (asked["uid"], ["phone"])
    with freeze(now() + timedelta(days=5)):
        assert "138****1234" in exported()
