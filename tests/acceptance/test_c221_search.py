"""Clause 2.2.1: the catalogue is searched in Chinese, English and pinyin, and says why data cannot be seen or used."""

from __future__ import annotations

import json
from typing import Any

import pytest

from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.supply.catalogue.api import (
    Entry,
    ItemData,
    grade_items,
    publish_entry,
    revise_entry,
    submit_entry,
    update_entry,
)
from support_catalogue import GRADES, NOW, Cast, entry_data, make_cast

pytestmark = pytest.mark.django_db
DRIVERS = (
    ItemData("licence_no", "驾驶证号", title_en="Licence number", length=18, is_key=True),
    ItemData("valid_until", "有效期止", data_type="date"),
)


def published(cast: Cast, **changes: Any) -> Entry:
    """A published entry."""
    entry = cast.entry(**changes)
    items = changes.get("items")
    grades = GRADES if items is None else {item.name: "general-1" for item in items}
    grade_items(actor=SYSTEM, now=NOW, entry=entry, grades=grades)
    submit_entry(actor=SYSTEM, now=NOW, entry=entry)
    return publish_entry(actor=SYSTEM, now=NOW, entry=entry)


@pytest.fixture
def cast(db: None) -> Cast:
    """A cast with a published register of residents and of drivers, and a draft nobody else may see."""
    cast = make_cast()
    published(cast)
    published(
        cast,
        items=DRIVERS,
        resource_name="机动车驾驶人信息",
        name_en="Drivers",
        abstract="持有驾驶证的人员，与户籍人口核对",
    )
    cast.entry(resource_name="线索核查登记", name_en="Secret leads", abstract="内部草稿")
    return cast


def asked(cast: Cast, who: str, words: str) -> dict[str, Any]:
    """The API's answer to a search."""
    answer = cast.program(who).get("/api/v1/catalogue/search", {"q": words})
    assert answer.status_code == 200, answer.content.decode()
    return dict(answer.json())


def names(answer: dict[str, Any]) -> list[str]:
    return [row["resource_name"] for row in answer["items"]]


WAYS = (
    ["户籍", "户", "籍人", "人口 登记", "户籍人口信息", "Household", "household regis", "101001/000001",
     "户藉", "hjrk", "huji", "hujirenkou", "hujir", "hujirenkuo", "hujirenou", "Houshold"]
)  # fmt: skip


def test_found_as_written_and_as_it_sounds(cast: Cast) -> None:
    client = cast.program("other")
    for words in WAYS:
        answer = client.get("/api/v1/catalogue/search", {"q": words}).json()
        assert names(answer)[0] == "户籍人口登记信息", words
        assert answer["items"][0]["found_in"], words


def test_the_name_counts_more_than_items_unit_and_abstract(cast: Cast) -> None:
    assert names(asked(cast, "other", "户籍人口")) == ["户籍人口登记信息", "机动车驾驶人信息"]
    by_item = asked(cast, "other", "有效期")
    assert names(by_item) == ["机动车驾驶人信息"]
    assert by_item["items"][0]["found_in"] == [{"place": "item", "text": "有效期止", "spans": [[0, 3]]}]
    assert len(names(asked(cast, "other", "公安局"))) == 2
    assert names(asked(cast, "steward", "登记"))[0] == "户籍人口登记信息", "a draft came before what is in force"


def test_the_page_marks_the_hit_and_says_where_it_was(cast: Cast) -> None:
    page = cast.browser("other").get("/catalogue/", {"q": "有效期"}).content.decode()
    assert "信息项: <mark>有效期</mark>止" in page
    heard = cast.browser("other").get("/catalogue/", {"q": "户藉"}).content.decode()
    assert "<strong>户籍</strong>" in heard
    assert "<mark>户籍</mark>人口登记信息" in heard
    everywhere = cast.browser("other").get("/search/", {"q": "hjrk"}).content.decode()
    assert "<mark>户籍人口</mark>登记信息" in everywhere
    typed = cast.browser("other").get("/catalogue/suggest/", {"q": "户"}, headers={"hx-request": "true"})
    assert "<mark>户</mark>籍人口登记信息" in typed.content.decode()
    assert "<html" not in typed.content.decode()


def test_nothing_found_says_what_to_do_next(cast: Cast) -> None:
    page = cast.browser("other").get("/catalogue/", {"q": "宅基地确权"}).content.decode()
    assert "/demands/" in page
    assert "/catalogue/why/?q=" in page
    for odd in ("'", '"', "%", "*", "(", "户 AND", "\x00", "😀", "~hu", "^", "a" * 500, "户" * 300):
        assert cast.browser("other").get("/catalogue/", {"q": odd}).status_code == 200, odd
        assert cast.program("other").get("/api/v1/catalogue/search", {"q": odd}).status_code == 200, odd


def test_a_draft_is_found_by_those_alone_who_may_see_it(cast: Cast) -> None:
    assert names(asked(cast, "steward", "线索")) == ["线索核查登记"]
    for words in ("线索", "xiansuo", "xshc", "Secret"):
        answer = asked(cast, "other", words)
        assert answer["total"] == 0
        assert answer["did_you_mean"] == ""


def test_others_find_and_read_the_version_in_force_while_the_next_is_prepared(cast: Cast) -> None:
    entry = Entry.objects.get(name_en="Household registration")
    entry = revise_entry(actor=SYSTEM, now=NOW, entry=entry)
    update_entry(actor=SYSTEM, now=NOW, entry=entry, data=entry_data(resource_name="尚未公布的新名称"))
    assert names(asked(cast, "steward", "尚未公布")) == ["尚未公布的新名称"]
    assert asked(cast, "other", "尚未公布")["total"] == 0
    assert names(asked(cast, "other", "户籍"))[0] == "户籍人口登记信息"
    for path in ("/catalogue/", "/catalogue/?export=csv", "/search/?q=户籍", "/api/v1/catalogue/entries"):
        client = cast.program("other") if "api" in path else cast.browser("other")
        answer = client.get(path)
        text = b"".join(answer).decode() if answer.streaming else answer.content.decode()
        text = json.dumps(answer.json(), ensure_ascii=False) if "api" in path else text
        assert "户籍人口登记信息" in text.replace("<mark>", "").replace("</mark>", ""), path
        assert "尚未公布" not in text, path
    listed = cast.program("other").get("/api/v1/catalogue/entries", {"state": "draft"}).json()
    assert listed["total"] == 0, "the state of the draft told others of it"
    assert cast.program("steward").get("/api/v1/catalogue/entries", {"state": "draft"}).json()["total"] == 2
    assert "尚未公布" in cast.browser("steward").get("/catalogue/").content.decode()
    submit_entry(actor=SYSTEM, now=NOW, entry=Entry.objects.get(pk=entry.pk))
    publish_entry(actor=SYSTEM, now=NOW, entry=Entry.objects.get(pk=entry.pk))
    assert names(asked(cast, "other", "尚未公布")) == ["尚未公布的新名称"]


def why(cast: Cast, who: str, text: str) -> dict[str, Any]:
    return dict(cast.program(who).get("/api/v1/catalogue/why", {"q": text}).json())


def test_why_names_the_first_stage_that_fails_and_its_owner(cast: Cast) -> None:
    entry = Entry.objects.get(name_en="Household registration")
    unit = cast.units["police"]
    unit.office_name, unit.office_phone = "数据处", "0531-66600001"
    unit.save()
    for text in (entry.uid, entry.code, "户籍人口登记信息", "Household registration"):
        found = why(cast, "other", text)
        assert found["entry"]["uid"] == entry.uid
        assert found["ends_at"]["label"] == "Source and last load"
        assert found["ends_at"]["owner"]["phone"] == "0531-66600001"
    Entry.objects.filter(pk=entry.pk).update(landed_rows=5, landed_at=now())
    assert why(cast, "other", entry.code)["ends_at"]["label"] == "A service is published"
    page = cast.browser("other").get(f"/catalogue/{entry.uid}/why/").content.decode()
    assert "服务已发布" in page
    draft = Entry.objects.get(name_en="Secret leads")
    assert why(cast, "steward", draft.code)["ends_at"]["label"] == "Published"


def test_why_answers_the_hidden_like_what_does_not_exist(cast: Cast) -> None:
    draft = Entry.objects.get(name_en="Secret leads")
    for hidden, absent in (
        (draft.uid, "0199aaaa-0000-7000-8000-000000000000"),
        (draft.code, "101001/999999"),
        (draft.resource_name, "并不存在的目录"),
    ):
        one, two = why(cast, "other", hidden), why(cast, "other", absent)
        assert json.dumps(one).replace(json.dumps(hidden)[1:-1], "") == json.dumps(two).replace(
            json.dumps(absent)[1:-1], ""
        )
        pages = [cast.browser("other").get("/catalogue/why/", {"q": text}) for text in (hidden, absent)]
        assert [page.status_code for page in pages] == [200, 200]
