"""Exchange of the catalogue with wrong inputs, large files and other people."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.jobs.api import run_due
from quanshu.supply.catalogue.api import (
    Entry,
    grade_items,
    publish_entry,
    revise_entry,
    submit_entry,
    update_entry,
)
from quanshu.supply.exchange import services
from quanshu.supply.exchange.models import Import
from quanshu.supply.exchange.services import importing
from quanshu.supply.standards.api import (
    first_standard,
)
from support_catalogue import GRADES, NOW, Cast, entry_data

API = "/api/v1/catalogue"
HEAD = [each.column for each in first_standard().columns()]
GOOD = {
    "信息资源分类": "101002",
    "信息资源名称": "户籍家庭信息",
    "信息资源摘要": "家庭户登记",
    "信息资源格式": "数据库",
    "信息项名称": "户号",
    "数据类型": "字符型",
    "共享类型": "无条件共享",
    "共享方式": "通过网关共享",
    "是否向社会开放": "否",
    "更新周期": "每月",
}


def line(**changes: str) -> list[str]:
    return [{**GOOD, **changes}.get(title, "") for title in HEAD]


def file_of(*rows: list[Any], name: str = "t.xlsx", head: list[str] | None = None) -> SimpleUploadedFile:
    book = Workbook()
    for row in (head or HEAD, *rows):
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return SimpleUploadedFile(name, buffer.getvalue())


def published(cast: Cast, unit: str = "police", **changes: Any) -> Entry:
    entry = cast.entry(unit, **changes)
    grade_items(actor=SYSTEM, now=NOW, entry=entry, grades=GRADES)
    return publish_entry(actor=SYSTEM, now=NOW, entry=submit_entry(actor=SYSTEM, now=NOW, entry=entry))


def upload(cast: Cast, *rows: list[Any], who: str = "steward") -> tuple[Client, Import]:
    client = cast.browser(who)
    unit = cast.accounts[who].person.unit.uid
    answer = client.post("/catalogue/imports/new/", {"unit": unit, "file": file_of(*rows)})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    return client, Import.objects.latest("id")


def faults(source: Import) -> dict[int, set[str]]:
    return {row.row: {fault["field"] for fault in row.faults} for row in source.refused.all()}


def test_wrong_files_are_refused_whole_and_nothing_is_left(cast: Cast) -> None:
    client, unit = cast.browser("steward"), cast.units["police"].uid
    for file, text in (
        (SimpleUploadedFile("a.csv", b"1,2"), "不是 Excel 工作簿"),
        (SimpleUploadedFile("a.xlsx", b"not a workbook"), "不是 Excel 工作簿"),
        (file_of(), "没有数据行"),
        (file_of(["1"], head=["甲"]), "前十行中没有列名"),
        (file_of(line(), head=[title for title in HEAD if title != "共享类型"]), "缺少列"),
    ):
        answer = client.post("/catalogue/imports/new/", {"unit": unit, "file": file})
        assert answer.status_code == 422
        assert text in answer.content.decode(), text
    assert client.post("/catalogue/imports/new/", {"unit": unit}).status_code == 422
    assert (
        client.post("/catalogue/imports/new/", {"unit": cast.units["civil"].uid, "file": file_of(line())}).status_code
        == 422
    )
    assert not Import.objects.exists()
    for who in ("officer", "leader", "developer"):
        assert cast.browser(who).get("/catalogue/imports/new/").status_code == 403, who


def test_rows_are_refused_by_cell_and_the_rest_is_kept(cast: Cast) -> None:
    mine, theirs = published(cast), published(cast, "civil", resource_name="婚姻登记信息")
    review = cast.entry(resource_name="审核中")
    grade_items(actor=SYSTEM, now=NOW, entry=review, grades=GRADES)
    submit_entry(actor=SYSTEM, now=NOW, entry=review)
    client, source = upload(
        cast,
        line(),
        line(信息项名称="地址", 信息资源摘要="不一样的摘要"),
        line(信息资源名称="甲", 信息资源分类="999999"),
        line(信息资源名称="乙", 信息资源代码="101009/000001"),
        line(信息资源名称="丙", 信息资源代码=theirs.code),
        line(信息资源名称="丁", 信息资源代码=review.code),
        line(信息资源名称="戊", 信息资源提供方="市民政局"),
        line(信息资源名称="己", 提供方代码=cast.units["police"].code, 信息资源提供方="市卫健委"),
        line(信息资源名称="庚", 共享类型="有条件共享"),
        line(信息资源名称="辛" * 101),
        line(信息资源名称="壬", 字段名="Bad Name"),
        line(信息资源名称="癸", 发布日期="昨天"),
        line(信息资源名称=mine.resource_name),
        line(信息资源名称="子", 关联资源代码="随意"),
        line(信息项名称="户号"),
    )
    assert faults(source) == {
        3: {"abstract"},
        4: {"classification_code"},
        5: {"code"},
        6: {"code"},
        7: {"code"},
        8: {"provider_name"},
        9: {"provider_name"},
        10: {"share_condition"},
        11: {"resource_name"},
        12: {"name"},
        13: {"publish_date"},
        14: {"resource_name"},
        15: {"related_codes"},
        16: {"title"},
    }
    client.post(f"/catalogue/imports/{source.uid}/keep/")
    made = Entry.objects.get(resource_name="户籍家庭信息")
    assert (made.state, made.unit, made.items.count()) == ("draft", cast.units["police"], 1)
    again = client.post(f"/catalogue/imports/{source.uid}/keep/", follow=True)
    assert "当前不能办理" in again.content.decode()
    assert Entry.objects.filter(resource_name="户籍家庭信息").count() == 1
    refused = load_workbook(io.BytesIO(client.get(f"/catalogue/imports/{source.uid}/refused/").content)).worksheets[0]
    assert refused.max_row == 1 + 14
    assert cast.browser("other").get(f"/catalogue/imports/{source.uid}/").status_code == 404


def test_discarding_keeps_nothing(cast: Cast) -> None:
    client, source = upload(cast, line())
    client.post(f"/catalogue/imports/{source.uid}/discard/")
    source.refresh_from_db()
    assert (source.state, source.entries.count(), Entry.objects.count()) == ("discarded", 0, 0)
    client.post(f"/catalogue/imports/{source.uid}/keep/")
    assert not Entry.objects.exists()


def test_an_entry_changed_after_the_file_was_read_is_not_overwritten(cast: Cast) -> None:
    entry = published(cast)
    row = line(信息资源代码=entry.code, 信息资源名称=entry.resource_name, 信息项名称="备注", 字段名="remark")
    client, source = upload(cast, row)
    revised = revise_entry(actor=cast.actor("steward"), now=now(), entry=entry)
    update_entry(actor=cast.actor("steward"), now=now(), entry=revised, data=entry_data(abstract="同时改动"))
    client.post(f"/catalogue/imports/{source.uid}/keep/")
    entry.refresh_from_db()
    assert entry.abstract == "同时改动"
    assert faults(source) == {2: {"code"}}
    assert "又有变更" in client.get(f"/catalogue/imports/{source.uid}/").content.decode()


def test_a_large_file_is_read_and_kept_by_the_worker(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "SMALL_BYTES", 10)
    monkeypatch.setattr(importing, "SMALL_ENTRIES", 1)
    client, source = upload(cast, line(), line(信息资源名称="第二条"), line(信息资源名称="坏", 更新周期="?"))
    page = f"/catalogue/imports/{source.uid}/"
    assert "正在读取并核对文件" in client.get(page).content.decode()
    run_due(datetime.now(UTC))
    source.refresh_from_db()
    assert (source.state, source.total, faults(source)) == ("checked", 3, {4: {"update_cycle"}})
    client.post(f"{page}keep/")
    assert "hx-get" in client.get(page).content.decode()
    run_due(datetime.now(UTC))
    source.refresh_from_db()
    assert (source.state, source.done, Entry.objects.count()) == ("done", 2, 2)
    assert client.get(page, HTTP_HX_REQUEST="true")["HX-Refresh"] == "true"
    services.keep_drafts(source.uid, now=now())
    assert Entry.objects.count() == 2

    broken = SimpleUploadedFile("b.xlsx", b"x" * 50)
    answer = client.post("/catalogue/imports/new/", {"unit": cast.units["police"].uid, "file": broken})
    run_due(datetime.now(UTC))
    assert "不是 Excel 工作簿" in client.get(answer["Location"]).content.decode()


def test_imports_over_the_api(cast: Cast) -> None:
    program = cast.program("steward")
    unit = cast.units["police"].uid
    answer = program.post(
        f"{API}/imports", {"unit_uid": unit, "file": file_of(line(), line(信息资源名称="坏", 数据类型="?"))}
    )
    assert answer.status_code == 201, answer.content
    uid = answer.json()["uid"]
    assert answer.json()["counts"] == {"new": 1, "change": 0, "same": 0, "refused": 0, "kept": 0, "refused_rows": 1}
    assert program.get(f"{API}/imports/{uid}/refused?limit=1").json()["items"][0]["faults"][0]["field"] == "data_type"
    assert program.get(f"{API}/imports/{uid}/entries").json()["items"][0]["outcome"] == "new"
    assert program.post(f"{API}/imports/{uid}/keep").json()["state"] == "done"
    assert program.post(f"{API}/imports/{uid}/discard").status_code == 409
    assert program.get(f"{API}/imports").json()["total"] == 1
    assert cast.program("other").get(f"{API}/imports/{uid}").status_code == 404
    assert program.post(f"{API}/imports", {"unit_uid": unit, "file": file_of(line(), name="a.csv")}).status_code == 422
    book = load_workbook(io.BytesIO(program.get(f"{API}/table?q=户籍家庭").content)).worksheets[0]
    assert [cell.value for cell in book[1]] == HEAD
    assert book.max_row == 2


def test_the_template_explains_its_columns_and_imports_as_it_is(cast: Cast) -> None:
    client = cast.browser("steward")
    book = load_workbook(io.BytesIO(client.get("/catalogue/table/template/").content))
    assert [cell.value for cell in book.worksheets[0][1]] == HEAD
    notes = {row[0]: row for row in book.worksheets[1].iter_rows(values_only=True)}
    assert notes["共享条件"][1] == "条件必填: 共享类型 = 有条件共享"
    assert "每季度" in str(notes["更新周期"][3])


def test_the_export_shows_others_only_the_version_in_force(cast: Cast) -> None:
    entry = published(cast)
    revised = revise_entry(actor=SYSTEM, now=NOW, entry=entry)
    update_entry(actor=SYSTEM, now=NOW, entry=revised, data=entry_data(abstract="还没有发布的说明"))
    seen = {}
    for who in ("steward", "other"):
        book = load_workbook(io.BytesIO(cast.browser(who).get("/catalogue/table/").content)).worksheets[0]
        seen[who] = book.cell(row=2, column=HEAD.index("信息资源摘要") + 1).value
    assert seen == {"steward": "还没有发布的说明", "other": "全市户籍人口的登记事项"}
    ttl = cast.browser("steward").get(f"/catalogue/{entry.uid}/dcat.ttl").content.decode()
    assert "还没有发布的说明" not in ttl


def test_dcat_of_what_is_not_published_or_not_known_is_not_found(cast: Cast) -> None:
    draft = cast.entry()
    client = cast.browser("steward")
    assert client.get(f"/catalogue/{draft.uid}/dcat.ttl").status_code == 404
    assert client.get("/catalogue/dcat/catalogue.csv").status_code == 404
    assert cast.program("steward").get(f"{API}/dcat?format=csv").status_code == 404
    assert cast.program("leader").get(f"{API}/dcat?format=jsonld")["Content-Type"].startswith("application/ld+json")
    published(cast, resource_name="第二条", open_type="conditional", open_condition="实名")
    assert "第二条" not in Client().get("/catalogue/open/dcat.ttl").content.decode()
