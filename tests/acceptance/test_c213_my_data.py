"""Clause 2.1.3 我的数据: a resident finds a wrong value, reports it, and it is put right everywhere."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from quanshu.city.citizen.api import Correction
from quanshu.gateway.client import GatewayClient
from quanshu.kernel.clock import now
from quanshu.shared.audit.api import AuditEntry
from quanshu.shared.notify.api import Notice, notices_of
from quanshu.shared.outbox.models import OutboxEvent
from quanshu.sharing.services.api import carry_receipts, publish_snapshot
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality.api import Problem
from support_citizen import OTHER, PERSON, a_subject, proof, signed_in, streets, work
from support_services import (
    City,
    a_city,
    a_gateway,
    a_grant,
    a_service,
    an_account,
    an_application,
    use_folders,
)

pytestmark = pytest.mark.django_db(transaction=True)
WRONG, RIGHT = "千佛山", "千佛山街道"


@pytest.fixture
def city(settings: Any, tmp_path: Path) -> Iterator[City]:
    settings.QUANSHU_LAKE_DIR = tmp_path / "lake"
    settings.QUANSHU_FILES_DIR = tmp_path / "files"
    get_lake.cache_clear()
    use_folders(settings, tmp_path)
    found = a_city()
    get_lake().overwrite(found.entry.lake_table, streets(WRONG))
    found.accounts["neighbour"] = an_account(found.units["civil"], "neighbour", "民政数据专管员", "steward")
    yield found
    get_lake.cache_clear()


def officer(city: City, who: str) -> Client:
    client = Client(HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(city.accounts[who])
    return client


def record_of(browser: Client) -> dict[str, Any]:
    """The one record that the city holds about whoever is signed in."""
    (record,) = browser.get("/api/v1/my/data/records").json()
    return record


def report_page(browser: Client, column: str = "street") -> str:
    record = record_of(browser)
    return f"/my/data/{record['table_uid']}/{record['uid']}/{column}/report/"


def report(browser: Client, **changes: Any) -> Any:
    body = {"proposed": RIGHT, "reason": "户口簿上写的是千佛山街道", "evidence": proof(), **changes}
    return browser.post(report_page(browser), {name: value for name, value in body.items() if value is not None})


def test_a_wrong_value_is_found_reported_corrected_everywhere_and_receivers_are_told(
    city: City, settings: Any, tmp_path: Path
) -> None:
    service = a_service(city)
    consumer, secret = an_application(city)
    a_grant(consumer, service)
    with a_gateway(settings, tmp_path, now()) as gateway, GatewayClient(gateway.url, consumer.rid, secret) as caller:
        answer = caller.call(service.sid, {"citizen_id": PERSON}, case_number="养老-2026-001")
        assert answer.ok, answer.body
        assert answer.body["data"][0]["street"] == WRONG
        assert carry_receipts(now()) == 1

        mine, other = signed_in(a_subject()), signed_in(a_subject(OTHER, "李四"))
        home = mine.get("/my/").content.decode()
        assert "张三丰" in home
        record = record_of(mine)
        page = mine.get(f"/my/data/{record['table_uid']}/{record['uid']}/")
        text = page.content.decode()
        assert PERSON in text, "unmasked to the subject"
        assert WRONG in text
        assert str(city.units["police"].name_en) in text, "the source unit of each field"
        assert "Informant" not in text, "a field of the grade core is nobody's own"
        assert OTHER not in text
        assert page["Cache-Control"] == "no-store"
        assert PERSON not in page.request["PATH_INFO"]
        uses = mine.get("/my/uses/").content.decode()
        assert answer.receipt_id in uses
        assert "养老-2026-001" in uses
        assert "养老待遇资格认证" in uses

        sent = report(mine)
        assert sent.status_code == 302, sent.content.decode()
        correction = Correction.objects.get()
        problem = Problem.objects.get()
        assert (correction.state, correction.unit, problem.state) == ("filed", city.units["police"], "open")
        assert correction.due_on == problem.due_on, "one clock of two working days"
        assert notices_of(city.actor("steward")).count() == 1

        steward = officer(city, "steward")
        url = f"/corrections/{correction.uid}/"
        assert steward.get("/corrections/?export=csv").status_code == 200
        detail = steward.get(url).content.decode()
        assert PERSON not in detail, "masked until asked for"
        shown = steward.post(f"{url}reveal/").content.decode()
        assert PERSON in shown
        assert "户口簿上写的是千佛山街道" in shown
        evidence = correction.evidence.get()
        assert steward.get(f"{url}evidence/{evidence.uid}/").status_code == 200
        assert officer(city, "neighbour").get(url).status_code == 404, "another unit's"
        assert officer(city, "stranger").get(url).status_code == 403
        assert steward.post(f"{url}accept/").status_code == 302
        assert steward.post(f"{url}confirm/", follow=True).status_code == 200
        correction.refresh_from_db()
        assert correction.state == "accepted", "the table still holds the wrong value"

        landed = steward.post(f"{url}land/", follow=True)
        assert "have been told" in landed.content.decode(), [str(m) for m in landed.context["messages"]]
        correction.refresh_from_db()
        problem.refresh_from_db()
        assert (correction.state, correction.on_time, problem.state) == ("corrected", True, "fixed")
        work()
        publish_snapshot(now())
        assert record_of(mine)["fields"][3]["value"] == RIGHT
        for _attempt in range(50):
            again = caller.call(service.sid, {"citizen_id": PERSON}, case_number="养老-2026-002")
            if again.body["data"][0]["street"] == RIGHT:
                break
        assert again.body["data"][0]["street"] == RIGHT, "the service follows"

    told = [notice.subject for notice in notices_of(city.actor("developer"))]
    assert len(told) == 1, told
    received = officer(city, "developer").get("/api/v1/citizen/received").json()["items"]
    assert [(row["receipt_id"], row["field"]) for row in received] == [(answer.receipt_id, "street")]
    assert officer(city, "stranger").get("/api/v1/citizen/received").json()["total"] == 0
    outcome = mine.get(correction.my_url()).content.decode()
    assert RIGHT in outcome
    assert answer.receipt_id in outcome, "the resident sees who was told"
    assert notices_of_subject(mine, correction.subject.uid) == 2
    assert other.get(correction.my_url()).status_code == 404
    assert other.get("/api/v1/my/data/corrections").json()["total"] == 0
    assert answer.receipt_id not in other.get("/my/uses/").content.decode()
    with pytest.MonkeyPatch.context() as patch:
        for module in ("uses", "corrections"):
            patch.setattr(f"quanshu.city.citizen.queries.{module}.delayed_receipts", lambda found, **given: set(found))
        assert answer.receipt_id not in mine.get("/my/uses/").content.decode(), "a legal order delays it"
        assert answer.receipt_id not in mine.get(correction.my_url()).content.decode()
    figures = officer(city, "bureau").get("/api/v1/citizen/figures").json()[-1]
    assert (figures["decided"], figures["on_time"], figures["on_time_rate"]) == (1, 1, 1.0)
    assert officer(city, "bureau").get("/corrections/figures/").status_code == 200
    nothing_personal_leaked()


def notices_of_subject(browser: Client, uid: str) -> int:
    assert browser.get("/my/notices/").status_code == 200
    return Notice.objects.filter(recipient_uid=uid).count()


def nothing_personal_leaked() -> None:
    """No number, name or value in the audit trail, the outbox, or notices."""
    texts = [json.dumps(row, ensure_ascii=False, default=str) for row in AuditEntry.objects.values()]
    texts += [json.dumps(row, ensure_ascii=False, default=str) for row in OutboxEvent.objects.values()]
    texts += [json.dumps(row, ensure_ascii=False, default=str) for row in Notice.objects.values()]
    for secret in (PERSON, OTHER, "张三丰", "户口簿", RIGHT):
        assert not [text for text in texts if secret in text], secret


def test_wrong_reports_are_refused_with_the_field_at_fault(city: City) -> None:
    mine, other = signed_in(a_subject()), signed_in(a_subject(OTHER, "李四"))
    for changes, field in (
        ({"evidence": None}, "evidence"),
        ({"evidence": proof("a.pdf", b"MZ not a pdf")}, "evidence"),
        ({"evidence": proof("a.exe")}, "evidence"),
        ({"proposed": WRONG}, "proposed"),
        ({"reason": "x"}, "reason"),
    ):
        answer = report(mine, **changes)
        assert answer.status_code == 422, (changes, answer.content.decode())
        assert f'id="id_{field}"' in answer.content.decode()
    assert Correction.objects.count() == 0
    date = mine.post(report_page(mine, "born"), {"proposed": "1 May", "reason": "出生日期有误", "evidence": proof()})
    assert date.status_code == 422
    key = mine.post(report_page(mine, "citizen_id"), {"proposed": OTHER, "reason": "号码有误", "evidence": proof()})
    assert key.status_code == 422, "what names the row is corrected at the unit"
    page = report_page(mine)
    assert other.get(page).status_code == 404, "another's record"
    assert other.post(page, {"proposed": "x", "reason": "他人的数据", "evidence": proof()}).status_code == 404
    assert mine.get(page.replace("street", "nothing")).status_code == 404
    assert Client().get("/my/data/").status_code == 302
    assert officer(city, "steward").get("/my/data/").status_code == 403
    assert Client().get("/api/v1/my/data/records").status_code == 401
    assert officer(city, "steward").get("/api/v1/my/data/records").status_code == 401, "a resident's session alone"
    assert mine.get("/api/v1/citizen/corrections").status_code == 401, "officers' operations alone"
    assert report(mine).status_code == 302
    assert report(mine).status_code == 422, "one report on a field at a time"
    assert other.post("/api/v1/my/data/corrections", {}).status_code == 422


def test_a_rejection_is_reviewed_and_the_next_load_of_the_source_closes_it(city: City) -> None:
    mine, steward, bureau = signed_in(a_subject()), officer(city, "steward"), officer(city, "bureau")
    assert report(mine).status_code == 302
    correction = Correction.objects.get()
    url = f"/corrections/{correction.uid}/"
    assert steward.post(f"{url}reject/", {"reason": ""}).status_code == 422
    assert steward.post(f"{url}reject/", {"reason": "门牌系统使用简称，与户口簿一致"}).status_code == 302
    correction.refresh_from_db()
    assert (correction.state, Problem.objects.get().state) == ("rejected", "right")
    assert "门牌系统使用简称" in mine.get(correction.my_url()).content.decode()
    assert bureau.post(f"{url}overturn/", {"reason": "尚未申请复核"}).status_code == 409
    assert mine.post(f"{correction.my_url()}review/", {"reason": ""}).status_code == 422
    assert mine.post(f"{correction.my_url()}review/", {"reason": "户口簿原件写的是街道全称"}).status_code == 302
    assert steward.post(f"{url}overturn/", {"reason": "单位不能自己复核"}).status_code == 403
    assert bureau.post(f"{url}overturn/", {"reason": "以户口簿为准，应予更正"}).status_code == 302
    correction.refresh_from_db()
    assert correction.state == "accepted"
    assert correction.problem is not None
    assert correction.problem.state == "open"

    def load(street: str) -> None:
        """The source's own next batch."""
        from quanshu.shared.access.api import SYSTEM
        from quanshu.supply.intake.api import land_hosted

        lake, table = get_lake(), city.entry.lake_table
        version = lake.overwrite(table, streets(street))
        land_hosted(actor=SYSTEM, now=now(), entry=city.entry, change_uid=f"load-{version}", lake_version=version,
                    rows_total=2)  # fmt: skip
        work()
        correction.refresh_from_db()

    load(WRONG)
    assert correction.state == "accepted", "the source has not been put right"
    load(RIGHT)
    assert correction.state == "corrected"
    load(WRONG)
    assert correction.state == "accepted", "the wrong value is back, so the unit has it again"
    load(RIGHT)
    assert correction.state == "corrected"
    assert Notice.objects.filter(recipient_uid=correction.subject.uid).count() >= 4


def test_the_units_own_list_of_problems_ends_the_report_too(city: City) -> None:
    mine, steward = signed_in(a_subject()), officer(city, "steward")
    assert report(mine).status_code == 302
    correction, problem = Correction.objects.get(), Problem.objects.get()
    assert correction.uid[-8:] in steward.get(problem.get_absolute_url()).content.decode()
    get_lake().overwrite(city.entry.lake_table, streets(RIGHT))
    assert steward.post(f"/quality/problems/{problem.uid}/check/").status_code == 302
    correction.refresh_from_db()
    assert correction.state == "corrected"


def test_my_data_is_downloaded_signed_and_checked_off_line(city: City, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from quanshu.cli.root import main

    mine = signed_in(a_subject())
    assert mine.get("/my/download/").status_code == 200
    answer = mine.post("/my/download/")
    assert answer.status_code == 200
    package = answer.content
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert set(archive.namelist()) == {"data.json", "data.csv", "manifest.json", "manifest.sig.json"}
        body = json.loads(archive.read("data.json"))
        assert body["records"][0]["fields"][0]["value"] == PERSON
        assert OTHER not in archive.read("data.json").decode()
        assert PERSON not in archive.read("manifest.json").decode()
    file, keys, other = tmp_path / "my.zip", tmp_path / "keys.json", tmp_path / "other.json"
    file.write_bytes(package)
    keys.write_bytes(Client().get("/my/keys/").content)
    run = CliRunner()
    good = run.invoke(main, ["package", "verify", str(file), "--keys", str(keys)])
    assert good.exit_code == 0, good.output
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as archive, zipfile.ZipFile(changed, "w") as forged:
        for part in archive.namelist():
            content = archive.read(part)
            forged.writestr(part, content.replace(WRONG.encode(), RIGHT.encode()) if part == "data.csv" else content)
    file.write_bytes(changed.getvalue())
    bad = run.invoke(main, ["package", "verify", str(file), "--keys", str(keys)])
    assert bad.exit_code == 1
    assert "data.csv" in bad.output
    other.write_text(json.dumps({"keys": []}), encoding="utf-8")
    assert run.invoke(main, ["package", "verify", str(file), "--keys", str(other)]).exit_code == 1
    anyone = Client(HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="en")
    checked = anyone.post("/my/verify/", {"package": SimpleUploadedFile("my.zip", package)})
    assert checked.status_code == 200
    assert "As this node issued it" in checked.content.decode()
    wrong = anyone.post("/my/verify/", {"package": SimpleUploadedFile("my.zip", changed.getvalue())})
    assert wrong.status_code == 422
    assert anyone.post("/my/verify/", {"package": SimpleUploadedFile("my.zip", b"no zip")}).status_code == 422


def test_rows_that_name_several_people_show_each_only_their_own(city: City) -> None:
    from quanshu.shared.access.api import SYSTEM
    from quanshu.supply.catalogue.api import (
        EntryData,
        ItemData,
        create_entry,
        grade_items,
        publish_entry,
        submit_entry,
    )
    from support_services import a_class

    items = (
        ItemData("certificate_no", "结婚证字号", is_key=True),
        ItemData("husband_id", "男方身份号码", length=18, personal=True, mask="citizen_id"),
        ItemData("husband_name", "男方姓名", personal=True, mask="name"),
        ItemData("wife_id", "女方身份号码", length=18, personal=True, mask="citizen_id"),
        ItemData("wife_name", "女方姓名", personal=True, mask="name"),
        ItemData("registered_on", "登记日期", "date", personal=True),
    )
    data = EntryData(resource_name="婚姻登记信息", classification_code=a_class(), abstract="婚姻登记",
                     share_condition="用于婚姻状况核验")  # fmt: skip
    entry = create_entry(actor=SYSTEM, now=now(), unit=city.units["civil"], data=data, items=items)
    grades = {item.name: "general-3" for item in items}
    entry = grade_items(actor=SYSTEM, now=now(), entry=entry, grades=grades)
    entry = publish_entry(actor=SYSTEM, now=now(), entry=submit_entry(actor=SYSTEM, now=now(), entry=entry))
    row = {"certificate_no": ["J1"], "husband_id": [PERSON], "husband_name": ["张三丰"], "wife_id": [OTHER],
           "wife_name": ["李四"], "registered_on": ["2020-01-02"]}  # fmt: skip
    get_lake().overwrite(entry.lake_table, pa.table(row))
    for number, name, unseen in (
        (PERSON, "张三丰", ("wife_id", "wife_name")),
        (OTHER, "李四", ("husband_id", "husband_name")),
    ):
        records = signed_in(a_subject(number, name)).get("/api/v1/my/data/records").json()
        found = next(record for record in records if record["table"] == "婚姻登记信息")
        names = {field["name"] for field in found["fields"]}
        assert "registered_on" in names
        assert not names & set(unseen)
