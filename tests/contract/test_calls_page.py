"""docs/protocols/calls.md: each example of the page is run as it stands there, and answered as the page says."""

from __future__ import annotations

import base64
import json
import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from quanshu.gateway.messages import MESSAGES, refusals_of
from quanshu.gateway.shape_specs import (
    CompositeSpec,
    GroupSpec,
    InputSpec,
    MeasureSpec,
    NodeSpec,
    OutputSpec,
    StatisticSpec,
)
from quanshu.gateway.snapshot import FieldSpec, SandboxKeySpec, SandboxSpec, Snapshot, write_snapshot
from quanshu.gateway.synthetic import ColumnShape
from quanshu.kernel.ciphers import suite
from support_gateway import FIELDS, ID, NAME, QUERY, RID, SECRET, VERIFY, GatewayHome, a_grant, a_service

DOCS = Path(__file__).parents[2] / "docs/protocols"
PAGE = (DOCS / "calls.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- (run|answer): ([\w-]+) -->\n```\w+\n(.*?)```", re.DOTALL)
BLOCKS = {(kind, name): text for kind, name, text in BLOCK.findall(PAGE)}
EXAMPLES = [name for kind, name in BLOCKS if kind == "run" and name != "sign"]
STATISTIC, WHOLE = "jn-person-statistic", "jn-person-whole"
SANDBOX_SECRET = "the secret of a sandbox, longer"
CUBE = StatisticSpec(
    groups=(GroupSpec("sex", ("1", "2"), "性别", "Sex"),),
    measures=(MeasureSpec("people", "count", "人数", "People"),),
    least=10,
    percent=10,
)
GRAPH = CompositeSpec(
    nodes=(
        NodeSpec("person", QUERY, 2, (InputSpec("id", "id"),)),
        NodeSpec("check", VERIFY, 2, (InputSpec("id", "id"), InputSpec("name", "name")), required=False),
    ),
    outputs=(OutputSpec("name", (("person", "name"),)), OutputSpec("same", (("check", "result"),))),
)


def services() -> tuple[Any, ...]:
    """The services the page speaks of, the query in two versions."""
    query, week = a_service(QUERY), 7 * 86_400
    old = replace(
        query,
        version=1,
        fields=FIELDS[:2],
        deprecated_at=time.time() - week,
        ends_at=time.time() + week,
        successor=2,
    )
    cells = tuple(FieldSpec(name, name) for name in ("sex", "people"))
    table = {"table_file": "cube.sqlite", "table": "cube", "parameters": ()}
    statistic = replace(a_service(STATISTIC), shape="statistic", fields=cells, statistic=CUBE, **table)
    told = tuple(FieldSpec(output.name, "") for output in GRAPH.outputs)
    parts = {"table_file": "", "table": "", "parameters": (ID, replace(NAME, compare=False))}
    whole = replace(a_service(WHOLE), shape="composite", fields=told, composite=GRAPH, **parts)
    return old, query, a_service(VERIFY, "verify"), statistic, whole


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayHome]:
    """A gateway with the page's services, their grants, and a sandbox."""
    home = GatewayHome(tmp_path_factory.mktemp("calls-page") / "home")
    with closing(sqlite3.connect(home.folder / "serving" / "cube.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE cube (position INTEGER, level TEXT, shown INTEGER, g_sex TEXT, m_people)")
        rows = [(0, "", 1, None, 65), (1, "sex", 1, "1", 60), (2, "sex", 0, "2", None)]
        connection.executemany("INSERT INTO cube VALUES (?, ?, ?, ?, ?)", rows)
    grants = (
        a_grant("g-query", QUERY, fields=("id", "name", "age")),
        a_grant("g-verify", VERIFY, fields=("name",)),
        a_grant("g-statistic", STATISTIC, fields=("sex", "people")),
        a_grant("g-whole", WHOLE, fields=("name", "same")),
    )
    sealed = suite("intl").seal(home.seal, SANDBOX_SECRET.encode(), f"{RID}:sandbox".encode())
    key = SandboxKeySpec(RID, base64.b64encode(sealed).decode(), time.time() + 3600)
    shapes = (ColumnShape("id", kind="citizen_id", search=True), ColumnShape("name"), ColumnShape("age", "integer"))
    made = {service.sid: service for service in services()}
    sandboxes = tuple(SandboxSpec(made[sid], shapes) for sid in (QUERY, STATISTIC))
    snapshot = Snapshot(1, "2026-01-05T08:00:00+00:00", "jinan", services(), (home.client(),), grants)
    home.version = 1
    write_snapshot(home.directory, replace(snapshot, sandboxes=sandboxes, sandbox_keys=(key,)), home._pair.private)
    home.start()
    yield home
    home.kill()


def told_alike(shown: Any, got: Any) -> bool:
    """Whether an answer is the one the page shows; “…” there stands for any text."""
    if isinstance(shown, dict):
        return isinstance(got, dict) and shown.keys() == got.keys() and all(told_alike(shown[k], got[k]) for k in shown)
    if isinstance(shown, list):
        return isinstance(got, list) and len(shown) == len(got) and all(map(told_alike, shown, got))
    if isinstance(shown, str) and shown.endswith("…"):
        return isinstance(got, str) and got.startswith(shown[:-1]) and len(got) > len(shown) - 1
    return bool(shown == got)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_the_page_is_answered_as_it_says(home: GatewayHome, tmp_path: Path, name: str) -> None:
    (tmp_path / "keys.txt").write_text("".join(f"3701021990{at:08d}\n" for at in range(1000)))
    done = subprocess.run(
        ["bash", "-euc", BLOCKS["run", "sign"] + BLOCKS["run", name]],
        env={
            "PATH": os.environ["PATH"],
            "GATEWAY": home.url,
            "RID": RID,
            "SECRET": SECRET,
            "SANDBOX_SECRET": SANDBOX_SECRET,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown, got = json.loads(BLOCKS["answer", name]), json.loads(done.stdout)
    assert told_alike(shown, got), got
    if name == "version":
        assert [line.partition(":")[0].lower() for line in done.stderr.splitlines()] == [
            "deprecation",
            "sunset",
            "link",
        ]
    if name == "refused":
        assert done.stderr.strip() == "422"


def test_every_example_shows_its_answer_and_each_shape_has_one() -> None:
    assert {name for kind, name in BLOCKS if kind == "answer"} == set(EXAMPLES)
    assert {"query", "verify", "batch", "version", "statistic", "composite", "sandbox", "receipt"} <= set(EXAMPLES)


def test_the_pages_name_every_refusal_of_a_call_with_its_status() -> None:
    pages = PAGE + (DOCS / "signing.md").read_text(encoding="utf-8")
    codes = {code for shape in ("query", "composite") for code, _text in refusals_of(shape)}
    # A part's own outcome stands in its receipt; no call is refused with it.
    assert not {code for code in codes - {"gateway.part_unused"} if f"`{code}`" not in pages}
    for status, names in re.findall(r"^\| (\d{3}) \| ([^|]+) \|", PAGE, re.MULTILINE):
        for code in re.findall(r"`(gateway\.\w+)`", names):
            assert MESSAGES[code][0] == int(status), code


def test_addresses_without_a_signature_answer(home: GatewayHome) -> None:
    for address in (f"/s/{QUERY}/openapi.json", f"/s/{QUERY}/v1/openapi.json", "/health"):
        assert httpx.get(home.url + address).status_code == 200, address
