"""A real gateway process over a small serving table, for tests that speak HTTP to it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx

from quanshu.gateway.consent_specs import ConsentKeysSpec
from quanshu.gateway.journal import Receipt
from quanshu.gateway.snapshot import (
    ClientSpec,
    FieldSpec,
    GrantSpec,
    KeySpec,
    ParameterSpec,
    ServiceSpec,
    Snapshot,
    write_snapshot,
)
from quanshu.gateway.state import seal_secret
from quanshu.kernel.ciphers import suite

RID, SECRET = "hr-pension", "a secret of 30 characters, say"
QUERY, VERIFY, OTHER = "jn-person-query", "jn-person-verify", "jn-person-other"
PERSON = "370102199001010018"
ID = ParameterSpec("id", "id", pattern=r"\d{17}[\dX]", max_length=18, title="身份证号", title_en="Citizen ID")
NAME = ParameterSpec("name", "name", compare=True, max_length=20, title="姓名", title_en="Name")
FIELDS = (
    FieldSpec("id", "id", grade="general-3", mask="citizen_id", title="身份证号", title_en="Citizen ID"),
    FieldSpec("name", "name", grade="general-3", mask="name", title="姓名", title_en="Name"),
    FieldSpec("age", "age", "integer", grade="general-2", title="年龄", title_en="Age"),
)
START_SECONDS = 15


def a_service(sid: str, shape: str = "query") -> ServiceSpec:
    """A service over the test's table."""
    return ServiceSpec(
        sid=sid,
        version=2,
        name="人口信息",
        name_en="Residents",
        shape=shape,
        table_file="person.sqlite",
        table="person",
        parameters=(ID, NAME) if shape == "verify" else (ID,),
        fields=FIELDS if shape == "query" else (),
    )


def a_grant(uid: str, sid: str = QUERY, **changes: object) -> GrantSpec:
    """A grant of the test's application that holds all day."""
    moment = time.time()
    grant = GrantSpec(
        uid=uid,
        rid=RID,
        sid=sid,
        fields=("id", "name"),
        purpose="养老待遇资格认证",
        rate_per_minute=60_000,
        daily_limit=None,
        valid_from=moment - 3600,
        valid_until=moment + 86_400,
    )
    return dataclasses.replace(grant, **changes)


def a_receipt(number: int, **changes: object) -> Receipt:
    """A receipt as a journal keeps it."""
    receipt = Receipt(
        receipt_id=f"r{number:04d}",
        at_ms=1_767_225_600_000 + number,
        rid="app",
        sid="jn-person",
        service_version=1,
        grant_uid="g1",
        outcome="ok",
        status=200,
        rows=3,
        duration_us=250,
        request_hash="aa",
        response_hash="bb",
        snapshot_version=7,
        purpose="社保待遇认证",
        case_number="",
        parameters="id",
        fields="name,sex",
        sign=f"sign-{number}",
    )
    return dataclasses.replace(receipt, **changes)


class GatewayProcess:
    """A gateway process over a node's folder; the port is free when this is made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings: dict[str, str] = {}
        self.verify: ssl.SSLContext | bool = True

    def start(self, *, workers: int = 1, **extra: str) -> None:
        """Start the process and wait until it answers; `extra` are further variables of its environment."""
        environment = {
            **os.environ,
            "QUANSHU_HOME": str(self.folder),
            "QUANSHU_GATEWAY_PORT": str(self.port),
            "QUANSHU_GATEWAY_WORKERS": str(workers),
            **self.settings,
            **extra,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "quanshu.gateway"],
            env=environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.url}/health", timeout=1, trust_env=False, verify=self.verify).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        self.kill()
        raise TimeoutError("the gateway did not start")

    def kill(self) -> None:
        """SIGKILL to the process and its workers, as a power cut would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=10)
            self.process = None

    def stop(self) -> int:
        """Ask it to end; the exit status."""
        assert self.process is not None
        self.process.terminate()
        try:
            return self.process.wait(timeout=10)
        finally:
            self.kill_rest()

    def kill_rest(self) -> None:
        """Nothing of the process is left behind."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process = None


class GatewayHome(GatewayProcess):
    """Keys, serving table and snapshots of a gateway in a folder, and the process over them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.directory = folder / "gateway"
        self.version = 0
        self._pair = suite("intl").generate_key_pair()
        self._seal = self.seal = suite("intl").generate_key()
        keys, serving = folder / "keys", folder / "serving"
        keys.mkdir(parents=True)
        serving.mkdir()
        (keys / "snapshot.pub").write_bytes(self._pair.public)
        (keys / "gateway.seal").write_bytes(self._seal)
        with sqlite3.connect(serving / "person.sqlite") as connection:
            connection.execute("CREATE TABLE person (id TEXT PRIMARY KEY, name TEXT, age INTEGER)")
            connection.execute("INSERT INTO person VALUES (?, '张三丰', 35)", (PERSON,))
        connection.close()

    def client(self, rid: str = RID, secret: str = SECRET, *, active: bool = True) -> ClientSpec:
        """An application with one key."""
        key = KeySpec("k1", seal_secret(self._seal, rid, "k1", secret), 0, time.time() + 86_400)
        return ClientSpec(rid, "养老待遇资格认证", "济南市人力资源和社会保障局", (key,), active)

    def client_of(self, rid: str, *keys: KeySpec, **changes: object) -> ClientSpec:
        """An application with these keys."""
        return dataclasses.replace(self.client(rid), keys=keys, **changes)

    def secret_key(self, rid: str, kid: str, secret: str = SECRET, **changes: object) -> KeySpec:
        """A secret, sealed."""
        key = KeySpec(kid, seal_secret(self._seal, rid, kid, secret), 0, time.time() + 86_400)
        return dataclasses.replace(key, **changes)

    def publish(
        self,
        grants: tuple[GrantSpec, ...],
        services: tuple[ServiceSpec, ...],
        clients: tuple[ClientSpec, ...],
        consent_keys: ConsentKeysSpec | None = None,
    ) -> None:
        """Put the next snapshot in force."""
        self.version += 1
        snapshot = Snapshot(self.version, "2026-01-05T08:00:00+00:00", "jinan", services, clients, grants)
        snapshot = dataclasses.replace(snapshot, consent_keys=consent_keys)
        write_snapshot(self.directory, snapshot, self._pair.private)
