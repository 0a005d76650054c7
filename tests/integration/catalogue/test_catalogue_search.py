"""The search index: kept with each write, healed, rebuilt, and never wider than the rights of who asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from quanshu.organisation.api import UnitData, update_unit
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.outbox.api import dispatch
from quanshu.supply.catalogue.api import (
    Entry,
    ItemData,
    grade_items,
    list_entries,
    publish_entry,
    revise_entry,
    search_entries,
    set_items,
    submit_entry,
    update_entry,
    withdraw_entry,
)
from quanshu.supply.catalogue.models import SearchText
from quanshu.supply.catalogue.search import finding
from quanshu.supply.catalogue.search.index import heal
from support_catalogue import GRADES, NOW, Cast, entry_data, uscc

pytestmark = pytest.mark.django_db
TOLD = NOW + timedelta(minutes=1)


def found(cast: Cast, who: str, text: str) -> list[str]:
    return [hit.entry.resource_name for hit in search_entries(actor=cast.actor(who), text=text).hits]


def published(cast: Cast, **changes: Any) -> Entry:
    entry = cast.entry(**changes)
    grade_items(actor=SYSTEM, now=NOW, entry=entry, grades=GRADES)
    submit_entry(actor=SYSTEM, now=NOW, entry=entry)
    return publish_entry(actor=SYSTEM, now=NOW, entry=entry)


def test_each_write_is_found_at_once_and_undone_with_its_transaction(cast: Cast) -> None:
    entry = cast.entry()
    assert found(cast, "steward", "户籍") == ["户籍人口登记信息"]
    update_entry(actor=SYSTEM, now=NOW, entry=entry, data=entry_data(resource_name="常住居民名册"))
    assert found(cast, "steward", "户籍人口登记信息") == []
    assert found(cast, "steward", "常住居民") == ["常住居民名册"]
    set_items(actor=SYSTEM, now=NOW, entry=entry, items=[ItemData("blood_type", "血型", is_key=True)])
    assert found(cast, "steward", "血型") == ["常住居民名册"]
    assert found(cast, "steward", "姓名") == []
    with transaction.atomic():
        update_entry(actor=SYSTEM, now=NOW, entry=entry, data=entry_data(resource_name="半途而废"))
        assert found(cast, "steward", "半途而废") == ["半途而废"]
        transaction.set_rollback(True)
    assert found(cast, "steward", "半途而废") == []
    assert found(cast, "steward", "常住居民") == ["常住居民名册"]
    Entry.objects.get(pk=entry.pk).delete()
    assert found(cast, "steward", "常住居民") == []


def test_a_renamed_unit_is_found_by_its_new_name(cast: Cast) -> None:
    published(cast)
    police = cast.units["police"]
    data = UnitData(name="治安管理总队", kind="department", code=uscc(2), name_en="Public order")
    update_unit(actor=SYSTEM, unit=police, data=data, now=NOW)
    dispatch(TOLD, 500)
    assert found(cast, "other", "治安管理") == ["户籍人口登记信息"]
    assert found(cast, "other", "公安局") == []


def test_missing_and_old_texts_are_healed_and_the_index_is_rebuilt(cast: Cast, capsys: Any) -> None:
    one, two = published(cast), published(cast, resource_name="机动车登记信息")
    SearchText.objects.filter(entry=one).delete()
    SearchText.objects.filter(entry=two).update(made_by=0, title="旧词")
    assert found(cast, "other", "机动") == []
    heal(using="default")
    assert found(cast, "other", "机动") == ["机动车登记信息"]
    assert found(cast, "other", "户籍人口登记信息") == ["户籍人口登记信息"]
    SearchText.objects.all().delete()
    call_command("rebuild_catalogue_search")
    assert "2 " in capsys.readouterr().out
    assert len(found(cast, "other", "登记信息")) == 2
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO catalogue_search(catalogue_search, rank) VALUES('integrity-check', 1)")


def test_the_search_shows_each_exactly_what_the_list_shows(cast: Cast) -> None:
    published(cast)
    revised = published(cast, resource_name="登记甲")
    revise_entry(actor=SYSTEM, now=NOW, entry=revised)
    gone = published(cast, resource_name="登记乙")
    withdraw_entry(actor=SYSTEM, now=NOW, entry=gone, reason="合并")
    cast.entry(resource_name="登记丙")
    cast.entry("civil", resource_name="登记丁")
    for who in cast.accounts:
        actor = cast.actor(who)
        seen = set(list_entries(actor).values_list("pk", flat=True))
        texts = list(finding.visible(actor, None).values_list("entry_id", flat=True))
        assert sorted(texts) == sorted(seen), who
        hits = {hit.entry.pk for hit in search_entries(actor=actor, text="登记").hits}
        assert hits == seen, who
    assert found(cast, "other", "登记")[-1] == "登记丁", "a draft came before what is in force"


def test_pages_of_a_search_meet_without_gap_and_facets_narrow_it(cast: Cast) -> None:
    for number in range(30):
        cast.entry(resource_name=f"登记信息第{number:02d}号")
    actor = cast.actor("steward")
    whole = [hit.entry.pk for hit in search_entries(actor=actor, text="登记信息", limit=100).hits]
    parts = [search_entries(actor=actor, text="登记信息", limit=10, offset=start).hits for start in (0, 10, 20)]
    assert [hit.entry.pk for part in parts for hit in part] == whole
    assert len(whole) == len(set(whole)) == 30
    within = list_entries(actor).filter(pk__in=whole[5:8])
    assert search_entries(actor=actor, text="登记信息", within=within).total == 3
    page = cast.browser("steward").get("/catalogue/", {"q": "登记信息", "state": "draft", "size": "25"})
    assert page.context["paginator"].count == 30
    program = cast.program("steward")
    body = program.get("/api/v1/catalogue/entries", {"q": "第07号", "limit": 5}).json()
    assert body["items"][0]["resource_name"] == "登记信息第07号"
    for bad in ({"limit": 0}, {"limit": 500}, {"offset": -1}):
        assert program.get("/api/v1/catalogue/search", {"q": "登记", **bad}).status_code == 422, bad
    assert program.get("/api/v1/catalogue/search").status_code == 422


def test_more_than_the_limit_is_said_and_the_list_still_counts_them(cast: Cast, monkeypatch: Any) -> None:
    for number in range(12):
        cast.entry(resource_name=f"名册{number}")
    monkeypatch.setattr(finding, "MOST_COUNTED", 10)
    answer = search_entries(actor=cast.actor("steward"), text="名册")
    assert (answer.total, answer.more) == (10, True)
    page = cast.browser("steward").get("/catalogue/", {"q": "名册"})
    assert page.context["paginator"].count == 12
