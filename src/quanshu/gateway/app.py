"""The gateway's routes. One call: read, know the caller, check the grant, run, keep the receipt, answer."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import unquote

import orjson
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quanshu.gateway import messages, signing
from quanshu.gateway.calls import Call, place_of
from quanshu.gateway.config import GatewayConfig
from quanshu.gateway.execution import Answer, Executor, pick_fields, read_parameters
from quanshu.gateway.host import Host, SharedReplay, Use, reload_asked
from quanshu.gateway.journal import Journal, JournalFailed, look_back
from quanshu.gateway.limits import Limits, caller_address, check_terms, start_of_day
from quanshu.gateway.openapi import document
from quanshu.gateway.pushing import Pusher
from quanshu.gateway.quick import QuickApp, Reply
from quanshu.gateway.sharing import SharedLimits
from quanshu.gateway.signing.desk import KeyDesk
from quanshu.gateway.signing.identity import identify
from quanshu.gateway.signing.responses import sign_answer
from quanshu.gateway.snapshot import GrantSpec
from quanshu.gateway.state import Loaded, State
from quanshu.kernel.clock import now
from quanshu.kernel.errors import Forbidden, Invalid, NotFound, QuanshuError, Unavailable
from quanshu.kernel.ids import new_uid

__all__ = ["GatewayConfig", "create_app"]
logger = logging.getLogger(__name__)
MOST_BODY = 64 * 1024
MOST_CASE = 64
SWEEP_SECONDS = 60


class UnknownService(NotFound):
    code = "gateway.unknown_service"


class NoGrant(Forbidden):
    code = "gateway.no_grant"


class BadBody(Invalid):
    code = "gateway.bad_body"


class BodyTooLarge(Invalid):
    code = "gateway.body_too_large"


class NotReady(Unavailable):
    code = "gateway.not_ready"


class Gateway:
    """The data plane of one process."""

    limits: Limits | SharedLimits
    replay: SharedReplay

    def __init__(self, config: GatewayConfig) -> None:
        self.config = config
        self.state = State(config)
        self.journal: Journal | None = None
        self.shared: SharedLimits | None = None
        self.unsigned = 0
        self.begun, self.draining = reload_asked(config.directory), False

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Open the journal, take part in what the host's processes share, and follow the snapshot."""
        self.journal = Journal(self.config.directory)
        host = Host(self.config.directory)
        self.replay = SharedReplay(self.config.directory)
        use = Use(self.config.directory)
        self.limits = local = Limits(use)
        if self.config.shared_url:
            self.limits = self.shared = SharedLimits(use, self.config.shared_url)
        if host.first:
            self.look_back(local)
        host.begun()
        self.state.refresh()
        follower = asyncio.create_task(self.follow())
        try:
            yield
        finally:
            follower.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await follower
            self.journal.close()
            host.close()
            if self.shared is not None:
                await self.shared.close()
            if self.state.server is not None:
                await self.state.server.close()

    def look_back(self, limits: Limits) -> None:
        """Take up what was before the host's first process: signatures seen, and the day's use."""
        moment = now_ms()
        before = look_back(
            self.config.directory, signs_since=moment - 2 * signing.WINDOW_MS, used_since=start_of_day(moment)
        )
        for sign in before.signs:
            self.replay.remember(sign, now_ms=moment)
        # What hosts share is counted where they share it.
        for grant_uid, (used, rows) in before.used.items() if self.shared is None else ():
            limits.remember(grant_uid, used=used, rows=rows, now_ms=moment)

    async def follow(self) -> None:
        """Follow snapshot and revocations several times a second."""
        loop = asyncio.get_running_loop()
        swept = loop.time()
        while True:
            try:
                await loop.run_in_executor(None, self.state.refresh)
                self.draining = reload_asked(self.config.directory) != self.begun
                if self.shared is not None and loop.time() > swept + SWEEP_SECONDS:
                    swept = loop.time()
                    await self.shared.sweep()
            except Exception:
                logger.exception("following failed")
            await asyncio.sleep(self.config.poll_seconds)

    async def call(self, request: Request) -> Response:
        """POST or GET /s/{sid}."""
        call = Call(
            new_uid(), time.perf_counter(), now_ms(), request.path_params["sid"].encode(errors="replace").decode()[:80]
        )
        try:
            body = await self.perform(request, call)
            return await self.answer(call, 200, "ok", body)
        except QuanshuError as fault:
            return await self.refuse(call, fault.code, fault.params)
        except ClientDisconnect:
            # Nobody is there to be answered.
            return Response(status_code=400)
        except Exception as fault:  # noqa: BLE001 - any fault is answered, and told by its place
            # Its text and its locals may hold values of a person: only where it happened is logged.
            logger.error("call %s failed: %s at %s", call.receipt_id, type(fault).__name__, place_of(fault))
            return await self.refuse(call, "gateway.internal", {})

    async def perform(self, request: Request, call: Call) -> dict[str, Any]:
        """Everything between the request and the answer's body."""
        loaded = self.state.loaded
        if loaded is None:
            raise NotReady
        raw = await read_body(request)
        call.request_hash = hashlib.sha256(raw or request.scope["query_string"]).hexdigest()
        call.case_number = unquote(request.headers.get("x-case-number", ""), errors="replace")[:MOST_CASE]
        self.identify(request, call, loaded, body=raw)
        await self.claim(call)
        executor = self.find_service(call, loaded)
        given, asked = read_request(request, raw)
        call.grant = grant = self.find_grant(call, loaded, asked or ())
        verify = executor.service.shape == "verify"
        call.fields = () if verify else pick_fields(executor.service, asked, grant.fields)
        values = read_parameters(executor.service, given)
        call.parameters = sorted(values)
        await self.admit(request, call, loaded, grant)
        found = (
            executor.run(values, call.fields)
            if grant.row_cap is None
            else executor.run(values, call.fields, most=min(grant.row_cap, executor.service.row_cap))
        )
        if not isinstance(found, Answer):
            found = await found
        if grant.daily_rows is not None:
            counted = self.limits.take_rows(grant, loaded.terms[grant.uid], found.rows, now_ms=call.at_ms)
            if counted is not None:
                await counted
        call.rows, call.marks = found.rows, found.marks
        outcome = {"result": found.result} if found.data is None else {"data": found.data, "total": len(found.data)}
        return {
            "code": "ok",
            "message": "成功",
            "receipt_id": call.receipt_id,
            "request_hash": call.request_hash,
            "service": {"sid": call.sid, "version": call.service_version},
            **outcome,
        }

    async def claim(self, call: Call) -> None:
        """A signature is good once among all hosts that share."""
        if self.shared is not None:
            await self.shared.claim(call.sign)

    async def admit(self, request: Request, call: Call, loaded: Loaded, grant: GrantSpec) -> None:
        """The grant holds here and now, and has calls left; one is counted."""
        terms = loaded.terms[grant.uid]
        if terms.networks or terms.windows or grant.case_required:
            peer = request.client.host if request.client else ""
            address = caller_address(peer, request.headers.get("x-forwarded-for", ""), self.config.edge.proxies)
            check_terms(grant, terms, address=address, case_number=call.case_number, now_ms=call.at_ms)
        taken = self.limits.take(grant, terms, now_ms=call.at_ms)
        if taken is not None:
            await taken

    def identify(
        self, request: Request, call: Call, loaded: Loaded, *, signed_sid: str = "", body: bytes | None = None
    ) -> None:
        """Know the caller by the signature; each signature is good once. `signed_sid`: when it is not the service's."""
        identify(self, request, call, loaded, sid=signed_sid or call.sid, body=body)

    def find_service(self, call: Call, loaded: Loaded) -> Executor:
        """The compiled service."""
        executor = loaded.executors.get(call.sid)
        if executor is None or self.state.ended("service", f"{call.sid}@{executor.service.version}"):
            raise UnknownService(sid=call.sid)
        call.service_version = executor.service.version
        return executor

    def find_grant(self, call: Call, loaded: Loaded, asked: Sequence[str]) -> GrantSpec:
        """A grant that holds now; of several, the first that has every field asked for."""
        seconds = call.at_ms / 1000
        held = [
            grant
            for grant in loaded.grants.get((call.rid, call.sid), ())
            if grant.valid_from <= seconds < grant.valid_until and not self.state.ended("grant", grant.uid)
        ]
        if not held:
            raise NoGrant(rid=call.rid, sid=call.sid)
        return next((grant for grant in held if set(asked) <= set(grant.fields)), held[0])

    async def refuse(self, call: Call, code: str, params: dict[str, Any]) -> Response:
        """Answer a refusal; callers whose signature is right get a receipt of it, others are only counted."""
        body = messages.envelope(code, params, call.receipt_id if call.known else "")
        if not call.known:
            self.unsigned += 1
            return JSONResponse(body, status_code=messages.status_of(code))
        answer = await self.answer(call, messages.status_of(code), code, body)
        if "retry_after" in params:
            answer.headers["Retry-After"] = str(params["retry_after"])
        return answer

    async def answer(self, call: Call, status: int, outcome: str, body: dict[str, Any]) -> Response:
        """Keep the receipt, then answer. Without a receipt no data leaves."""
        data = orjson.dumps(body, default=str)
        loaded = self.state.loaded
        try:
            if self.journal is None:
                raise JournalFailed(fault="it is not open")
            version = loaded.snapshot.version if loaded else 0
            await self.journal.keep(call.receipt(status, outcome, hashlib.sha256(data).hexdigest(), version))
        except JournalFailed as fault:
            logger.error("receipt %s was not kept: %s", call.receipt_id, fault.params.get("fault"))
            code = "gateway.journal_failed"
            return JSONResponse(messages.envelope(code, {}, ""), status_code=messages.status_of(code))
        headers = {"X-Receipt-Id": call.receipt_id, "X-Request-Hash": call.request_hash}
        if self.draining:
            # The caller's next request goes to a worker that stays.
            headers["Connection"] = "close"
        if call.answer_to is not None and loaded is not None and loaded.node_pair is not None:
            label, signed = call.answer_to
            headers |= sign_answer(
                loaded.node_pair,
                status=status,
                body=data,
                receipt_id=call.receipt_id,
                label=label,
                request=signed,
                created=now_ms() // 1000,
            )
        return Reply(data, status, headers)

    async def openapi(self, request: Request) -> Response:
        """GET /s/{sid}/openapi.json: public, as it holds no data."""
        loaded = self.state.loaded
        executor = loaded.executors.get(request.path_params["sid"]) if loaded else None
        if executor is None:
            code = "gateway.unknown_service"
            return JSONResponse(messages.envelope(code, {"sid": request.path_params["sid"]}, ""), status_code=404)
        return JSONResponse(document(executor.service, server=str(request.base_url)))

    async def health(self, request: Request) -> Response:
        """GET /health: 200 while calls can be answered, else 503 with the reason."""
        loaded = self.state.loaded
        body = {
            "status": "ok" if loaded else "not_ready",
            "snapshot_version": loaded.snapshot.version if loaded else None,
            "issued_at": loaded.snapshot.issued_at if loaded else None,
            "services": len(loaded.executors) if loaded else 0,
            "fault": self.state.fault,
            "unsigned_calls": self.unsigned,
        }
        return JSONResponse(body, status_code=200 if loaded else 503)


def now_ms() -> int:
    """Epoch milliseconds."""
    return int(now().timestamp() * 1000)


async def read_body(request: Request) -> bytes:
    """The request's body; BodyTooLarge past 64 KiB, before it is read whole. Raises ClientDisconnect."""
    body: bytes = b""
    while True:
        message = await request.receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > MOST_BODY:
            raise BodyTooLarge(most=MOST_BODY)
        if not message.get("more_body", False):
            return body


def read_request(request: Request, raw: bytes) -> tuple[dict[str, Any], list[str] | None]:
    """(parameters, fields asked for) of a GET's query or a POST's JSON object. Raises BadBody."""
    if request.method == "GET":
        given: dict[str, Any] = dict(request.query_params)
        text = given.pop("fields", None)
        return given, [name.strip() for name in text.split(",") if name.strip()] if text else None
    if not raw:
        return {}, None
    try:
        # Refuses half of a surrogate pair as well, which is no text.
        body = orjson.loads(raw)
    except ValueError as fault:
        raise BadBody from fault
    if not isinstance(body, dict):
        raise BadBody
    fields = body.pop("fields", None)
    if fields is not None and not (isinstance(fields, list) and all(isinstance(name, str) for name in fields)):
        raise BadBody
    return body, fields or None


async def not_found(request: Request, fault: Exception) -> Response:
    """Any other address."""
    return JSONResponse(messages.envelope("gateway.not_found", {}, ""), status_code=404)


async def wrong_method(request: Request, fault: Exception) -> Response:
    """A method that the address does not have."""
    code = "gateway.wrong_method"
    body = messages.envelope(code, {"method": request.method}, "")
    return JSONResponse(body, status_code=405, headers=getattr(fault, "headers", None))


def create_app(config: GatewayConfig) -> Starlette:
    """The ASGI application of one gateway process."""
    gateway = Gateway(config)
    desk = KeyDesk(gateway)
    app = QuickApp(
        gateway.call,
        routes=[
            Route("/s/{sid}", gateway.call, methods=["GET", "POST"]),
            Route("/s/{sid}/openapi.json", gateway.openapi),
            Route("/p/{source}/{digest}", Pusher(gateway).serve, methods=["GET", "PUT"]),
            Route("/keys/session", desk.session, methods=["POST"]),
            Route("/keys/node", desk.node),
            Route("/health", gateway.health),
        ],
        lifespan=gateway.lifespan,
        exception_handlers={404: not_found, 405: wrong_method},
    )
    app.router.redirect_slashes = False
    app.state.gateway = gateway
    return app
