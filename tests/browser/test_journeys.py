"""The journeys of a department's developer, a data steward and a bureau officer, in a real browser."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from conftest import People

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
CSV = "record_no,title,checked_on\nR1,甲,2026-01-05\nR2,乙,2026-02-30\nR3,,2026-03-01\n"


def press(page: Page, name: str) -> None:
    """Press a button or follow a button-like link of the page's header or form."""
    target = page.get_by_role("button", name=name, exact=True).or_(page.get_by_role("link", name=name, exact=True))
    target.first.click()
    page.wait_for_load_state()


def test_a_steward_catalogues_loads_and_mends_and_the_bureau_publishes(people: People, tmp_path: Path) -> None:
    steward = people.page("steward")
    steward.goto("/catalogue/new/")
    steward.fill("#id_resource_name", "巡查记录信息")
    steward.fill("#id_abstract", "街面巡查的记录")
    steward.select_option("#id_classification_code", "301001")
    steward.select_option("#id_share_type", "2")
    steward.fill("#id_share_condition", "用于社会治理")
    steward.locator("main form .btn-primary").last.click()
    steward.wait_for_url("**/items/")
    rows = (("record_no", "编号", "string"), ("title", "内容", "string"), ("checked_on", "巡查日期", "date"))
    for place, (name, title, kind) in enumerate(rows):
        steward.locator("input[name=name]").nth(place).fill(name)
        steward.locator("input[name=title]").nth(place).fill(title)
        steward.locator("select[name=data_type]").nth(place).select_option(kind)
    steward.locator("input[name=is_key]").nth(0).check()
    steward.locator("button[name=do][value=save]").last.click()
    steward.wait_for_url(re.compile(r"/catalogue/[0-9a-f-]{36}/(grades/)?$"))
    address = re.search(r"/catalogue/[0-9a-f-]{36}/", steward.url).group()  # type: ignore[union-attr]
    steward.goto(f"{address}grades/")
    for name, _title, _kind in rows:
        steward.select_option(f"select[name=grade-{name}]", "general-2")
    steward.locator("main form .btn-primary").last.click()
    steward.goto(address)
    press(steward, "提交审核")

    bureau = people.page("bureau")
    bureau.goto("/todo/")
    bureau.get_by_role("link", name="巡查记录信息").first.click()
    press(bureau, "发布")
    expect(bureau.locator("h1")).to_contain_text("已发布")

    data = tmp_path / "records.csv"
    data.write_text(CSV, encoding="utf-8")
    steward.goto(f"/intake/sources/new/?entry={address.split('/')[2]}")
    steward.get_by_role("button", name="继续").click()
    steward.fill("#id_name", "巡查系统")
    steward.set_input_files("#id_file", str(data))
    steward.locator("main form .btn-primary").last.click()
    steward.wait_for_url("**/intake/runs/**")
    expect(steward.locator("h1")).to_contain_text("已入湖", timeout=30_000)
    body = steward.locator("main").inner_text()
    assert "2026-02-30" in body
    assert "值不是有效日期" in body

    steward.goto(f"/quality/tables/{address.split('/')[2]}/")
    steward.locator("form[action$='adopt/'] button").click()
    steward.wait_for_load_state()
    press(steward, "立即质检")
    for _ in range(60):
        steward.goto(f"/quality/tables/{address.split('/')[2]}/")
        if not steward.get_by_text("尚未质检").count():
            break
        time.sleep(0.5)
    assert "100.0%" in steward.locator("main").inner_text()


def test_a_developer_finds_asks_and_calls(people: People) -> None:
    developer = people.page("developer")
    developer.fill("input[name=q]", "户籍")
    developer.press("input[name=q]", "Enter")
    developer.get_by_role("link", name="户籍人口信息查询").first.click()
    expect(developer.locator("main")).to_contain_text("gjzwfwpt_sign")
    developer.fill("#try input[name$=citizen_id]", "123")
    developer.locator("#try button.btn-primary").click()
    expect(developer.locator("#answer")).to_contain_text("gateway.bad_parameter", timeout=10_000)
    example = developer.locator("#parameters code", has_text=re.compile(r"^\d{17}[\dX]$")).first.inner_text()
    developer.fill("#try input[name$=citizen_id]", example)
    developer.locator("#try button.btn-primary").click()
    expect(developer.locator("#answer")).to_contain_text("200", timeout=10_000)
    receipt = developer.locator("#answer a code").inner_text()
    for _ in range(20):
        developer.goto(f"/services/calls/?q={receipt}")
        if developer.get_by_text(receipt[:8]).count():
            break
        time.sleep(0.5)
    developer.goto(f"/services/calls/{receipt}/")
    expect(developer.locator("main")).to_contain_text(receipt)


def test_a_demand_goes_from_asking_to_grant(people: People) -> None:
    developer = people.page("developer")
    developer.goto("/demands/choose/?q=死亡医学证明")
    developer.get_by_role("link", name="死亡医学证明信息").first.click()
    developer.fill("#id_title", "停发待遇所需死亡信息")
    for name in ("certificate_no", "death_date"):
        developer.check(f"input[name=fields_asked][value={name}]")
    developer.fill("#id_purpose", "核对待遇停发")
    developer.fill("#id_legal_basis", "《中华人民共和国社会保险法》第七十四条")
    developer.fill("#id_valid_until", "2027-06-30")
    developer.locator("main form .btn-primary").last.click()
    developer.wait_for_url(re.compile(r"/demands/[0-9a-f-]{36}/$"))
    address = developer.url
    press(developer, "提交")
    expect(developer.locator("main")).to_contain_text("大数据局在 2 个工作日内审核")

    bureau = people.page("bureau")
    bureau.goto(address)
    press(bureau, "通过并转供数单位")
    expect(bureau.locator("main")).to_contain_text("5 个工作日内确认")
    bureau.goto("/demands/ledger/?q=停发待遇")
    with bureau.expect_download() as download:
        bureau.locator("a[href*='export=xlsx']").first.click()
    assert download.value.suggested_filename.endswith(".xlsx")
    developer.goto(address)
    expect(developer.locator("h1")).to_contain_text("待供数单位答复")
