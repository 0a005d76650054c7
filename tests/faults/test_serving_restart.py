"""Serving tables on PostgreSQL: built from the lake, swapped, cleared; a server that goes away comes back by itself."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from psycopg.conninfo import conninfo_to_dict

from quanshu.gateway.client import GatewayClient
from quanshu.gateway.journal import read_after
from quanshu.lake import Lake, serving_server
from quanshu.lake.serving import build_serving_table
from quanshu.lake.serving_server import build_server_table, remove_server_tables
from support_gateway import PERSON, QUERY, RID, SECRET, GatewayHome, a_grant, a_service
from support_postgresql import MINE, URL, needs_postgresql

pytestmark = needs_postgresql
TABLE = f"faults.person{MINE}"


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    lake = Lake(tmp_path / "lake")
    rows = {
        "id": [PERSON, "370102199001010026"],
        "name": ["张三丰", "欧阳\0修"],
        "age": [35, None],
        "alive": [True, None],
    }
    lake.append(TABLE, pa.table(rows))
    yield lake
    remove_server_tables(URL, TABLE, keep=[], before=time.time() + 60)


class Way:
    """A way to the server that can be cut: connections break, new ones are refused until it is mended."""

    def __init__(self) -> None:
        given = conninfo_to_dict(URL)
        self.there = (str(given.get("host", "127.0.0.1")), int(given.get("port", 5432)))
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.open: list[socket.socket] = []
        self.listener: socket.socket | None = None
        self.url = URL.replace(f":{self.there[1]}/", f":{self.port}/")

    def mend(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def cut(self) -> None:
        assert self.listener is not None
        for end in [self.listener, *self.open]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _address = listener.accept()
                far = socket.create_connection(self.there)
            except OSError:
                return
            self.open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            return


def rows_of(name: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(URL) as connection:
        return connection.execute(f'SELECT * FROM quanshu_serving."{name}" ORDER BY id').fetchall()  # type: ignore[arg-type]


def test_a_table_on_the_server_holds_what_a_file_would(lake: Lake, tmp_path: Path) -> None:
    columns, keys = ["name", "age", "alive"], [["id"], ["name", "age"]]
    file = build_serving_table(lake, TABLE, columns=columns, keys=keys, target=tmp_path)
    built = build_server_table(lake, TABLE, columns=columns, keys=keys, url=URL)
    assert (built.rows, built.lake_version, built.file) == (2, 0, f"pg:{built.table}")
    with sqlite3.connect(file.path) as connection:
        in_file = connection.execute(f"SELECT * FROM {file.table} ORDER BY id").fetchall()
    assert rows_of(built.table) == [
        tuple(part.replace("\0", "") if isinstance(part, str) else part for part in row) for row in in_file
    ]
    assert build_server_table(lake, TABLE, columns=columns, keys=keys, url=URL) == built, "it is reused"
    with psycopg.connect(URL) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_indexes WHERE schemaname = 'quanshu_serving' AND tablename = %s", [built.table]
        ).fetchone()
    assert found == (2,)


def test_a_build_that_fails_leaves_nothing(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_args: Any, **_values: Any) -> Any:
        raise RuntimeError("killed")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(serving_server, "reader", breaks)
        with pytest.raises(RuntimeError):
            build_server_table(lake, TABLE, columns=["name"], keys=["id"], url=URL)
    assert remove_server_tables(URL, TABLE, keep=[], before=time.time() + 60) == []
    assert build_server_table(lake, TABLE, columns=["name"], keys=["id"], url=URL).rows == 2


def test_old_tables_go_and_needed_or_young_ones_stay(lake: Lake) -> None:
    first = build_server_table(lake, TABLE, columns=["name"], keys=["id"], url=URL)
    lake.append(TABLE, pa.table({"id": ["x"], "name": ["y"], "age": [1], "alive": [False]}))
    second = build_server_table(lake, TABLE, columns=["name"], keys=["id"], url=URL)
    assert (first.rows, second.rows) == (2, 3)
    assert remove_server_tables(URL, TABLE, keep=[], before=time.time() - 60) == []
    assert remove_server_tables(URL, TABLE, keep=[second.file], before=time.time() + 60) == [first.table]
    assert len(rows_of(second.table)) == 3


def test_calls_are_refused_while_the_server_is_away_and_go_on_when_it_is_back(lake: Lake, tmp_path: Path) -> None:
    built = build_server_table(lake, TABLE, columns=["id", "name", "age"], keys=["id"], url=URL)
    way, home = Way(), GatewayHome(tmp_path / "home")
    service = dataclasses.replace(a_service(QUERY), table_file=built.file, table=built.table)
    home.publish((a_grant("g"),), (service,), (home.client(),))
    way.mend()
    home.start(QUANSHU_SERVING_URL=way.url)
    try:
        with GatewayClient(home.url, RID, SECRET) as client:

            def until(code: str) -> dict[str, Any]:
                began = time.monotonic()
                while (body := client.call(QUERY, {"id": PERSON}).body)["code"] != code:
                    assert time.monotonic() - began < 10, body
                    time.sleep(0.05)
                return body

            assert until("ok")["data"] == [{"id": "370102********0018", "name": "张**"}]
            for _ in range(2):
                way.cut()
                assert until("gateway.table_missing")["receipt_id"]
                way.mend()
                assert until("ok")["total"] == 1
        codes = {receipt.outcome for _file, _number, receipt in read_after(home.directory, {})}
        assert codes == {"ok", "gateway.table_missing"}
    finally:
        home.kill()
        way.cut()
