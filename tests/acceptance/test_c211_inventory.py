"""Clause 2.1.1: businesses, systems and data of a unit, the links between them, and the gaps tracked to closure."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from quanshu.kernel.clock import freeze
from quanshu.shared.audit.api import AuditEntry
from quanshu.shared.workflow.api import Clock, TodoItem
from quanshu.supply.inventory.api import Asset, Gap, Link
from support_catalogue import Cast
from support_inventory import LATER, MONDAY, company_cast, get, police_book, post, send
from support_quality import GOOD, load, own_lake, published, work


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> Iterator[tuple[Cast, Path]]:
    settings.QUANSHU_FILES_DIR = tmp_path / "files"
    with own_lake(settings, tmp_path) as folder:
        yield company_cast(), folder


def open_gaps() -> set[tuple[str, str]]:
    return set(Gap.objects.under_way().values_list("kind", "subject_code"))


def test_a_unit_enters_links_and_sees_its_gaps_close_by_themselves(city: tuple[Cast, Path]) -> None:
    cast, folder = city
    steward = cast.browser("steward")
    entry = published(cast)
    # By form: a code is issued when none is given, and one's own is kept.
    unit = cast.units["police"].uid
    made = post(steward, "/inventory/new/business/", {"unit": unit, "name": "户籍办理", "priority": "urgent",
                                                       "task": "2.1.3", "basis": "户口登记条例"})  # fmt: skip
    business = Asset.objects.get(code="YW-000001")
    assert made["Location"] == business.get_absolute_url()
    post(steward, "/inventory/new/system/", {"unit": unit, "name": "人口系统", "priority": "normal", "code": "ga-xt-1",
                                             "network": "private", "protection": "3"})  # fmt: skip
    post(steward, "/inventory/new/data/", {"unit": unit, "name": "户籍人口", "priority": "high", "form": "database",
                                           "cycle": "daily", "entry_code": entry.code})  # fmt: skip
    system, data = Asset.objects.get(code="GA-XT-1"), Asset.objects.get(code="SJ-000001")
    # The data resource is tied to a published entry; its landing is that entry's gap.
    assert open_gaps() == {
        ("no_system", "YW-000001"),
        ("not_catalogued", "GA-XT-1"),
        ("no_business", "SJ-000001"),
        ("not_landed", entry.code),
    }
    assert "业务无系统支撑" in get(steward, business.get_absolute_url())
    # Each link closes what it answers; the data serve the business through the system.
    post(steward, f"{business.get_absolute_url()}link/", {"other": "GA-XT-1"})
    assert ("no_system", "YW-000001") not in open_gaps()
    post(steward, f"{data.get_absolute_url()}link/", {"other": "GA-XT-1"})
    assert open_gaps() == {("not_landed", entry.code)}
    assert Link.objects.filter(upper=system, lower=data).exists()
    # Rows that land close the last one; nothing was typed in.
    load(entry, folder, GOOD)
    assert open_gaps() == set()
    assert set(Gap.objects.values_list("outcome", flat=True)) == {"solved"}
    # One walks from business to data to the catalogue, on the page of each and on the graph with its table.
    page = get(steward, system.get_absolute_url())
    assert business.get_absolute_url() in page
    assert data.get_absolute_url() in page
    graph = get(steward, "/inventory/graph/")
    assert "data-option" in graph
    for url in (business, system, data, entry):
        assert f'href="{url.get_absolute_url()}"' in graph
    # What is taken out of use counts no more, and the gap of the business is there again.
    post(steward, f"{system.get_absolute_url()}retire/", {"reason": "系统整合下线"})
    assert ("no_system", "YW-000001") in open_gaps()
    assert Gap.objects.filter(kind="no_system").count() == 2
    figures = cast.program("leader").get("/api/v1/inventory/figures").json()
    assert (figures["businesses"], figures["with_system"], figures["rate"]) == (1, 0, 0.0)
    assert AuditEntry.objects.filter(action="inventory.asset.retired", object_uid=system.uid).exists()


def test_a_workbook_is_imported_twice_exported_and_imported_again(city: tuple[Cast, Path]) -> None:
    cast, _folder = city
    steward, unit = cast.browser("steward"), cast.units["police"]
    template = load_workbook(io.BytesIO(steward.get("/inventory/template/").content))
    assert template.sheetnames == ["核心业务", "信息系统", "数据资源", "关联关系", "填写说明"]
    assert [cell.value for cell in template["关联关系"][1]] == ["上级编码*", "上级名称", "下级编码*", "下级名称"]
    entry = published(cast)
    content = police_book(unit, entry.code)
    first = get(steward, send(steward, content)["Location"])
    work(MONDAY)
    assert "没有被拒收的单元格" in first
    assert (Asset.objects.count(), Link.objects.count()) == (5, 2)
    assert Asset.objects.get(code="GA-YW-1").priority == "urgent"
    assert Asset.objects.get(code="GA-SJ-1").entry == entry
    acts = AuditEntry.objects.filter(action__startswith="inventory.asset").count()
    # The same workbook again, and what the platform writes itself, change nothing.
    export = steward.get("/inventory/export/").content
    for again in (content, export):
        steward.get(send(steward, again)["Location"])
    taken = cast.program("steward").get("/api/v1/inventory/imports").json()["items"]
    assert [(row["added"], row["changed"], row["refused"]) for row in taken] == [(0, 0, 0), (0, 0, 0), (7, 0, 0)]
    assert AuditEntry.objects.filter(action__startswith="inventory.asset").count() == acts


def test_gaps_are_ranked_planned_and_run_against_a_clock(city: tuple[Cast, Path]) -> None:
    cast, _folder = city
    steward, officer = cast.browser("steward"), cast.browser("officer")
    send(steward, police_book(cast.units["police"]))
    work(MONDAY)
    assert open_gaps() == {
        ("no_system", "GA-YW-2"),
        ("not_catalogued", "GA-XT-1"),
        ("not_landed", "GA-SJ-1"),
        ("not_landed", "GA-SJ-2"),
        ("no_business", "GA-SJ-2"),
    }
    # Urgency is stated: priority, clause, what waits, age.
    api = cast.program("steward")
    with freeze(MONDAY):
        rows = api.get("/api/v1/inventory/gaps").json()["items"]
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    (system_gap,) = [row for row in rows if row["kind"] == "not_catalogued"]
    assert system_gap["points"] == {"priority": 10, "task": 0, "dependants": 5, "age": 0}
    # The unit has ten working days to plan, and a to-do.
    gap = Gap.objects.get(kind="no_system")
    assert gap.due_on == (MONDAY + timedelta(days=14)).date()
    todo = TodoItem.objects.get(subject_uid=gap.uid, closed_at__isnull=True)
    assert (todo.unit_path, todo.due_on) == (cast.units["police"].path, gap.due_on)
    page = gap.get_absolute_url()
    person = cast.accounts["steward"].person
    plan = {"responsible": person.uid, "plan": "接入全市人口管理系统", "planned_on": "2026-03-20"}
    assert post(steward, f"{page}plan/", {**plan, "planned_on": "2026-03-02"}).status_code == 422
    post(steward, f"{page}plan/", plan)
    gap.refresh_from_db()
    assert (gap.state, gap.responsible, str(gap.due_on)) == ("planned", person, "2026-03-20")
    # 3 to 20 March are fourteen working days.
    assert Clock.objects.get(subject_uid=gap.uid, stopped_at__isnull=True).days == 14
    post(steward, f"{page}begin/")
    late = MONDAY + timedelta(days=21)
    work(late)
    with freeze(late):
        assert "超期" in steward.get(page).content.decode()
        overdue = steward.get("/inventory/gaps/?due=overdue").content.decode()
    assert "流动人口登记" in overdue
    # A gap grows more urgent with the weeks, by the nightly recount.
    from quanshu.supply.inventory.api import recount_gaps

    recount_gaps(now=late)
    before, gap = gap.score, Gap.objects.get(pk=gap.pk)
    assert gap.score == before + 6
    # The bureau may accept one with a reason; it is not found again until that is taken back.
    paper = Gap.objects.get(kind="no_business")
    assert post(steward, f"{paper.get_absolute_url()}accept/", {"reason": "x"}).status_code == 403
    post(officer, f"{paper.get_absolute_url()}accept/", {"reason": "历史底册，仅存档"}, at=LATER)
    recount_gaps(now=late)
    paper.refresh_from_db()
    assert (paper.state, paper.outcome) == ("closed", "accepted")
    assert Gap.objects.filter(kind="no_business").count() == 1
    post(officer, f"{paper.get_absolute_url()}reopen/", at=LATER)
    paper.refresh_from_db()
    assert paper.state == "open"
    # The list goes out as a workbook, with owner, person, plan and days.
    with freeze(late):
        sheet = load_workbook(io.BytesIO(officer.get("/inventory/gaps/?export=xlsx").content)).active
    assert sheet is not None
    lines = [[cell.value for cell in row] for row in sheet]
    assert {"责任单位", "责任人", "整改计划", "计划完成日期"} <= set(lines[0])
    assert any("接入全市人口管理系统" in line for line in lines)


def test_one_unit_does_not_see_another_s_inventory(city: tuple[Cast, Path]) -> None:
    cast, _folder = city
    send(cast.browser("steward"), police_book(cast.units["police"]))
    work(MONDAY)
    other, asset, gap = cast.browser("other"), Asset.objects.get(code="GA-YW-1"), Gap.objects.first()
    assert gap is not None
    assert other.get(asset.get_absolute_url()).status_code == 404
    assert other.get(gap.get_absolute_url()).status_code == 404
    assert "户籍办理" not in get(other, "/inventory/")
    sheet = load_workbook(io.BytesIO(other.get("/inventory/export/").content))["核心业务"]
    assert sheet.max_row == 1
    assert cast.program("other").get(f"/api/v1/inventory/assets/{asset.uid}").status_code == 404
    # Nor does it change it by a workbook: the unit is refused by cell.
    answer = send(other, police_book(cast.units["police"]))
    page = get(other, answer["Location"])
    assert "C2" in page
    assert "不是您负责编制清单的单位" in page
    assert Asset.objects.count() == 5
