"""The standard an entry follows, the migration list and comparison, with wrong inputs and other people."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from quanshu.kernel.clock import now, today
from quanshu.kernel.errors import FieldErrors
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.jobs.api import run_due
from quanshu.supply.catalogue import services
from quanshu.supply.catalogue.api import (
    Entry,
    adopt_standard,
    create_entry,
    grade_items,
    publish_entry,
    revise_entry,
    submit_entry,
    update_entry,
)
from quanshu.supply.catalogue.models import Fit
from quanshu.supply.standards.api import (
    StandardField,
    change_standard,
    content_of,
    decide_version,
    draft_version,
)
from support_catalogue import GRADES, ITEMS, NOW, Cast, entry_data

API = "/api/v1/catalogue"


def published(cast: Cast, unit: str = "police", **changes: Any) -> Entry:
    entry = cast.entry(unit, **changes)
    grade_items(actor=SYSTEM, now=NOW, entry=entry, grades=GRADES)
    return publish_entry(actor=SYSTEM, now=NOW, entry=submit_entry(actor=SYSTEM, now=NOW, entry=entry))


def second_version(cast: Cast) -> None:
    actor = cast.actor("officer")
    version = draft_version(actor=actor, now=now(), title="修订稿", basis="管理办法")
    own = StandardField(
        "contact",
        "联系处室",
        "Contact",
        need="mandatory",
        max_length=10,
        column="联系处室",
    )
    standard = content_of(version)
    fields = (*standard.fields, own)
    changed = type(standard)(fields=fields, lists=standard.lists, segments=standard.segments)
    version = change_standard(actor=actor, now=now(), version=version, standard=changed)
    decide_version(actor=actor, now=now(), version=version, on=today(), reason="施行")


def test_a_draft_moves_to_the_version_in_force_when_asked(cast: Cast) -> None:
    draft = cast.entry()
    second_version(cast)
    actor = cast.actor("steward")
    update_entry(actor=actor, now=now(), entry=draft, data=entry_data(abstract="仍按第一版"))
    assert Entry.objects.get().standard == 1
    client = cast.browser("steward")
    page = client.get(f"/catalogue/{draft.uid}/").content.decode()
    assert "现行为第 2 版" in page
    assert "联系处室" in page
    assert client.post(f"/catalogue/{draft.uid}/standard/").status_code == 302
    moved = Entry.objects.get()
    assert moved.standard == 2
    with pytest.raises(FieldErrors):
        update_entry(actor=actor, now=now(), entry=moved, data=entry_data())
    data = entry_data(extra={"contact": "人口处", "unknown": "?"})
    with pytest.raises(FieldErrors) as caught:
        update_entry(actor=actor, now=now(), entry=moved, data=data)
    assert [error.field for error in caught.value.errors] == ["extra.unknown"]
    other = cast.program("other").post(f"{API}/entries/{draft.uid}/standard")
    assert other.status_code == 404
    with pytest.raises(FieldErrors) as caught:
        create_entry(actor=actor, now=now(), unit=cast.units["police"], data=entry_data(), items=ITEMS)
    assert [error.field for error in caught.value.errors] == ["extra.contact"]


def test_what_the_platform_builds_is_listed_and_not_stopped(cast: Cast) -> None:
    second_version(cast)
    entry = published(cast)
    assert entry.standard == 2
    services.assess_standard(actor=cast.actor("officer"), now=now(), number=2)
    run_due(datetime.now(UTC))
    assert Fit.objects.get().fits is False


def test_the_migration_list_is_asked_for_by_the_bureau_and_seen_by_row_rights(cast: Cast) -> None:
    entry = published(cast)
    withdrawn = published(cast, resource_name="将撤销")
    officer = cast.browser("officer")
    assert cast.browser("steward").post("/catalogue/migration/1/check/").status_code == 403
    assert officer.post("/catalogue/migration/9/check/").status_code == 404
    assert officer.get("/catalogue/migration/9/").status_code == 404
    assert "没有列出的目录" in officer.get("/catalogue/migration/1/").content.decode()
    officer.post("/catalogue/migration/1/check/")
    run_due(datetime.now(UTC))
    assert set(Fit.objects.values_list("entry__uid", "fits")) == {(entry.uid, True), (withdrawn.uid, True)}
    services.withdraw_entry(actor=SYSTEM, now=NOW, entry=withdrawn, reason="划转")
    services.run_assessment(1, now=now())
    assert Fit.objects.count() == 1
    assert officer.get("/catalogue/migration/1/?fits=2").status_code == 422
    assert officer.get("/catalogue/migration/1/?fits=1&export=csv").status_code == 200
    assert officer.get("/catalogue/migration/")["Location"] == "/catalogue/migration/1/?fits=0"
    told = cast.program("officer").post(f"{API}/migration/1/check")
    assert (told.status_code, told.json()["state"]) == (202, "queued")


def test_the_comparison_reads_in_the_readers_language(cast: Cast) -> None:
    entry = published(cast, abstract="全市户籍人口的登记事项，按月更新，含姓名和登记日期")
    revised = revise_entry(actor=SYSTEM, now=NOW, entry=entry)
    data = entry_data(abstract="全市户籍人口的登记事项，按周更新，含姓名和登记日期", update_cycle="weekly")
    revised = update_entry(actor=SYSTEM, now=NOW, entry=revised, data=data)
    items = (ITEMS[0], ITEMS[2], type(ITEMS[0])("address", "住址", title_en="Address", mask="address"))
    services.set_items(actor=SYSTEM, now=NOW, entry=revised, items=items)
    shown = cast.browser("steward").get(f"/catalogue/{entry.uid}/versions/?from=1&to=now").content.decode()
    for text in ("登记事项，按<del", ">月</del>", ">周</ins>", "每周", "住址", "新增", "姓名", "删除"):
        assert text in shown, text
    english = cast.browser("steward", "en").get(f"/catalogue/{entry.uid}/versions/?from=1&to=now").content.decode()
    for text in ("Weekly", "Address", "Taken out", "Added"):
        assert text in english, text
    told = json.loads(cast.program("steward").get(f"{API}/entries/{entry.uid}/comparison?from=1").content)
    assert {(item["kind"], item["name"]) for item in told["items"]} >= {("added", "address"), ("removed", "name")}
    assert cast.browser("steward").get(f"/catalogue/{entry.uid}/versions/?from=99").status_code == 404
    adopt_standard(actor=SYSTEM, now=now(), entry=Entry.objects.get())
