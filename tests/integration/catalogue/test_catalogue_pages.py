"""Pages of the catalogue through Django's test client."""

from __future__ import annotations

from django.test import Client

from quanshu.shared.access.api import SYSTEM
from quanshu.shared.outbox.api import add, dispatch
from quanshu.supply.catalogue.api import (
    Classification,
    Entry,
    ItemData,
    get_entry,
    grade_items,
    publish_entry,
    revise_entry,
    submit_entry,
    update_entry,
)
from quanshu.supply.catalogue.services import seed_classification
from support_catalogue import GRADES, NOW, Cast


def published(cast: Cast, **changes: str) -> Entry:
    entry = cast.entry(**changes)
    grade_items(actor=SYSTEM, now=NOW, entry=entry, grades=GRADES)
    entry = submit_entry(actor=SYSTEM, now=NOW, entry=entry)
    return publish_entry(actor=SYSTEM, now=NOW, entry=entry)


def text_of(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def test_the_classification_is_there_and_keeps_its_changes(cast: Cast) -> None:
    tops = Classification.objects.filter(level=1)
    assert [row.name for row in tops] == ["基础信息资源", "主题信息资源", "部门信息资源"]
    for row in Classification.objects.exclude(parent=None).select_related("parent"):
        assert row.parent is not None
        assert row.code.startswith(row.parent.code)
        assert row.level == row.parent.level + 1
        assert row.name_en
    Classification.objects.filter(code="101").update(name="人口", last_serial=7)
    seed_classification()
    kept = Classification.objects.get(code="101")
    assert (kept.name, kept.last_serial) == ("人口", 7)


def test_the_list_searches_name_abstract_field_unit_and_code(cast: Cast) -> None:
    entry = published(cast)
    other = published(
        cast, resource_name="殡葬服务", name_en="Funerals", abstract="火化登记", classification_code="101004"
    )
    browser = cast.browser("leader")
    for words, found in (
        ("户籍", entry),
        ("火化", other),
        ("公安局 citizen_id", None),
        (entry.code, entry),
        (other.code, other),
        ("公民身份号码 火化", other),
    ):
        page = text_of(browser, f"/catalogue/?q={words}")
        for each in (entry, other):
            assert (f"/catalogue/{each.uid}/" in page) is (found is None or found == each), words
    nothing = browser.get("/catalogue/?q=不存在的词")
    assert not nothing.context["rows"].object_list
    assert nothing.context["narrowed"]


def test_facets_count_and_narrow(cast: Cast) -> None:
    published(cast)
    published(cast, resource_name="婚姻登记", classification_code="101003", share_type="1")
    cast.entry(resource_name="草稿一", classification_code="202001")
    browser = cast.browser("officer", "en")
    page = browser.get("/catalogue/")
    facets = {facet["label"]: facet for facet in page.context["facets"]}
    counts = {facet: {str(o["label"]): o["count"] for o in row["options"]} for facet, row in facets.items()}
    assert counts["State"] == {"Draft": 1, "Published": 2}
    assert counts["Share type"] == {"Unconditional sharing": 1, "Conditional sharing": 2}
    assert counts["Highest grade"] == {"General, level 4": 2, "Not graded": 1}
    assert counts["Classification"] == {"Base information": 2, "Theme information": 1}
    assert counts["Landing"] == {"No data in the lake": 3}
    narrowed = browser.get("/catalogue/?class=101&state=published&grade=general-4&sort=-name")
    assert len(narrowed.context["rows"].object_list) == 2
    labels = [o["label"] for f in narrowed.context["facets"] if f["label"] == "Classification" for o in f["options"]]
    assert labels == ["Base information", "Population", "Identity of residents", "Marriage and birth"]
    assert browser.get("/catalogue/?state=nonsense").status_code == 422
    assert browser.get("/catalogue/?grade=none").context["rows"].object_list[0].resource_name == "草稿一"


def test_export_carries_what_the_list_shows(cast: Cast) -> None:
    entry = published(cast)
    published(cast, resource_name="婚姻登记", classification_code="101003")
    answer = cast.browser("leader").get("/catalogue/?export=csv&class=101001")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert entry.code in lines[1]


def test_the_entry_page_shows_what_binds(cast: Cast) -> None:
    entry = published(cast, share_type="3", share_law="《居民身份证法》第十九条")
    page = text_of(cast.browser("officer"), f"/catalogue/{entry.uid}/")
    for text in ("信息资源代码", entry.code, "《居民身份证法》第十九条", "不予共享", "公民身份号码", "撤销", "版本"):
        assert text in page, text
    english = text_of(cast.browser("officer", "en"), f"/catalogue/{entry.uid}/")
    assert "Household registration" in english
    assert "Law that forbids sharing" in english


def test_live_figures_follow_landing_and_probes(cast: Cast) -> None:
    entry = published(cast)
    at = NOW.isoformat()
    add(name="intake.batch.landed", payload={"entry_uid": entry.uid, "rows_total": 12345, "at": at}, now=NOW)
    add(name="services.mount.changed", payload={"entry_uid": entry.uid, "mounted": True, "at": at}, now=NOW)
    while dispatch(NOW, 100):
        pass
    page = text_of(cast.browser("officer"), f"/catalogue/{entry.uid}/")
    assert "12,345" in page
    assert "已挂载" in page
    older = "2026-03-01T00:00:00+00:00"
    add(name="services.mount.changed", payload={"entry_uid": entry.uid, "mounted": False, "at": older}, now=NOW)
    dispatch(NOW, 100)
    assert Entry.objects.get(pk=entry.pk).mounted is True


def test_buttons_say_why_not(cast: Cast) -> None:
    entry = cast.entry()
    page = cast.browser("steward").get(f"/catalogue/{entry.uid}/")
    actions = {action.url.rsplit("/", 2)[1]: action for action in page.context["actions"]}
    assert set(actions) == {"edit", "items", "grades", "submit"}
    assert "citizen_id" in actions["submit"].reason
    assert actions["edit"].reason is None
    leader = cast.browser("leader").get(f"/catalogue/{entry.uid}/")
    assert leader.context["actions"] == []


def test_a_revision_is_hidden_from_other_units(cast: Cast) -> None:
    entry = published(cast)
    entry = revise_entry(actor=SYSTEM, now=NOW, entry=entry)
    from support_catalogue import entry_data

    update_entry(actor=SYSTEM, now=NOW, entry=entry, data=entry_data(abstract="尚未公布的说明"))
    assert "尚未公布的说明" in text_of(cast.browser("steward"), f"/catalogue/{entry.uid}/")
    outside = text_of(cast.browser("other"), f"/catalogue/{entry.uid}/")
    assert "尚未公布的说明" not in outside
    assert "全市户籍人口的登记事项" in outside
    assert "尚未公布的说明" not in text_of(cast.browser("other"), f"/catalogue/{entry.uid}/versions/?from=1&to=now")


def rows_of(*rows: dict[str, str], **more: str | list[str]) -> dict[str, list[str] | str]:
    names = ("name", "title", "title_en", "data_type", "length", "unit_of_measure", "code_list", "mask")
    return {name: [row.get(name, "") for row in rows] for name in names} | more


def test_the_items_table_works_without_scripts(cast: Cast) -> None:
    entry = cast.entry()
    url = f"/catalogue/{entry.uid}/items/"
    browser = cast.browser("steward")
    grade_items(actor=SYSTEM, now=NOW, entry=entry, grades=GRADES)
    rows = (
        {"name": "citizen_id", "title": "公民身份号码", "length": "18"},
        {"name": "sex", "title": "性别", "code_list": "1，2"},
    )
    added = browser.post(url, rows_of(*rows, do="add"))
    assert len(added.context["rows"]) == 5
    removed = browser.post(url, rows_of(*rows, do="remove-0"))
    assert [row["name"] for row in removed.context["rows"]] == ["sex"]
    moved = browser.post(url, rows_of(*rows, do="up-1"))
    assert [row["name"] for row in moved.context["rows"]] == ["sex", "citizen_id"]
    pasted = browser.post(
        url, rows_of(*rows, do="paste", pasted="born_on,出生日期,日期,,否,是,Born\naddress\t住址\t文本\t200")
    )
    assert [row["name"] for row in pasted.context["rows"]][2:] == ["born_on", "address"]
    assert pasted.context["rows"][2]["data_type"] == "date"
    assert entry.items.count() == 3
    saved = browser.post(url, rows_of(*rows, {"name": "", "title": ""}, do="save", is_key=["0"]))
    assert saved.status_code == 302
    kept = {item.name: item for item in entry.items.all()}
    assert list(kept) == ["citizen_id", "sex"]
    assert kept["citizen_id"].is_key
    assert kept["citizen_id"].grade == "general-4"
    assert kept["sex"].grade == ""
    assert kept["sex"].code_list == ["1", "2"]


def test_faults_of_items_are_told_beside_them(cast: Cast) -> None:
    entry = cast.entry()
    rows = ({"name": "Bad Name", "title": "甲"}, {"name": "b", "title": "", "length": "x"})
    answer = cast.browser("steward").post(f"/catalogue/{entry.uid}/items/", rows_of(*rows, do="save"))
    assert answer.status_code == 422
    assert set(answer.context["rows"][0]["faults"]) == {"name"}
    assert set(answer.context["rows"][1]["faults"]) == {"title", "length"}
    assert len(answer.context["faults"]) == 3
    assert entry.items.count() == 3


def test_grading_needs_its_own_right(cast: Cast) -> None:
    entry = cast.entry()
    url = f"/catalogue/{entry.uid}/grades/"
    assert cast.browser("developer").get(url).status_code == 403
    assert cast.browser("other").get(url).status_code == 404
    form = {f"grade-{name}": grade for name, grade in GRADES.items()}
    assert cast.browser("steward").post(url, form).status_code == 302
    bad = cast.browser("steward").post(url, {**form, "grade-name": "secret"})
    assert bad.status_code == 422
    assert "general-4" in set(get_entry(actor=SYSTEM, uid=entry.uid).items.values_list("grade", flat=True))


def test_class_pages_and_forms_open_in_both_languages(cast: Cast) -> None:
    entry = cast.entry(items=(ItemData("a", "甲"),))
    for language in ("zh-hans", "en"):
        browser = cast.browser("steward", language)
        for path in ("", "classes/", "new/", f"{entry.uid}/edit/", f"{entry.uid}/items/", f"{entry.uid}/versions/"):
            text_of(browser, f"/catalogue/{path}")
    assert "人口基础信息" in text_of(cast.browser("leader"), "/catalogue/classes/")
    assert cast.browser("leader").get("/catalogue/new/").status_code == 403
    assert Client().get("/catalogue/").status_code == 302
