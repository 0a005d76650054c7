"""Versions of the catalogue standard through pages, API and services, with wrong inputs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from quanshu.kernel.clock import now, today
from quanshu.shared.audit.api import history
from quanshu.supply.standards.api import Version, change_standard, content_of, decide_version, draft_version
from quanshu.supply.standards.services import begin_due_versions, recall_version, seed_first_version
from quanshu.supply.standards.types import ChangedMeanwhile, DraftOpen, WrongState, to_plain
from support_catalogue import Cast

API = "/api/v1/standards/versions"


def draft(cast: Cast) -> Version:
    return draft_version(actor=cast.actor("officer"), now=now(), title="修订稿", basis="管理办法")


def text_of(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return str(answer.content.decode())


def call(client: Client, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = client.generic(method, f"{API}{path}", json.dumps(body) if body is not None else "", "application/json")
    assert answer.status_code == status, answer.content.decode()[:1500]
    return answer.json()


def test_the_first_version_is_there_once(cast: Cast) -> None:
    seed_first_version()
    version = Version.objects.get()
    assert (version.number, version.state) == (1, "in-force")
    steward = cast.browser("steward")
    shown = text_of(steward, "/standards/1/")
    for text in ("信息资源摘要", "共享类型 = 有条件共享", "更新周期", "[123]{1,1}"):
        assert text in shown
    assert "每季度" in text_of(steward, "/standards/1/lists/update_cycle/")
    assert "Share condition" in text_of(cast.browser("leader", "en"), "/standards/1/")
    assert "政务信息资源目录编制标准" in text_of(steward, "/standards/")
    for missing in ("/standards/9/", "/standards/1/lists/none/", "/standards/99999999999999999999/"):
        assert steward.get(missing).status_code == 404, missing


def test_drafts_are_for_those_who_edit(cast: Cast) -> None:
    draft(cast)
    assert cast.browser("steward").get("/standards/2/").status_code == 404
    assert call(cast.program("steward"), "GET", "")["total"] == 1
    officer = cast.browser("officer")
    assert "修订稿" in text_of(officer, "/standards/2/")
    for form in ("about", "decide", "code", "fields", "fields/abstract", "lists", "lists/update_cycle/edit"):
        assert officer.get(f"/standards/2/{form}/").status_code == 200, form
        assert cast.browser("leader").get(f"/standards/2/{form}/").status_code in {403, 404}, form
    with pytest.raises(DraftOpen):
        draft(cast)
    assert officer.post("/standards/draft/", {"title": "再一份", "basis": "依据"}).status_code == 409
    assert "第 2 版正在起草" in text_of(officer, "/standards/")


def test_a_field_is_added_moved_demanded_and_removed(cast: Cast) -> None:
    draft(cast)
    officer = cast.browser("officer")
    form = {"code": "room", "title": "机房", "kind": "text", "need": "optional", "after": "resource_name", "edits": "0"}
    for wrong, field in (
        ({"code": "Room 1"}, "代码由小写字母"),
        ({"code": "abstract"}, "两个字段的代码相同"),
        ({"title": ""}, "必填"),
        ({"max_length": "99999"}, "最大长度应为"),
        ({"kind": "code"}, "须指定本版本的一个代码表"),
        ({"need": "conditional"}, "条件应指定"),
        ({"need": "conditional", "condition": ["share_type=1", "open_type=open"]}, "属于多个字段"),
        ({"column": "信息资源名称"}, "两个字段的列名相同"),
        ({"edits": "7"}, "其他人修改了本草稿"),
    ):
        answer = officer.post("/standards/2/fields/", {**form, **wrong})
        assert answer.status_code in {409, 422}, wrong
        assert field in answer.content.decode() or field == "必填", (wrong, answer.content.decode()[:3000])
    assert content_of(Version.objects.get(number=2)).field("room") is None

    conditional = {**form, "need": "conditional", "condition": ["format_class=database", "format_class=other"]}
    assert officer.post("/standards/2/fields/", conditional).status_code == 302
    standard = content_of(Version.objects.get(number=2))
    room = standard.field("room")
    assert room
    assert (room.when, room.when_values) == ("format_class", ("database", "other"))
    assert [each.code for each in standard.fields][2] == "room"
    change = {"title": "机房位置", "kind": "text", "need": "optional", "after": "-", "edits": "1"}
    assert officer.post("/standards/2/fields/room/", change).status_code == 302
    moved = content_of(Version.objects.get(number=2))
    assert moved.fields[0].code == "room"
    assert (moved.fields[0].when, moved.fields[0].when_values) == ("", ())
    assert officer.post("/standards/2/fields/room/remove/").status_code == 302
    assert content_of(Version.objects.get(number=2)).field("room") is None
    assert officer.post("/standards/2/fields/room/remove/").status_code == 404
    officer.post("/standards/2/fields/abstract/remove/")
    assert content_of(Version.objects.get(number=2)).field("abstract"), "a field of the platform was removed"


def test_a_code_list_and_the_code_are_edited(cast: Cast) -> None:
    draft(cast)
    officer = cast.browser("officer")
    rows = {"code": ["a", "b"], "title": ["甲", "乙"], **{k: ["", ""] for k in ("title_en", "words", "valid_from")}}
    form = {"list_code": "secrecy", "list_title": "涉密", "edits": "0", "valid_until": ["2026-12-31", ""], **rows}
    more = officer.post("/standards/2/lists/", {**form, "do": "add"}).content.decode()
    assert more.count('name="code"') == 5
    fewer = officer.post("/standards/2/lists/", {**form, "do": "remove-0"}).content.decode()
    assert fewer.count('name="code"') == 1
    for wrong, text in (
        ({"list_code": "Bad"}, "代码由小写字母"),
        ({"list_code": "share_type"}, "两个代码表的代码相同"),
        ({"title": ["甲", "甲"]}, "两个取值都对应"),
        ({"valid_until": ["soon", ""]}, "不是有效日期"),
        ({"edits": "x"}, "其他人修改了本草稿"),
    ):
        answer = officer.post("/standards/2/lists/", {**form, **wrong, "do": "save"})
        assert answer.status_code in {409, 422}, wrong
        assert text in answer.content.decode(), wrong
    assert officer.post("/standards/2/lists/", {**form, "do": "save"}).status_code == 302
    listed = content_of(Version.objects.get(number=2)).list_of("secrecy")
    assert listed
    assert [(value.code, value.valid_until) for value in listed.values] == [("a", "2026-12-31"), ("b", "")]
    closed = {**form, "do": "save", "edits": "1", "list_title": "共享类型"}
    answer = officer.post("/standards/2/lists/share_type/edit/", closed)
    assert answer.status_code == 422
    assert "须保留在代码表中" in answer.content.decode()

    code = {f"{each.code}.title": each.title for each in content_of(Version.objects.get(number=2)).segments}
    code |= {"detail.least": "0", "detail.most": "6", "serial.least": "4", "serial.most": "4", "edits": "1"}
    assert officer.post("/standards/2/code/", {**code, "serial.most": "40"}).status_code == 422
    assert officer.post("/standards/2/code/", code).status_code == 302
    assert "[0-9]{4,4}" in text_of(officer, "/standards/2/")


def test_a_version_waits_for_its_day_and_never_changes_again(cast: Cast) -> None:
    version = draft(cast)
    actor, later = cast.actor("officer"), today() + timedelta(days=3)
    version = decide_version(actor=actor, now=now(), version=version, on=later, reason="下月施行")
    assert version.state == "decided"
    with pytest.raises(WrongState):
        change_standard(actor=actor, now=now(), version=version, standard=content_of(version))
    assert begin_due_versions(now()) == 0
    version = recall_version(actor=actor, now=now(), version=version, reason="再议")
    assert (version.state, version.in_force_on) == ("draft", None)
    version = decide_version(actor=actor, now=now(), version=version, on=later, reason="下月施行")
    assert begin_due_versions(now() + timedelta(days=3)) == 1
    first, second = Version.objects.order_by("number")
    assert (first.state, first.ended_on, second.state) == ("superseded", later, "in-force")
    with pytest.raises(WrongState):
        change_standard(actor=actor, now=now(), version=second, standard=content_of(first))
    actions = {row.action for row in history("standards.version", second.uid)}
    assert {f"standards.version.{name}" for name in ("drafted", "decided", "recalled", "began")} <= actions
    officer = cast.browser("officer")
    assert officer.post("/standards/2/recall/", {"reason": "晚了"}).status_code == 409
    assert officer.get("/standards/2/decide/").status_code == 409


def test_the_api_edits_whole_versions_and_refuses_by_name(cast: Cast) -> None:
    officer = cast.program("officer")
    call(cast.program("steward"), "POST", "", {"title": "甲", "basis": "乙"}, 403)
    assert call(officer, "POST", "", {"title": " ", "basis": ""}, 422)["errors"][0]["field"] == "title"
    call(officer, "POST", "", {"title": "甲", "basis": "乙"}, 201)
    whole = call(officer, "GET", "/2")
    assert whole["steps"] == ["decide"]
    body = {name: whole[name] for name in ("fields", "lists", "segments", "edits")}
    body["fields"][5]["max_length"] = 120
    changed = call(officer, "PUT", "/2", body)
    assert changed["edits"] == 1
    assert call(officer, "PUT", "/2", body, 409)["code"] == "standards.changed_meanwhile"
    assert call(officer, "GET", "/2/diff?other=1")["changes"][0]["property"] == "max_length"
    del body["edits"]
    told = call(officer, "PUT", "/2", {**body, "fields": body["fields"][1:]}, 422)
    assert told["errors"][0]["field"] == "fields.classification_code"
    for wrong in ({**body, "fields": [{"kode": "a"}]}, {**body, "lists": [{"code": "a"}]}, {**body, "segments": [{}]}):
        assert call(officer, "PUT", "/2", wrong, 422)["errors"][0]["remedy"]
    assert call(officer, "PUT", "/2/about", {"title": "新名", "basis": "依据"})["title"] == "新名"
    assert call(officer, "POST", "/2/decide", {"on": "2020-01-01", "reason": ""}, 422)["code"] == "kernel.field_errors"
    assert call(officer, "POST", "/2/decide", {"on": today().isoformat(), "reason": "施行"})["state"] == "in-force"
    assert call(officer, "GET", "/in-force")["number"] == 2
    assert call(officer, "POST", "/2/recall", {"reason": "晚"}, 409)["code"] == "standards.wrong_state"
    assert call(officer, "GET", "?limit=0", status=422)["code"] == "web.bad_page"


def test_two_editors_do_not_overwrite_each_other(cast: Cast) -> None:
    version = draft(cast)
    standard = content_of(version)
    change = replace(standard, fields=tuple(replace(each, note="甲") for each in standard.fields))
    actor, at = cast.actor("officer"), datetime.now(tz=now().tzinfo)
    change_standard(actor=actor, now=at, version=version, standard=change, edits=0)
    with pytest.raises(ChangedMeanwhile):
        change_standard(actor=actor, now=at, version=version, standard=standard, edits=0)
    assert Version.objects.get(number=2).content == json.loads(json.dumps(to_plain(change)))
