"""Hosted rows with wrong inputs, a process that died, terms and copies that run out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from quanshu.kernel.clock import now
from quanshu.shared.notify.api import Notice
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.hosting.api import Agreement, Change
from quanshu.supply.hosting.services import changing, delete_kept, remind_terms, settle_left
from quanshu.supply.intake.api import SourceData, create_source
from quanshu.supply.lake_store import get_lake
from support_catalogue import Cast
from support_hosting import ASKED, ROW, added, hosted, make_park, row_page, rows_url, withdraw


@pytest.fixture
def park(db: None, settings: Any, tmp_path: Path) -> Iterator[tuple[Cast, Entry]]:
    yield make_park(settings, tmp_path)
    get_lake.cache_clear()


def test_a_faulty_row_names_every_field(park: tuple[Cast, Entry]) -> None:
    cast, entry = park
    agreement = hosted(cast, entry)
    steward = cast.browser("steward")
    wrong = {**ROW, "name": "长" * 21, "kind": "9", "trees": "很多", "checked_on": "2026-02-30", "open": "也许"}
    answer = steward.post(f"{rows_url(agreement)}add/", wrong)
    assert answer.status_code == 422
    assert {"name", "kind", "open"} <= set(answer.context["form"].errors)
    answer = steward.post(f"{rows_url(agreement)}add/", {**ROW, "trees": "很多", "checked_on": "2026-02-30"})
    assert set(answer.context["form"].errors) == {"trees", "checked_on"}
    assert "值不是整数" in answer.content.decode()
    assert not Change.objects.exists()
    assert not get_lake().exists(entry.lake_table)
    added(steward, agreement)
    assert steward.post(f"{rows_url(agreement)}add/", ROW).status_code == 409
    page = row_page(steward, agreement)
    base = steward.get(f"{page}edit/").context["form"]["_base"].value()
    assert steward.post(f"{page}edit/", {**ROW, "_base": base}).status_code == 422
    # The key stays whatever is sent for it.
    steward.post(f"{page}edit/", {**ROW, "plot_no": "LX-999", "trees": "3", "_base": base})
    assert [row["plot_no"] for row in get_lake().read(entry.lake_table).to_pylist()] == ["LX-001"]


def test_an_agreement_with_wrong_inputs(park: tuple[Cast, Entry]) -> None:
    cast, entry = park
    steward, officer = cast.browser("steward"), cast.browser("officer")
    for changes in (
        {"reason": ""},
        {"works": []},
        {"term_until": "2020-01-01"},
        {"keep_months": "-1"},
        {"editors": ["x"]},
    ):
        assert steward.post(f"/hosting/new/{entry.uid}/", {**ASKED, **changes}).status_code == 422, changes
    assert cast.browser("other").post(f"/hosting/new/{entry.uid}/", ASKED).status_code == 404
    # A table that something else loads is not taken; a proposal comes back with the reason.
    page = steward.post(f"/hosting/new/{entry.uid}/", ASKED)["Location"]
    steward.post(f"{page}propose/")
    source = create_source(
        actor=cast.actor("steward"), now=now(), entry=entry,
        data=SourceData("名录库", "csv", "full", file_digest="0" * 64, file_name="a.csv"),
    )  # fmt: skip
    assert "名录库" in officer.get(page).content.decode()
    officer.post(f"{page}accept/")
    assert Agreement.objects.get().state == "proposed"
    assert officer.post(f"{page}return/", {"reason": ""}).status_code == 422
    officer.post(f"{page}return/", {"reason": "请先停用原来源"})
    assert "请先停用原来源" in steward.get(page).content.decode()
    source.active = False
    source.save()
    assert steward.post(f"{page}change/", {**ASKED, "four_eyes": "on"})["Location"] == page
    assert steward.post(f"{page}accept/").status_code == 403
    steward.post(f"{page}withdraw/")
    assert Agreement.objects.get().state == "withdrawn"


def test_rows_of_others_and_made_up_addresses_are_not_there(park: tuple[Cast, Entry]) -> None:
    cast, entry = park
    agreement = hosted(cast, entry)
    steward, other = cast.browser("steward"), cast.browser("other")
    change = added(steward, agreement)
    page = row_page(steward, agreement)
    for address in (agreement.get_absolute_url(), rows_url(agreement), page, change):
        assert other.get(address).status_code == 404, address
    assert steward.get(f"{rows_url(agreement)}none/").status_code == 404
    assert steward.get(f"{rows_url(agreement)}{'A' * 80}/edit/").status_code == 404
    assert "LX-001" not in page
    # Only those named edit, and the others see masked values.
    Agreement.objects.update(editors=["somebody"])
    assert steward.post(f"{rows_url(agreement)}add/", {**ROW, "plot_no": "LX-002"}).status_code == 404
    assert "张三丰" not in steward.get(page).content.decode()


def test_a_change_whose_process_died_is_settled_by_the_lake(
    park: tuple[Cast, Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    cast, entry = park
    agreement = hosted(cast, entry)
    steward = cast.browser("steward")
    with monkeypatch.context() as patch:
        # It dies after the lake was written; the second before.
        patch.setattr(changing, "_settle", lambda *args, **kwargs: None)
        added(steward, agreement)
        patch.setattr(changing, "_write", lambda *args, **kwargs: None)
        added(steward, agreement, plot_no="LX-002")
    assert set(Change.objects.values_list("state", flat=True)) == {"writing"}
    assert settle_left(now()) == 0
    assert settle_left(now() + timedelta(minutes=5)) == 2
    states = {change.version_after: change.state for change in Change.objects.all()}
    assert states == {0: "applied", None: "failed"}
    assert get_lake().count(entry.lake_table) == 1
    assert settle_left(now() + timedelta(minutes=5)) == 0


def test_terms_are_told_and_prolonged_and_kept_copies_run_out(park: tuple[Cast, Entry]) -> None:
    cast, entry = park
    agreement = hosted(cast, entry, keep_months="1")
    steward, officer = cast.browser("steward"), cast.browser("officer")
    added(steward, agreement)
    page = agreement.get_absolute_url()
    assert officer.post(f"{page}renew/", {"until": "2020-01-01", "reason": "x"}).status_code == 422
    officer.post(f"{page}renew/", {"until": "2030-12-31", "reason": "继续托管"})
    Agreement.objects.update(term_until=(now() + timedelta(days=3)).date())
    assert remind_terms(now()) == 1
    assert remind_terms(now()) == 0
    assert Notice.objects.filter(recipient_uid=cast.accounts["steward"].uid).count() == 1
    steward.post(f"{page}end/", {"reason": "自建系统"})
    steward.post(f"{page}confirm/")
    agreement.refresh_from_db()
    assert agreement.state == "ended"
    assert agreement.proof["kept_until"]
    assert delete_kept(now() + timedelta(days=40)) == 0, "the entry is in force"
    withdraw(entry)
    assert delete_kept(now()) == 0
    assert delete_kept(now() + timedelta(days=40)) == 1
    assert not get_lake().exists(entry.lake_table)
    agreement.refresh_from_db()
    assert agreement.proof["versions_deleted"] == 1
