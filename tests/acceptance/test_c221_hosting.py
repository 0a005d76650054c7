"""Clause 2.2.1: a unit hands a table to the platform, edits it there, and takes it back with proof."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from quanshu.kernel.clock import now
from quanshu.shared.audit.api import AuditEntry
from quanshu.shared.jobs.api import run_due
from quanshu.shared.outbox.api import dispatch
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.hosting.api import Change
from quanshu.supply.intake.api import Run
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality.api import RuleData, Scan, create_rule
from support_catalogue import Cast
from support_hosting import ROW, added, hosted, make_park, row_page, rows_url, withdraw

SYSTEM_ROWS = "plot_no,name,keeper,kind,trees,area,checked_on,open\n"


@pytest.fixture
def park(db: None, settings: Any, tmp_path: Path) -> Iterator[tuple[Cast, Entry]]:
    yield make_park(settings, tmp_path)
    get_lake.cache_clear()


def in_lake(entry: Entry) -> dict[str, dict[str, Any]]:
    return {row["plot_no"]: row for row in get_lake().read(entry.lake_table).to_pylist()}


def test_rows_are_kept_in_the_platform_with_their_history(park: tuple[Cast, Entry]) -> None:
    cast, entry = park
    steward, officer = cast.browser("steward"), cast.browser("officer")
    rule = RuleData("类别", "code_list", ("kind",), {"codes": ["1", "2"]})
    create_rule(actor=cast.actor("steward"), now=now(), entry=entry, data=rule)
    agreement = hosted(cast, entry)
    added(steward, agreement)
    added(steward, agreement, plot_no="LX-002", name="五龙潭", keeper="李四")
    assert in_lake(entry)["LX-001"]["trees"] == 120
    # Quality and the catalogue follow, as after any load.
    dispatch(now())
    assert Scan.objects.filter(entry=entry).exists()
    assert Entry.objects.get(pk=entry.pk).landed_rows == 2
    # Search, sort, export.
    found = steward.get(f"{rows_url(agreement)}?q=五龙潭").context["rows"]
    assert [row["plot_no"] for row in found] == ["LX-002"]
    backwards = steward.get(f"{rows_url(agreement)}?sort=-plot_no").context["rows"]
    assert [row["plot_no"] for row in backwards] == ["LX-002", "LX-001"]
    assert "张三丰" in b"".join(steward.get(f"{rows_url(agreement)}?export=csv").streaming_content).decode()
    # The bureau does not edit it: it sees the keeper masked, and cannot search by him.
    masked = officer.get(rows_url(agreement)).content.decode()
    assert "张**" in masked
    assert "张三丰" not in masked
    assert not officer.get(f"{rows_url(agreement)}?q=张三丰").context["rows"].object_list
    # Edit, then undo: the row holds what it held before, and the history tells both.
    page = row_page(steward, agreement)
    form = steward.get(f"{page}edit/").context["form"]
    assert form["area"].value() == "12.5"
    done = steward.post(f"{page}edit/", {**ROW, "trees": "130", "_base": form["_base"].value()})
    change = done["Location"]
    assert in_lake(entry)["LX-001"]["trees"] == 130
    shown = steward.get(change).content.decode()
    assert "120" in shown
    assert "130" in shown
    assert "张**" in officer.get(change).content.decode()
    steward.post(f"{change}undo/")
    assert in_lake(entry)["LX-001"]["trees"] == 120
    steward.post(f"{change}undo/")
    assert Change.objects.filter(undoes__isnull=False).count() == 1
    # Delete, and restore.
    page = row_page(steward, agreement)
    base = steward.get(f"{page}delete/").context["form"]["base"].value()
    gone = steward.post(f"{page}delete/", {"base": base})["Location"]
    assert set(in_lake(entry)) == {"LX-002"}
    steward.post(f"{gone}undo/")
    assert in_lake(entry)["LX-001"]["keeper"] == "张三丰"
    # The audit trail tells the fields, never the values.
    trail = json.dumps(list(AuditEntry.objects.values_list("details", "label")), ensure_ascii=False)
    assert '"trees"' in trail
    assert "张三丰" not in trail
    assert "LX-001" not in trail


def test_two_people_edit_one_row_and_nothing_is_lost(park: tuple[Cast, Entry]) -> None:
    cast, entry = park
    agreement = hosted(cast, entry, works=["storage", "cleaning"])
    steward, officer = cast.browser("steward"), cast.browser("officer")
    added(steward, agreement)
    page = row_page(steward, agreement)
    first, second = (who.get(f"{page}edit/").context["form"]["_base"].value() for who in (steward, officer))
    steward.post(f"{page}edit/", {**ROW, "trees": "121", "_base": first})
    late = officer.post(f"{page}edit/", {**ROW, "area": "99", "_base": second})
    assert late.status_code == 409
    text = late.content.decode()
    assert "121" in text
    assert 'value="99"' in text
    assert in_lake(entry)["LX-001"]["trees"] == 121
    # Saved once more, knowing what stands there now.
    again = officer.post(f"{page}edit/", {**ROW, "area": "99", "_base": late.context["form"]["_base"].value()})
    assert again.status_code == 302
    assert (in_lake(entry)["LX-001"]["trees"], int(in_lake(entry)["LX-001"]["area"])) == (120, 99)


def test_a_second_person_approves(park: tuple[Cast, Entry]) -> None:
    cast, entry = park
    agreement = hosted(cast, entry, four_eyes="on")
    steward, chief, officer = cast.browser("steward"), cast.browser("chief-police"), cast.browser("officer")
    change = added(steward, agreement)
    assert not get_lake().exists(entry.lake_table)
    assert "张三丰" not in json.dumps(list(Change.objects.values_list("sealed", flat=True)))
    # Nobody approves one's own change, and a second change of the row waits for the first.
    steward.post(f"{change}approve/")
    assert Change.objects.get().state == "pending"
    assert steward.post(f"{rows_url(agreement)}add/", ROW).status_code == 409
    assert officer.post(f"{change}approve/").status_code == 403
    chief.post(f"{change}approve/")
    assert in_lake(entry)["LX-001"]["name"] == "泉城公园"
    refused = added(steward, agreement, plot_no="LX-009")
    assert chief.post(f"{refused}refuse/", {"reason": "编号有误"})["Location"] == refused
    assert set(in_lake(entry)) == {"LX-001"}
    assert "编号有误" in steward.get(refused).content.decode()


def test_a_whole_file_goes_through_intake(park: tuple[Cast, Entry]) -> None:
    cast, entry = park
    agreement = hosted(cast, entry)
    steward = cast.browser("steward")
    added(steward, agreement)
    lines = SYSTEM_ROWS + "LX-001,泉城公园,张三丰,1,150,12.5,2026-03-01,是\nLX-003,动物园,王五,2,很多,3,2026-03-02,否\n"
    wrong = SimpleUploadedFile("a.pdf", b"x")
    assert steward.post(f"{rows_url(agreement)}upload/", {"file": wrong, "mode": "upsert"}).status_code == 422
    file = SimpleUploadedFile("名录.csv", lines.encode())
    change = steward.post(f"{rows_url(agreement)}upload/", {"file": file, "mode": "upsert"})["Location"]
    run_due(now())
    run = Run.objects.get()
    assert (run.state, run.landed, run.refused) == ("landed", 1, 1)
    assert in_lake(entry)["LX-001"]["trees"] == 150
    assert f"/intake/runs/{run.uid}/" in steward.get(change).content.decode()


def test_the_end_returns_the_data_with_proof(park: tuple[Cast, Entry]) -> None:
    cast, entry = park
    agreement = hosted(cast, entry)
    steward, officer = cast.browser("steward"), cast.browser("officer")
    added(steward, agreement)
    page = agreement.get_absolute_url()
    assert steward.post(f"{page}end/", {"reason": ""}).status_code == 422
    assert steward.post(f"{page}end/", {"reason": "自建系统上线"})["Location"] == page
    # Editing has stopped; the data can be taken, by the unit alone.
    assert steward.post(f"{rows_url(agreement)}add/", {**ROW, "plot_no": "LX-007"}).status_code == 409
    assert officer.post(f"{page}take-back/").status_code == 403
    content = b"".join(steward.post(f"{page}take-back/").streaming_content)
    assert "LX-001,泉城公园,张三丰" in content.decode("utf-8-sig")
    agreement.refresh_from_db()
    assert agreement.proof["file_sha256"] == hashlib.sha256(content).hexdigest()
    # While the entry is in force its data are in use; then the platform's copy goes, with every version.
    steward.post(f"{page}confirm/")
    agreement.refresh_from_db()
    assert agreement.state == "returning"
    withdraw(entry)
    steward.post(f"{page}confirm/")
    agreement.refresh_from_db()
    assert (agreement.state, agreement.proof["rows"]) == ("ended", 1)
    assert agreement.proof["versions_deleted"] == 1
    assert not get_lake().exists(entry.lake_table)
    proof = json.loads(steward.get(f"{page}proof/").content)
    assert proof["deleted_at"]


def test_over_the_api(park: tuple[Cast, Entry]) -> None:
    cast, entry = park
    steward, officer, other = (cast.program(who) for who in ("steward", "officer", "other"))
    base, as_json = "/api/v1/hosting", {"content_type": "application/json"}
    asked = {"entry": entry.uid, "reason": "统一托管", "works": ["storage"], "term_until": "2029-12-31"}
    assert other.post(f"{base}/agreements", asked, **as_json).status_code == 404
    faulty = steward.post(f"{base}/agreements", {**asked, "works": [], "keep_months": 999}, **as_json)
    assert {row["field"] for row in faulty.json()["errors"]} == {"works", "keep_months"}
    uid = steward.post(f"{base}/agreements", asked, **as_json).json()["uid"]
    assert steward.post(f"{base}/agreements", asked, **as_json).status_code == 404
    for who, step in ((steward, "propose"), (officer, "accept")):
        assert who.post(f"{base}/agreements/{uid}/steps/{step}", {}, **as_json).status_code == 200
    rows = f"{base}/agreements/{uid}/rows"
    wrong = steward.post(rows, {"values": {**ROW, "trees": "x", "kind": "9", "name": ""}}, **as_json)
    assert {row["field"] for row in wrong.json()["errors"]} == {"kind"}
    wrong = steward.post(rows, {"values": {**ROW, "trees": "x", "name": ""}}, **as_json)
    assert {row["field"] for row in wrong.json()["errors"]} == {"trees", "name"}
    assert officer.post(rows, {"values": ROW}, **as_json).status_code == 409
    assert steward.post(rows, {"values": ROW}, **as_json).status_code == 201
    assert steward.post(rows, {"values": ROW}, **as_json).json()["code"] == "hosting.row_exists"
    token = steward.get(rows).json()["items"][0]["token"]
    row = steward.get(f"{rows}/{token}").json()
    assert (row["values"]["keeper"], len(row["history"])) == ("张三丰", 1)
    seen = officer.get(f"{rows}/{token}").json()
    assert (seen["values"]["keeper"], seen["base"]) == ("张**", None)
    edited = steward.put(f"{rows}/{token}", {"values": {"trees": "7"}, "base": row["base"]}, **as_json).json()
    assert edited["fields"] == ["trees"]
    stale = steward.put(f"{rows}/{token}", {"values": {"trees": "8"}, "base": row["base"]}, **as_json)
    assert (stale.status_code, stale.json()["code"]) == (409, "hosting.row_changed")
    assert steward.delete(f"{rows}/{token}?base={row['base']}").status_code == 409
    assert steward.post(f"{base}/changes/{edited['uid']}/undo", {}, **as_json).status_code == 200
    assert other.get(rows).status_code == 404
    assert steward.get(f"{rows}/none").status_code == 404
    figures = officer.get(f"{base}/figures").json()
    assert (figures["agreements"], figures["rows"], figures["changes"]) == (1, 1, 3)
    assert figures["by_unit"][0]["unit_name"] == "市公安局"
