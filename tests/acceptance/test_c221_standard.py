"""Clause 2.2.1, the catalogue standard as data: revised in the browser, obeyed by entries, exchanged in tables."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook
from rdflib import Graph
from rdflib.namespace import DCAT, DCTERMS, RDF

from quanshu.kernel.clock import today
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.jobs.api import run_due
from quanshu.shared.outbox.api import dispatch
from quanshu.supply.catalogue.api import Entry, grade_items, publish_entry, submit_entry
from quanshu.supply.standards.api import standard_in_force
from support_catalogue import GRADES, NOW, Cast, make_cast

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def published(cast: Cast, unit: str = "police", **changes: Any) -> Entry:
    entry = cast.entry(unit, **changes)
    grade_items(actor=SYSTEM, now=NOW, entry=entry, grades=GRADES)
    entry = submit_entry(actor=SYSTEM, now=NOW, entry=entry)
    return publish_entry(actor=SYSTEM, now=NOW, entry=entry)


def background() -> None:
    """What a worker does between two page views."""
    for _round in range(3):
        dispatch(datetime.now(UTC))
        run_due(datetime.now(UTC))


def page(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return str(answer.content.decode())


def call(client: Client, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = client.generic(method, f"{API}{path}", json.dumps(body) if body is not None else "", "application/json")
    assert answer.status_code == status, answer.content.decode()[:1500]
    return answer.json()


def cells_of(body: bytes) -> list[list[str]]:
    sheet = load_workbook(io.BytesIO(body)).worksheets[0]
    return [["" if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)]


def workbook_of(rows: list[list[str]]) -> SimpleUploadedFile:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return SimpleUploadedFile("entries.xlsx", buffer.getvalue())


def revise_standard(officer: Client) -> None:
    """In the browser: a mandatory field of the city's own, a shorter abstract, a new update cycle."""
    about = {"title": "政务信息资源目录编制标准", "basis": "市公共数据目录管理办法"}
    assert officer.post("/standards/draft/", about)["Location"] == "/standards/2/"
    contact = {
        "code": "contact_office",
        "title": "数据联系处室",
        "title_en": "Contact office",
        "kind": "text",
        "need": "mandatory",
        "max_length": "20",
        "column": "数据联系处室",
        "after": "related_codes",
        "edits": "0",
    }
    assert officer.post("/standards/2/fields/", contact).status_code == 302
    rows = {
        "list_title": "更新周期",
        "edits": "1",
        "code": ["real-time", "daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly", "other"],
        "title": ["实时", "每日", "每周", "每月", "每季度", "每半年", "每年", "其他"],
        **{name: [""] * 8 for name in ("title_en", "words", "valid_from", "valid_until")},
        "do": "save",
    }
    assert officer.post("/standards/2/lists/update_cycle/edit/", rows).status_code == 302


def test_a_revision_is_an_edit_and_entries_move_to_it(cast: Cast) -> None:
    officer, steward = cast.browser("officer"), cast.browser("steward")
    entry = published(cast)
    other = published(cast, "civil", resource_name="婚姻登记信息", classification_code="101004")
    assert entry.standard == 1
    assert officer.post("/standards/1/fields/abstract/", {"title": "摘要"}).status_code in {409, 422}
    assert cast.browser("steward").get("/standards/draft/").status_code == 403

    revise_standard(officer)
    compared = page(officer, "/standards/2/compare/")
    for text in ("数据联系处室", "每半年", "新增"):
        assert text in compared
    assert "half-yearly" not in json.dumps(call(cast.program("officer"), "GET", "/standards/versions/1"))

    officer.post("/catalogue/migration/2/check/")
    background()
    listed = page(officer, "/catalogue/migration/2/?fits=0")
    assert "户籍人口登记信息" in listed
    assert "婚姻登记信息" in listed
    assert "数据联系处室" in listed

    assert officer.post("/standards/2/decide/", {"on": "2020-01-01", "reason": "修订"}).status_code == 422
    officer.post("/standards/2/decide/", {"on": today().isoformat(), "reason": "增加联系处室"})
    assert standard_in_force().number == 2
    refused = officer.post("/standards/2/about/", {"title": "改名", "basis": "依据"})
    assert refused.status_code == 409
    background()

    steward.post(f"/catalogue/{entry.uid}/revise/")
    moved = Entry.objects.get(pk=entry.pk)
    assert moved.standard == 2
    form = {
        "resource_name": "户籍人口登记信息", "classification_code": "101001", "abstract": "全市户籍人口的登记事项",
        "format_class": "database", "share_type": "2", "share_condition": "用于政务服务核验", "share_mode": "gateway",
        "open_type": "closed", "update_cycle": "half-yearly", "extra.contact_office": "",
    }  # fmt: skip
    edit = f"/catalogue/{entry.uid}/edit/"
    assert "数据联系处室" in page(steward, edit)
    assert steward.post(edit, form).status_code == 422
    assert steward.post(edit, {**form, "extra.contact_office": "字" * 21}).status_code == 422
    assert steward.post(edit, {**form, "extra.contact_office": "人口处"}).status_code == 302
    assert Entry.objects.get(pk=entry.pk).extra == {"contact_office": "人口处"}
    steward.post(f"/catalogue/{entry.uid}/submit/")
    officer.post(f"/catalogue/{entry.uid}/publish/")
    assert Entry.objects.get(pk=entry.pk).published_version == 2

    shown = page(steward, f"/catalogue/{entry.uid}/")
    assert "人口处" in shown
    assert "每半年" in shown
    compared = page(steward, f"/catalogue/{entry.uid}/versions/?from=1&to=2")
    for text in ("数据联系处室", "人口处", "每月", "每半年"):
        assert text in compared
    assert "extra." not in compared

    program = cast.program("officer")
    found = call(program, "GET", "/catalogue/migration/2?fits=false")
    assert [row["uid"] for row in found["items"]] == [other.uid]
    assert found["items"][0]["missing"][0]["field"] == "extra.contact_office"
    police = next(row for row in found["units"] if row["unit_name"] == "市公安局")
    assert (police["checked"], police["fitting"], police["moved"]) == (1, 1, 1)
    assert call(program, "GET", "/standards/versions?limit=1")["total"] == 2
    changes = call(program, "GET", "/standards/versions/2/diff?other=1")["changes"]
    assert {"contact_office", "update_cycle.half-yearly"} <= {change["code"] for change in changes}


def test_the_official_table_goes_out_and_comes_back(cast: Cast) -> None:
    steward = cast.browser("steward")
    published(cast)
    cast.entry(
        resource_name="驾驶人信息",
        share_type="3",
        share_law="《道路交通安全法》第三十条",
        related_codes=("101001/000001",),
    )
    out = steward.get("/catalogue/table/")
    rows = cells_of(out.content)
    assert rows[0][:18] == [field.column for field in standard_in_force().columns()][:18]
    assert rows[0][0] == "信息资源分类"
    assert len(rows) == 1 + 3 + 3

    unit = cast.units["police"].uid
    answer = steward.post("/catalogue/imports/new/", {"unit": unit, "file": SimpleUploadedFile("a.xlsx", out.content)})
    shown = page(steward, answer["Location"])
    assert "没有需要保存的变更" in shown
    uid = answer["Location"].split("/")[-2]
    counts = call(cast.program("steward"), "GET", f"/catalogue/imports/{uid}")["counts"]
    assert (counts["same"], counts["new"], counts["change"], counts["refused_rows"]) == (2, 0, 0, 0)

    head = rows[0]
    place = {title: at for at, title in enumerate(head)}
    fresh = ["" for _title in head]
    good = {
        "信息资源分类": "101002 户籍家庭信息",
        "信息资源名称": "户籍家庭信息",
        "信息资源提供方": "市公安局",
        "信息资源摘要": "家庭户登记",
        "信息资源格式": "数据库",
        "信息项名称": "户号",
        "数据类型": "字符型C",
        "数据长度": "20",
        "共享类型": "无条件共享",
        "共享方式": "通过网关共享",
        "是否向社会开放": "否",
        "更新周期": "每月",
    }

    def line(**changes: str) -> list[str]:
        made = list(fresh)
        for title, text in {**good, **changes}.items():
            made[place[title]] = text
        return made

    changed = [list(row) for row in rows[1:4]]
    for row in changed:
        row[place["信息资源摘要"]] = "全市户籍人口的登记事项和变动情况"
    bad = line(信息资源名称="坏目录", 共享类型="随便", 提供方代码="")
    wrong_item = line(信息项名称="人数", 数据类型="很多", 数据长度="长")
    upload = workbook_of([head, line(), line(信息项名称="地址"), wrong_item, bad, *changed])
    answer = steward.post("/catalogue/imports/new/", {"unit": unit, "file": upload})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    home = answer["Location"]
    shown = page(steward, home)
    for text in ("“随便”不在代码表中", "“长”不是有效长度", "户籍家庭信息", "变动情况"):
        assert text in shown
    assert Entry.objects.count() == 2, "something was kept before it was asked for"

    refused = cells_of(steward.get(f"{home}refused/").content)
    assert refused[0][-2:] == ["原因", "文件行号"]
    assert [row[-1] for row in refused[1:]] == ["4", "5"]
    steward.post(f"{home}keep/")
    made = Entry.objects.get(resource_name="户籍家庭信息")
    assert made.state == "draft"
    assert [(item.title, item.data_type, item.length) for item in made.items.all()] == [
        ("户号", "string", 20),
        ("地址", "string", 20),
    ]
    first = Entry.objects.get(resource_name="户籍人口登记信息")
    assert (first.state, first.version, first.abstract) == ("draft", 2, "全市户籍人口的登记事项和变动情况")
    assert first.published_version == 1

    corrected = [row[:-2] for row in refused[:2]]
    corrected[0] = corrected[0][: len(head)]
    corrected[1][place["数据类型"]], corrected[1][place["数据长度"]] = "整数", ""
    answer = steward.post("/catalogue/imports/new/", {"unit": unit, "file": workbook_of(corrected)})
    steward.post(f"{answer['Location']}keep/")
    assert [item.title for item in Entry.objects.get(pk=made.pk).items.all()] == ["户号", "地址", "人数"]


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_the_published_catalogue_is_read_as_dcat_and_the_open_part_by_anyone(cast: Cast) -> None:
    shared = published(cast)
    opened = published(cast, "civil", resource_name="公共厕所位置", share_type="1", open_type="open")
    cast.entry(resource_name="草稿目录")
    Entry.objects.filter(pk=shared.pk).update(mounted=True, landed_rows=5, landed_at=NOW)
    leader = cast.browser("leader")
    body = leader.get("/catalogue/dcat/catalogue.ttl")
    graph = Graph().parse(data=body.content, format="turtle")
    codes = {str(code) for code in graph.objects(predicate=DCTERMS.identifier)}
    assert {shared.code, opened.code} <= codes
    assert len(list(graph.subjects(RDF.type, DCAT.Dataset))) == 2
    assert len(list(graph.subjects(RDF.type, DCAT.DataService))) == 1
    for ending, media, name in (("rdf", "application/rdf+xml", "xml"), ("jsonld", "application/ld+json", "json-ld")):
        same = leader.get(f"/catalogue/dcat/catalogue.{ending}")
        assert same["Content-Type"].startswith(media)
        assert set(Graph().parse(data=same.content, format=name)) == set(graph)
        asked = leader.get("/catalogue/dcat/catalogue", HTTP_ACCEPT=f"{media}, */*")
        assert asked["Content-Type"].startswith(media)
    one = Graph().parse(data=leader.get(f"/catalogue/{shared.uid}/dcat.ttl").content, format="turtle")
    assert len(list(one.subjects(RDF.type, DCAT.Dataset))) == 1

    nobody = Client()
    public = nobody.get("/catalogue/open/dcat.ttl")
    assert public.status_code == 200
    graph = Graph().parse(data=public.content, format="turtle")
    assert {str(code) for code in graph.objects(predicate=DCTERMS.identifier)} >= {opened.code}
    assert shared.code not in public.content.decode()
    for closed in ("/catalogue/dcat/catalogue.ttl", f"/catalogue/{opened.uid}/dcat.ttl", "/catalogue/table/"):
        assert nobody.get(closed).status_code == 302
