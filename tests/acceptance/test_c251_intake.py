"""Clause 2.5.1, integration of many kinds of source: a department's data reaches the lake through HTTP alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import run_due
from quanshu.supply.lake_store import get_lake
from support_intake import HEADER, ROWS, Supply, csv_bytes, make_supply, use_folders, workbook

pytestmark = pytest.mark.django_db
API = "/api/v1/intake"


@pytest.fixture
def supply(db: None, settings: Any, tmp_path: Path) -> Iterator[Supply]:
    use_folders(settings, tmp_path)
    yield make_supply(tmp_path)
    get_lake.cache_clear()


def call(client: Client, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = client.generic(method, f"{API}{path}", json.dumps(body) if body is not None else "", "application/json")
    assert answer.status_code == status, answer.content.decode()[:1500]
    return answer.json()


def send(client: Client, path: str, fields: dict[str, str], content: bytes, name: str, status: int = 201) -> Any:
    answer = client.post(f"{API}{path}", {**fields, "file": SimpleUploadedFile(name, content)})
    assert answer.status_code == status, answer.content.decode()[:1500]
    return answer.json()


def loaded(client: Client, source: dict[str, Any]) -> Any:
    run = call(client, "POST", f"/sources/{source['uid']}/runs", status=201)
    assert run["state"] == "queued"
    run_due(now())
    return call(client, "GET", f"/runs/{run['uid']}")


def test_the_same_table_from_each_kind_of_source(supply: Supply) -> None:
    steward = supply.cast.program("steward")
    fields = {"entry_uid": supply.entry.uid, "name": "居民库", "kind": "csv"}
    dropped = supply.drop("居民.csv", csv_bytes(ROWS, encoding="gb18030"))
    with sqlite3.connect(supply.folder / "incoming" / "a.db") as connection:
        connection.execute(f"CREATE TABLE people ({', '.join(HEADER)})")
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", ROWS)
    connection.close()
    book = workbook(supply.folder / "b.xlsx", ROWS).read_bytes()
    url = f"sqlite:///{supply.folder / 'incoming' / 'a.db'}"
    sources = [
        send(steward, "/sources/upload", fields, csv_bytes(ROWS), "居民.csv"),
        send(steward, "/sources/upload", {**fields, "kind": "excel", "sheet": "数据"}, book, "居民.xlsx"),
        call(steward, "POST", "/sources", {**fields, "path": str(dropped)}, 201),
        call(steward, "POST", "/sources", {**fields, "kind": "sql", "url": url, "table": "people"}, 201),
    ]
    seen = []
    for source in sources:
        run = loaded(steward, source)
        assert (run["state"], run["rows_in"], run["landed"], run["refused"], run["error"]) == ("landed", 3, 3, 0, None)
        seen.append(supply.rows(run["lake_version"]))
    assert seen == [seen[0]] * 4
    assert call(steward, "GET", "/sources")["total"] == 4
    assert call(steward, "GET", "/runs?state=landed&limit=2")["total"] == 4
    one = call(steward, "GET", f"/sources/{sources[3]['uid']}")
    assert one["has_address"] is True
    assert url not in json.dumps(one)


def test_an_update_by_key_with_rows_that_do_not_fit(supply: Supply) -> None:
    steward = supply.cast.program("steward")
    fields = {"entry_uid": supply.entry.uid, "name": "居民库", "kind": "csv", "mode": "upsert"}
    source = send(steward, "/sources/upload", fields, csv_bytes(ROWS), "一月.csv")
    loaded(steward, source)
    rows = ((ROWS[0][0], "张三三", "", ""), ("370102199001010042", "赵六", "", ""), ("k", "", "昨天", "x"))
    run = send(steward, f"/sources/{source['uid']}/file", {}, csv_bytes(rows), "二月.csv")
    run_due(now())
    run = call(steward, "GET", f"/runs/{run['uid']}")
    assert run["rows_in"] == run["landed"] + run["refused"] == 3
    assert (run["inserted"], run["updated"], run["unchanged"], run["rows_total"]) == (1, 1, 0, 4)
    refused = call(steward, "GET", f"/runs/{run['uid']}/refused")
    assert refused["total"] == 1
    assert [(row["row_number"], row["column"], row["value"], row["reason"]) for row in refused["items"]] == [
        (4, "amount", "x", "not_decimal"),
        (4, "name", None, "missing_value"),
        (4, "registered_on", "昨天", "not_date"),
    ]
    assert supply.rows(run["lake_version"] - 1)[0]["name"] == "张三", "the version before stays readable"


def test_what_the_api_refuses(supply: Supply, settings: Any) -> None:
    steward, other = supply.cast.program("steward"), supply.cast.program("other")
    fields = {"entry_uid": supply.entry.uid, "name": "居民库", "kind": "csv"}
    told = call(steward, "POST", "/sources", {**fields, "path": "/etc/passwd.csv"}, 422)
    assert told["code"] == "intake.outside_folder"
    assert told["remedy"]
    assert call(steward, "POST", "/sources", fields, 422)["code"] == "kernel.field_errors"
    send(other, "/sources/upload", fields, csv_bytes(ROWS), "居民.csv", 403)
    call(supply.cast.program("leader"), "POST", "/sources", fields, 403)
    source = send(steward, "/sources/upload", fields, b"name\n1\n", "坏.csv")
    call(other, "GET", f"/sources/{source['uid']}", status=404)
    call(other, "POST", f"/sources/{source['uid']}/runs", status=404)
    run = loaded(steward, source)
    assert (run["state"], run["error"]["code"]) == ("failed", "lake.missing_column")
    assert "citizen_id" in run["error"]["message"]
    call(other, "GET", f"/runs/{run['uid']}", status=404)
    call(steward, "POST", f"/runs/{run['uid']}/cancel", status=409)
    call(steward, "GET", f"/runs/{run['uid']}/refused?limit=0", status=422)
    again = call(steward, "POST", f"/sources/{source['uid']}/runs", status=201)
    assert call(steward, "POST", f"/sources/{source['uid']}/runs", status=409)["code"] == "intake.already_running"
    assert call(steward, "POST", f"/runs/{again['uid']}/cancel")["state"] == "cancelled"
    settings.QUANSHU_UPLOAD_MAX_BYTES = 10
    big = send(steward, "/sources/upload", fields, csv_bytes(ROWS), "大.csv", 422)
    assert big["code"] == "files.too_large"
    assert Client().get(f"{API}/sources").status_code == 401
