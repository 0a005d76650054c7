"""Consents among several processes and hosts: exactly as many uses as granted, withdrawn everywhere within a second,
and none is believed while it cannot be checked."""

from __future__ import annotations

import base64
import dataclasses
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from quanshu.gateway.client import Answer, GatewayClient
from quanshu.gateway.consent_specs import ConsentKeysSpec, ConsentSpec
from quanshu.gateway.consents import CONSENTS, Consented, append_consents, feed_key, write_consents
from quanshu.kernel.ciphers import suite
from quanshu.kernel.identifiers.subject import subject_digest
from quanshu.kernel.ids import new_uid
from support_gateway import PERSON, QUERY, RID, SECRET, GatewayHome, GatewayProcess, a_grant, a_service
from support_postgresql import URL, needs_postgresql

SUBJECT_KEY = b"s" * 32
USES, CALLS = 11, 60


class Home(GatewayHome):
    """A node's folder with a service that asks for consent, and hosts of two processes over it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        sealed = base64.b64encode(suite("intl").seal(self.seal, SUBJECT_KEY, b"subject")).decode()
        service = dataclasses.replace(a_service(QUERY), consent=ConsentSpec("id"))
        self.publish((a_grant(new_uid()),), (service,), (self.client(),), ConsentKeysSpec(sealed))

    def tell(self, **changes: Any) -> Consented:
        """Tell the hosts of a consent."""
        moment = time.time()
        consent = Consented(
            new_uid(), RID, QUERY, ("id", "name"), "养老待遇资格认证", subject_digest(SUBJECT_KEY, "person", PERSON),
            "granted", moment - 60, moment + 3600,
        )  # fmt: skip
        consent = dataclasses.replace(consent, **changes)
        append_consents(self.directory, feed_key(self.seal), [consent])
        return consent

    @contextmanager
    def hosts(self, count: int, *, workers: int = 2, **more: str) -> Iterator[list[GatewayClient]]:
        """So many hosts over the same folder, each with journals of its own."""
        started: list[GatewayProcess] = []
        try:
            with ExitStack() as stack:
                for number in range(count):
                    host = GatewayProcess(self.folder)
                    started.append(host)
                    journals = str(self.folder.parent / f"host{number}")
                    host.start(workers=workers, QUANSHU_GATEWAY_JOURNALS=journals, **more)
                yield [stack.enter_context(GatewayClient(host.url, RID, SECRET)) for host in started]
        finally:
            for host in started:
                host.kill()


def ask(client: GatewayClient, consent: Consented) -> Answer:
    """A call; once more where another client of the same application signed in the same millisecond."""
    while True:
        answer = client.call(QUERY, {"id": PERSON}, consent=consent.uid)
        if answer.body["code"] != "gateway.replayed":
            return answer


def code(client: GatewayClient, consent: Consented) -> str:
    return str(ask(client, consent).body["code"])


def fire(clients: list[GatewayClient], consent: Consented) -> Counter[str]:
    """Codes of many calls at once, to the hosts in turn."""
    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(lambda number: code(clients[number % len(clients)], consent), range(CALLS)))


def until(done: Callable[[], bool], seconds: float) -> float:
    """How long it took."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


def check_counts(home: Home, clients: list[GatewayClient]) -> Consented:
    """Exactly as many answers as granted, in all and a day."""
    often, daily = home.tell(most_uses=USES), home.tell(per_day=USES)
    assert fire(clients, often) == {"ok": USES, "gateway.consent_used_up": CALLS - USES}
    assert fire(clients, daily) == {"ok": USES, "gateway.consent_too_often": CALLS - USES}
    return often


def test_processes_of_a_host_count_uses_exactly(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with home.hosts(1) as clients:
        used = check_counts(home, clients)
    with home.hosts(1) as clients:
        assert code(clients[0], used) == "gateway.consent_used_up"


@needs_postgresql
def test_hosts_count_uses_exactly_together(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with home.hosts(2, QUANSHU_GATEWAY_SHARED_URL=URL) as clients:
        used = check_counts(home, clients)
    with home.hosts(2, QUANSHU_GATEWAY_SHARED_URL=URL) as clients:
        assert {code(client, used) for client in clients} == {"gateway.consent_used_up"}


@needs_postgresql
def test_a_withdrawal_reaches_every_host_within_a_second(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with home.hosts(2, QUANSHU_GATEWAY_SHARED_URL=URL) as clients:
        # Given just now: no host may say that it does not know it.
        consent = home.tell()
        assert [code(client, consent) for client in clients] == ["ok", "ok"]
        append_consents(home.directory, feed_key(home.seal), [dataclasses.replace(consent, state="revoked")])
        began = time.monotonic()
        for client in clients:
            until(lambda client=client: code(client, consent) == "gateway.consent_withdrawn", 1)
        assert time.monotonic() - began < 1


class Wire:
    """A way to PostgreSQL that can be cut."""

    def __init__(self) -> None:
        found = urlsplit(URL)
        self.target = (found.hostname or "127.0.0.1", found.port or 5432)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listening.getsockname()[1])
        self.url = found._replace(netloc=f"{found.username}@127.0.0.1:{self.port}").geturl()
        if found.password:
            self.url = self.url.replace("@", f":{found.password}@", 1)
        self.open: list[socket.socket] = []
        self.whole = True
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                near, _address = self.listening.accept()
            except OSError:
                return
            if not self.whole:
                near.close()
                continue
            far = socket.create_connection(self.target)
            self.open += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    def carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        self.whole = False
        for end in self.open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.whole = True


@needs_postgresql
def test_a_host_that_cannot_reach_the_shared_count_answers_nothing(tmp_path: Path) -> None:
    """No data without the count, an error that says so, and not one use more or fewer when it is there again."""
    home, wire = Home(tmp_path / "home"), Wire()
    consent = home.tell(most_uses=3)
    with home.hosts(2, workers=1, QUANSHU_GATEWAY_SHARED_URL=wire.url) as (one, other):
        assert code(one, consent) == "ok"
        wire.cut()
        for client in (one, other, one):
            refused = ask(client, consent)
            assert (refused.status, refused.body["code"]) == (503, "gateway.sharing_failed")
            assert refused.receipt_id
            assert "data" not in refused.body
        wire.mend()
        codes: list[str] = []
        until(lambda: codes.append(code(one, consent)) or codes[-1] != "gateway.sharing_failed", 20)
        assert codes[-1] == "ok"
        codes = []
        until(lambda: codes.append(code(other, consent)) or codes[-1] != "gateway.sharing_failed", 20)
        assert codes[-1] == "ok"
        assert [code(client, consent) for client in (one, other)] == ["gateway.consent_used_up"] * 2


def test_no_consent_is_believed_that_cannot_be_checked(tmp_path: Path) -> None:
    """A feed that was tampered with, is gone, or lies in a folder that no longer answers: refused, and said so."""
    home = Home(tmp_path / "home")
    consent, key = home.tell(), feed_key(home.seal)
    refused = "gateway.consents_unavailable"
    with home.hosts(1, workers=1) as (client,):
        assert code(client, consent) == "ok"
        with (home.directory / CONSENTS).open("ab") as file:
            file.write(b"0" * 64 + b" {}\n")
        until(lambda: code(client, consent) == refused, 1)
        assert ask(client, consent).status == 503
        write_consents(home.directory, key, [consent])
        until(lambda: code(client, consent) == "ok", 1)
        (home.directory / CONSENTS).unlink()
        until(lambda: code(client, consent) == refused, 1)
        write_consents(home.directory, key, [consent])
        until(lambda: code(client, consent) == "ok", 1)
        away = home.directory.rename(home.folder / "away")
        home.directory.symlink_to(home.directory)
        until(lambda: code(client, consent) == refused, 8)
        home.directory.unlink()
        away.rename(home.directory)
        until(lambda: code(client, consent) == "ok", 1)
