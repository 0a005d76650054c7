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

from quanshu import __version__
from quanshu.gateway import consenting, messages, metrics, signing, versions
from quanshu.gateway.batching import Batches
from quanshu.gateway.calls import Call, place_of
from quanshu.gateway.config import GatewayConfig
from quanshu.gateway.delta_sharing.routes import DeltaSharing
from quanshu.gateway.execution import Answer
from quanshu.gateway.host import Host, SharedReplay, Use, reload_asked
from quanshu.gateway.journal import Journal, JournalFailed, look_back
from quanshu.gateway.limits import Limits, caller_address, check_terms, start_of_day
from quanshu.gateway.openapi import document
from quanshu.gateway.pushing import Pusher
from quanshu.gateway.quick import QuickApp, Reply
from quanshu.gateway.reading import NotReady, read_body, read_request
from quanshu.gateway.sandbox import Sandbox
from quanshu.gateway.shapes import Shape, answer_of, told
from quanshu.gateway.sharing import SharedLimits
from quanshu.gateway.signing.desk import KeyDesk
from quanshu.gateway.signing.identity import identify
from quanshu.gateway.signing.responses import sign_answer
from quanshu.gateway.snapshot import GrantSpec
from quanshu.gateway.state import Loaded, State
from quanshu.kernel.clock import now, now_ms
from quanshu.kernel.errors import Forbidden, NotFound, QuanshuError
from quanshu.kernel.ids import new_uid
from quanshu.kernel.trace import HEADER, new_trace, read_traceparent, traceparent

__all__ = ["GatewayConfig", "create_app"]
logger = logging.getLogger(__name__)
MOST_CASE = 64
SWEEP_SECONDS = 60
FIGURES_SECONDS = 2.0


class UnknownService(NotFound):
    code = "gateway.unknown_service"


class NoGrant(Forbidden):
    code = "gateway.no_grant"


class Gateway:
    """The data plane of one process."""

    limits: Limits | SharedLimits
    replay: SharedReplay

    def __init__(self, config: GatewayConfig) -> None:
        self.config = config
        self.state = State(config)
        self.journal: Journal | None = None
        self.shared: SharedLimits | None = None
        self.consents = consenting.Consents(config.journals)
        self.unsigned = 0
        self.begun, self.draining = reload_asked(config.journals), False
        self.figures = metrics.GatewayMetrics(config.directory)
        self.figures_at = 0.0

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Open the journal, take part in what the host's processes share, and follow the snapshot."""
        self.journal = Journal(self.config.journals)
        host = Host(self.config.journals)
        self.replay = SharedReplay(self.config.journals)
        use = Use(self.config.journals)
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
            self.config.journals, signs_since=moment - 2 * signing.WINDOW_MS, used_since=start_of_day(moment)
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
                if self.state.has_news():
                    await loop.run_in_executor(None, self.state.refresh)
                self.draining = reload_asked(self.config.journals) != self.begun
                if self.shared is not None and loop.time() > swept + SWEEP_SECONDS:
                    swept = loop.time()
                    await self.shared.sweep()
                if time.monotonic() - self.figures_at > FIGURES_SECONDS:
                    self.figures_at = time.monotonic()
                    await loop.run_in_executor(None, metrics.refresh, self)
            except Exception:
                logger.exception("following failed")
            await asyncio.sleep(self.config.poll_seconds)

    async def call(self, request: Request) -> Response:
        """POST or GET /s/{sid} or /s/{sid}/v{version}."""
        call = Call(
            new_uid(), time.perf_counter(), now_ms(), request.path_params["sid"].encode(errors="replace").decode()[:80]
        )
        call.trace_id = read_traceparent(request.headers.get(HEADER)) or new_trace()
        call.asked_version = int(request.path_params.get("version", 0))
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
            where, told = place_of(fault), {"trace_id": call.trace_id}
            logger.error("call %s failed: %s at %s", call.receipt_id, type(fault).__name__, where, extra=told)
            return await self.refuse(call, "gateway.internal", {})

    async def perform(self, request: Request, call: Call) -> dict[str, Any]:
        """Everything between the request and the answer's body."""
        loaded = self.state.loaded
        if loaded is None:
            raise NotReady
        raw = await read_body(request)
        call.request_hash = hashlib.sha256(raw or request.scope["query_string"]).hexdigest()
        case_number = request.headers.get("x-case-number")
        if case_number:
            call.case_number = unquote(case_number, errors="replace")[:MOST_CASE]
        self.identify(request, call, loaded, body=raw)
        await self.claim(call)
        executor = self.find_service(call, loaded)
        given, fields = read_request(request, raw)
        asked = executor.asks(given, fields)
        call.grant = grant = self.find_grant(call, loaded, asked)
        call.fields = executor.pick(asked, grant.fields)
        values = executor.read(given)
        call.parameters = sorted(values)
        if executor.service.consent is not None:
            await consenting.check_consent(self, request, call, loaded, executor, values, asked)
            grant = call.grant or grant
        await self.admit(request, call, loaded, grant)
        found = answer_of(self, request, call, loaded, executor, values)
        if not isinstance(found, Answer):
            found = await found
        await self.count_rows(call, loaded, grant, found.rows)
        if call.consent is not None:
            await consenting.count_use(self, call)
        call.rows, call.marks = found.rows, found.marks
        return told(call, found)

    async def count_rows(self, call: Call, loaded: Loaded, grant: GrantSpec, rows: int) -> None:
        """The day allows so many rows more. Raises DailyRows."""
        if grant.daily_rows is not None:
            counted = self.limits.take_rows(grant, loaded.terms[grant.uid], rows, now_ms=call.at_ms)
            if counted is not None:
                await counted

    async def claim(self, call: Call) -> None:
        """A signature is good once among all hosts that share."""
        if self.shared is not None:
            await self.shared.claim(call.sign)

    async def admit(self, request: Request, call: Call, loaded: Loaded, grant: GrantSpec, *, count: int = 1) -> None:
        """The grant holds here and now, and has calls left; they are counted."""
        terms = loaded.terms[grant.uid]
        if terms.networks or terms.windows or grant.case_required:
            peer = request.client.host if request.client else ""
            address = caller_address(peer, request.headers.get("x-forwarded-for", ""), self.config.edge.proxies)
            check_terms(grant, terms, address=address, case_number=call.case_number, now_ms=call.at_ms)
        taken = self.limits.take(grant, terms, now_ms=call.at_ms, count=count)
        if taken is not None:
            await taken

    def identify(
        self, request: Request, call: Call, loaded: Loaded, *, signed_sid: str = "", body: bytes | None = None
    ) -> None:
        """Know the caller by the signature; each signature is good once. `signed_sid`: when it is not the service's."""
        identify(self, request, call, loaded, sid=signed_sid or call.sid, body=body)

    def find_service(self, call: Call, loaded: Loaded) -> Shape:
        """The compiled service."""
        executor = versions.choose(loaded, call)
        if executor is None or self.state.ended("service", f"{call.sid}@{executor.service.version}"):
            raise UnknownService(sid=call.sid)
        call.service_version = executor.service.version
        return executor

    def find_grant(self, call: Call, loaded: Loaded, asked: Sequence[str]) -> GrantSpec:
        """A grant that holds now; of several, the first that has every field asked for."""
        held = self.held_grants(call, loaded)
        if not held:
            raise NoGrant(rid=call.rid, sid=call.sid)
        if len(held) == 1 or not asked:
            return held[0]
        return next((grant for grant in held if set(asked) <= set(grant.fields)), held[0])

    def held_grants(self, call: Call, loaded: Loaded) -> list[GrantSpec]:
        """The caller's grants for the service that hold now."""
        seconds = call.at_ms / 1000
        return [
            grant
            for grant in loaded.grants.get((call.rid, call.sid), ())
            if grant.valid_from <= seconds < grant.valid_until and not self.state.ended("grant", grant.uid)
        ]

    async def refuse(self, call: Call, code: str, params: dict[str, Any]) -> Response:
        """Answer a refusal; callers whose signature is right get a receipt of it, others are only counted."""
        body = messages.envelope(code, params, call.receipt_id if call.known else "")
        if not call.known:
            self.unsigned += 1
            self.figures.unsigned.add()
            headers = {HEADER: traceparent(call.trace_id)}
            return JSONResponse(body, status_code=messages.status_of(code), headers=headers)
        answer = await self.answer(call, messages.status_of(code), code, body)
        if "retry_after" in params:
            answer.headers["Retry-After"] = str(params["retry_after"])
        return answer

    async def answer(self, call: Call, status: int, outcome: str, body: dict[str, Any]) -> Response:
        """Keep the receipt, then answer. Without a receipt no data leaves."""
        data = orjson.dumps(body, default=str)
        loaded, took = self.state.loaded, time.perf_counter() - call.began
        try:
            if self.journal is None:
                raise JournalFailed(fault="it is not open")
            await self.journal.keep(self.receipt(call, status, outcome, data))
        except JournalFailed as fault:
            logger.error(
                "receipt %s was not kept: %s",
                call.receipt_id,
                fault.params.get("fault"),
                extra={"trace_id": call.trace_id},
            )
            self.figures.unkept.add()
            code = "gateway.journal_failed"
            return JSONResponse(messages.envelope(code, {}, ""), status_code=messages.status_of(code))
        self.figures.count(metrics.label_of(self, call.sid), outcome, rows=call.rows, seconds=took)
        headers = versions.notices(loaded, call)
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
        return Reply(data, status, call, headers)

    def receipt(self, call: Call, status: int, outcome: str, data: bytes) -> tuple[Any, ...]:
        """What is kept of a call that is answered with these bytes, in the order of journal.Receipt."""
        loaded = self.state.loaded
        version = loaded.snapshot.version if loaded else 0
        return call.receipt(status, outcome, hashlib.sha256(data).hexdigest(), version)

    async def openapi(self, request: Request) -> Response:
        """GET /s/{sid}/openapi.json: public, as it holds no data."""
        loaded = self.state.loaded
        sid, number = request.path_params["sid"], request.path_params.get("version")
        found = loaded.executors.get(sid) if loaded else None
        executor = loaded.versions.get((sid, number)) if loaded and number else found
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
            "fault": self.state.fault or self.state.consents.fault,
            "unsigned_calls": self.unsigned,
            "version": __version__,
            "time": now().isoformat(),
        }
        return JSONResponse(body, status_code=200 if loaded else 503)


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
            Route("/s/{sid}/batch", Batches(gateway).call, methods=["POST"]),
            Route("/s/{sid}/openapi.json", gateway.openapi),
            Route("/s/{sid}/v{version:int}", gateway.call, methods=["GET", "POST"]),
            Route("/s/{sid}/v{version:int}/openapi.json", gateway.openapi),
            *Sandbox(gateway).routes(),
            Route("/p/{source}/{digest}", Pusher(gateway).serve, methods=["GET", "PUT"]),
            Route("/keys/session", desk.session, methods=["POST"]),
            Route("/keys/node", desk.node),
            *DeltaSharing(gateway).routes(),
            Route("/health", gateway.health),
            Route("/metrics", metrics.serve),
        ],
        lifespan=gateway.lifespan,
        exception_handlers={404: not_found, 405: wrong_method},
    )
    app.router.redirect_slashes = False
    app.state.gateway = gateway
    return app
