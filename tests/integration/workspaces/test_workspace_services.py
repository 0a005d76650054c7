"""Workspaces: who may read what, how it is masked, and what ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from quanshu.kernel.errors import FieldErrors, Forbidden
from quanshu.lake.sqlcheck import BadQuery
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.notify.api import notices_of
from quanshu.shared.workflow.api import clocks_of, todos_for
from quanshu.supply.workspaces import queries, services
from quanshu.supply.workspaces.types import (
    AskData,
    DraftData,
    GrantData,
    NotDecidable,
    NotEndable,
    NotReviewable,
    NotSubmittable,
    NotWritable,
    OwnDraft,
    WeakMask,
    WorkspaceClosed,
    WorkspaceData,
    WorkspaceNotFound,
)
from support_quality import MONDAY
from support_workspaces import MASKS, TODAY, Space, make_space

SQL = "SELECT person_id, name FROM residents ORDER BY person_id LIMIT 1"


def draft_of(ready: Space, sql: str = SQL, kind: str = "model", **more: Any) -> Any:
    data = DraftData("津贴对象", kind, sql)
    actor = ready.cast.actor("developer")
    return services.save_draft(actor=actor, now=MONDAY, space=ready.space, data=data, **more)


def test_a_run_answers_masked_rows(ready: Space) -> None:
    run = services.run_draft(actor=ready.cast.actor("developer"), now=MONDAY, draft=draft_of(ready))
    assert run.state == "done"
    assert run.rows == [["370102********001X", "张**"]]
    assert run.sampled == {"residents": 3}


def test_a_field_not_granted_is_not_there(ready: Space) -> None:
    run = services.run_draft(
        actor=ready.cast.actor("developer"), now=MONDAY, draft=draft_of(ready, "SELECT phone FROM residents")
    )
    assert run.state == "failed"
    assert run.error["code"] == "lake.sandbox_failed"
    assert "phone" in run.error["params"]["fault"]


def test_another_workspaces_table_is_refused_at_saving(ready: Space) -> None:
    other = make_space(ready.cast, ready.entry, granted=False, name="另一处")
    with pytest.raises(BadQuery):
        services.save_draft(
            actor=ready.cast.actor("developer"),
            now=MONDAY,
            space=other.space,
            data=DraftData("试", "query", SQL),
        )


def test_a_table_is_read_to_its_last_day_and_no_longer(ready: Space) -> None:
    draft, actor = draft_of(ready), ready.cast.actor("developer")
    after = MONDAY + timedelta(days=61)
    assert services.run_draft(actor=actor, now=after, draft=draft).error["code"] == "lake.bad_query"
    assert services.end_expired(after) == 1
    assert services.end_expired(after) == 0
    ready.table.refresh_from_db()
    assert ready.table.state == "ended"


def test_ending_a_table_stops_its_queries_at_once(ready: Space) -> None:
    draft = draft_of(ready)
    services.end_table(actor=ready.cast.actor("steward"), now=MONDAY, table=ready.table, reason="用途已变")
    run = services.run_draft(actor=ready.cast.actor("developer"), now=MONDAY, draft=draft)
    assert run.error["code"] == "lake.bad_query"
    with pytest.raises(NotEndable):
        services.end_table(actor=ready.cast.actor("steward"), now=MONDAY, table=ready.table, reason="再次")


def test_only_the_owner_of_the_data_decides(ready: Space) -> None:
    asked = make_space(ready.cast, ready.entry, granted=False, name="另一处").table
    with pytest.raises(Forbidden):
        services.grant_table(actor=ready.cast.actor("other"), now=MONDAY, table=asked, data=GrantData(MASKS))
    assert [todo.subject_uid for todo in todos_for(ready.cast.actor("steward")) if todo.kind == "workspaces.decide"]
    services.refuse_table(actor=ready.cast.actor("steward"), now=MONDAY, table=asked, reason="超出职责范围")
    assert not [todo for todo in todos_for(ready.cast.actor("steward")) if todo.kind == "workspaces.decide"]
    (clock,) = clocks_of("workspaces.table", asked.uid)
    assert clock.stopped_at == MONDAY
    assert notices_of(ready.cast.actor("developer")).filter(body="超出职责范围").exists()
    with pytest.raises(NotDecidable):
        services.grant_table(actor=ready.cast.actor("steward"), now=MONDAY, table=asked, data=GrantData(MASKS))


@pytest.mark.parametrize("mask", ["none", "name", "phone"])
def test_a_field_is_not_shown_more_openly_than_graded(ready: Space, mask: str) -> None:
    asked = make_space(ready.cast, ready.entry, granted=False, name="另一处").table
    data = GrantData({"person_id": mask})
    with pytest.raises(WeakMask):
        services.grant_table(actor=ready.cast.actor("steward"), now=MONDAY, table=asked, data=data)
    data = GrantData({"person_id": "hash", "sex": "full"})
    granted = services.grant_table(actor=ready.cast.actor("steward"), now=MONDAY, table=asked, data=data)
    assert granted.masks == {"person_id": "hash", "sex": "full"}


@pytest.mark.parametrize("masks", [{}, {"phone": "full"}, {"sex": "blur"}])
def test_a_grant_names_fields_asked_for_and_masks_there_are(ready: Space, masks: dict[str, str]) -> None:
    asked = make_space(ready.cast, ready.entry, granted=False, name="另一处").table
    with pytest.raises(FieldErrors):
        services.grant_table(actor=ready.cast.actor("steward"), now=MONDAY, table=asked, data=GrantData(masks))


@pytest.mark.parametrize(
    "ask",
    [
        AskData("Residents!", ("sex",), "核对年龄", TODAY),
        AskData("residents", ("sex",), "核对年龄", TODAY),
        AskData("other", (), "核对年龄", TODAY),
        AskData("other", ("nothing",), "核对年龄", TODAY),
        AskData("other", ("sex",), "", TODAY),
        AskData("other", ("sex",), "核对年龄", TODAY - timedelta(days=1)),
        AskData("other", ("sex",), "核对年龄", TODAY + timedelta(days=800)),
    ],
)
def test_a_faulty_request_is_refused_with_its_field(ready: Space, ask: AskData) -> None:
    with pytest.raises(FieldErrors):
        services.ask_table(
            actor=ready.cast.actor("developer"), now=MONDAY, space=ready.space, entry=ready.entry, data=ask
        )


def test_another_unit_sees_nothing(ready: Space) -> None:
    draft = draft_of(ready)
    police = ready.cast.actor("steward")
    with pytest.raises(WorkspaceNotFound):
        queries.get_workspace(actor=police, uid=ready.space.uid)
    with pytest.raises(WorkspaceNotFound):
        queries.get_draft(actor=police, uid=draft.uid)
    assert queries.get_table(actor=police, uid=ready.table.uid) == ready.table
    with pytest.raises(Forbidden):
        services.run_draft(actor=police, now=MONDAY, draft=draft)
    with pytest.raises(Forbidden):
        services.create_workspace(
            actor=ready.cast.actor("developer"),
            now=MONDAY,
            unit=ready.cast.units["police"],
            data=WorkspaceData("越权", purpose="试一试越权"),
        )


def test_every_saved_text_is_kept(ready: Space) -> None:
    draft = draft_of(ready)
    draft_of(ready, draft=draft)
    assert draft.revisions.count() == 1
    draft = draft_of(ready, "SELECT count(*) AS n FROM residents", draft=draft)
    assert [row.number for row in draft.revisions.all()] == [2, 1]


def test_only_what_was_run_as_it_stands_goes_to_review(ready: Space) -> None:
    developer = ready.cast.actor("developer")
    draft = draft_of(ready)
    with pytest.raises(NotSubmittable):
        services.submit_draft(actor=developer, now=MONDAY, draft=draft)
    services.run_draft(actor=developer, now=MONDAY, draft=draft)
    draft = draft_of(ready, "SELECT sex FROM residents", draft=draft)
    with pytest.raises(NotSubmittable):
        services.submit_draft(actor=developer, now=MONDAY, draft=draft)
    services.run_draft(actor=developer, now=MONDAY, draft=draft)
    draft = services.submit_draft(actor=developer, now=MONDAY, draft=draft)
    with pytest.raises(NotWritable):
        draft_of(ready, draft=draft)
    officer = ready.cast.actor("officer")
    assert [todo for todo in todos_for(officer) if todo.kind == "workspaces.review"]
    draft = services.return_draft(actor=officer, now=MONDAY, draft=draft, reason="请按区划汇总")
    assert (draft.state, draft.review_note) == ("returned", "请按区划汇总")
    with pytest.raises(NotReviewable):
        services.return_draft(actor=officer, now=MONDAY, draft=draft, reason="再次退回")
    services.drop_draft(actor=developer, now=MONDAY, draft=draft)


def test_nobody_reviews_their_own_draft(ready: Space) -> None:
    officer = ready.cast.actor("officer")
    draft = draft_of(ready)
    services.run_draft(actor=ready.cast.actor("developer"), now=MONDAY, draft=draft)
    draft = services.submit_draft(actor=ready.cast.actor("developer"), now=MONDAY, draft=draft)
    draft.author_uid = officer.uid
    draft.save()
    with pytest.raises(OwnDraft):
        services.return_draft(actor=officer, now=MONDAY, draft=draft, reason="自己退回")


def test_a_closed_workspace_is_read_only(ready: Space) -> None:
    draft, developer = draft_of(ready), ready.cast.actor("developer")
    services.close_workspace(actor=developer, now=MONDAY, space=ready.space)
    ready.table.refresh_from_db()
    assert ready.table.state == "ended"
    with pytest.raises(WorkspaceClosed):
        services.run_draft(actor=developer, now=MONDAY, draft=draft)
    with pytest.raises(WorkspaceClosed):
        services.close_workspace(actor=SYSTEM, now=MONDAY, space=ready.space)


def test_a_table_without_data_is_named(ready: Space) -> None:
    empty = ready.cast.entry(resource_name="尚未装载的表")
    ask = AskData("nothing", ("name",), "尚待装载", TODAY)
    table = services.ask_table(actor=SYSTEM, now=MONDAY, space=ready.space, entry=empty, data=ask)
    services.grant_table(actor=SYSTEM, now=MONDAY, table=table, data=GrantData({"name": "name"}))
    draft = draft_of(ready, "SELECT name FROM nothing")
    run = services.run_draft(actor=ready.cast.actor("developer"), now=MONDAY, draft=draft)
    assert run.error["code"] == "workspaces.nothing_landed"


def test_old_answers_make_room(ready: Space) -> None:
    draft = draft_of(ready, "SELECT 1 AS one FROM residents")
    for _ in range(12):
        services.run_draft(actor=ready.cast.actor("developer"), now=MONDAY, draft=draft)
    assert draft.runs.count() == 10
