"""Clause 2.5.1, multi-tenant development: a unit's developers work on what was granted to them, through HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from quanshu.kernel.clock import freeze
from quanshu.shared.access.api import SYSTEM
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.libraries.api import LibraryData, create_library, find_model_by_code
from support_catalogue import Cast, make_cast
from support_quality import GOOD, MONDAY, load, own_lake, published, work

UNTIL = (MONDAY + timedelta(days=30)).date().isoformat()


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> Iterator[tuple[Cast, Entry]]:
    with own_lake(settings, tmp_path) as folder:
        cast = make_cast()
        entry = published(cast)
        load(entry, folder, GOOD, MONDAY)
        entry.refresh_from_db()
        with freeze(MONDAY):
            yield cast, entry


def test_from_asking_to_a_reviewed_model_in_the_browser(city: tuple[Cast, Entry]) -> None:
    cast, entry = city
    developer, steward = cast.browser("developer"), cast.browser("steward")
    made = developer.post(
        "/workspaces/new/", {"unit": cast.units["civil"].uid, "name": "津贴核对", "purpose": "核对老年人津贴发放对象"}
    )
    space = made["Location"]
    choose = f"{space}tables/"
    assert entry.resource_name in developer.get(choose).content.decode()
    asked = developer.post(
        f"{choose}{entry.uid}/",
        {"alias": "residents", "columns": ["person_id", "name", "sex"], "reason": "核对年龄", "until": UNTIL},
    )
    table = asked["Location"]
    # The unit whose data it is grants; a field may be held back, none may be shown more openly.
    weak = {"until": UNTIL, "mask_person_id": "none", "mask_name": "name", "mask_sex": "none"}
    assert steward.post(f"{table}grant/", weak).status_code == 422
    right = {"until": UNTIL, "mask_person_id": "citizen_id", "mask_name": "name", "mask_sex": ""}
    assert steward.post(f"{table}grant/", right)["Location"] == table
    # Wrong text first: the fault stands beside the editor with its place, and nothing is kept.
    draft = {"title": "按姓氏汇总", "kind": "model", "sql": "SELECT * FROM secrets", "run": "1"}
    refused = developer.post(f"{space}drafts/new/", draft)
    assert refused.status_code == 422
    assert "secrets" in refused.content.decode()
    draft["sql"] = "SELECT person_id, name FROM residents ORDER BY person_id"
    editor = developer.post(f"{space}drafts/new/", draft)["Location"]
    page = developer.get(editor).content.decode()
    assert "370102********0028" in page
    assert "李*" in page
    assert "李四" not in page
    detail = editor.removesuffix("edit/")
    assert developer.post(f"{detail}submit/").status_code == 302
    officer = cast.browser("officer")
    assert officer.get(f"{detail}").status_code == 200
    assert officer.post(f"{detail}return/", {"reason": "请加上区划"}).status_code == 302
    assert "请加上区划" in developer.get(detail).content.decode()
    # Submitted again, it is promoted, published and built over the whole table, not the sample's masked copy.
    developer.post(f"{detail}submit/")
    library = create_library(
        actor=SYSTEM,
        now=MONDAY,
        unit=cast.units["bureau"],
        data=LibraryData("allowances", "theme", "津贴主题库", classification_code="202002"),
    )
    form = {"library": library.uid, "code": "allowance_check", "keys": "person_id"}
    model = officer.post(f"{detail}promote/", form)["Location"]
    assert officer.post(f"{model}publish/")["Location"] == model
    officer.post(f"{model}build/")
    work(MONDAY)
    assert find_model_by_code("allowance_check").current.rows == 3  # type: ignore[union-attr]
    assert steward.get(space).status_code == 404


def test_the_same_over_the_api_and_the_ways_out_are_shut(city: tuple[Cast, Entry]) -> None:
    cast, entry = city
    developer, steward = cast.program("developer"), cast.program("steward")

    def post(client: Any, path: str, body: dict[str, Any]) -> Any:
        return client.post(f"/api/v1/workspaces/{path}", body, content_type="application/json")

    body = {"unit": cast.units["civil"].uid, "name": "津贴核对", "purpose": "核对老年人津贴"}
    space = post(developer, "spaces", body).json()["uid"]
    ask = {"entry": entry.uid, "alias": "r", "columns": ["sex", "phone"], "reason": "汇总性别", "until": UNTIL}
    table = post(developer, f"spaces/{space}/tables", ask).json()["uid"]
    assert post(developer, f"tables/{table}/grant", {"masks": {"sex": "none"}}).status_code == 403
    assert post(steward, f"tables/{table}/grant", {"masks": {"sex": "none"}}).json()["state"] == "granted"
    draft = post(
        developer, f"spaces/{space}/drafts", {"title": "性别", "sql": "SELECT sex, count(*) n FROM r GROUP BY 1"}
    )
    uid = draft.json()["uid"]
    run = post(developer, f"drafts/{uid}/run", {}).json()
    assert sorted(run["rows"]) == [["1", 1], ["2", 1]] or run["state"] == "done"
    for sql in (
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT phone FROM r",
        "SELECT * FROM entry_x",
        "DROP TABLE r",
    ):
        answer = developer.put(
            f"/api/v1/workspaces/drafts/{uid}", {"title": "越界", "sql": sql}, content_type="application/json"
        )
        if answer.status_code == 200:
            ran = post(developer, f"drafts/{uid}/run", {}).json()
            assert ran["state"] == "failed", sql
        else:
            assert answer.status_code == 422, sql
            assert answer.json()["code"] == "lake.bad_query"
    assert post(steward, f"tables/{table}/end", {"reason": "用途已变"}).json()["state"] == "ended"
    assert developer.get(f"/api/v1/workspaces/spaces/{space}").json()["tables"][0]["state"] == "ended"
