"""Units with an inventory, their workbooks, and a public-service company, for tests of the inventory."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from quanshu.kernel.clock import freeze
from quanshu.organisation.api import Unit, UnitData, assign_role, create_person, create_unit
from quanshu.shared.access.api import SYSTEM
from support_catalogue import Cast, make_cast, uscc
from support_quality import MONDAY, work

LATER = MONDAY + timedelta(days=7)
HEADS = {
    "核心业务": [
        "编码",
        "名称*",
        "责任单位统一社会信用代码*",
        "重要程度",
        "服务的任务或条款",
        "设定依据",
        "状态",
        "停用原因",
    ],
    "信息系统": ["编码", "名称*", "责任单位统一社会信用代码*", "部署网络", "等级保护级别"],
    "数据资源": ["编码", "名称*", "责任单位统一社会信用代码*", "数据形态", "更新周期", "目录资源代码"],
    "关联关系": ["上级编码*", "下级编码*"],
}


def company_cast() -> Cast:
    """The cast of the catalogue's tests, with a water company and its steward."""
    cast = make_cast()
    data = UnitData(name="市自来水公司", kind="public_service_company", code=uscc(9), name_en="Water company")
    cast.units["water"] = create_unit(actor=SYSTEM, data=data, now=MONDAY)
    person = create_person(
        actor=SYSTEM,
        unit=cast.units["water"],
        name="水务某",
        username="water",
        password="Zk7-quiet-river",
        must_change_password=False,
        now=MONDAY,
    )
    assign_role(actor=SYSTEM, account=person.account, role_code="steward", unit=cast.units["water"], now=MONDAY)
    cast.accounts["water"] = person.account
    return cast


def book(**sheets: Sequence[Sequence[Any]]) -> bytes:
    """A workbook with the template's titles."""
    made = Workbook()
    del made["Sheet"]
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        page.append(HEADS[name])
        for row in rows:
            page.append(list(row))
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def police_book(unit: Unit, entry_code: str = "") -> bytes:
    """A unit's businesses, systems, data and links, as its steward would fill the template in."""
    code = unit.code
    return book(
        核心业务=[
            ["GA-YW-1", "户籍办理", code, "急用先行", "2.1.3", "户口登记条例"],
            ["GA-YW-2", "流动人口登记", code, "一般", "", ""],
        ],
        信息系统=[["GA-XT-1", "人口管理系统", code, "业务专网", "三级"]],
        数据资源=[
            ["GA-SJ-1", "户籍人口登记信息", code, "数据库", "每日", entry_code],
            ["GA-SJ-2", "纸质底册", code, "纸质", "", ""],
        ],
        关联关系=[["GA-YW-1", "GA-XT-1"], ["GA-XT-1", "GA-SJ-1"]],
    )


def send(client: Client, content: bytes, at: datetime = MONDAY, name: str = "清单.xlsx") -> Any:
    """Import a workbook in the browser; the answer leads to the import's page."""
    with freeze(at):
        return client.post("/inventory/imports/new/", {"file": SimpleUploadedFile(name, content)})


def post(client: Client, path: str, data: dict[str, Any] | None = None, at: datetime = MONDAY) -> Any:
    """Post a form at a moment, and let the worker do what follows."""
    with freeze(at):
        answer = client.post(path, data or {})
    work(at)
    return answer


def get(client: Client, path: str, at: datetime = MONDAY) -> str:
    """A page's text."""
    with freeze(at):
        answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())
