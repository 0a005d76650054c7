"""Pages and API of the inventory with wrong inputs: each is refused by name, and nothing is half done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from quanshu.kernel.clock import freeze
from quanshu.organisation.api import create_person
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit.api import AuditEntry
from quanshu.shared.jobs.api import run_due
from quanshu.shared.workflow.api import CalendarYear
from quanshu.supply.inventory.api import (
    Asset,
    AssetData,
    Company,
    Gap,
    Link,
    create_asset,
    inventory_figures,
    link_assets,
    recount_gaps,
)
from quanshu.supply.inventory.models import Import, ImportFault
from quanshu.supply.inventory.services import gaps as counting
from quanshu.supply.inventory.services import importing
from support_catalogue import Cast
from support_inventory import MONDAY, book, company_cast, get, police_book, post, send
from support_quality import own_lake, published, work


@pytest.fixture
def cast(db: None, settings: Any, tmp_path: Path) -> Iterator[Cast]:
    settings.QUANSHU_FILES_DIR = tmp_path / "files"
    with own_lake(settings, tmp_path):
        yield company_cast()


def asset(cast: Cast, kind: str, name: str, unit: str = "police", **more: Any) -> Asset:
    code = more.pop("code", "")
    data = AssetData(name, **more)
    return create_asset(actor=SYSTEM, now=MONDAY, unit=cast.units[unit], kind=kind, data=data, code=code)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "办\x00理"}, "name"),
        ({"priority": "soon"}, "priority"),
        ({"code": "编码"}, "code"),
        ({"code": "TAKEN-1"}, "code"),
        ({"kind": "person"}, "kind"),
        ({"network": "private"}, "network"),
        ({"basis": "x" * 501}, "basis"),
    ],
)
def test_a_faulty_object_names_its_field(cast: Cast, change: dict[str, str], field: str) -> None:
    asset(cast, "system", "别的系统", code="TAKEN-1")
    body = {"unit": cast.units["police"].uid, "kind": "business", "name": "户籍办理", **change}
    answer = cast.program("steward").post("/api/v1/inventory/assets", body, content_type="application/json")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert Asset.objects.count() == 1


def test_an_object_of_another_unit_is_not_entered_and_one_out_of_use_not_changed(cast: Cast) -> None:
    program = cast.program("steward")
    body = {"unit": cast.units["civil"].uid, "kind": "business", "name": "婚姻登记"}
    assert program.post("/api/v1/inventory/assets", body, content_type="application/json").status_code == 403
    row = asset(cast, "business", "户籍办理")
    address = f"/api/v1/inventory/assets/{row.uid}"
    assert program.post(f"{address}/retire", {"reason": " "}, content_type="application/json").status_code == 422
    assert program.post(f"{address}/retire", {"reason": "职责划出"}, content_type="application/json").status_code == 200
    for path, data in (("", {"name": "新名"}), ("/retire", {"reason": "再来"})):
        method = program.put if not path else program.post
        answer = method(f"{address}{path}", data, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (409, "inventory.retired")
    assert program.post(f"{address}/restore").json()["state"] == "active"
    assert program.post(f"{address}/restore").status_code == 409
    changed = program.put(address, {"name": "户籍办理"}, content_type="application/json").json()
    assert changed["changed"] is False


def test_a_resource_is_tied_only_to_an_entry_one_may_see(cast: Cast) -> None:
    draft = cast.entry("civil")
    program = cast.program("steward")
    body = {"unit": cast.units["police"].uid, "kind": "data", "name": "户籍人口", "entry_code": draft.code}
    answer = program.post("/api/v1/inventory/assets", body, content_type="application/json")
    assert [error["field"] for error in answer.json()["errors"]] == ["entry_code"]
    entry = published(cast, "civil", resource_name="婚姻登记信息")
    made = program.post("/api/v1/inventory/assets", {**body, "entry_code": entry.code}, content_type="application/json")
    assert made.json()["entry_code"] == entry.code


def test_links_are_made_once_and_only_between_kinds_that_fit(cast: Cast) -> None:
    business, system, data = (asset(cast, kind, kind) for kind in ("business", "system", "data"))
    program, steward = cast.program("steward"), cast.browser("steward")

    def link(upper: Asset, lower: Asset, path: str = "") -> int:
        body = {"upper": upper.code, "lower": lower.uid}
        return program.post(f"/api/v1/inventory/links{path}", body, content_type="application/json").status_code

    assert [link(system, business), link(data, system), link(business, business)] == [422, 422, 422]
    assert [link(business, system), link(business, system), link(business, data)] == [201, 409, 201]
    assert [link(business, system, "/remove"), link(business, system, "/remove")] == [200, 404]
    # By the page, from either end; an unknown code is refused on the form.
    page = data.get_absolute_url()
    assert post(steward, f"{page}link/", {"other": "没有"}).status_code == 404
    assert post(steward, f"{page}link/", {"other": system.code.lower()})["Location"] == page
    assert "解除关联" in get(steward, f"{page}unlink/{system.uid}/")
    post(steward, f"{page}unlink/{system.uid}/")
    assert set(Link.objects.values_list("lower__code", flat=True)) == {data.code}
    # Whoever sees both ends and keeps one of them may link; others find nothing.
    other = asset(cast, "system", "婚姻系统", unit="civil")
    assert link(business, other) == 404
    # A graph around an object holds two steps, and an unknown kind is refused by name.
    assert business.name in get(steward, f"/inventory/graph/?around={data.uid}")
    assert steward.get("/inventory/graph/?kind=person").status_code == 422
    assert steward.get(f"/inventory/graph/?unit={cast.units['civil'].uid}").status_code == 422
    assert "data-option" in get(steward, "/inventory/graph/?kind=business&kind=data")
    nodes = program.get(f"/api/v1/inventory/graph?around={business.code}").json()
    assert len(nodes["nodes"]) == 2


def test_bad_cells_are_named_and_good_rows_kept(cast: Cast) -> None:
    steward, code = cast.browser("steward"), cast.units["police"].code
    asset(cast, "system", "他系统", unit="civil", code="MZ-1")
    content = book(
        核心业务=[
            ["GA-1", "户籍办理", code, "特急"],
            ["GA-2", "", code],
            ["GA-3", "流动人口登记", "113701000000000000"],
            ["GA 4", "居住证办理", code],
            ["GA-5", "身份证办理", code, "高"],
            ["GA-5", "身份证补领", code],
            ["MZ-1", "冒用编码", code],
            ["GA-6", "犬只登记", code, "低", "", "", "停用", ""],
            [None, "无编码业务", code],
        ],
        信息系统=[["GA-7", "身份证系统", code, "政务云", "六级"]],
        数据资源=[["GA-8", "身份证信息", code, "数据库", "每日", "999999/000001"]],
        关联关系=[["GA-5", "GA-7"], ["GA-5", "GA-5"], ["", "GA-5"]],
    )
    page = get(steward, send(steward, content)["Location"])
    work(MONDAY)
    taken = Import.objects.get()
    cells = [(row.sheet, f"{row.column}{row.row}") for row in ImportFault.objects.order_by("id")]
    assert cells == [
        ("核心业务", "D2"),
        ("核心业务", "B3"),
        ("信息系统", "D2"),
        ("信息系统", "E2"),
        ("关联关系", "A4"),
        ("核心业务", "C4"),
        ("核心业务", "A5"),
        ("核心业务", "A7"),
        ("核心业务", "A8"),
        ("核心业务", "H9"),
        ("数据资源", "F2"),
        ("关联关系", "B2"),
        ("关联关系", "B3"),
    ]
    assert (taken.added, taken.refused) == (2, 12)
    assert set(Asset.objects.filter(unit=cast.units["police"]).values_list("name", flat=True)) == {
        "身份证办理",
        "无编码业务",
    }
    for text in ("特急", "急用先行", "H9", "重复出现"):
        assert text in page
    # The refused cells go out as a workbook and over the API, in the reader's language.
    assert steward.get(f"{taken.get_absolute_url()}?export=xlsx").status_code == 200
    faults = cast.program("steward").get(f"/api/v1/inventory/imports/{taken.uid}").json()["faults"]
    assert faults[1]["fault"] == "This must not be empty."
    # A row without a code is found again by its unit and name.
    send(steward, content)
    assert Asset.objects.filter(name="无编码业务").count() == 1
    assert Import.objects.first().unchanged == 2  # type: ignore[union-attr]
    # An import is seen by those who see its unit.
    assert cast.browser("other").get(taken.get_absolute_url()).status_code == 404
    assert cast.browser("officer").get(taken.get_absolute_url()).status_code == 200


def test_an_import_retires_and_brings_back(cast: Cast) -> None:
    steward, code = cast.browser("steward"), cast.units["police"].code
    row = asset(cast, "business", "户籍办理", code="GA-1")
    for state, reason, result in (("停用", "划转", "retired"), ("停用", "划转", "retired"), ("在用", "", "active")):
        send(steward, book(核心业务=[["GA-1", "户籍办理", code, "一般", "", "", state, reason]]))
        row.refresh_from_db()
        assert row.state == result
    counts = list(Import.objects.order_by("pk").values_list("changed", "unchanged"))
    assert counts == [(1, 0), (0, 1), (1, 0)]


def test_a_file_that_is_no_workbook_leaves_nothing(cast: Cast) -> None:
    steward = cast.browser("steward")
    for name, content in (("清单.xlsx", b"PK\x03\x04"), ("清单.csv", b"a,b"), ("清单.xlsx", b"")):
        assert send(steward, content, name=name).status_code == 422
    answer = cast.program("steward").post("/api/v1/inventory/imports", {"file": SimpleUploadedFile("a.xlsx", b"x")})
    assert (answer.status_code, answer.json()["code"]) == (422, "inventory.not_a_workbook")
    assert cast.browser("leader").post("/inventory/imports/new/").status_code == 403
    assert not Import.objects.exists()
    sent = {"file": SimpleUploadedFile("清单.xlsx", police_book(cast.units["police"]))}
    assert cast.program("steward").post("/api/v1/inventory/imports", sent).json()["added"] == 7
    assert cast.program("steward").get("/api/v1/inventory/export").content[:2] == b"PK"
    assert cast.program("steward").get("/api/v1/inventory/template").content[:2] == b"PK"


def test_wrong_plans_and_steps_are_refused(cast: Cast) -> None:
    asset(cast, "business", "户籍办理")
    recount_gaps(now=MONDAY)
    gap = Gap.objects.get()
    program, person = cast.program("steward"), cast.accounts["steward"].person
    address = f"/api/v1/inventory/gaps/{gap.uid}"

    def step(name: str, body: dict[str, Any] | None = None, who: str = "steward") -> Any:
        with freeze(MONDAY):
            client = program if who == "steward" else cast.program(who)
            return client.post(f"{address}/{name}", body or {}, content_type="application/json")

    assert step("begin").status_code == 409
    good = {"responsible": person.uid, "plan": "接入人口系统", "planned_on": "2026-03-31"}
    for change, field in (
        ({"plan": "无"}, "plan"),
        ({"planned_on": "2026-02-01"}, "planned_on"),
        ({"responsible": cast.accounts["other"].person.uid}, "responsible"),
        ({"responsible": "nobody"}, "responsible"),
    ):
        answer = step("plan", {**good, **change})
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert step("plan", {**good, "planned_on": "someday"}).status_code == 422
    assert step("plan", good, who="leader").status_code == 403
    assert step("plan", good, who="other").status_code == 404
    assert step("plan", good).json()["state"] == "planned"
    assert step("begin").json()["state"] == "working"
    # A plan may be changed while the work goes on; its clock starts anew.
    assert step("plan", {**good, "planned_on": "2026-04-10"}).json()["due_on"] == "2026-04-10"
    assert step("accept", {"reason": "x"}).status_code == 403
    assert step("accept", {"reason": " "}, who="officer").status_code == 422
    assert step("accept", {"reason": "暂缓建设"}, who="officer").json()["outcome"] == "accepted"
    assert step("accept", {"reason": "再次"}, who="officer").status_code == 409
    assert step("reopen", who="officer").json()["state"] == "open"
    assert step("reopen", who="officer").status_code == 409
    assert program.get("/api/v1/inventory/gaps?state=closed").json()["total"] == 0


def test_a_gap_follows_its_subject_and_waits_for_the_calendar(cast: Cast) -> None:
    business = asset(cast, "business", "户籍办理")
    CalendarYear.objects.filter(year=2026).delete()
    assert recount_gaps(now=MONDAY) == (1, 0)
    assert Gap.objects.get().due_on is None
    CalendarYear.objects.create(year=2026, source="test")
    Asset.objects.filter(pk=business.pk).update(name="户籍业务", priority="urgent")
    assert recount_gaps(now=MONDAY) == (0, 0)
    gap = Gap.objects.get()
    assert (gap.subject_name, gap.score, gap.due_on is not None) == ("户籍业务", 40, True)
    system = asset(cast, "system", "人口系统", unit="civil")
    link_assets(actor=SYSTEM, now=MONDAY, upper=business, lower=system)
    assert recount_gaps(now=MONDAY + timedelta(days=1))[1] == 1
    figures = inventory_figures(today=MONDAY.date())
    assert (figures.businesses, figures.with_system) == (1, 1)
    # Once it is out of use, what was open of the system is closed as gone.
    post(cast.browser("other"), f"{system.get_absolute_url()}retire/", {"reason": "停用"})
    assert set(Gap.objects.filter(subject_uid=system.uid).values_list("outcome", flat=True)) == {"gone"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"sector": "sewage"}, "sector"),
        ({"code": "91370100000000000X"}, "code"),
        ({"unit_uid": "police"}, "unit_uid"),
        ({"name": "济南水务集团"}, "name"),
    ],
)
def test_a_faulty_company_names_its_field(cast: Cast, change: dict[str, str], field: str) -> None:
    officer = cast.program("officer")
    body = {"name": "济南燃气集团", "sector": "gas"}
    address = "/api/v1/inventory/suppliers"
    first = {"name": "济南水务集团", "sector": "water", "unit_uid": cast.units["water"].uid}
    made = officer.post(address, first, content_type="application/json")
    assert (made.status_code, made.json()["code"]) == (201, cast.units["water"].code)
    given = {**body, **change}
    if given.get("unit_uid"):
        given["unit_uid"] = cast.units["police"].uid
    answer = officer.post(address, given, content_type="application/json")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert Company.objects.count() == 1
    again = officer.put(
        f"{address}/{made.json()['uid']}", {**first, "note": "一户一表"}, content_type="application/json"
    )
    assert again.json()["note"] == "一户一表"


def test_pages_speak_both_languages_and_every_form_opens(cast: Cast) -> None:
    send(cast.browser("steward"), police_book(cast.units["police"]))
    work(MONDAY)
    create_person(actor=SYSTEM, unit=cast.units["water"], name="赵某", now=MONDAY)
    officer = cast.browser("officer")
    post(officer, "/inventory/suppliers/new/", {"name": "济南水务集团", "sector": "water",
                                                "unit_uid": cast.units["water"].uid})  # fmt: skip
    company, gap, row = Company.objects.get(), Gap.objects.first(), Asset.objects.get(code="GA-SJ-1")
    assert gap is not None
    addresses = [
        "/inventory/",
        "/inventory/?kind=business&q=户籍",
        "/inventory/new/data/",
        "/inventory/graph/",
        "/inventory/imports/",
        "/inventory/imports/new/",
        "/inventory/gaps/",
        "/inventory/gaps/?state=open&kind=no_system",
        "/inventory/suppliers/?state=listed&sector=water",
        *(f"{gap.get_absolute_url()}{part}" for part in ("", "plan/", "accept/")),
        *(f"{row.get_absolute_url()}{part}" for part in ("", "change/", "link/", "retire/")),
        *(f"{company.get_absolute_url()}{part}" for part in ("", "change/", "record/", "delist/")),
        "/",
    ]
    for language in ("zh-hans", "en"):
        client = cast.browser("officer", language)
        for address in addresses:
            get(client, address)
    assert officer.get("/inventory/new/person/").status_code == 404
    assert officer.get("/inventory/?kind=person").status_code == 422
    assert officer.get("/inventory/suppliers/?state=nowhere").status_code == 422


def test_a_long_workbook_is_taken_in_by_the_worker_and_resumed_where_it_stood(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 20)
    monkeypatch.setattr(counting, "MOST_AT_ONCE", 10)
    steward, code = cast.browser("steward"), cast.units["police"].code
    rows = [[f"GA-{number}", f"业务{number}", code, "高"] for number in range(45)]
    rows[30][3] = "特急"
    rows.append(["GA-7", "重复", code])
    page = send(steward, book(核心业务=rows, 关联关系=[["GA-1", "GA-2"]]))["Location"]
    taken = Import.objects.get()
    assert (taken.rows, taken.rows_done, Asset.objects.count()) == (46, 0, 0)
    assert "正在导入" in get(steward, page)
    fragment = steward.get(page, headers={"HX-Request": "true", "HX-Target": "progress"})
    assert "0 / 46" in fragment.content.decode()
    # A worker that died after its first rows: the next one goes on from there.
    actor = cast.actor("steward")
    next(iter(importing.continue_import(actor=actor, now=MONDAY, uid=taken.uid)))
    assert Asset.objects.count() == 20
    with freeze(MONDAY):
        run_due(MONDAY)
    taken.refresh_from_db()
    assert (taken.rows_done, taken.added, taken.unchanged, taken.refused) == (46, 44, 0, 3)
    assert sorted(f"{row.sheet}{row.column}{row.row}" for row in taken.faults.all()) == [
        "关联关系B2",
        "核心业务A47",
        "核心业务D32",
    ]
    assert AuditEntry.objects.filter(action="inventory.workbook.imported").count() == 1
    done = steward.get(page, headers={"HX-Request": "true", "HX-Target": "progress"})
    assert done["HX-Redirect"] == page
    # The gaps of so many are opened a few at a time, and all are there.
    assert recount_gaps(now=MONDAY) == (44, 0)
    assert recount_gaps(now=MONDAY) == (0, 0)
