"""A department's table handed to the platform, for tests of hosting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.test import Client

from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.supply.catalogue.api import Entry, ItemData
from quanshu.supply.hosting.api import Agreement
from support_catalogue import Cast, make_cast
from support_census import add_chief
from support_intake import published, use_folders

ITEMS = (
    ItemData("plot_no", "地块编号", "string", "Plot number", length=12, is_key=True, grade="general-1"),
    ItemData("name", "名称", "string", "Name", length=20, required=True, grade="general-1"),
    ItemData("keeper", "管护人", "string", "Keeper", length=20, personal=True, mask="name", grade="general-3"),
    ItemData("kind", "类别", "string", "Kind", code_list=("1", "2"), grade="general-1"),
    ItemData("trees", "树木数量", "integer", "Trees", grade="general-1"),
    ItemData("area", "面积", "decimal", "Area", unit_of_measure="亩", grade="general-1"),
    ItemData("checked_on", "核查日期", "date", "Checked on", grade="general-1"),
    ItemData("open", "是否开放", "boolean", "Open", grade="general-1"),
)
ROW = {
    "plot_no": "LX-001",
    "name": "泉城公园",
    "keeper": "张三丰",
    "kind": "1",
    "trees": "120",
    "area": "12.50",
    "checked_on": "2026-03-01",
    "open": "true",
}
ASKED: dict[str, Any] = {
    "reason": "单位无业务系统，由平台统一托管",
    "works": ["storage", "serving"],
    "term_until": "2029-12-31",
    "keep_months": "0",
}


def make_park(settings: Any, folder: Path) -> tuple[Cast, Entry]:
    """The cast with a chief, and a published table of the police without any source."""
    use_folders(settings, folder)
    settings.QUANSHU_KEYS_DIR = folder / "keys"
    cast = make_cast()
    add_chief(cast)
    return cast, published(cast, ITEMS, resource_name="古树名木名录", name_en="Old and notable trees")


def hosted(cast: Cast, entry: Entry, **changes: Any) -> Agreement:
    """An agreement in force, all the way through the browser."""
    steward, officer = cast.browser("steward"), cast.browser("officer")
    page = steward.post(f"/hosting/new/{entry.uid}/", {**ASKED, **changes})["Location"]
    assert steward.post(f"{page}propose/")["Location"] == page
    assert officer.post(f"{page}accept/")["Location"] == page
    agreement = Agreement.objects.get(uid=page.split("/")[2])
    assert agreement.state == "active"
    return agreement


def rows_url(agreement: Agreement) -> str:
    """The data page."""
    return f"/hosting/{agreement.uid}/rows/"


def added(client: Client, agreement: Agreement, **changes: str) -> str:
    """Add a row; the change's page."""
    answer = client.post(f"{rows_url(agreement)}add/", {**ROW, **changes})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def row_page(client: Client, agreement: Agreement, plot: str = "LX-001") -> str:
    """The address of a row, as the data page links it."""
    page = client.get(rows_url(agreement)).context["rows"]
    listing = client.get(rows_url(agreement)).context["columns"][0]
    return next(str(listing.link(row)) for row in page if row["plot_no"] == plot)


def withdraw(entry: Entry) -> None:
    """Take the entry out of force."""
    from quanshu.supply.catalogue.api import withdraw_entry

    withdraw_entry(actor=SYSTEM, now=now(), entry=Entry.objects.get(pk=entry.pk), reason="不再提供")
