"""Residents and enterprises signed in, and an identity provider that can be told to lie."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import httpx
import pyarrow as pa
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from granian.constants import Interfaces
from granian.server.embed import Server

from quanshu.demo.identity import Identity
from quanshu.kernel.clock import now
from quanshu.kernel.identifiers.citizen_id import check_character
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.jobs.api import run_due
from quanshu.shared.outbox.api import dispatch
from quanshu.sharing.subjects.api import SESSION, Subject, ensure_subject
from support_node import free_port
from support_services import ROWS

PDF = b"%PDF-1.4 a proof of what is right"
PIN = "246810"


def a_number(serial: int, born: str = "19900101") -> str:
    """A valid citizen ID of somebody born on a day."""
    first = f"370102{born}{serial:03d}"
    return first + check_character(first)


PERSON, OTHER = a_number(1), a_number(2)


def a_subject(number: str = PERSON, name: str = "张三丰", kind: str = "person") -> Subject:
    """Somebody who has signed in before."""
    return ensure_subject(actor=SYSTEM, kind=kind, number=number, name=name, now=now())


def signed_in(subject: Subject, language: str = "en") -> Client:
    """A browser in which a resident or an enterprise is signed in."""
    client = Client(HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE=language)
    session = client.session
    session[SESSION] = subject.uid
    session.save()
    return client


def proof(name: str = "户口簿.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    """A scan."""
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def streets(first: str) -> pa.Table:
    """The city's table with a street for the first person."""
    born = [date.fromisoformat(day) for day in ROWS["born"]]
    return pa.table({**ROWS, "citizen_id": [PERSON, OTHER], "born": born, "street": [first, ROWS["street"][1]]})


def work() -> None:
    """What the worker does until nothing is left to do."""
    while run_due(now()) + dispatch(now()):
        pass


class Provider(Identity):
    """An identity provider whose ID tokens can be made wrong: `lies` replaces claims, `forged` signs by another key."""

    lies: dict[str, Any]
    forged: bool

    def __init__(self, issuer: str, people: dict[str, dict[str, str]]) -> None:
        super().__init__(issuer, people)
        self.lies, self.forged = {}, False

    def claims(self, code: Any) -> dict[str, Any]:
        if self.forged:
            self.key = type(self.key).generate_key("P-256", {"kid": str(self.key.kid)})
        return {name: value for name, value in {**super().claims(code), **self.lies}.items() if value is not None}

    def let_in(self, sub: str, address: str, pin: str = PIN) -> str:
        """Sign in at the provider with a real request; the address it sends the browser back to."""
        answer = httpx.post(address, data={"sub": sub, "pin": pin})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]


@contextmanager
def a_provider(people: list[dict[str, str]]) -> Iterator[Provider]:
    """The demo's provider over real HTTP, in a thread of this process."""
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}", {row["sub"]: row for row in people})
    loop = asyncio.new_event_loop()
    server = Server(provider.app(), address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False)

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(server.serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    for _attempt in range(100):
        try:
            httpx.get(f"{provider.issuer}/jwks", timeout=1)
            break
        except httpx.HTTPError:
            threading.Event().wait(0.05)
    try:
        yield provider
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(10)
