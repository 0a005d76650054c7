"""Clause 2.5.1, integration of many kinds of source: APIs, servers, folders and pushed files, through HTTP alone."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from quanshu.gateway.snapshot import load_snapshot
from quanshu.gateway.spool import Pushed, Spool
from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import run_due
from quanshu.shared.outbox.api import dispatch
from quanshu.sharing.services.api import publish_snapshot
from quanshu.supply.intake.models import Source
from quanshu.supply.intake.services import take_pushes
from quanshu.supply.lake_store import get_lake
from support_intake import HEADER, ROWS, Supply, csv_bytes, make_supply, use_folders
from support_sources import TOKEN, api_server, sftp_server

pytestmark = pytest.mark.django_db
API = "/api/v1/intake"
RECORDS = [
    {"citizen_id": f"370102199001010{n:03}", "name": f"第{n}人", "registered_on": f"2024-01-{n + 1:02}", "amount": 1.25}
    for n in range(5)
]


@pytest.fixture
def supply(db: None, settings: Any, tmp_path: Path) -> Iterator[Supply]:
    use_folders(settings, tmp_path)
    settings.QUANSHU_GATEWAY_DIR = tmp_path / "gateway"
    settings.QUANSHU_INTAKE_HOSTS = ["127.0.0.1"]
    settings.QUANSHU_INTAKE_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    yield make_supply(tmp_path)
    get_lake.cache_clear()


def call(client: Client, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = client.generic(method, f"{API}{path}", json.dumps(body) if body is not None else "", "application/json")
    assert answer.status_code == status, answer.content.decode()[:1500]
    return answer.json()


def made(client: Client, supply: Supply, kind: str, status: int = 201, **values: Any) -> Any:
    body = {"entry_uid": supply.entry.uid, "name": "居民库", "kind": kind, **values}
    return call(client, "POST", "/sources", body, status)


def loaded(client: Client, source: dict[str, Any]) -> Any:
    run = call(client, "POST", f"/sources/{source['uid']}/runs", status=201)
    run_due(now())
    return call(client, "GET", f"/runs/{run['uid']}")


def test_an_api_in_pages_of_every_kind(supply: Supply, settings: Any) -> None:
    steward = supply.cast.program("steward")
    ways = {
        "pages": {"paging": "page", "page_param": "page", "rows_path": "data.items"},
        "offset": {"paging": "offset", "page_param": "start"},
        "cursor": {"paging": "cursor", "page_param": "cursor", "rows_path": "items", "next_path": "next"},
        "next": {"paging": "next", "rows_path": "items", "next_path": "next"},
    }
    with api_server(RECORDS) as api:
        api.faults = [503]
        for path, options in ways.items():
            options = {"address": f"{api.url}/{path}", **options}
            source = made(steward, supply, "http", options=options, secret={"token": TOKEN})
            assert TOKEN not in json.dumps(source)
            assert source["has_secret"]
            run = loaded(steward, source)
            assert (run["state"], run["rows_in"], run["landed"]) == ("landed", 5, 5), (path, run["error"])
        shown = call(steward, "POST", f"/sources/{source['uid']}/preview")
        assert (shown["columns"], shown["fitting"], shown["drift"]) == (list(HEADER), 5, [])
        # Incremental: the API is asked from the highest value on.
        options = {**options, "address": f"{api.url}/pages", **ways["pages"], "since_param": "since"}
        source = made(
            steward,
            supply,
            "http",
            mode="incremental",
            options={**options, "cursor": "registered_on", "overlap": 1},
            secret={"token": TOKEN},
        )
        loaded(steward, source)
        api.asked.clear()
        api.rows = [*RECORDS, {**RECORDS[0], "citizen_id": "370102199001010900", "registered_on": "2024-01-09"}]
        run = loaded(steward, source)
        assert api.asked[0]["since"] == "2024-01-04"
        assert (run["inserted"], run["updated"], run["unchanged"], run["cursor"]) == (1, 0, 2, "2024-01-09")
        # A wrong token, a redirect into the machine's own network, hosts that are not listed.
        call(steward, "PUT", f"/sources/{source['uid']}", {
            "entry_uid": supply.entry.uid, "name": "x", "kind": "http", "mode": "full", "options": options,
            "secret": {"token": "wrong"}})  # fmt: skip
        run = loaded(steward, source)
        assert (run["state"], run["error"]["code"]) == ("failed", "lake.api_failed")
        assert "401" in run["error"]["message"]
        api.faults = [302]
        assert "302" in loaded(steward, source)["error"]["message"]
        settings.QUANSHU_INTAKE_PRIVATE_NETWORKS = []
        assert loaded(steward, source)["error"]["code"] == "lake.private_address"
        settings.QUANSHU_INTAKE_HOSTS = ["api.example.com"]
        assert loaded(steward, source)["error"]["code"] == "lake.host_not_allowed"
    told = made(steward, supply, "http", 422, options={"address": "ftp://x", "paging": "page"})
    assert {error["field"] for error in told["errors"]} == {"address", "page_param"}


def test_an_sftp_server_whose_key_is_confirmed_first(supply: Supply, tmp_path: Path) -> None:
    steward = supply.cast.program("steward")
    folder = tmp_path / "remote"
    folder.mkdir()
    (folder / "people-1.csv").write_bytes(csv_bytes(ROWS[:2]))
    (folder / "readme.csv").write_bytes(b"x")
    with sftp_server(folder) as server:
        options = {"host": "127.0.0.1", "port": server.port, "username": "unit", "folder": "/", "pattern": "people-*"}
        made(steward, supply, "sftp", 422, options=options)
        source = made(steward, supply, "sftp", mode="upsert", options=options, secret={"password": "secret"})
        path = f"/sources/{source['uid']}"
        assert call(steward, "POST", f"{path}/preview", status=422)["code"] == "lake.host_key_unknown"
        shown = call(steward, "GET", f"{path}/hostkey")["fingerprint"]
        call(steward, "POST", f"{path}/hostkey", {"fingerprint": "SHA256:other"}, 409)
        assert call(steward, "POST", f"{path}/hostkey", {"fingerprint": shown})["options"]["host_key"]
        assert [file["name"] for file in call(steward, "POST", f"{path}/preview")["files"]] == ["people-1.csv"]
        row = Source.objects.get(uid=source["uid"])
        row.options["settle"] = 0
        row.save()
        for _ in range(2):
            call(steward, "POST", f"{path}/look")
            run_due(now())
        assert [file["state"] for file in call(steward, "GET", f"{path}/files")["items"]] == ["landed"]
        assert len(supply.rows()) == 2
        # By a private key instead; and another machine at the same place is not trusted.
        key = {"entry_uid": supply.entry.uid, "name": "x", "kind": "sftp", "mode": "upsert", "options": options}
        call(steward, "PUT", path, {**key, "secret": {"private_key": server.key, "password": "wrong"}})
        assert call(steward, "POST", f"{path}/preview")["files"]
    with sftp_server(folder) as other:
        row.refresh_from_db()
        row.options["port"] = other.port
        row.save()
        assert call(steward, "POST", f"{path}/preview", status=422)["code"] == "lake.host_key_unknown"


def test_json_lines_and_parquet(supply: Supply) -> None:
    steward = supply.cast.program("steward")
    lines = "\n".join([*(json.dumps(record, ensure_ascii=False) for record in RECORDS), "[1]", "{bad"]).encode()
    table = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(RECORDS), table)
    seen = []
    for kind, content, name in (("jsonl", lines, "a.jsonl"), ("parquet", table.getvalue(), "a.parquet")):
        fields = {"entry_uid": supply.entry.uid, "name": "居民库", "kind": kind}
        answer = steward.post(f"{API}/sources/upload", {**fields, "file": SimpleUploadedFile(name, content)})
        assert answer.status_code == 201, answer.content.decode()
        run = loaded(steward, answer.json())
        assert (run["state"], run["landed"]) == ("landed", 5), run["error"]
        seen.append(supply.rows(run["lake_version"]))
        if kind == "jsonl":
            refused = call(steward, "GET", f"/runs/{run['uid']}/refused")["items"]
            assert [(row["row_number"], row["reason"]) for row in refused] == [
                (6, "not_an_object"),
                (7, "not_an_object"),
            ]
    assert seen[0] == seen[1]


def test_refused_rows_are_corrected_in_the_browser_and_by_workbook(supply: Supply) -> None:
    steward, program = supply.cast.browser("steward"), supply.cast.program("steward")
    bad = [("k1", "", "", ""), ("k2", "王二", "昨天", ""), ("k3", "李三", "", "x")]
    path = supply.drop("a.csv", csv_bytes([*ROWS, *bad]))
    run = loaded(program, made(program, supply, "csv", path=str(path), mode="upsert"))
    page = f"/intake/runs/{run['uid']}/"
    shown = steward.get(page).content.decode()
    assert f"{page}rows/5/" in shown
    assert "昨天" in steward.get(f"{page}rows/6/").content.decode()
    values = {"citizen_id": "k1", "name": "", "registered_on": "", "amount": ""}
    assert steward.post(f"{page}rows/5/", values).status_code == 422
    assert steward.post(f"{page}rows/5/", {**values, "name": "赵一"}).status_code == 302
    assert steward.post(f"{page}rows/7/dismiss/", {"reason": "部门已确认作废"}).status_code == 302
    book = load_workbook(io.BytesIO(steward.get(f"{page}refused.xlsx").content))
    sheet = book.worksheets[0]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["5", "6"]
    sheet["D3"] = "2024-02-02"
    corrected = io.BytesIO()
    book.save(corrected)
    upload = SimpleUploadedFile("改.xlsx", corrected.getvalue())
    assert steward.post(f"{page}corrections/", {"file": upload}).status_code == 302
    answer = steward.post(f"{page}replay/")
    run_due(now())
    replay = call(program, "GET", f"/runs/{answer['Location'].split('/')[-2]}")
    assert (replay["rows_in"], replay["landed"], replay["replay_of"]) == (2, 2, run["uid"])
    shown = steward.get(page).content.decode()
    assert "更正后已入湖" in shown
    assert "已不予处理" in shown
    assert {row["citizen_id"] for row in supply.rows()} >= {"k1", "k2"}
    assert "k3" not in {row["citizen_id"] for row in supply.rows()}
    call(supply.cast.program("leader"), "PUT", f"/runs/{run['uid']}/rows/7", {"values": {}}, 403)
    call(program, "PUT", f"/runs/{run['uid']}/rows/99", {"values": {}}, 404)


def test_drift_is_decided_on_the_run_s_page(supply: Supply) -> None:
    steward, program = supply.cast.browser("steward"), supply.cast.program("steward")
    header = (*HEADER, "district")
    path = supply.drop("a.csv", csv_bytes([(*row, "历下区") for row in ROWS], header))
    source = made(program, supply, "csv", path=str(path), drift="quarantine")
    shown = call(program, "POST", f"/sources/{source['uid']}/preview")
    assert [(item["column"], item["change"]) for item in shown["drift"]] == [("district", "added")]
    assert "district" in steward.get(f"/intake/sources/{source['uid']}/preview/").content.decode()
    run = loaded(program, source)
    assert (run["state"], run["held_for"]) == ("held", "drift")
    page = steward.get(f"/intake/runs/{run['uid']}/").content.decode()
    assert "district" in page
    assert f"/intake/runs/{run['uid']}/release/" in page
    call(supply.cast.program("leader"), "POST", f"/runs/{run['uid']}/release", {}, 403)
    assert steward.post(f"/intake/runs/{run['uid']}/release/", {"decision": "known"}).status_code == 302
    run_due(now())
    run = call(program, "GET", f"/runs/{run['uid']}")
    assert (run["state"], run["landed"]) == ("landed", 3)


def test_a_schedule_by_page_and_api(supply: Supply) -> None:
    steward, program = supply.cast.browser("steward"), supply.cast.program("steward")
    path = supply.drop("a.csv", csv_bytes(ROWS))
    source = made(program, supply, "csv", path=str(path))
    page = f"/intake/sources/{source['uid']}/"
    assert steward.post(f"{page}schedule/", {"cron": "61 * * * *"}).status_code == 422
    assert steward.post(f"{page}schedule/", {"cron": "30 2 * * *"}).status_code == 302
    assert call(program, "GET", f"/sources/{source['uid']}/schedule")["next_at"]
    assert "30 2 * * *" in steward.get(page).content.decode()
    assert steward.post(f"{page}pause/").status_code == 302
    assert call(program, "GET", f"/sources/{source['uid']}/schedule")["active"] is False
    push = made(program, supply, "push", mode="upsert")
    assert call(program, "PUT", f"/sources/{push['uid']}/schedule", {"cron": "0 1 * * *"}, 409)["remedy"]
    assert take_pushes(now()) == 0


def test_a_unit_that_only_pushes(supply: Supply, settings: Any) -> None:
    steward = supply.cast.program("steward")
    source = made(steward, supply, "push", mode="upsert")
    path = f"/sources/{source['uid']}"
    call(steward, "POST", f"{path}/runs", status=409)
    call(supply.cast.program("other"), "POST", f"{path}/rights", {"rid": "app-1"}, 404)
    call(steward, "POST", f"{path}/rights", {"rid": "no such/rid"}, 422)
    call(steward, "POST", f"{path}/rights", {"rid": "app-1"}, 201)
    call(steward, "POST", f"{path}/rights", {"rid": "app-1"}, 409)
    dispatch(now())
    publish_snapshot(now())
    folder, key = settings.QUANSHU_GATEWAY_DIR, settings.QUANSHU_KEYS_DIR / "snapshot.pub"
    [right] = load_snapshot(folder, key.read_bytes()).pushes
    assert (right.rid, right.source) == ("app-1", source["uid"])

    # What a gateway leaves behind: content, then its record.
    spool = Spool(folder)
    for number, rows in enumerate((ROWS[:2], ROWS)):
        content = csv_bytes(rows)
        digest = hashlib.sha256(content).hexdigest()
        for _ in range(2):  # a worker that died before it let go of the content finds it again
            with spool.writing(source["uid"], digest) as file:
                file.write(content)
            assert spool.is_whole(source["uid"], digest)
            spool.record(
                Pushed(f"receipt-{number}", source["uid"], "app-1", right.uid, "a.csv", len(content), digest, number)
            )
            take_pushes(now())
        run_due(now())
    files = call(steward, "GET", f"{path}/files")["items"]
    assert [(file["receipt_id"], file["state"]) for file in files] == [("receipt-1", "landed"), ("receipt-0", "landed")]
    assert len(supply.rows()) == 3
    assert "receipt-1" not in [pushed.receipt_id for pushed in spool.waiting(5)]
    shown = supply.cast.browser("steward").get(f"/intake/sources/{source['uid']}/").content.decode()
    assert "quanshu push FILE --source" in shown
    assert "app-1" in shown
    call(steward, "DELETE", f"{path}/rights/app-1")
    call(steward, "DELETE", f"{path}/rights/app-1", status=404)
    dispatch(now())
    publish_snapshot(now())
    assert load_snapshot(folder, key.read_bytes()).pushes == ()
