"""Files of views, by short-lived links: whole or in ranges, from this process or handed on to a web server in front."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from quanshu.gateway import messages
from quanshu.gateway.calls import Call
from quanshu.gateway.delta_sharing.faults import BadLink, StoreAway, error_body
from quanshu.gateway.delta_sharing.links import Link, link_holds
from quanshu.gateway.delta_sharing.receipts import keep
from quanshu.gateway.delta_sharing.tables import Tables
from quanshu.gateway.journal import JournalFailed
from quanshu.gateway.snapshot import BulkSpec, GrantSpec
from quanshu.kernel.clock import now_ms
from quanshu.kernel.ids import new_uid
from quanshu.lake.errors import NotReachable
from quanshu.lake.storage import Mark

if TYPE_CHECKING:
    from quanshu.gateway.app import Gateway

PARQUET = "application/vnd.apache.parquet"
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)


class LargeChunks(FileResponse):
    """A file in pieces that keep a fast network busy."""

    chunk_size = 2 * 1024 * 1024


class Files:
    """GET and HEAD of /delta-sharing/files/{grant}/{path}."""

    def __init__(self, gateway: Gateway, tables: Tables) -> None:
        self.gateway = gateway
        self.tables = tables

    async def serve(self, request: Request) -> Response:
        """Check the link, keep a receipt, send the file."""
        call = Call(new_uid(), time.perf_counter(), now_ms(), "bulk:file")
        spec = self.admitted(request, call)
        if spec is None:
            self.gateway.unsigned += 1
            return refused(BadLink.code)
        path = request.path_params["path"]
        try:
            mark = await asyncio.to_thread(self.tables.storage.mark, spec.lake_table, path)
        except NotReachable:
            return refused(StoreAway.code)
        if mark is None:
            return refused(BadLink.code)
        if request.method == "GET":
            call.parameters = ["file", f"range:{request.headers.get('range', 'whole')[:60]}"]
            try:
                await keep(self.gateway, call, status=200, outcome="ok", answer=path.encode())
            except JournalFailed as fault:
                return refused(fault.code)
        headers = {"X-Receipt-Id": call.receipt_id, "Cache-Control": "no-store"}
        file = self.tables.storage.local_path(spec.lake_table, path)
        if file is None:
            return self.from_store(request, spec.lake_table, path, mark, headers)
        prefix = self.gateway.config.accel_prefix
        if prefix:
            headers["X-Accel-Redirect"] = f"{prefix.rstrip('/')}/{spec.lake_table}/{path}"
            return Response(headers=headers, media_type=PARQUET)
        return LargeChunks(file, headers=headers, media_type=PARQUET)

    def from_store(self, request: Request, table: str, path: str, mark: Mark, headers: dict[str, str]) -> Response:
        """A file of an object store, passed on as it comes: so a link ends with its grant, and readers need not reach
        the store. One range is served as a range; several are answered with the whole, as RFC 9110 allows."""
        tag = f'"{hashlib.sha256(mark.identity.encode()).hexdigest()[:32]}"'
        headers |= {"Accept-Ranges": "bytes", "ETag": tag}
        if request.headers.get("if-range", tag) != tag:
            asked = None
        else:
            asked = one_range(request.headers.get("range", ""), mark.size)
        start, end = asked or (0, mark.size)
        if start >= end and mark.size:
            return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{mark.size}"})
        headers["Content-Length"] = str(end - start)
        if asked:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{mark.size}"
        status = 206 if asked else 200
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type=PARQUET)
        chunks = self.tables.storage.chunks(table, path, start, end)
        return StreamingResponse(chunks, status_code=status, headers=headers, media_type=PARQUET)

    def admitted(self, request: Request, call: Call) -> BulkSpec | None:
        """The grant of a link that holds: signed by us, not over, and neither grant, token nor client ended since."""
        state, loaded = self.gateway.state, self.gateway.state.loaded
        spec = loaded.bulk.get(request.path_params["grant"]) if loaded else None
        if loaded is None or spec is None:
            return None
        given = request.query_params
        expires = given.get("expires", "")
        if not (expires.isascii() and expires.isdigit() and len(expires) < 16):
            return None
        link = Link(spec.uid, given.get("token", ""), spec.lake_table, request.path_params["path"], int(expires))
        seconds = call.at_ms / 1000
        client = loaded.clients.get(spec.rid)
        ended = (
            state.ended("bulk", spec.uid)
            or state.ended("bulk_token", link.token)
            or state.ended("client", spec.rid)
            or client is None
            or not client.active
            or seconds >= spec.valid_until
        )
        if ended or not link_holds(loaded.link_key, link, given.get("signature", ""), now=seconds):
            return None
        call.rid, call.known = spec.rid, True
        call.sid = f"bulk:{spec.share}.{spec.schema}.{spec.table}"
        call.grant = GrantSpec(spec.uid, spec.rid, call.sid, spec.fields, spec.purpose, 0, None, 0.0, 0.0)
        call.fields = spec.fields
        return spec


def one_range(text: str, size: int) -> tuple[int, int] | None:
    """First byte and end of a `Range` of one part, the end cut to the file's; None for none, several or another unit.

    A range that begins behind the file has an end that is not after its first byte.
    """
    found = RANGE.fullmatch(text.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size if int(last) else 0
    if last and int(last) < int(first):
        return None
    return int(first), min(size, int(last) + 1) if last else size


def refused(code: str) -> Response:
    """A refusal without a receipt: a link names nobody who could be told one."""
    return JSONResponse(error_body(code, {}, ""), status_code=messages.status_of(code))
