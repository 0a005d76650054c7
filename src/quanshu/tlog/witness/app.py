"""The witness over HTTP (c2sp.org/tlog-witness): add-checkpoint, and the latest checkpoint of each log."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from quanshu.kernel.clock import now
from quanshu.tlog.witness.deciding import Malformed, Refusal, Request
from quanshu.tlog.witness.keeping import WitnessHome

MOST_BYTES = 64_000


async def read_body(request: HttpRequest) -> bytes | None:
    """The body, or None when it is longer than any checkpoint."""
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > MOST_BYTES:
            return None
    return bytes(parts)


def create_app(home: WitnessHome) -> Starlette:
    """The application of one witness."""

    async def add_checkpoint(request: HttpRequest) -> Response:
        raw = await read_body(request)
        if raw is None:
            return PlainTextResponse("the body is too long\n", status_code=400)
        try:
            asked = Request.parse(raw)
        except Malformed as fault:
            return PlainTextResponse(f"{fault}\n", status_code=400)
        stamp = int(now().timestamp())
        found = await run_in_threadpool(home.add_checkpoint, asked, timestamp=stamp)
        if isinstance(found, Refusal):
            return Response(found.text, found.status, headers={"Content-Type": found.media_type})
        return PlainTextResponse(f"{found}\n")

    async def latest(request: HttpRequest) -> Response:
        note = await run_in_threadpool(home.latest, request.path_params["origin"])
        if not note:
            return PlainTextResponse("no checkpoint of that log was cosigned\n", status_code=404)
        return PlainTextResponse(note, headers={"Cache-Control": "no-cache"})

    async def about(request: HttpRequest) -> Response:
        return PlainTextResponse(f"{home.key.verifier}\n")

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{origin:str}/checkpoint", latest, methods=["GET"]),
            Route("/", about, methods=["GET"]),
        ]
    )
