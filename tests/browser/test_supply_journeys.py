"""The journeys of stewards and officers through inventory, census, fusion and search, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from conftest import People

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_data_is_found_by_its_sound_and_the_way_to_it_explained(people: People) -> None:
    page = people.page("developer")
    page.goto("/catalogue/?q=hujirenkou")
    expect(page.locator("main table")).to_contain_text("户籍人口")
    page.goto("/catalogue/?q=hjrk")
    page.locator("main table a", has_text="户籍人口").first.click()
    page.wait_for_url(re.compile(r"/catalogue/[0-9a-f-]{36}/$"))
    page.goto(f"{page.url}why/")
    for stage in ("已发布", "已入湖", "已授权本单位"):
        expect(page.locator("main")).to_contain_text(stage)
    page.goto("/catalogue/why/?q=没有的数据名称")
    expect(page.locator("main")).to_contain_text("没有的数据名称")


def test_an_officer_answers_a_review_and_the_decision_is_kept(people: People) -> None:
    page = people.page("bureau")
    page.goto("/fusion/reviews/?scheme=person&state=open")
    page.locator("main table tbody a").first.click()
    page.wait_for_url(re.compile(r"/fusion/reviews/[0-9a-f-]{36}/$"))
    address = page.url
    form = page.locator("form[action$='answer/']").first
    form.locator("[name=reason]").fill("经社区核实")
    chosen = form.locator("[name=verdict][value=unsure]")
    if chosen.count() and chosen.first.get_attribute("type") == "radio":
        chosen.first.check()
        form.locator("button[type=submit]").first.click()
    else:
        form.locator("button[value=unsure], button[type=submit]").last.click()
    page.wait_for_load_state()
    page.goto("/fusion/decisions/")
    expect(page.locator("main")).to_contain_text("经社区核实")
    page.goto(address)
    expect(page.locator("main")).to_contain_text("经社区核实")


def test_a_workbook_goes_out_and_comes_in_again_without_a_change(people: People, tmp_path: Path) -> None:
    page = people.page("bureau")
    page.goto("/inventory/")
    with page.expect_download() as taken:
        page.locator("a[href*='/inventory/export/']").first.click()
    book = tmp_path / "inventory.xlsx"
    taken.value.save_as(book)
    page.goto("/inventory/imports/new/")
    page.set_input_files("#id_file", str(book))
    page.locator("main form .btn-primary").last.click()
    page.wait_for_url(re.compile(r"/inventory/imports/[0-9a-f-]{36}/$"))
    expect(page.locator("main")).to_contain_text("未变", timeout=30_000)


def test_a_steward_confirms_an_entry_in_the_census(people: People) -> None:
    page = people.page("steward")
    page.goto("/census/")
    page.locator("main table tbody a").first.click()
    page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("普查")
