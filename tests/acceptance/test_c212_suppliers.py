"""Clause 2.1.2: public-service companies as suppliers, with their coordination, by the same intake as a department."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from quanshu.kernel.clock import freeze
from quanshu.shared.workflow.api import TodoItem
from quanshu.supply.inventory.api import Company, Coordination
from support_catalogue import Cast
from support_inventory import LATER, MONDAY, company_cast, get, post
from support_quality import GOOD, load, own_lake, published

RECORD = {
    "day": "2026-03-02",
    "people": "市大数据局王思远；市自来水公司水务某",
    "matter": "用水户数据共享",
    "outcome": "明确共享范围和接口方式",
}


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> Iterator[tuple[Cast, Path]]:
    with own_lake(settings, tmp_path) as folder:
        yield company_cast(), folder


def listed(cast: Cast, name: str, sector: str, **more: str) -> Company:
    post(cast.browser("officer"), "/inventory/suppliers/new/", {"name": name, "sector": sector, **more})
    return Company.objects.get(name=name)


def test_from_the_list_to_sharing_which_nobody_sets(city: tuple[Cast, Path]) -> None:
    cast, folder = city
    officer = cast.browser("officer")
    water = listed(cast, "济南水务集团", "water", unit_uid=cast.units["water"].uid)
    listed(cast, "济南热力集团", "heat")
    page = water.get_absolute_url()

    def state() -> str:
        return str(cast.program("officer").get(f"/api/v1/inventory/suppliers/{water.uid}").json()["state"])

    # A record names the next step and its day: a to-do of the bureau that the next record ends.
    post(officer, f"{page}record/", {**RECORD, "stage": "contacted", "next_step": "提交字段清单",
                                     "next_due": "2026-03-06"})  # fmt: skip
    assert state() == "contacted"
    todo = TodoItem.objects.get(kind="inventory.next_step", closed_at__isnull=True)
    assert str(todo.due_on) == "2026-03-06"
    assert "超期" in get(officer, page, at=LATER)
    post(officer, f"{page}record/", {**RECORD, "day": "2026-03-05", "stage": "agreed"}, at=LATER)
    assert not TodoItem.objects.filter(kind="inventory.next_step", closed_at__isnull=True).exists()
    assert state() == "agreed"
    # Connected is a company with a source; before, the record is refused and nothing of it is kept.
    refused = post(officer, f"{page}record/", {**RECORD, "stage": "connected"}, at=LATER)
    assert refused.status_code == 409
    assert Coordination.objects.count() == 2
    entry = published(cast, "water", resource_name="用水户信息")
    assert state() == "agreed"
    load(entry, folder, GOOD)
    # Rows of a published entry, landed by intake: it shares, whatever was recorded.
    assert state() == "sharing"
    assert "已共享" in get(officer, page)
    figures = cast.program("leader").get("/api/v1/inventory/suppliers/figures").json()
    assert figures[0] == {"sector": "", "listed": 2, "sharing": 1, "rate": 0.5}
    assert {row["sector"]: row["rate"] for row in figures}["water"] == 1.0
    assert "50.0%" in get(officer, "/inventory/suppliers/")
    # It is connected by the record now, and stays shown as sharing.
    assert post(officer, f"{page}record/", {**RECORD, "stage": "connected"}, at=LATER).status_code == 302
    assert (Company.objects.get(pk=water.pk).stage, state()) == ("connected", "sharing")


def test_only_the_bureau_edits_the_list_and_a_company_sees_itself_alone(city: tuple[Cast, Path]) -> None:
    cast, _folder = city
    water = listed(cast, "济南水务集团", "water", unit_uid=cast.units["water"].uid)
    heat = listed(cast, "济南热力集团", "heat")
    own = cast.browser("water")
    assert "济南热力集团" not in get(own, "/inventory/suppliers/")
    assert own.get(water.get_absolute_url()).status_code == 200
    assert own.get(heat.get_absolute_url()).status_code == 404
    assert post(own, "/inventory/suppliers/new/", {"name": "别家", "sector": "gas"}).status_code == 403
    assert post(own, f"{water.get_absolute_url()}record/", RECORD).status_code == 403
    # Off the list with a reason, it counts no more; it can come back.
    officer = cast.browser("officer")
    post(officer, f"{heat.get_absolute_url()}delist/", {"reason": "并入其他企业"})
    program = cast.program("officer")
    assert program.get("/api/v1/inventory/suppliers").json()["total"] == 1
    assert post(officer, f"{heat.get_absolute_url()}record/", RECORD).status_code == 409
    post(officer, f"{heat.get_absolute_url()}relist/")
    assert program.get("/api/v1/inventory/suppliers").json()["total"] == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"day": (MONDAY + timedelta(days=3)).date().isoformat()}, "day"),
        ({"people": ""}, "people"),
        ({"next_step": "下次会商"}, "next_due"),
        ({"next_due": "2026-03-09"}, "next_step"),
        ({"next_step": "下次会商", "next_due": "2026-03-01"}, "next_due"),
    ],
)
def test_a_faulty_record_names_its_field(city: tuple[Cast, Path], change: dict[str, str], field: str) -> None:
    cast, _folder = city
    company = listed(cast, "济南公交集团", "transport")
    with freeze(MONDAY):
        body = {**RECORD, **change}
        address = f"/api/v1/inventory/suppliers/{company.uid}/records"
        answer = cast.program("officer").post(address, body, content_type="application/json")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Coordination.objects.exists()


def test_stages_go_in_their_order(city: tuple[Cast, Path]) -> None:
    cast, _folder = city
    company = listed(cast, "济南公交集团", "transport")
    address = f"/api/v1/inventory/suppliers/{company.uid}/records"
    with freeze(MONDAY):
        for stage in ("agreed", "connected", "sharing"):
            body = {**RECORD, "stage": stage}
            answer = cast.program("officer").post(address, body, content_type="application/json")
            assert (answer.status_code, answer.json()["code"]) == (409, "inventory.wrong_stage")
    assert not Coordination.objects.exists()
