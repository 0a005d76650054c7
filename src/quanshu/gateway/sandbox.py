"""The sandbox: a service answered from synthetic rows of its shape, for developers before approval.

`GET/POST /sandbox/{sid}` and `/sandbox/{sid}/v{n}` are signed as services are, with the application's sandbox key;
no grant is needed. Every answer says `"sandbox": true`. Calls are counted in a file of their own and leave no
receipt in the ledger; limits and signatures are shared among processes and hosts as those of services are. A
parameter's value `fault:CODE` provokes that refusal; `slow:MS:VALUE` has the call with VALUE answered that much later.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import logging
import re
import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quanshu.gateway import messages, signing
from quanshu.gateway.execution import Answer, Executor
from quanshu.gateway.limits import Terms, day_of
from quanshu.gateway.reading import NotReady, read_body, read_request
from quanshu.gateway.sampling import SampleComposite, SampleStatistic
from quanshu.gateway.shapes import Shape, outcome
from quanshu.gateway.snapshot import GrantSpec, SandboxKeySpec, SandboxSpec, Snapshot
from quanshu.gateway.synthetic import TABLE, build
from quanshu.kernel.ciphers import OpenFailed, suite
from quanshu.kernel.clock import now
from quanshu.kernel.errors import Invalid, NotFound, QuanshuError, Unauthenticated
from quanshu.kernel.ids import new_uid

if TYPE_CHECKING:
    from quanshu.gateway.app import Gateway

logger = logging.getLogger(__name__)
COUNTS = "sandbox.sqlite"
RATE, DAILY = 60, 2000
MOST_DELAY_MS = 10_000
FAULT = "fault:"
SLOW = re.compile(r"slow:([0-9]{1,6}):(.*)", re.ASCII | re.DOTALL)
TEXTS = (
    "header", "rid", "sid", "name", "signed", "fields", "source", "address", "allowed", "components", "fingerprint",
    "hours", "kid", "node", "reason", "table", "uid",
)  # fmt: skip
NUMBERS = ("seconds", "most", "rate", "limit", "version", "newest", "received", "ms", "oldest", "rows", "used")
PLACES = {
    **dict.fromkeys(TEXTS, "sandbox"),
    **dict.fromkeys(NUMBERS, 1),
    "method": "PUT",
    "fault": "沙箱模拟",
    "fault_en": "provoked in the sandbox",
    "why": "沙箱模拟",
    "why_en": "provoked in the sandbox",
}


class UnknownKey(Unauthenticated):
    code = "gateway.unknown_client"


class NoSandbox(NotFound):
    code = "gateway.no_sandbox"


class UnknownFault(Invalid):
    code = "gateway.unknown_fault"


class WrongService(Unauthenticated):
    code = "gateway.wrong_service"


@dataclass(slots=True)
class Prepared:
    """The sandboxes of one snapshot; executors are made when first called."""

    version: int
    newest: Mapping[str, int]
    specs: Mapping[tuple[str, int], SandboxSpec]
    keys: Mapping[str, SandboxKeySpec]
    executors: dict[tuple[str, int], Shape] = field(default_factory=dict)


def prepare(snapshot: Snapshot) -> Prepared:
    """Look-ups by code and version, and by application."""
    specs = {(spec.service.sid, spec.service.version): spec for spec in snapshot.sandboxes}
    return Prepared(
        version=snapshot.version,
        # A published version comes before any draft.
        newest=dict(sorted(specs, key=lambda key: (not specs[key].draft, key[1]))),
        specs=specs,
        keys={key.rid: key for key in snapshot.sandbox_keys},
    )


def quota_of(rid: str) -> GrantSpec:
    """What an application may call in the sandbox, as a grant: counted where calls under grants are."""
    return GrantSpec(f"sandbox:{rid}", rid, "sandbox", (), "sandbox", RATE, DAILY, 0.0, 0.0)


class Sandbox:
    """The sandbox of one gateway process."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.prepared: Prepared | None = None
        self.folder = tempfile.TemporaryDirectory(prefix="quanshu-sandbox-")

    def routes(self) -> list[Route]:
        """The addresses of the sandbox."""
        return [
            Route("/sandbox/{sid}", self.serve, methods=["GET", "POST"]),
            Route("/sandbox/{sid}/v{version:int}", self.serve, methods=["GET", "POST"]),
        ]

    async def serve(self, request: Request) -> Response:
        """One call: know the application, run over the synthetic rows, count."""
        sid, rid = request.path_params["sid"].encode(errors="replace").decode()[:80], ""
        try:
            signed = self.identify(request, sid)
            rid = signed.rid
            if self.gateway.shared is not None:
                await self.gateway.shared.claim(signed.sign)
            body = await self.perform(request, sid, rid)
            code, status = "ok", 200
        except QuanshuError as fault:
            code = fault.code if fault.code in messages.MESSAGES else "gateway.internal"
            status = messages.status_of(code)
            body = messages.envelope(code, fault.params, "")
        except Exception:
            logger.exception("a call of the sandbox failed")
            code, status = "gateway.internal", 500
            body = messages.envelope(code, {}, "")
        if rid:
            await asyncio.to_thread(count, self.gateway.config.directory, rid, sid, code)
        answer = {**body, "receipt_id": f"sandbox-{new_uid()}" if rid else "", "sandbox": True}
        return JSONResponse(answer, status_code=status, headers={"X-Sandbox": "true"})

    def ready(self) -> Prepared:
        """The sandboxes of the snapshot in force."""
        loaded = self.gateway.state.loaded
        if loaded is None:
            raise NotReady
        if self.prepared is None or self.prepared.version != loaded.snapshot.version:
            fresh = prepare(loaded.snapshot)
            if self.prepared is not None:
                same = {key: spec for key, spec in self.prepared.specs.items() if fresh.specs.get(key) == spec}
                fresh.executors = {key: made for key, made in self.prepared.executors.items() if key in same}
            self.prepared = fresh
        return self.prepared

    def identify(self, request: Request, sid: str) -> signing.SignedHeaders:
        """Know the application by a signature with its sandbox key. Raises UnknownKey, WrongService and as signing."""
        signed = signing.read_headers(request.headers)
        key = self.ready().keys.get(signed.rid)
        at_ms = int(now().timestamp() * 1000)
        if key is None or key.not_after <= at_ms / 1000:
            raise UnknownKey(rid=signed.rid)
        signing.check_window(signed, now_ms=at_ms)
        signing.check_signature(signed, [self.secret(key)])
        self.gateway.replay.check(signed, now_ms=at_ms)
        if signed.sid != sid:
            raise WrongService(signed=signed.sid, sid=sid)
        return signed

    def secret(self, key: SandboxKeySpec) -> str:
        """The application's sandbox secret in clear."""
        seal = self.gateway.config.seal_key_file.read_bytes()
        try:
            sealed = base64.b64decode(key.secret_sealed, validate=True)
            return suite("intl").open(seal, sealed, f"{key.rid}:sandbox".encode()).decode()
        except (OpenFailed, ValueError) as fault:
            raise UnknownKey(rid=key.rid) from fault

    async def perform(self, request: Request, sid: str, rid: str) -> dict[str, Any]:
        """The body of the answer. Raises NoSandbox, what the call provokes, and as a service would."""
        executor = await self.find(sid, int(request.path_params.get("version", 0)))
        raw = await read_body(request)
        given, asked = read_request(request, raw)
        await self.take(rid, now_ms=int(now().timestamp() * 1000))
        await provoke(given)
        service = executor.service
        fields = executor.pick(executor.asks(given, asked), [part.name for part in service.fields])
        found = executor.run(executor.read(given), fields)
        if not isinstance(found, Answer):
            found = await found
        parts = executor.parts(fields) if isinstance(executor, SampleComposite) else ()
        return {
            "code": "ok",
            "message": "成功",
            "request_hash": hashlib.sha256(raw or request.url.query.encode()).hexdigest(),
            "service": {"sid": service.sid, "version": service.version},
            **outcome(found),
            **({"parts": list(parts)} if parts else {}),
        }

    async def take(self, rid: str, *, now_ms: int) -> None:
        """Count one call among all processes, and among all hosts that share. Raises RateLimited, DailyLimit."""
        quota = quota_of(rid)
        taken = self.gateway.limits.take(quota, Terms.of(quota), now_ms=now_ms)
        if taken is not None:
            await taken

    async def find(self, sid: str, version: int) -> Shape:
        """The executor over a version's synthetic rows, made at its first call; 0 is the newest. Raises NoSandbox."""
        prepared = self.ready()
        key = (sid, version or prepared.newest.get(sid, 0))
        spec = prepared.specs.get(key)
        if spec is None:
            raise NoSandbox(sid=sid)
        if key not in prepared.executors:
            prepared.executors[key] = await asyncio.to_thread(executor_of, spec, Path(self.folder.name))
        return prepared.executors[key]


def executor_of(spec: SandboxSpec, folder: Path) -> Shape:
    """The service over its synthetic rows, written to a file in the folder where they are not there yet."""
    service = spec.service
    if service.statistic is not None:
        return SampleStatistic(service, service.statistic)
    shape = hashlib.sha256(repr(spec).encode()).hexdigest()[:16]
    path = folder / f"{shape}.sqlite"
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=folder) as making:
            whole = Path(making) / path.name
            build(whole, spec.shapes, f"{service.sid}@{service.version}")
            whole.replace(path)
    made = Executor if service.composite is None else SampleComposite
    return made(replace(service, table_file=path.name, table=TABLE, key=()), folder)


async def provoke(given: dict[str, Any]) -> None:
    """Refuse or wait as a magic value asks: `fault:CODE`, or `slow:MS:VALUE`, which stands for VALUE. Others stay.

    Raises UnknownFault for a code that is none of the gateway's.
    """
    for name, value in list(given.items()):
        if not isinstance(value, str):
            continue
        if value.startswith(FAULT):
            code = value[len(FAULT) :]
            raise provoked(code) if code in messages.MESSAGES else UnknownFault(name=code[:60])
        if (found := SLOW.fullmatch(value)) is not None:
            given[name] = found[2]
            await asyncio.sleep(min(int(found[1]), MOST_DELAY_MS) / 1000)


def provoked(code: str) -> QuanshuError:
    """A refusal with a code of the gateway's, its places filled."""
    fault = QuanshuError(**PLACES)
    fault.code = code  # type: ignore[misc]
    return fault


def count(directory: Path, rid: str, sid: str, code: str) -> None:
    """Count one call by city day, application, service and outcome. A count that cannot be kept stops no answer."""
    day = day_of(int(now().timestamp() * 1000))
    with contextlib.suppress(sqlite3.Error), contextlib.closing(open_counts(directory)) as connection:
        connection.execute(
            "INSERT INTO calls VALUES (?, ?, ?, ?, 1)"
            " ON CONFLICT (day, rid, sid, code) DO UPDATE SET count = count + 1",
            (day, rid, sid, code),
        )
        connection.commit()


def open_counts(directory: Path) -> sqlite3.Connection:
    """The file of counts, made where it is missing."""
    connection = sqlite3.connect(directory / COUNTS, timeout=2)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS calls (day INTEGER, rid TEXT, sid TEXT, code TEXT, count INTEGER,"
        " PRIMARY KEY (day, rid, sid, code))"
    )
    return connection


def read_counts(directory: Path, *, since_day: int = 0) -> list[tuple[int, str, str, str, int]]:
    """(city day since the epoch, application, service, outcome, calls) rows from a day on."""
    if not (directory / COUNTS).exists():
        return []
    with contextlib.closing(open_counts(directory)) as connection:
        rows = connection.execute("SELECT * FROM calls WHERE day >= ? ORDER BY day, rid, sid, code", (since_day,))
        return [(int(day), str(rid), str(sid), str(code), int(calls)) for day, rid, sid, code, calls in rows]
