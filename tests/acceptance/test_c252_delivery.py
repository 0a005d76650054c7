"""Clauses 2.5.2, 2.6.1: what a bulk grant allows is delivered as files, to SFTP servers and into databases."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from quanshu.kernel.clock import now
from quanshu.kernel.ids import new_uid
from quanshu.lake.landing import fetch_host_key
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit.api import history
from quanshu.shared.outbox.api import dispatch
from quanshu.sharing.bulk.api import BulkGrant, revoke_bulk
from quanshu.sharing.bulk.services.granting import begin_anew, locked
from quanshu.sharing.delivery.models import Batch, Delivery
from quanshu.sharing.delivery.queries import file_of, reach, secret_of
from quanshu.sharing.delivery.services import queue_due, run_batch, settle_batches, start_batch
from support_bulk import a_bulk_grant, browser_of, land, refreshed
from support_delivery import API, JSON, a_batch, a_delivery, body, work
from support_services import PERSON, City, a_city, an_application, use_folders
from support_sources import sftp_server

NEW = ("370102199001010034", "赵六", "1991-02-03", "千佛山街道")


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    settings.QUANSHU_HOME = tmp_path
    settings.QUANSHU_DELIVERY_HOSTS = ["127.0.0.1"]
    settings.QUANSHU_DELIVERY_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    return a_city()


@pytest.fixture
def grant(city: City) -> BulkGrant:
    consumer, _secret = an_application(city)
    return a_bulk_grant(city, consumer)


def content(answer: Any) -> bytes:
    """The bytes of a download."""
    return b"".join(answer.streaming_content)


def test_a_unit_sets_a_delivery_up_and_downloads_the_file(city: City, grant: BulkGrant) -> None:
    """Over the API alone; SHA-256 and rows are told, the download is noted, the link ends."""
    developer = browser_of(city, "developer")
    made = developer.post(f"{API}/deliveries", body(grant, cron="30 2 * * *"), content_type=JSON)
    assert made.status_code == 201, made.content
    assert made.json()["next_at"]
    path = f"{API}/deliveries/{made.json()['uid']}"
    assert developer.post(f"{path}/start", {}, content_type=JSON).status_code == 201
    assert developer.post(f"{path}/start", {}, content_type=JSON).json()["code"] == "delivery.busy"
    work()
    batch = developer.get(f"{path}/batches").json()["items"][0]
    assert (batch["state"], batch["rows"], batch["mode"]) == ("done", 1, "whole")
    answer = developer.get(f"{API}/batches/{batch['uid']}/file")
    file = content(answer)
    assert hashlib.sha256(file).hexdigest() == batch["digest"] == answer["X-Content-SHA256"]
    assert file.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert [(row["name"], row["born"], row["street"]) for row in rows] == [("张**", "1990", "千佛山街道")]
    assert PERSON not in file.decode("utf-8-sig")
    for who, status in (("stranger", 404), ("bureau", 403), ("auditor", 403)):
        assert browser_of(city, who).get(f"{API}/batches/{batch['uid']}/file").status_code == status
    told = [(entry.action, entry.details) for entry in history("delivery.delivery", made.json()["uid"])]
    assert {"delivery.file.downloaded", "delivery.batch.delivered"} <= {action for action, _details in told}
    receipt = next(details for action, details in told if action == "delivery.batch.delivered")
    assert (receipt["rows"], receipt["digest"], receipt["bytes"]) == (1, batch["digest"], len(file))
    assert "张" not in json.dumps([details for _action, details in told], ensure_ascii=False)
    settle_batches(now() + timedelta(days=8))
    assert not file_of(Batch.objects.get()).exists()
    assert developer.get(f"{API}/batches/{batch['uid']}/file").json()["code"] == "delivery.link_over"


@pytest.mark.parametrize("form", ["parquet", "csv-utf8", "csv-gb18030", "xlsx"])
def test_every_form_holds_the_same_rows(city: City, grant: BulkGrant, form: str) -> None:
    batch = a_batch(city, a_delivery(city, grant, form=form))
    assert batch.state == "done", batch.error
    file = file_of(batch).read_bytes()
    if form == "parquet":
        rows = [tuple(row.values()) for row in pq.read_table(io.BytesIO(file)).to_pylist()]
    elif form == "xlsx":
        _head, *rows = load_workbook(io.BytesIO(file)).active.iter_rows(values_only=True)
    else:
        text = file.decode("gb18030" if form.endswith("gb18030") else "utf-8")
        _head, *rows = [tuple(row) for row in csv.reader(io.StringIO(text))]
    assert [row[1:] for row in rows] == [("张**", "1990", "千佛山街道")]


def test_only_changes_since_the_last_delivery_go_out(city: City, grant: BulkGrant) -> None:
    """New, changed and gone rows with their kind; nothing when nothing changed; whole when versions are gone."""
    delivery = a_delivery(city, grant, extent="changes", form="csv-utf8")
    assert a_batch(city, delivery).mode == "whole"
    assert a_batch(city, delivery).state == "empty"
    land(city, NEW, (PERSON, "张三丰", "1989-01-01", "千佛山街道"))
    refreshed(grant)
    batch = a_batch(city, delivery)
    assert (batch.mode, batch.inserted, batch.updated, batch.deleted) == ("changes", 1, 1, 0)
    rows = list(csv.DictReader(io.StringIO(file_of(batch).read_text())))
    assert {(row["name"], row["_change_type"]) for row in rows} == {("赵*", "insert"), ("张**", "update_postimage")}
    land(city, (NEW[0], NEW[1], NEW[2], "舜华路街道"))
    refreshed(grant)
    batch = a_batch(city, delivery)
    assert (batch.inserted, batch.updated, batch.deleted) == (0, 0, 1)
    assert a_batch(city, delivery, whole=True).mode == "whole"


def test_a_schedule_queues_a_batch_and_tells_what_stops_it(city: City, grant: BulkGrant) -> None:
    delivery = a_delivery(city, grant, cron="*/5 * * * *")
    assert queue_due(now()) == 0
    assert queue_due(now() + timedelta(minutes=6)) == 1
    batch = run_batch(Batch.objects.get().uid, now())
    assert (batch.state, batch.scheduled) == ("done", True)
    delivery.refresh_from_db()
    assert delivery.next_at is not None
    assert delivery.next_at > now() + timedelta(minutes=5)


def test_a_revoked_grant_stops_deliveries_at_once(city: City, grant: BulkGrant) -> None:
    """Files, queued batches, and new ones."""
    delivery = a_delivery(city, grant)
    done = a_batch(city, delivery)
    waiting = start_batch(actor=SYSTEM, delivery=delivery, now=now())
    revoke_bulk(actor=SYSTEM, grant=grant, reason="用途已变更", now=now())
    developer = browser_of(city, "developer")
    assert developer.get(f"{API}/batches/{done.uid}/file").json()["code"] == "delivery.grant_over"
    assert run_batch(waiting.uid, now()).error["code"] == "delivery.grant_over"
    assert browser_of(city, "developer").post(
        f"{API}/deliveries", body(grant), content_type=JSON
    ).json()["code"] == "delivery.grant_over"  # fmt: skip
    dispatch(now())
    delivery.refresh_from_db()
    assert delivery.state == "ended"
    assert not file_of(done).exists()


def test_a_view_built_anew_stops_what_stands_under_the_one_before(city: City, grant: BulkGrant) -> None:
    """As when a grade rises: files of the weaker masks are closed, and a batch that had begun does not bring them."""
    delivery = a_delivery(city, grant)
    done = a_batch(city, delivery)
    waiting = start_batch(actor=SYSTEM, delivery=delivery, now=now())
    Batch.objects.filter(pk=waiting.pk).update(view=grant.view, version=grant.view_version, state="running")
    before = grant.view
    begin_anew(locked(grant), now())
    developer = browser_of(city, "developer")
    assert developer.get(f"{API}/batches/{done.uid}/file").json()["code"] == "delivery.view_changed"
    assert run_batch(waiting.uid, now()).error["code"] == "delivery.view_not_ready"
    refreshed(grant)
    fresh = a_batch(city, delivery)
    assert (fresh.state, fresh.view != before) == ("done", True)
    assert developer.get(f"{API}/batches/{fresh.uid}/file").status_code == 200


def test_a_password_is_not_sent_to_another_server(city: City, grant: BulkGrant) -> None:
    """Who changes the address enters the password anew; other changes keep it, and it is shown to nobody."""
    developer = browser_of(city, "developer")
    options = {"host": "127.0.0.1", "port": 1, "username": "u", "database": "d", "table": "t"}
    given = body(grant, channel="database", options=options, secret={"password": "receiver-secret"})
    made = developer.post(f"{API}/deliveries", given, content_type=JSON)
    path = f"{API}/deliveries/{made.json()['uid']}"

    def change(**more: Any) -> Any:
        changed = {**given, "secret": {}, "options": {**options, **more}}
        return developer.put(path, changed, content_type=JSON)

    for more in ({"host": "collector.example"}, {"port": 2}, {"username": "v"}, {"sslmode": "disable"}):
        answer = change(**more)
        assert answer.status_code == 422, more
        assert [error["field"] for error in answer.json()["errors"]] == ["password"]
    kept = change(table="other")
    assert kept.status_code == 200
    assert "receiver-secret" not in kept.content.decode()
    delivery = Delivery.objects.get(uid=made.json()["uid"])
    assert secret_of(delivery) == {"password": "receiver-secret"}
    moved = {**given, "secret": {"password": "another"}, "options": {**options, "host": "localhost"}}
    assert developer.put(path, moved, content_type=JSON).status_code == 200
    delivery.refresh_from_db()
    assert secret_of(delivery) == {"password": "another"}


def test_limits_of_the_grant_hold(city: City) -> None:
    """Rows at a time, and rows a day over reads and deliveries together."""
    consumer, _secret = an_application(city)
    small = a_bulk_grant(city, consumer, table_name="small", where=(), row_limit=1)
    batch = a_batch(city, a_delivery(city, small))
    assert (batch.state, batch.error["code"]) == ("failed", "delivery.row_limit")
    daily = a_bulk_grant(city, consumer, table_name="daily", where=(), daily_rows=3)
    delivery = a_delivery(city, daily)
    assert a_batch(city, delivery).state == "done"
    batch = a_batch(city, delivery)
    assert batch.error["code"] == "delivery.daily_volume"
    page = browser_of(city, "developer").get(delivery.get_absolute_url()).content.decode()
    assert "Deliver tomorrow" in page


def test_an_sftp_drop_is_whole_or_not_there(city: City, grant: BulkGrant, tmp_path: Path) -> None:
    """Known key only, under its name when whole, with a manifest; nothing sent to an unlisted host."""
    folder = tmp_path / "server"
    folder.mkdir()
    with sftp_server(folder) as server:
        key, _print = fetch_host_key("127.0.0.1", server.port, reach())
        options = {"host": "127.0.0.1", "port": server.port, "username": "unit", "folder": "/in", "host_key": key}
        secret = {"password": "secret"}
        delivery = a_delivery(city, grant, channel="sftp", options=options, secret=secret)
        assert "secret" not in delivery.sealed_secret
        developer, path = browser_of(city, "developer"), f"{API}/deliveries/{delivery.uid}"
        assert developer.post(f"{path}/try", content_type=JSON).status_code == 200
        batch = a_batch(city, delivery)
        assert batch.state == "done", batch.error
        names = sorted(file.name for file in (folder / "in").iterdir())
        assert names == [batch.file_name, f"{batch.file_name}.manifest.json"]
        manifest = json.loads((folder / "in" / names[1]).read_text())
        put = (folder / "in" / names[0]).read_bytes()
        assert manifest["sha256"] == hashlib.sha256(put).hexdigest() == batch.digest
        assert (manifest["rows"], manifest["bytes"]) == (1, len(put))
        Delivery.objects.update(options={**options, "host_key": OTHER_KEY})
        refused = a_batch(city, delivery)
        assert refused.error["code"] == "lake.host_key_unknown"
        Delivery.objects.update(options={**options, "host": "example.org"})
        assert a_batch(city, delivery).error["code"] == "lake.target_not_allowed"


OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


@pytest.fixture
def database() -> Any:
    """Options of a target in a schema of its own, and a connection to it."""
    url = os.environ.get("QUANSHU_TEST_POSTGRESQL_URL", "")
    if not url:
        pytest.skip("NOT TESTED: pushing into PostgreSQL; QUANSHU_TEST_POSTGRESQL_URL names no server")
    parts, schema = urlsplit(url), f"t{new_uid().replace('-', '')[-12:]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
        yield (
            {"host": parts.hostname, "port": parts.port or 5432, "username": parts.username,
             "database": parts.path[1:], "schema": schema, "table": "residents", "sslmode": "prefer"},
            connection,
        )  # fmt: skip
        connection.execute(f'DROP SCHEMA "{schema}" CASCADE')


def test_a_view_is_pushed_into_the_receivers_database_and_reconciled(
    city: City, grant: BulkGrant, database: Any
) -> None:
    """Whole, then changes; what was meddled with there is named, and repaired by a whole load."""
    options, connection = database
    table = f'"{options["schema"]}".residents'
    delivery = a_delivery(city, grant, channel="database", extent="changes", options=options)
    developer = browser_of(city, "developer")
    assert developer.post(f"{delivery.get_absolute_url()}try/").status_code == 302
    first = a_batch(city, delivery)
    assert (first.state, first.mode, first.reconciliation["equal"]) == ("done", "whole", True), first.error
    assert connection.execute(f"SELECT name, born, street FROM {table}").fetchall() == [("张**", "1990", "千佛山街道")]
    land(city, NEW)
    refreshed(grant)
    second = a_batch(city, delivery)
    assert (second.mode, second.inserted) == ("changes", 1)
    assert run_batch(second.uid, now()).rows == 1
    connection.execute(f"UPDATE {table} SET street = 'x' WHERE name = '赵*'")
    third = a_batch(city, delivery)
    found = third.reconciliation
    assert (third.state, found["equal"], found["changed"]) == ("empty", False, 1)
    assert "The two sides differ" in developer.get(delivery.get_absolute_url()).content.decode()
    repaired = a_batch(city, delivery, whole=True)
    assert (repaired.mode, repaired.reconciliation["equal"]) == ("whole", True)


def test_bad_input_is_named(city: City, grant: BulkGrant) -> None:
    """Every fault with its field and remedy; a stranger finds neither grant nor delivery."""
    developer = browser_of(city, "developer")

    def fields(**changes: Any) -> set[str]:
        answer = developer.post(f"{API}/deliveries", body(grant, **changes), content_type=JSON)
        assert answer.status_code == 422, answer.content
        return {error["field"] for error in answer.json()["errors"]}

    assert fields(name=" ", form="doc", cron="every day", link_days=99) == {"name", "form", "cron", "link_days"}
    assert fields(channel="sftp", options={"port": "x"}) == {"host", "username", "host_key", "port", "password"}
    wrong = {"host": "h", "username": "u", "database": "d", "table": "quanshu_delivery", "sslmode": "no"}
    assert fields(channel="database", options=wrong) == {"table", "sslmode"}
    assert fields(channel="pigeon") == {"channel"}
    stranger = browser_of(city, "stranger")
    assert stranger.post(f"{API}/deliveries", body(grant), content_type=JSON).status_code == 404
    delivery = a_delivery(city, grant)
    assert stranger.get(delivery.get_absolute_url()).status_code == 404
    assert browser_of(city, "auditor").post(f"{delivery.get_absolute_url()}start/").status_code == 403
    assert developer.post(f"{delivery.get_absolute_url()}try/").status_code == 302


def test_pages_do_what_the_api_does(city: City, grant: BulkGrant) -> None:
    """Set up by the form, run, paused, let on, changed, ended; lists with export."""
    developer = browser_of(city, "developer")
    assert "residents" in developer.get("/delivery/new/").content.decode()
    form = {"name": "周报", "form": "xlsx", "extent": "whole", "cron": "0 3 * * 1", "link_days": "5"}
    assert developer.post(f"/delivery/new/{grant.uid}/page/", form | {"cron": "x"}).status_code == 422
    assert developer.get(f"/delivery/new/{grant.uid}/sftp/").status_code == 200
    assert developer.get(f"/delivery/new/{grant.uid}/pigeon/").status_code == 404
    assert developer.post(f"/delivery/new/{grant.uid}/page/", form).status_code == 302
    delivery = Delivery.objects.get()
    url = delivery.get_absolute_url()
    for step, state in (("pause", "paused"), ("resume", "active")):
        assert developer.post(f"{url}{step}/").status_code == 302
        delivery.refresh_from_db()
        assert delivery.state == state
    assert developer.post(f"{url}edit/", form | {"name": "周报二"}).status_code == 302
    assert developer.post(f"{url}start/").status_code == 302
    work()
    page = developer.get(url).content.decode()
    batch = Batch.objects.get()
    assert batch.digest[:12] in page
    assert developer.get(f"/delivery/batches/{batch.uid}/file/").status_code == 200
    assert developer.get("/delivery/?q=周报二&state=active").status_code == 200
    assert developer.get("/delivery/?export=csv").status_code == 200
    assert developer.get("/delivery/batches/?export=csv").status_code == 200
    assert developer.post(f"{url}end/").status_code == 302
    assert developer.get(f"/delivery/batches/{batch.uid}/file/").status_code == 409
