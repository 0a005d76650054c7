"""Clauses 2.5.1, 2.5.2, 2.6.1: whole tables shared as views of a grant, by an open protocol, and nothing more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import delta_sharing
import httpx
import pyarrow as pa
import pytest

from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit.api import history
from quanshu.shared.jobs.api import Job
from quanshu.sharing.bulk.models import BulkGrant, BulkToken
from quanshu.sharing.bulk.services import end_due, refresh_entry, remove_views, revoke_not_allowed
from quanshu.sharing.services.api import Exchange, carry_receipts, publish_snapshot
from quanshu.supply.catalogue.api import grade_items, publish_entry, revise_entry, submit_entry
from quanshu.supply.lake_store import get_lake
from support_bulk import a_bulk_grant, a_profile, body, browser_of, land, refreshed
from support_services import PERSON, City, a_city, a_gateway, an_application, an_entry, use_folders

JSON = "application/json"
API = "/api/v1/bulk"


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    use_folders(settings, tmp_path)
    monkeypatch.setenv("QUANSHU_GATEWAY_LAKE", str(settings.QUANSHU_LAKE_DIR))
    return a_city()


def kept(tmp_path: Path, profile: str) -> str:
    """A profile file."""
    path = tmp_path / "reader.share"
    path.write_text(profile, encoding="utf-8")
    return str(path)


def ask(profile: str, method: str, path: str, **more: Any) -> httpx.Response:
    """One request by hand, with a profile."""
    told = json.loads(profile)
    headers = {"Authorization": f"Bearer {told['bearerToken']}"}
    url = told["endpoint"].rstrip("/") + path
    return httpx.request(method, url, headers=headers, trust_env=False, timeout=10, **more)


def test_a_unit_asks_the_provider_decides_and_the_view_is_read(city: City, settings: Any, tmp_path: Path) -> None:
    """From the request to the read, over pages and API alone; then new data arrive as changes."""
    consumer, _secret = an_application(city)
    asked = browser_of(city, "developer").post(f"{API}/requests", body(city, consumer), content_type=JSON)
    assert asked.status_code == 201, asked.content
    grant = BulkGrant.objects.get(uid=asked.json()["uid"])
    assert grant.state == "requested"
    assert browser_of(city, "stranger").get(grant.get_absolute_url()).status_code == 404
    steward = browser_of(city, "steward")
    assert "养老待遇资格认证" in steward.get("/todo/").content.decode()
    assert steward.post(f"{grant.get_absolute_url()}approve/", {"reason": ""}).status_code == 422
    assert steward.post(f"{grant.get_absolute_url()}approve/", {"reason": "街道职责所需"}).status_code == 302
    assert Job.objects.filter(name="bulk.refresh").exists()
    grant = refreshed(grant)
    page = browser_of(city, "developer").post(f"/bulk/applications/{consumer.uid}/token/", {"days": "30"})
    assert page.headers["Cache-Control"] == "no-store"
    profile = page.context["profile"]
    assert not BulkToken.objects.filter(digest__contains="qst_").exists()
    with a_gateway(settings, tmp_path, now()) as gateway:
        profile = profile.replace(json.loads(profile)["endpoint"], f"{gateway.url}/delta-sharing/")
        url = f"{kept(tmp_path, profile)}#{grant.full_name}"
        frame = delta_sharing.load_as_pandas(url)
        assert sorted(frame.columns) == ["born", "name", "row_key", "street"]
        assert frame[["name", "born", "street"]].to_numpy().tolist() == [["张**", "1990", "千佛山街道"]]
        land(
            city,
            (PERSON, "张三丰", "1990-01-01", "舜华路街道"),
            ("370102199001010034", "赵六", "1991-02-03", "千佛山街道"),
        )
        refreshed(grant)
        changes = delta_sharing.load_table_changes_as_pandas(url, starting_version=1)
        assert sorted(changes["_change_type"]) == ["delete", "insert"]
        assert set(changes["name"]) == {"张**", "赵*"}
        assert PERSON not in changes.to_csv()
    carry_receipts(now())
    reads = Exchange.objects.filter(grant_uid=grant.uid)
    assert reads.filter(rows=1, sid=f"bulk:{grant.full_name}", purpose="街道人口服务管理").exists()
    assert any(entry.action == "gateway.call" for entry in history("services.exchange", reads[0].receipt_id))
    shown = browser_of(city, "steward").get(grant.get_absolute_url()).content.decode()
    assert "In step with the source" in shown
    assert "Read of changes" in shown


def test_grades_hold_for_views(city: City) -> None:
    """Core data never; what must be masked leaves masked only; what may not be shared is refused."""
    consumer, _secret = an_application(city)
    bureau = browser_of(city, "bureau")

    def share(**changes: Any) -> Any:
        return bureau.post(f"{API}/grants", body(city, consumer, **changes), content_type=JSON)

    assert "core" in share(shared_fields=["informant"]).json()["errors"][0]["fault"]
    assert share(masks={"name": "none"}).json()["errors"][0]["field"] == "masks.name"
    assert share(where=[{"column": "informant", "operator": "eq", "values": ["x"]}]).status_code == 422
    assert share(where=[{"column": "street", "operator": "like", "values": ["%"]}]).status_code == 422
    assert share(valid_until="2020-01-01T00:00:00+08:00").status_code == 422
    assert share(valid_until="2099-01-01T00:00:00").status_code == 422
    assert share(table_name="Robert'); DROP").json()["errors"][0]["field"] == "table_name"
    closed = an_entry(city.units["police"], name="线索信息", share_type="3")
    refused = share(entry_uid=closed.uid)
    assert (refused.status_code, refused.json()["code"]) == (409, "services.entry_not_shared")
    made = share()
    assert made.status_code == 201
    assert made.json()["masks"] == {"name": "name", "born": "date_year", "street": "none"}
    assert share().json()["errors"][0]["field"] == "table_name"


def test_only_the_right_people_decide(city: City) -> None:
    """Nobody decides one's own request; strangers see nothing; a grant is made by whoever may grant."""
    consumer, _secret = an_application(city)
    developer = browser_of(city, "developer")
    assert developer.post(f"{API}/grants", body(city, consumer), content_type=JSON).status_code == 403
    assert (
        browser_of(city, "stranger").post(f"{API}/requests", body(city, consumer), content_type=JSON).status_code == 403
    )
    asked = developer.post(f"{API}/requests", body(city, consumer), content_type=JSON).json()
    path = f"{API}/grants/{asked['uid']}"
    assert developer.post(f"{path}/approve", {"reason": "x"}, content_type=JSON).status_code == 403
    assert browser_of(city, "stranger").get(path).status_code == 404
    BulkGrant.objects.filter(uid=asked["uid"]).update(created_by_uid=city.actor("steward").uid)
    own = browser_of(city, "steward").post(f"{path}/approve", {"reason": "x"}, content_type=JSON)
    assert own.json()["code"] == "bulk.own_request"
    refused = browser_of(city, "bureau").post(f"{path}/refuse", {"reason": "范围过宽"}, content_type=JSON)
    assert refused.json()["state"] == "refused"
    again = browser_of(city, "bureau").post(f"{path}/approve", {"reason": "x"}, content_type=JSON)
    assert again.json()["code"] == "workflow.wrong_state"


def test_a_revoked_grant_refuses_lists_reads_and_addresses_within_a_second(
    city: City, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    """And the files go when the stated time is over."""
    consumer, _secret = an_application(city)
    grant = a_bulk_grant(city, consumer, retention_days=1)
    profile = a_profile(consumer)
    root = f"/shares/city/schemas/{grant.schema}/tables"
    with a_gateway(settings, tmp_path, now()) as gateway:
        profile = profile.replace(json.loads(profile)["endpoint"], f"{gateway.url}/delta-sharing/")
        answer = ask(profile, "POST", f"{root}/residents/query", json={})
        url = json.loads(answer.text.splitlines()[2])["file"]["url"]
        assert httpx.get(url, trust_env=False).status_code == 200
        with django_capture_on_commit_callbacks(execute=True):
            form = {"reason": "用途已变更"}
            revoked = browser_of(city, "steward").post(f"{grant.get_absolute_url()}revoke/", form)
            assert revoked.status_code == 302
        began = time.monotonic()
        while httpx.get(url, trust_env=False).status_code != 403:
            time.sleep(0.02)
        while ask(profile, "POST", f"{root}/residents/query", json={}).status_code != 404:
            time.sleep(0.02)
        assert ask(profile, "GET", "/shares").json()["items"] == []
        assert time.monotonic() - began < 1
    assert get_lake().exists(grant.view)
    remove_views(now())
    assert get_lake().exists(grant.view)
    remove_views(now() + timedelta(days=1, minutes=1))
    assert not get_lake().exists(grant.view)
    assert "View removed" in browser_of(city, "bureau").get(grant.get_absolute_url()).content.decode()


def test_tokens_are_changed_with_overlap_and_ended_at_once(city: City, django_capture_on_commit_callbacks: Any) -> None:
    """The old one holds seven more days; a revoked one is in the feed."""
    consumer, _secret = an_application(city)
    nothing = browser_of(city, "developer").post(f"/bulk/applications/{consumer.uid}/token/", {"days": "30"})
    assert nothing.status_code == 404
    grant = a_bulk_grant(city, consumer)
    developer, path = browser_of(city, "developer"), f"{API}/grants/{grant.uid}/tokens"
    assert developer.post(path, {"days": 0}, content_type=JSON).status_code == 422
    assert browser_of(city, "auditor").post(path, {"days": 30}, content_type=JSON).status_code == 403
    first = developer.post(path, {"days": 90}, content_type=JSON).json()
    second = developer.post(path, {"days": 90}, content_type=JSON).json()
    assert json.loads(second["profile"])["shareCredentialsVersion"] == 1
    rows = {row["uid"]: row for row in developer.get(path).json()["items"]}
    assert "profile" not in rows[first["uid"]]
    assert rows[first["uid"]]["not_after"] < rows[second["uid"]]["not_after"]
    assert BulkToken.objects.get(uid=first["uid"]).not_after <= now() + timedelta(days=7)
    with django_capture_on_commit_callbacks(execute=True):
        ended = developer.post(f"/bulk/tokens/{second['uid']}/revoke/")
    assert ended.status_code == 302
    again = developer.post(f"{API}/tokens/{second['uid']}/revoke", content_type=JSON)
    assert again.json()["code"] == "bulk.token_over"


def test_a_grade_that_rises_closes_what_was_clear(city: City) -> None:
    """The field goes on masked in a view built anew; what the catalogue forbids ends the grant (就高从严)."""
    consumer, _secret = an_application(city)
    grant = a_bulk_grant(city, consumer, table_name="wide", where=())
    before = grant.view
    entry = revise_entry(actor=SYSTEM, now=now(), entry=city.entry)
    entry = grade_items(actor=SYSTEM, now=now(), entry=entry, grades={"street": "general-4"})
    entry = publish_entry(actor=SYSTEM, now=now(), entry=submit_entry(actor=SYSTEM, now=now(), entry=entry))
    assert revoke_not_allowed(entry_uid=entry.uid, now=now()) == 1
    grant = refreshed(BulkGrant.objects.get(uid=grant.uid))
    assert (grant.state, grant.masks["street"]) == ("active", "full")
    assert grant.view != before
    assert set(get_lake().read(grant.view).to_pydict()["street"]) == {"***"}
    remove_views(now() + timedelta(hours=2))
    assert not get_lake().exists(before)
    entry = revise_entry(actor=SYSTEM, now=now(), entry=entry)
    entry = grade_items(actor=SYSTEM, now=now(), entry=entry, grades={"street": "core"})
    publish_entry(actor=SYSTEM, now=now(), entry=submit_entry(actor=SYSTEM, now=now(), entry=entry))
    revoke_not_allowed(entry_uid=entry.uid, now=now())
    grant.refresh_from_db()
    assert grant.state == "revoked"


def test_a_view_says_how_far_it_is_behind_and_what_stops_it(city: City) -> None:
    """State, lag, fault and remedy on its page; a refresh that fails leaves the version before."""
    consumer, _secret = an_application(city)
    grant = a_bulk_grant(city, consumer)
    rows = get_lake().read(grant.view).num_rows
    refresh_entry(city.entry.uid, now() - timedelta(hours=2))
    bureau = browser_of(city, "bureau")
    assert "Behind" in bureau.get(grant.get_absolute_url()).content.decode()
    table = get_lake().read(city.entry.lake_table)
    get_lake().append(city.entry.lake_table, table)
    refreshed(grant)
    page = bureau.get(grant.get_absolute_url()).content.decode()
    assert "Several rows of the source have one key." in page
    assert get_lake().read(grant.view).num_rows == rows
    get_lake().overwrite(city.entry.lake_table, table)
    assert bureau.post(f"{grant.get_absolute_url()}refresh/").status_code == 302
    refreshed(grant)
    assert "In step with the source" in bureau.get(grant.get_absolute_url()).content.decode()


def test_a_column_of_another_type_begins_a_view_anew(city: City) -> None:
    """Readers find another table under the same name, and the one before is removed."""
    consumer, _secret = an_application(city)
    grant = a_bulk_grant(city, consumer, fields=("street",), where=())
    table = get_lake().read(city.entry.lake_table)
    at = table.schema.get_field_index("street")
    get_lake().overwrite(city.entry.lake_table, table.set_column(at, "street", pa.array([1, 2])))
    before = grant.view
    grant = refreshed(grant)
    assert (grant.view != before, grant.view_version) == (True, None)
    assert refreshed(grant).view_rows == 2
    assert set(get_lake().read(grant.view).to_pydict()["street"]) == {1, 2}


def test_a_grant_ends_by_itself(city: City) -> None:
    """Its day over, it is no longer in the snapshot."""
    consumer, _secret = an_application(city)
    grant = a_bulk_grant(city, consumer)
    assert end_due(grant.valid_until + timedelta(seconds=1)) == 1
    grant.refresh_from_db()
    assert grant.state == "ended"
    assert publish_snapshot(now()) is not None


def test_the_form_shares_and_names_its_faults(city: City) -> None:
    """The page does what the API does: fields, masks, filter, limits."""
    consumer, _secret = an_application(city)
    bureau = browser_of(city, "bureau")
    path = f"/bulk/new/{city.entry.uid}/"
    shown = bureau.get(path).content.decode()
    assert "Ungraded and core data are not shared." in shown
    assert "Share in bulk" in bureau.get(f"/catalogue/{city.entry.uid}/").content.decode()
    form = {
        "consumer": consumer.uid,
        "table_name": "residents",
        "purpose": "街道人口服务管理",
        "valid_until": (now() + timedelta(days=30)).date().isoformat(),
        "row_limit": "1000",
        "versions_kept": "5",
        "retention_days": "3",
        "field-name": "on",
        "field-born": "on",
        "mask-born": "full",
        "column-1": "street",
        "operator-1": "in",
        "value-1": "千佛山街道，舜华路街道",
        "column-2": "born",
        "operator-2": "like",
        "value-2": "1990",
    }
    wrong = bureau.post(path, form)
    assert wrong.status_code == 422
    assert "Condition 2" in wrong.content.decode()
    assert bureau.post(path, form | {"operator-2": "starts_with"}).status_code == 302
    grant = BulkGrant.objects.get()
    assert grant.where[0] == {"column": "street", "operator": "in", "values": ["千佛山街道", "舜华路街道"]}
    assert grant.masks == {"name": "name", "born": "full"}
    listed = bureau.get("/bulk/?state=active").content.decode()
    assert "residents" in listed
    assert bureau.get("/bulk/?export=csv").status_code == 200


WRITER = """
import sys, time
from pathlib import Path
from quanshu.lake import Lake
from quanshu.lake import views
lake = Lake(Path(sys.argv[1]))
apply = lake.apply
def slow(name, data, keys, **more):
    def trickle():
        for batch in data:
            yield batch
            print("writing", flush=True)
            time.sleep(60)
    import pyarrow as pa
    return apply(name, pa.RecordBatchReader.from_batches(data.schema, trickle()), keys, **more)
lake.apply = slow
columns = ["name", "born", "street"]
views.materialise_view(lake, sys.argv[2], sys.argv[3], columns=columns, masks={}, keys=["citizen_id"])
"""


def test_a_refresh_killed_in_the_middle_leaves_the_version_before(city: City, settings: Any, tmp_path: Path) -> None:
    """Readers go on with it, and the next refresh brings the view up to date."""
    consumer, _secret = an_application(city)
    grant = a_bulk_grant(city, consumer, where=())
    land(city, ("370102199001010034", "赵六", "1991-02-03", "千佛山街道"))
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(settings.QUANSHU_LAKE_DIR), city.entry.lake_table, grant.view],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"writing\n"
    os.killpg(writer.pid, signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    profile = a_profile(consumer)
    with a_gateway(settings, tmp_path, now()) as gateway:
        profile = profile.replace(json.loads(profile)["endpoint"], f"{gateway.url}/delta-sharing/")
        url = f"{kept(tmp_path, profile)}#{grant.full_name}"
        assert len(delta_sharing.load_as_pandas(url)) == 2
        refreshed(grant)
        assert len(delta_sharing.load_as_pandas(url)) == 3
