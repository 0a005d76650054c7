"""Models of libraries: refused with their fault, published by another, built beside what is in use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from quanshu.kernel.errors import FieldErrors, Forbidden, QuanshuError
from quanshu.lake.models import BadTest, CircularModels
from quanshu.lake.sqlcheck import BadQuery
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.jobs.api import run_due
from quanshu.shared.outbox.api import dispatch
from quanshu.supply.catalogue.api import Entry, items_of
from quanshu.supply.lake_store import get_lake
from quanshu.supply.libraries import queries, services
from quanshu.supply.libraries.models import Build, Model
from quanshu.supply.libraries.types import (
    BadReference,
    BadSchedule,
    LibraryData,
    NotPublished,
    NotSwappable,
    OwnModel,
    WrongVersionState,
)
from support_libraries import LATER, Shelf, load_table
from support_quality import MONDAY


def rows_of(model: Model) -> dict[str, Any]:
    """{person: status} of the table in use."""
    entry = Entry.objects.get(pk=Model.objects.get(pk=model.pk).entry_id)
    return {row["person_id"]: row["status"] for row in get_lake().read(entry.lake_table).to_pylist()}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"code": "No"}, FieldErrors),
        ({"title": " "}, FieldErrors),
        ({"references": ""}, BadReference),
        ({"references": "people: x"}, BadReference),
        ({"references": "people = 3/9"}, BadReference),
        ({"sql": "SELECT wage FROM people"}, BadQuery),
        ({"sql": "SELECT * FROM other"}, BadQuery),
        ({"sql": "DROP TABLE people"}, BadQuery),
        ({"keys": "nobody"}, FieldErrors),
        ({"columns": "nothing = 无"}, FieldErrors),
        ({"columns": "status = 状态 | Status | blur"}, FieldErrors),
        ({"tests": "unique nothing"}, BadTest),
    ],
)
def test_a_faulty_model_is_refused_and_nothing_is_kept(
    shelf: Shelf, changes: dict[str, str], fault: type[QuanshuError]
) -> None:
    with pytest.raises(fault):
        services.save_model(actor=SYSTEM, now=MONDAY, library=shelf.library, data=shelf.data(**changes))
    assert not Model.objects.exists()


def test_a_column_is_graded_as_the_highest_of_its_sources(shelf: Shelf) -> None:
    model = shelf.model()
    items = {item.name: item for item in items_of(model.entry)}  # type: ignore[arg-type]
    assert items["person_id"].grade == "general-3"
    assert (items["person_id"].mask, items["person_id"].title) == ("citizen_id", "公民身份号码")
    assert items["died_on"].grade == "important"
    assert items["status"].grade == "important"
    assert items["status"].title == "生存状态"
    assert items["person_id"].is_key


def test_a_value_worked_out_from_a_masked_one_is_hidden(shelf: Shelf) -> None:
    model = shelf.model(
        sql="SELECT person_id, substr(name, 1, 1) AS family FROM people",
        columns="",
        tests="",
        references=f"people = {shelf.people.code}",
    )
    items = {item.name: item for item in items_of(model.entry)}  # type: ignore[arg-type]
    assert items["family"].mask == "full"
    assert items["family"].personal


def test_a_build_is_tested_and_put_in_use(shelf: Shelf) -> None:
    model = shelf.model()
    data = shelf.data(code="other")
    draft = services.save_model(actor=SYSTEM, now=MONDAY, library=shelf.library, data=data)
    with pytest.raises(NotPublished):
        services.start_build(actor=SYSTEM, now=MONDAY, model=draft.model)
    build = shelf.build(model)
    assert build.state == "done"
    assert [test["failed"] for test in build.tests] == [0, 0, 0, 0]
    assert sorted(rows_of(model).values()) == ["alive", "alive", "dead"]
    assert services.build_now(build.uid, MONDAY).pk == build.pk


def test_a_failed_test_changes_nothing(shelf: Shelf) -> None:
    model = shelf.model()
    good = shelf.build(model)
    shelf.next_version(model, tests="accepted status: alive")
    bad = shelf.build(Model.objects.get(pk=model.pk))
    assert (bad.state, bad.error["code"]) == ("failed", "libraries.tests_failed")
    assert bad.tests[0]["failed"] == 1
    model.refresh_from_db()
    assert model.current_id == good.pk
    assert rows_of(model)["370102199001010028"] == "dead"
    assert not get_lake().exists(bad.lake_table)
    with pytest.raises(NotSwappable):
        services.swap_build(actor=SYSTEM, now=MONDAY, build=bad)


def test_a_build_that_cannot_run_says_why(shelf: Shelf) -> None:
    model = shelf.model()
    get_lake().drop(shelf.deaths.lake_table)
    build = shelf.build(model)
    assert build.error["code"] == "libraries.input_missing"
    assert build.error["params"] == {"name": "deaths"}


def test_rolling_back_is_one_step_and_forward_again(shelf: Shelf) -> None:
    model = shelf.model()
    first = shelf.build(model)
    load_table(shelf.deaths, shelf.folder, [["370102199001010036", "2026-02-01"]], MONDAY + LATER)
    second = shelf.build(model)
    assert rows_of(model)["370102199001010036"] == "dead"
    officer = shelf.cast.actor("officer")
    services.swap_build(actor=officer, now=MONDAY, build=first)
    assert rows_of(model)["370102199001010036"] == "alive"
    with pytest.raises(NotSwappable):
        services.swap_build(actor=officer, now=MONDAY, build=first)
    services.swap_build(actor=officer, now=MONDAY, build=second)
    assert rows_of(model)["370102199001010036"] == "dead"
    with pytest.raises(Forbidden):
        services.swap_build(actor=shelf.cast.actor("steward"), now=MONDAY, build=first)


def test_a_worker_that_was_killed_halfway_is_made_up_for(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    model = shelf.model()
    build = services.start_build(actor=SYSTEM, now=MONDAY, model=model)

    def die(*_args: Any, **_more: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as killed:
        killed.setattr("quanshu.supply.libraries.services.building.run_model_tests", die)
        with pytest.raises(SystemExit):
            services.build_now(build.uid, MONDAY)
    build.refresh_from_db()
    assert build.state == "running"
    assert services.build_now(build.uid, MONDAY + LATER).state == "done"


def test_old_builds_make_room_and_the_one_in_use_stays(shelf: Shelf) -> None:
    model = shelf.model()
    builds = [shelf.build(model) for _ in range(7)]
    kept = [build.pk for build in Build.objects.filter(dropped=False)]
    assert len(kept) == 5
    assert builds[-1].pk in kept
    assert not get_lake().exists(builds[0].lake_table)
    with pytest.raises(NotSwappable):
        services.swap_build(actor=SYSTEM, now=MONDAY, build=Build.objects.get(pk=builds[0].pk))


def test_models_follow_their_sources_and_each_other(shelf: Shelf) -> None:
    survival = shelf.model()
    count = shelf.model(
        code="counts",
        title="生存状态统计",
        references="survival = survival",
        sql="SELECT status, count(*) AS people FROM survival GROUP BY status",
        keys="status",
        columns="",
        tests="unique status",
    )
    shelf.build(survival)
    dispatch(MONDAY)
    at = MONDAY + LATER
    while run_due(at) + dispatch(at):
        at += LATER
    count.refresh_from_db()
    assert count.current is not None
    assert count.current.cause == "followed"
    load_table(shelf.deaths, shelf.folder, [["370102199001010036", "2026-02-01"]] * 1, at)
    assert Build.objects.filter(model=survival, state="queued", cause="followed").count() == 1


def test_a_circle_of_models_is_refused(shelf: Shelf) -> None:
    survival = shelf.model()
    shelf.model(
        code="second", title="第二", references="survival = survival", sql="SELECT status FROM survival",
        keys="", columns="", tests="",
    )  # fmt: skip
    data = shelf.data(references="second = second", sql="SELECT status FROM second", keys="", tests="", columns="")
    with pytest.raises(CircularModels):
        services.save_model(actor=SYSTEM, now=MONDAY, library=shelf.library, data=data, model=survival)


def test_another_person_publishes(shelf: Shelf) -> None:
    officer = shelf.cast.actor("officer")
    version = services.save_model(actor=officer, now=MONDAY, library=shelf.library, data=shelf.data())
    with pytest.raises(WrongVersionState):
        services.publish_model(actor=SYSTEM, now=MONDAY, model=version.model)
    services.submit_model(actor=officer, now=MONDAY, model=version.model)
    with pytest.raises(OwnModel):
        services.publish_model(actor=officer, now=MONDAY, model=version.model)
    with pytest.raises(WrongVersionState):
        services.save_model(actor=officer, now=MONDAY, library=shelf.library, data=shelf.data(), model=version.model)
    back = services.return_model(actor=SYSTEM, now=MONDAY, model=version.model, reason="请加测试")
    assert (back.state, back.note) == ("draft", "请加测试")


def test_a_schedule_is_kept_and_made_up_once(shelf: Shelf) -> None:
    model = shelf.model()
    with pytest.raises(BadSchedule):
        services.schedule_model(actor=SYSTEM, now=MONDAY, model=model, cron="daily", follows=True)
    model = services.schedule_model(actor=SYSTEM, now=MONDAY, model=model, cron="0 2 * * *", follows=False)
    assert services.run_schedule(MONDAY) == 0
    assert services.run_schedule(MONDAY + timedelta(days=3)) == 1
    assert services.run_schedule(MONDAY + timedelta(days=3)) == 0
    assert services.queue_followers(shelf.deaths.uid, MONDAY) == []


def test_figures_are_computed_from_what_is_there(shelf: Shelf) -> None:
    model = shelf.model()
    (before,) = queries.library_figures(queries.list_models(SYSTEM))
    assert (before.rows, before.coverage, before.pass_rate) == (None, None, None)
    shelf.build(model)
    (after,) = queries.library_figures(queries.list_models(SYSTEM))
    assert (after.rows, after.coverage) == (3, 1.0)


def test_a_build_speaks_openlineage(shelf: Shelf) -> None:
    build = shelf.build(shelf.model())
    start, complete = queries.openlineage_events(Build.objects.select_related("model", "version").get(pk=build.pk))
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert complete["run"]["runId"] == build.uid
    (output,) = complete["outputs"]
    fields = output["facets"]["columnLineage"]["fields"]
    sources = {entry["field"] for entry in fields["status"]["inputFields"]}
    assert sources == {"died_on"}
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 3
    assert all(test["success"] for test in output["facets"]["dataQualityAssertions"]["assertions"])


@pytest.mark.parametrize(
    "data",
    [
        LibraryData("Bad Code", "base", "库", classification_code="101001"),
        LibraryData("alive", "base", "库", classification_code="101001"),
        LibraryData("fine", "shelf", "库", classification_code="101001"),
        LibraryData("fine", "base", " ", classification_code="101001"),
        LibraryData("fine", "base", "库", classification_code="9"),
    ],
)
def test_a_faulty_library_is_refused(shelf: Shelf, data: LibraryData) -> None:
    with pytest.raises(FieldErrors):
        services.create_library(actor=SYSTEM, now=MONDAY, unit=shelf.cast.units["bureau"], data=data)
