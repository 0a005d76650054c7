"""The sandbox's quota, shared as grants' limits are, and the refusals it provokes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from quanshu.gateway import messages
from quanshu.gateway.host import Use
from quanshu.gateway.limits import DailyLimit, Limits, RateLimited
from quanshu.gateway.sandbox import DAILY, RATE, Sandbox, UnknownFault, provoke, provoked
from quanshu.kernel.errors import QuanshuError

NOON = 1_772_424_000_000


def a_sandbox(folder: Path) -> Sandbox:
    """The sandbox of one process of the host whose files lie in the folder."""
    return Sandbox(cast(Any, SimpleNamespace(limits=Limits(Use(folder)))))


def test_a_minute_and_a_day_are_counted_by_application_among_processes(tmp_path: Path) -> None:
    processes = [a_sandbox(tmp_path), a_sandbox(tmp_path)]

    async def take(number: int, rid: str, at: int) -> None:
        await processes[number % 2].take(rid, now_ms=at)

    async def calls() -> None:
        for number in range(RATE):
            await take(number, "a", NOON)
        for number in range(2):
            with pytest.raises(RateLimited):
                await take(number, "a", NOON + 1)
        await take(0, "b", NOON + 1)
        for number in range(DAILY - RATE):
            await take(number, "a", NOON + 60_000 + number * 1000)
        for number in range(2):
            with pytest.raises(DailyLimit):
                await take(number, "a", NOON + 60_000 + DAILY * 1000)
        await take(0, "a", NOON + 24 * 3_600_000)

    asyncio.run(calls())


def test_every_refusal_can_be_provoked_and_has_its_whole_text() -> None:
    for code in messages.MESSAGES:
        with pytest.raises(QuanshuError) as caught:
            asyncio.run(provoke({"id": f"fault:{code}"}))
        body = messages.envelope(code, caught.value.params, "")
        assert "%(" not in "".join(body.values()), code
    assert provoked("gateway.no_grant").params["rid"] == "sandbox"


def test_a_refusal_that_is_not_known_is_refused_with_a_text() -> None:
    with pytest.raises(UnknownFault) as caught:
        asyncio.run(provoke({"id": "fault:gateway.nonsense"}))
    body = messages.envelope(caught.value.code, caught.value.params, "")
    assert "gateway.nonsense" in body["message"]
    assert "gateway.nonsense" in body["message_en"]
    assert messages.status_of(caught.value.code) == 422
