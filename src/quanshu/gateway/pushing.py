"""Files that units push: signed, streamed, resumable, each content received once.

The signed `sid` is the source's uid, a colon, and the content's SHA-256 in unpadded base64url, so that the signature
covers the content. A part is sent with its offset; the last one makes the whole, whose digest is checked.
"""

from __future__ import annotations

import asyncio
import base64
import time
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from quanshu.gateway.calls import Call
from quanshu.gateway.snapshot import GrantSpec, PushSpec
from quanshu.gateway.spool import DIGEST, SOURCE, Busy, Pushed, Spool
from quanshu.kernel.clock import now_ms
from quanshu.kernel.errors import Conflict, Forbidden, Invalid, QuanshuError
from quanshu.kernel.ids import new_uid

if TYPE_CHECKING:
    from quanshu.gateway.app import Gateway

BUFFER = 1 << 20
MOST_NAME = 200
# What intake can read; a file of another kind would only fail later.
ENDINGS = (".csv", ".txt", ".xlsx", ".xls", ".jsonl", ".ndjson", ".parquet")


class NoPushRight(Forbidden):
    code = "gateway.no_push_right"


class BadPush(Invalid):
    code = "gateway.bad_push"


class PushTooLarge(Invalid):
    code = "gateway.push_too_large"


class WrongOffset(Conflict):
    code = "gateway.push_wrong_offset"


class WrongDigest(Invalid):
    code = "gateway.wrong_digest"


class PushBusy(Conflict):
    code = "gateway.push_busy"


def push_sid(source: str, digest: str) -> str:
    """What a push signs as its `sid`."""
    return f"{source}:{base64.urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip('=')}"


class Pusher:
    """The routes under /p/."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.spool = Spool(gateway.config.directory)

    async def serve(self, request: Request) -> Response:
        """GET tells how much of a content is here; PUT sends the part from an offset on."""
        source, digest = request.path_params["source"], request.path_params["digest"]
        call = Call(new_uid(), time.perf_counter(), now_ms(), source.encode(errors="replace").decode()[:80])
        call.parameters = ["push"]
        try:
            right = self.admit(request, call, source, digest)
            await self.gateway.claim(call)
            before = self.spool.find(source, digest)
            if before is not None:
                return self.answer(before.receipt_id, before.size, repeated=True)
            if request.method == "GET":
                return self.answer("", self.spool.received(source, digest))
            return await self.receive(request, call, right, digest)
        except QuanshuError as fault:
            return await self.gateway.refuse(call, fault.code, fault.params)
        except Busy:
            return await self.gateway.refuse(call, PushBusy.code, {})

    def admit(self, request: Request, call: Call, source: str, digest: str) -> PushSpec:
        """Know the caller, and that he may push here."""
        loaded = self.gateway.state.loaded
        if loaded is None or not SOURCE.fullmatch(source) or not DIGEST.fullmatch(digest):
            raise BadPush(fault="地址须为 /p/{来源}/{SHA-256}", fault_en="the address is /p/{source}/{SHA-256}")
        call.request_hash = digest
        self.gateway.identify(request, call, loaded, signed_sid=push_sid(source, digest))
        right = loaded.pushes.get((call.rid, source))
        if right is None or self.gateway.state.ended("push", right.uid):
            raise NoPushRight(rid=call.rid, source=source)
        call.grant = GrantSpec(right.uid, call.rid, source, (), "push", 0, None, 0.0, 0.0)
        return right

    async def receive(self, request: Request, call: Call, right: PushSpec, digest: str) -> Response:
        """Write a part; when it is the last, check the whole, keep the receipt and record the push."""
        source = right.source
        name, total, offset = read_headers(request)
        if total > right.most_bytes:
            raise PushTooLarge(most=right.most_bytes)
        loop = asyncio.get_running_loop()
        with self.spool.writing(source, digest) as file:
            there = self.spool.received(source, digest)
            if offset != there:
                raise WrongOffset(received=there)
            there = await self.copy(request, file, there, total)
            if there < total:
                return self.answer("", there)
            whole = await loop.run_in_executor(None, self.spool.is_whole, source, digest)
        if not whole:
            raise WrongDigest
        if self.gateway.state.ended("push", right.uid):
            raise NoPushRight(rid=call.rid, source=source)
        body = {"code": "ok", "message": "成功", "receipt_id": call.receipt_id, "received": total, "repeated": False}
        response = await self.gateway.answer(call, 200, "ok", body)
        if response.status_code == 200:
            pushed = Pushed(call.receipt_id, source, call.rid, right.uid, name, total, digest, call.at_ms)
            await loop.run_in_executor(None, self.spool.record, pushed)
        return response

    async def copy(self, request: Request, file: BinaryIO, there: int, total: int) -> int:
        """Append the body; what has arrived stays when the connection breaks. Answers how much is here."""
        loop, buffer = asyncio.get_running_loop(), bytearray()

        def flush(data: bytes) -> None:
            file.write(data)
            file.flush()

        async for chunk in request.stream():
            buffer += chunk
            if there + len(buffer) > total:
                raise BadPush(fault="内容超过声明的长度", fault_en="the content is longer than it says")
            if len(buffer) >= BUFFER:
                await loop.run_in_executor(None, flush, bytes(buffer))
                there += len(buffer)
                buffer.clear()
        await loop.run_in_executor(None, flush, bytes(buffer))
        return there + len(buffer)

    def answer(self, receipt_id: str, received: int, *, repeated: bool = False) -> Response:
        """How far a push is; with its receipt once it is whole."""
        body: dict[str, Any] = {"code": "ok", "message": "成功", "received": received, "repeated": repeated}
        headers = {"X-Receipt-Id": receipt_id} if receipt_id else {}
        return JSONResponse({**body, "receipt_id": receipt_id}, headers=headers)


def read_headers(request: Request) -> tuple[str, int, int]:
    """(file name, whole length, offset). Raises BadPush naming the header at fault."""
    name = unquote(request.headers.get("x-file-name", ""), errors="replace")
    if not name or len(name) > MOST_NAME or "/" in name or "\\" in name or not name.isprintable():
        raise BadPush(fault="X-File-Name 须为文件名", fault_en="X-File-Name must be a file's name")
    if not name.lower().endswith(ENDINGS):
        raise BadPush(
            fault=f"文件须以 {'、'.join(ENDINGS)} 结尾", fault_en=f"the file must end in {', '.join(ENDINGS)}"
        )
    numbers = []
    for header, least in (("x-total", 1), ("x-offset", 0)):
        text = request.headers.get(header, "0")
        if not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) >= least):
            raise BadPush(fault=f"{header} 须为字节数", fault_en=f"{header} must be a number of bytes")
        numbers.append(int(text))
    return name, numbers[0], numbers[1]


__all__ = ["Pushed", "Pusher", "Spool", "push_sid"]
