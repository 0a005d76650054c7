"""Clause 2.1.5: base, theme, special and application libraries, built by versioned models, through HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quanshu.kernel.clock import freeze
from quanshu.supply.libraries.api import Model
from support_catalogue import make_cast
from support_libraries import SQL, Shelf, make_shelf
from support_quality import GOOD, MONDAY, load, own_lake, work


@pytest.fixture
def shelf(db: None, settings: Any, tmp_path: Path) -> Iterator[Shelf]:
    with own_lake(settings, tmp_path) as folder, freeze(MONDAY):
        made = make_shelf(make_cast(), folder)
        load(made.people, folder, GOOD, MONDAY)
        made.people.refresh_from_db()
        yield made


def entered(shelf: Shelf, **changes: str) -> dict[str, str]:
    """The editor's fields."""
    data = shelf.data(**changes)
    return {
        "code": data.code,
        "title": data.title,
        "title_en": data.title_en,
        "description": "由户籍与死亡登记判断",
        "references": data.references,
        "sql": data.sql,
        "keys": data.keys,
        "columns": data.columns,
        "tests": data.tests,
    }


def test_a_library_is_made_built_read_and_rolled_back_in_the_browser(shelf: Shelf) -> None:
    officer, chief = shelf.cast.browser("officer"), shelf.cast.browser("officer")
    bureau = shelf.cast.units["bureau"].uid
    made = officer.post(
        "/libraries/new/",
        {"unit": bureau, "code": "population", "kind": "base", "name": "人口库", "classification_code": "101001"},
    )
    library = made["Location"]
    wrong = officer.post(f"{library}models/new/", entered(shelf, sql="SELECT wage FROM people"))
    assert wrong.status_code == 422
    assert "wage" in wrong.content.decode()
    model = officer.post(f"{library}models/new/", entered(shelf))["Location"]
    assert officer.post(f"{model}submit/").status_code == 302
    # The author does not publish; a colleague does.
    officer.post(f"{model}publish/")
    row = Model.objects.get()
    assert row.published is None
    row.versions.update(author_uid="another")
    assert chief.post(f"{model}publish/")["Location"] == model
    build = officer.post(f"{model}build/")["Location"]
    work(MONDAY)
    page = officer.get(build).content.decode()
    assert "required person_id" in page
    page = officer.get(model).content.decode()
    assert "died_on" in page
    assert "重要" in page
    listed = officer.get("/libraries/").content.decode()
    assert "人口库" in listed
    assert "chart-lineage" in listed
    second = officer.post(f"{model}build/")["Location"]
    work(MONDAY)
    assert officer.post(f"{build}swap/")["Location"] == build
    row.refresh_from_db()
    assert row.current is not None
    assert row.current.get_absolute_url() == build
    assert second != build
    for path in ("/libraries/", library, model, build, "/libraries/builds/"):
        assert shelf.cast.browser("leader", "en").get(path).status_code == 200


def test_the_same_over_the_api_with_lineage_and_events(shelf: Shelf) -> None:
    officer = shelf.cast.program("officer")

    def post(path: str, body: dict[str, Any] | None = None) -> Any:
        return officer.post(f"/api/v1/libraries/{path}", body or {}, content_type="application/json")

    library = {"unit": shelf.cast.units["bureau"].uid, "code": "dead", "kind": "special", "name": "死亡人口库",
               "classification_code": "101001"}  # fmt: skip
    uid = post("libraries", library).json()["uid"]
    assert post("libraries", library).status_code == 422
    bad = post(f"libraries/{uid}/models", entered(shelf, sql="SELECT * FROM nowhere"))
    assert (bad.status_code, bad.json()["code"]) == (422, "lake.bad_query")
    model = post(f"libraries/{uid}/models", entered(shelf)).json()["uid"]
    post(f"models/{model}/submit")
    Model.objects.get().versions.update(author_uid="another")
    assert post(f"models/{model}/publish").json()["latest"]["state"] == "published"
    build = post(f"models/{model}/build")
    assert build.status_code == 202
    work(MONDAY)
    built = officer.get(f"/api/v1/libraries/builds/{build.json()['uid']}").json()
    assert (built["state"], built["in_use"], built["rows"]) == ("done", True, 3)
    lineage = officer.get(f"/api/v1/libraries/models/{model}/lineage").json()
    status = next(column for column in lineage["columns"] if column["name"] == "status")
    assert [source["column"] for source in status["sources"]] == ["died_on"]
    events = officer.get(f"/api/v1/libraries/builds/{built['uid']}/openlineage").json()
    assert [event["eventType"] for event in events] == ["START", "COMPLETE"]
    figures = officer.get(f"/api/v1/libraries/libraries/{uid}").json()["models"]
    assert (figures[0]["rows"], figures[0]["coverage"]) == (3, None)
    # A next version whose test fails leaves the table in use as it was.
    assert (
        officer.put(
            f"/api/v1/libraries/models/{model}",
            entered(shelf, tests="rows 100 ..", sql=SQL + "WHERE d.died_on IS NULL"),
            content_type="application/json",
        ).status_code
        == 200
    )
    post(f"models/{model}/submit")
    Model.objects.get().versions.update(author_uid="another")
    post(f"models/{model}/publish")
    failed = post(f"models/{model}/build").json()["uid"]
    work(MONDAY)
    answer = officer.get(f"/api/v1/libraries/builds/{failed}").json()
    assert (answer["state"], answer["error"]["code"]) == ("failed", "libraries.tests_failed")
    assert officer.get(f"/api/v1/libraries/models/{model}").json()["current_build"] == built["uid"]
    assert post(f"builds/{failed}/swap").status_code == 409
    assert shelf.cast.program("steward").post(f"/api/v1/libraries/builds/{built['uid']}/swap").status_code == 403
