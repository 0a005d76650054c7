"""Pages of intake: the way to a source, its loads, and what a run shows to whom."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from quanshu.kernel.clock import now
from quanshu.shared.audit.api import history
from quanshu.shared.jobs.api import run_due
from quanshu.supply.catalogue.api import withdraw_entry
from quanshu.supply.intake.api import Run, Source, run_now, start_run, switch_source
from quanshu.supply.intake.models import Run as RunRow
from support_intake import HEADER, ITEMS, ROWS, Supply, csv_bytes, published, workbook

pytestmark = pytest.mark.django_db
BAD = (*ROWS, ("370102199001010042", "", "昨天", "x"), (ROWS[0][0], "=cmd()", "", ""))


@pytest.fixture
def steward(supply: Supply) -> Client:
    return supply.cast.browser("steward")


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()[:800]
    return answer.content.decode()


def way(supply: Supply, name: str) -> str:
    return f"/intake/sources/new/?entry={supply.entry.uid}&way={name}"


def upload(content: bytes, name: str = "居民.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_empty_lists_say_what_to_do(supply: Supply, steward: Client) -> None:
    assert "还没有数据来源" in text(steward, "/intake/sources/")
    assert "尚未装载过数据" in text(steward, "/intake/runs/")
    assert "还没有数据来源" in text(steward, "/intake/")
    assert "New source" in text(supply.cast.browser("steward", "en"), "/intake/sources/")


def test_a_csv_file_on_its_way_to_the_lake(supply: Supply, steward: Client) -> None:
    start = text(steward, f"/intake/sources/new/?entry={supply.entry.uid}")
    assert f'value="{supply.entry.uid}" selected' in start
    form = text(steward, way(supply, "csv"))
    for shown in (*HEADER, "公民身份号码", "全量装载", 'accept=".csv,.txt"', 'type="file"'):
        assert shown in form
    for hidden in ('name="url"', 'name="path"', 'name="sheet"'):
        assert hidden not in form
    refused = steward.post(way(supply, "csv"), {"name": "居民库", "mode": "full"})
    assert refused.status_code == 422
    made = steward.post(
        way(supply, "csv"), {"name": "居民库", "mode": "full", "load": "on", "file": upload(csv_bytes(BAD))}
    )
    run = Run.objects.get()
    assert made["Location"] == f"/intake/runs/{run.uid}/"

    waiting = text(steward, f"/intake/runs/{run.uid}/")
    assert f'hx-get="/intake/runs/{run.uid}/progress/" hx-trigger="every 1s"' in waiting
    assert "后台服务未运行" in waiting
    assert f'href="/intake/runs/{run.uid}/"' in waiting, "a page without scripts can be reloaded"
    assert f"/intake/runs/{run.uid}/cancel/" in waiting
    fragment = steward.get(f"/intake/runs/{run.uid}/progress/")
    assert "HX-Refresh" not in fragment
    assert "<html" not in fragment.content.decode()
    RunRow.objects.update(rows_done=20000)
    assert "已读取 20,000 行" in text(steward, f"/intake/runs/{run.uid}/progress/")

    run_due(now())
    assert steward.get(f"/intake/runs/{run.uid}/progress/")["HX-Refresh"] == "true"
    page = text(steward, f"/intake/runs/{run.uid}/")
    assert "every 1s" not in page
    total = re.sub(r"<[^>]+>|\s+", " ", page[page.index('class="q-sum') : page.index("datagrid")])
    assert re.search(r"读入行数 5 = 入湖行数 3 \+ 拒收行数 2", re.sub(r"\s+", " ", total)), total
    for shown in ("金额", "amount", "值不是数字", "同一批次中前面的行已使用该主键", "=cmd()", "昨天"):
        assert (shown in page) is (shown not in {"金额", "=cmd()"}), shown
    assert f"/intake/sources/{Source.objects.get().uid}/" in text(steward, "/intake/sources/")


def test_other_ways(supply: Supply, steward: Client) -> None:
    book = workbook(supply.folder / "b.xlsx", ROWS).read_bytes()
    data: dict[str, Any] = {"name": "居民表", "mode": "upsert", "sheet": "数据", "file": upload(book, "居民.xlsx")}
    assert steward.post(way(supply, "excel"), data).status_code == 302
    dropped = supply.drop("居民.CSV", csv_bytes(ROWS))
    data = {"name": "投递", "mode": "full", "path": str(dropped), "load": "on"}
    assert steward.post(way(supply, "path"), data).status_code == 302
    with sqlite3.connect(supply.folder / "incoming" / "a.db") as connection:
        connection.execute(f"CREATE TABLE people ({', '.join(HEADER)})")
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", ROWS)
    connection.close()
    url = f"sqlite:///{supply.folder / 'incoming' / 'a.db'}"
    data = {"name": "业务库", "mode": "full", "url": url, "table": "people", "load": "on"}
    assert steward.post(way(supply, "sql"), data).status_code == 302
    made = {source.name: (source.kind, source.mode) for source in Source.objects.all()}
    assert made == {"居民表": ("excel", "upsert"), "投递": ("csv", "full"), "业务库": ("sql", "full")}
    run_due(now())
    assert set(Run.objects.values_list("source__name", "state")) == {("投递", "landed"), ("业务库", "landed")}

    outside = steward.post(way(supply, "path"), {"name": "x", "mode": "full", "path": "/etc/passwd.csv"})
    assert outside.status_code == 422
    assert "不在允许读取的文件夹中" in outside.content.decode()
    outside = steward.post(way(supply, "sql"), {"name": "x", "mode": "full", "url": "oracle://a:b@c/d", "table": "t"})
    assert outside.status_code == 422
    assert Source.objects.count() == 3


def test_a_contract_without_a_key_offers_no_load_by_key(supply: Supply, steward: Client) -> None:
    entry = published(supply.cast, (ITEMS[2], ITEMS[3]), resource_name="无主键")
    form = text(steward, f"/intake/sources/new/?entry={entry.uid}&way=csv")
    assert 'value="upsert"' not in form
    assert "每次装载都将替换整表" in form


def test_only_entries_in_force_of_one_s_own_units(supply: Supply, steward: Client) -> None:
    other = supply.cast.browser("other")
    assert "没有可装载的目录" in text(other, "/intake/sources/new/")
    assert text(other, way(supply, "csv"), 404)
    assert supply.cast.browser("officer").get("/intake/sources/new/").status_code == 403
    draft = supply.cast.entry(resource_name="草稿目录")
    assert draft.uid not in text(steward, "/intake/sources/new/")
    assert text(steward, f"/intake/sources/new/?entry={draft.uid}&way=csv", 404)


def test_a_source_s_page_and_its_buttons(supply: Supply, steward: Client) -> None:
    source = supply.upload(csv_bytes(ROWS))
    page = f"/intake/sources/{source.uid}/"
    assert "尚未装载" in text(steward, page)
    run = start_run(actor=supply.steward, source=source, now=now())
    busy = text(steward, page)
    assert "该来源已有任务在等待或进行中" in busy
    assert f"{page}start/" not in busy
    assert f"{page}file/" not in busy
    run_now(run.uid, now())
    steward.post(f"{page}switch/")
    off = text(steward, page)
    assert "来源已停用" in off
    assert steward.post(f"{page}start/", headers={"referer": f"http://testserver{page}"})["Location"].endswith(page)
    assert Run.objects.count() == 1
    steward.post(f"{page}switch/")
    assert steward.post(f"{page}start/")["Location"] == f"/intake/runs/{Run.objects.first().uid}/"  # type: ignore[union-attr]
    for who in ("leader", "officer"):
        seen = text(supply.cast.browser(who), page)
        assert f"{page}edit/" not in seen
        assert f"{page}switch/" not in seen
    assert supply.cast.browser("leader").post(f"{page}start/").status_code == 403
    assert supply.cast.browser("officer").post(f"{page}switch/").status_code == 403
    for who, path in (("other", page), ("other", f"/intake/runs/{run.uid}/"), ("other", f"{page}edit/")):
        assert supply.cast.browser(who).get(path).status_code == 404, (who, path)
    assert supply.cast.browser("developer").get(page).status_code == 403
    assert Client().get(page)["Location"].startswith("/sign-in/")


def test_the_next_file(supply: Supply, steward: Client) -> None:
    source = supply.upload(csv_bytes(ROWS))
    page = f"/intake/sources/{source.uid}/file/"
    assert "公民身份号码" in text(steward, page)
    made = steward.post(page, {"file": upload(csv_bytes(ROWS[:1]), "二月.csv")})
    run = Run.objects.get()
    assert made["Location"] == f"/intake/runs/{run.uid}/"
    run_due(now())
    run.refresh_from_db()
    assert (run.landed, run.source.file_name) == (1, "二月.csv")
    start_run(actor=supply.steward, source=source, now=now())
    refused = steward.post(page, {"file": upload(csv_bytes(ROWS), "三月.csv")})
    assert refused.status_code == 409
    source.refresh_from_db()
    assert source.file_name == "二月.csv", "the file of a load that cannot start is not taken"
    assert steward.post(page, {"file": upload(b"MZ", "x.exe")}).status_code == 422
    sql = supply.source(kind="sql", url="postgresql://u:p@127.0.0.1:1/d", table="t")
    assert steward.post(f"/intake/sources/{sql.uid}/file/", {"file": upload(csv_bytes(ROWS))}).status_code == 409


def test_editing_a_source(supply: Supply, steward: Client) -> None:
    source = supply.source(kind="sql", url="postgresql://u:quietly@127.0.0.1:1/d", table="t")
    page = f"/intake/sources/{source.uid}/edit/"
    form = text(steward, page)
    assert "quietly" not in form
    assert 'name="file"' not in form
    sealed = source.sealed_url
    assert steward.post(page, {"name": "改名", "mode": "upsert", "url": "", "table": "SELECT 1"}).status_code == 302
    source.refresh_from_db()
    assert (source.name, source.mode, source.table, source.sealed_url) == ("改名", "upsert", "SELECT 1", sealed)
    assert steward.post(page, {"name": "", "mode": "full", "table": "t"}).status_code == 422


def test_a_failed_run_says_why_and_starts_again(supply: Supply, steward: Client) -> None:
    source = supply.upload(csv_bytes(ROWS, ("citizen_id", "name", "registered_on", "sum")))
    run = supply.load(source)
    page = text(steward, f"/intake/runs/{run.uid}/")
    assert "amount" in page
    assert "alert-danger" in page
    assert f"/intake/sources/{source.uid}/start/" in page
    english = text(supply.cast.browser("steward", "en"), f"/intake/runs/{run.uid}/")
    assert "Start again" in english
    shown = re.sub(r"<[^>]+>", "", english.split("<main")[1].split("</main>")[0])
    assert set(re.findall(r"[一-鿿]+", shown)) <= {"居民库", "居民", "某"}, "nothing but names is Chinese"
    withdraw_entry(actor=supply.steward, now=now(), entry=supply.entry, reason="职能划转")
    page = text(steward, f"/intake/runs/{run.uid}/")
    assert f"/intake/sources/{source.uid}/start/" not in page
    assert "尚未发布" in page


def test_cancelling(supply: Supply, steward: Client) -> None:
    run = start_run(actor=supply.steward, source=supply.upload(csv_bytes(ROWS)), now=now())
    page = f"/intake/runs/{run.uid}/"
    RunRow.objects.update(state="running", stage="writing")
    assert f"{page}cancel/" not in text(steward, page)
    RunRow.objects.update(state="running", stage="reading")
    assert f"{page}cancel/" in text(steward, page)
    assert supply.cast.browser("leader").post(f"{page}cancel/").status_code == 403
    assert steward.post(f"{page}cancel/").status_code == 302
    assert "装载已取消，数据表保持原样" in text(steward, page)


def test_refused_rows_are_paged_and_exported(supply: Supply, steward: Client) -> None:
    rows = [(f"k{number}", "", "", "x") for number in range(120)]
    run = supply.load(supply.upload(csv_bytes([*ROWS, *rows, ("k1", "重复", "昨天", "=1+1")])))
    assert run.refused == 121
    page = f"/intake/runs/{run.uid}/"
    first = text(steward, page)
    assert first.count(">amount<") == 51, "50 rows and one line of the summary"
    third = text(steward, f"{page}?page=3")
    assert third.count(">amount<") == 22
    assert "第 101–121 行，共 121 行" in third
    answer = steward.get(f"{page}refused.csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 1 + 240 + 2
    assert lines[-2].split(",")[:3] == ["125", "amount", "'=1+1"]
    assert lines[-1].split(",")[:4] == ["125", "registered_on", "昨天", "值不是有效日期。"]
    assert [row.action for row in history("intake.run", run.uid)].count("intake.refused.exported") == 1


def test_personal_values_are_left_out_for_others(supply: Supply, steward: Client) -> None:
    run = supply.load(supply.upload(csv_bytes((*ROWS, (ROWS[0][0], "重复", "", "")))))
    page = f"/intake/runs/{run.uid}/"
    assert ROWS[0][0] in text(steward, page)
    leader = supply.cast.browser("leader")
    seen = text(leader, page)
    assert ROWS[0][0] not in seen
    assert "（个人信息）" in seen
    exported = b"".join(leader.get(f"{page}refused.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert ROWS[0][0] not in exported
    assert "重复" not in exported


def test_lists_filter_sort_and_export(supply: Supply, steward: Client) -> None:
    good = supply.upload(csv_bytes(ROWS), name="甲来源")
    bad = supply.upload(csv_bytes([]), name="乙来源", mode="upsert")
    supply.load(good)
    failing = supply.upload(b"x\n1\n", name="丙来源")
    supply.load(failing)
    supply.load(bad)
    switch_source(actor=supply.steward, now=now(), source=bad, active=False)
    for query, names in (
        ("", {"甲来源", "乙来源", "丙来源"}),
        ("?q=甲", {"甲来源"}),
        ("?active=False", {"乙来源"}),
        ("?mode=upsert", {"乙来源"}),
        ("?kind=sql", set()),
        (f"?entry={supply.entry.uid}", {"甲来源", "乙来源", "丙来源"}),
        ("?entry=none", set()),
        (f"?unit={supply.cast.units['police'].uid}&sort=-last_queued", {"甲来源", "乙来源", "丙来源"}),
    ):
        page = text(steward, f"/intake/sources/{query}")
        assert {name for name in ("甲来源", "乙来源", "丙来源") if name in page.split('id="list"')[1]} == names, query
    for query, names in (
        ("?state=failed", {"丙来源"}),
        ("?state=landed", {"甲来源", "乙来源"}),
        (f"?source={good.uid}", {"甲来源"}),
        ("?from=2020-01-01&to=2020-01-02", set()),
        ("?kind=csv&sort=-refused", {"甲来源", "乙来源", "丙来源"}),
    ):
        page = text(steward, f"/intake/runs/{query}")
        assert {name for name in ("甲来源", "乙来源", "丙来源") if name in page.split('id="list"')[1]} == names, query
    assert text(steward, "/intake/runs/?state=nonsense", 422)
    exported = b"".join(steward.get("/intake/runs/?export=csv&state=landed").streaming_content).decode()  # type: ignore[attr-defined]
    assert exported.count("甲来源") == 1
    assert "丙来源" not in exported
    assert steward.get("/intake/sources/?export=xlsx").content[:2] == b"PK"
