"""Pushing into PostgreSQL: exactly once, in the face of kills and of two at once; and reconciled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pyarrow as pa
import pytest

from quanshu.kernel.ids import new_uid
from quanshu.lake import Lake
from quanshu.lake.delivering import (
    Span,
    Target,
    TargetDiffers,
    TargetFailed,
    TargetNotAllowed,
    TargetTaken,
    push,
    reconcile,
    try_target,
)
from quanshu.lake.landing import Reach

REACH = Reach(("127.0.0.1",), ("127.0.0.0/8",))
COLUMNS = {
    "id": pa.string(),
    "name": pa.string(),
    "amount": pa.decimal128(18, 2),
    "born": pa.date32(),
    "at": pa.timestamp("us", "UTC"),
    "good": pa.bool_(),
    "count": pa.int64(),
    "share": pa.float64(),
    "raw": pa.binary(),
}
SCHEMA = pa.schema(list(COLUMNS.items()))


def address() -> str:
    """The server of the tests, or a skip that says so."""
    url = os.environ.get("QUANSHU_TEST_POSTGRESQL_URL", "")
    if not url:
        pytest.skip("NOT TESTED: pushing into PostgreSQL; QUANSHU_TEST_POSTGRESQL_URL names no server")
    return url


@pytest.fixture
def target() -> Any:
    """A table of its own in a schema of its own."""
    url, schema = address(), f"t{new_uid().replace('-', '')[-12:]}"
    parts = urlsplit(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
        yield Target(
            parts.hostname or "", parts.port or 5432, parts.path[1:], parts.username or "", parts.password or "",
            "Residents", schema,
        )  # fmt: skip
        connection.execute(f'DROP SCHEMA "{schema}" CASCADE')


def row(number: int, **changes: Any) -> dict[str, Any]:
    """A row with every type and with hard values."""
    values: dict[str, Any] = {
        "id": f"{number:06d}",
        "name": ["张三", "", None, 'quote " comma , line\nend', "'; DROP TABLE x; --", "nul\0here"][number % 6],
        "amount": Decimal(number) / 100,
        "born": date(1990, 1, 1 + number % 28),
        "at": datetime.fromisoformat("2026-01-01T00:00:00.123456+00:00"),
        "good": [True, False, None][number % 3],
        "count": -number,
        "share": [0.0, 1 / 3, 1e20, -2.5e-9, None][number % 5],
        "raw": [b"\x00\xff", b"", None][number % 3],
    }
    return values | changes


def lake_at(folder: Path, rows: int) -> Lake:
    """A lake with one view of so many rows."""
    lake = Lake(folder)
    lake.upsert("v", pa.Table.from_pylist([row(number) for number in range(rows)], SCHEMA), ["id"])
    return lake


def pushed(lake: Lake, target: Target, batch: str, **more: Any) -> Any:
    """A push of the newest version that nothing stops."""
    span = Span("v", lake.version("v"), keys=("id",))
    given: dict[str, Any] = {"whole": False, "delivery": "d1", "admit": lambda _c: None, "still": lambda: None}
    return push(lake, span, target, REACH, batch=batch, told=lambda _n: None, **{**given, **more})


def equal(lake: Lake, target: Target) -> bool:
    """Whether both sides are the same now."""
    return reconcile(lake, "v", lake.version("v"), target, REACH, keys=("id",)).equal


def changed(lake: Lake, start: int, count: int = 3) -> None:
    """A new version: rows changed, one new, one gone."""
    rows = [row(number, name=f"changed {start}") for number in range(start, start + count)]
    lake.upsert("v", pa.Table.from_pylist([*rows, row(10_000 + start)], SCHEMA), ["id"])
    lake.delete("v", pa.table({"id": [f"{start + count:06d}"]}))


def test_a_view_is_pushed_whole_then_by_changes(tmp_path: Path, target: Target) -> None:
    lake = lake_at(tmp_path, 100)
    assert try_target(target, REACH, lake.schema("v"))
    first = pushed(lake, target, "b1")
    assert (first.mode, first.counts.inserted) == ("whole", 100)
    assert equal(lake, target)
    assert pushed(lake, target, "b1") == first
    changed(lake, 10)
    second = pushed(lake, target, "b2")
    assert (second.mode, second.counts.inserted, second.counts.updated, second.counts.deleted) == ("changes", 1, 3, 1)
    assert equal(lake, target)
    assert pushed(lake, target, "b3").mode == "none"
    lake.forget("v", keep=1)
    changed(lake, 30)
    lake.forget("v", keep=1)
    assert pushed(lake, target, "b4").mode == "whole"
    assert equal(lake, target)
    with psycopg.connect(address(), autocommit=True) as connection:
        connection.execute(f'DROP TABLE "{target.schema}"."Residents"')
    changed(lake, 50)
    assert pushed(lake, target, "b5").mode == "whole"
    assert equal(lake, target)


def test_differences_are_named_and_a_whole_load_repairs_them(tmp_path: Path, target: Target) -> None:
    lake = lake_at(tmp_path, 50)
    pushed(lake, target, "b1")
    with psycopg.connect(address(), autocommit=True) as connection:
        name = f'"{target.schema}"."Residents"'
        connection.execute(f"DELETE FROM {name} WHERE id IN ('000001', '000002')")
        connection.execute(f"UPDATE {name} SET count = count + 1 WHERE id = '000003'")
        connection.execute(f"INSERT INTO {name} (id) VALUES ('zzz')")
    found = reconcile(lake, "v", lake.version("v"), target, REACH, keys=("id",))
    assert not found.equal
    assert (found.missing, found.surplus, found.changed) == (2, 1, 1)
    assert pushed(lake, target, "b2", whole=True).mode == "whole"
    assert equal(lake, target)


def test_tables_that_differ_or_are_not_ours_are_left_alone(tmp_path: Path, target: Target) -> None:
    lake = lake_at(tmp_path, 5)
    with psycopg.connect(address(), autocommit=True) as connection:
        connection.execute(f'CREATE TABLE "{target.schema}"."Residents" (id text, extra int)')
        with pytest.raises(TargetDiffers, match="name is missing"):
            pushed(lake, target, "b1")
        connection.execute(f'DROP TABLE "{target.schema}"."Residents"')
        pushed(lake, target, "b1")
        with pytest.raises(TargetTaken):
            pushed(lake, target, "b2", delivery="d2")
        connection.execute(f'DELETE FROM "{target.schema}".quanshu_delivery')
        with pytest.raises(TargetTaken):
            pushed(lake, target, "b2")


def test_what_may_not_be_reached_is_refused(tmp_path: Path, target: Target) -> None:
    lake = lake_at(tmp_path, 5)
    span = Span("v", 0, keys=("id",))
    more: Any = {"delivery": "d", "batch": "b", "whole": False, "admit": None, "still": None, "told": None}
    with pytest.raises(TargetNotAllowed):
        push(lake, span, target, Reach(), **more)
    with pytest.raises(TargetNotAllowed):
        push(lake, span, target, Reach(("127.0.0.1",)), **more)
    wrong = Target(target.host, target.port, "nowhere", target.username, "pass-word", "t")
    with pytest.raises(TargetFailed) as refused:
        push(lake, span, wrong, REACH, **more)
    assert "pass-word" not in str(refused.value)


def test_the_nodes_own_password_is_offered_to_no_receiver(
    tmp_path: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivery without a password signs in without one, whatever libpq finds in this machine's environment."""
    asked: dict[str, Any] = {}
    passes = tmp_path / "pgpass"
    passes.write_text("*:*:*:*:the-nodes-own\n")
    passes.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passes))
    monkeypatch.setenv("PGPASSWORD", "the-nodes-own")
    begin = psycopg.connect

    def seen(**given: Any) -> Any:
        connection = begin(**given)
        asked["password"] = connection.info.password
        return connection

    monkeypatch.setattr("quanshu.lake.delivering.pushing.psycopg.connect", seen)
    assert try_target(replace(target, password=""), REACH, None)
    assert asked == {"password": ""}


def test_a_refusal_before_the_commit_changes_nothing(tmp_path: Path, target: Target) -> None:
    lake = lake_at(tmp_path, 20)
    pushed(lake, target, "b1")
    shown = lake.version("v")
    changed(lake, 3)

    def stop() -> None:
        raise RuntimeError("revoked")

    with pytest.raises(RuntimeError):
        pushed(lake, target, "b2", still=stop)
    assert reconcile(lake, "v", shown, target, REACH, keys=("id",)).equal


def test_two_at_once_have_the_effect_of_one(tmp_path: Path, target: Target) -> None:
    lake = lake_at(tmp_path, 200)
    pushed(lake, target, "b1")
    for turn in range(5):
        changed(lake, 20 + 10 * turn)
        with ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda _n, turn=turn: pushed(lake, target, f"c{turn}"), range(4)))
        assert len({str(one) for one in done}) == 1
        assert equal(lake, target)


WRITER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from quanshu.lake import Lake
from quanshu.lake.delivering import Target
from test_pushing import pushed
target = Target(sys.argv[3], int(sys.argv[4]), sys.argv[5], sys.argv[6], "", "Residents", sys.argv[7])
lake = Lake(Path(sys.argv[2]))
print("ready", flush=True)
pushed(lake, target, sys.argv[8], still=lambda: time.sleep(0.05))
"""


def test_a_push_killed_at_any_moment_is_taken_up(tmp_path: Path, target: Target) -> None:
    """SIGKILL at random, then the same batch again: the target shows each version exactly once."""
    lake = lake_at(tmp_path, 3_000)
    dice, killed = random.Random(7), 0
    for turn in range(8):
        if turn:
            changed(lake, 10 * turn)
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(Path(__file__).parent), str(tmp_path), target.host, str(target.port),
             target.database, target.username, target.schema, f"b{turn}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(dice.random() * 0.5)
        os.killpg(writer.pid, signal.SIGKILL)
        killed += writer.wait() == -signal.SIGKILL
        writer.communicate()
        done = pushed(lake, target, f"b{turn}")
        assert done.mode == ("changes" if turn else "whole")
        assert equal(lake, target)
    assert killed
