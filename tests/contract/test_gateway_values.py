"""Values of persons stay where they lie: after calls that are right, wrong and crashing, no log, journal or shared
file holds a clear value."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest

from quanshu.gateway.app import create_app, now_ms
from quanshu.gateway.config import GatewayConfig
from quanshu.gateway.execution import Executor
from quanshu.gateway.journal import read_after
from quanshu.gateway.signing import sign_headers
from support_gateway import PERSON, QUERY, RID, SECRET, VERIFY, GatewayHome, a_grant, a_service

NAME, STRANGER = "张三丰", "370102199912310099"
CASE = "办件-2026-1"


@pytest.fixture
def home(tmp_path: Path) -> GatewayHome:
    home = GatewayHome(tmp_path)
    grants = (a_grant("g-query"), a_grant("g-verify", VERIFY, fields=("name",)))
    home.publish(grants, (a_service(QUERY), a_service(VERIFY, "verify")), (home.client(),))
    return home


def config_of(home: GatewayHome) -> GatewayConfig:
    keys = home.folder / "keys"
    return GatewayConfig(home.directory, home.folder / "serving", keys / "snapshot.pub", keys / "gateway.seal")


def test_no_clear_value_is_kept_or_logged(
    home: GatewayHome, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    app, answers, moments = create_app(config_of(home)), [], iter(range(1_000_000))

    async def call(sid: str, body: Any) -> dict[str, Any]:
        headers = sign_headers(RID, sid, SECRET, now_ms() - 100_000 + next(moments))
        headers["X-Case-Number"] = "%E5%8A%9E%E4%BB%B6-2026-1"
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            answer = await http.post(f"/s/{sid}", content=content, headers=headers)
            answers.append(answer.text)
            return dict(answer.json())

    def crashes(*_given: Any, **_more: Any) -> Any:
        raise RuntimeError(f"{NAME} {PERSON} {STRANGER}")

    async def run() -> list[str]:
        async with app.router.lifespan_context(app):
            codes = [(await call(QUERY, {"id": PERSON}))["code"]]
            codes.append((await call(VERIFY, {"id": PERSON, "name": NAME}))["code"])
            codes.append((await call(QUERY, {"id": STRANGER}))["code"])
            codes.append((await call(QUERY, {"id": f"{STRANGER} {NAME}"}))["code"])
            codes.append((await call(QUERY, {"id": [PERSON, NAME]}))["code"])
            codes.append((await call(QUERY, f'{{"id": "{STRANGER}", {NAME}'.encode()))["code"])
            codes.append((await call(QUERY, {"id": PERSON, "fields": ["age"]}))["code"])
            with monkeypatch.context() as broken:
                broken.setattr(Executor, "run", crashes)
                codes.append((await call(QUERY, {"id": PERSON}))["code"])
            with monkeypatch.context() as broken:
                broken.setattr(Executor, "read", crashes)
                codes.append((await call(VERIFY, {"id": STRANGER, "name": NAME}))["code"])
        return codes

    codes = asyncio.run(run())
    assert codes == [
        "ok",
        "ok",
        "ok",
        "gateway.bad_parameter",
        "gateway.bad_parameter",
        "gateway.bad_body",
        "gateway.field_not_granted",
        "gateway.internal",
        "gateway.internal",
    ]
    logged = caplog.text + "".join(record.exc_text or "" for record in caplog.records)
    assert "RuntimeError" in logged, "a crash is told"
    places = {path.name: path.read_bytes() for path in home.directory.iterdir() if path.is_file()}
    assert any(name.startswith("journal-") for name in places)
    for value in (PERSON, STRANGER, NAME):
        assert value not in logged
        found = [name for name, data in places.items() if value.encode() in data or ascii(value)[1:-1].encode() in data]
        assert found == []
        assert [answer for answer in answers if value in answer] == []
    receipts = [receipt for _file, _number, receipt in read_after(home.directory, {})]
    assert len(receipts) == len(codes)
    assert {receipt.case_number for receipt in receipts} == {CASE}
    assert all(len(receipt.request_hash) == 64 for receipt in receipts)
